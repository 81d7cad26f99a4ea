/* SPDX-License-Identifier: MIT
 * shopctl(8) and the completion for bash. */
#include <string.h>

#include "config.h"
#include "tools/shopctl_pages.h"

/* A hyphen of an option is no hyphen of a sentence, and a line must not begin with a request. */
static void print_text(FILE *out, const char *text, size_t size)
{
    bool bold = false;

    if (size && (*text == '.' || *text == '\'')) {
        fputs("\\&", out);
    }
    for (size_t i = 0; i < size; i++) {
        switch (text[i]) {
        case '`':
            bold = !bold;
            fputs(bold ? "\\fB" : "\\fR", out);
            break;
        case '-': fputs("\\-", out); break;
        case '\\': fputs("\\e", out); break;
        default: fputc(text[i], out);
        }
    }
    fputc('\n', out);
}

void shopctl_print_roff(FILE *out, const char *text)
{
    bool code = false;

    while (*text) {
        size_t size = strcspn(text, "\n");

        if (!size) {
            fputs(".PP\n", out);
        } else {
            if (code != (*text == ' ')) {
                code = !code;
                fputs(code ? ".RS\n.nf\n" : ".fi\n.RE\n", out);
            }
            print_text(out, text + 2 * code, size - 2 * code);
        }
        text += size + (text[size] == '\n');
    }
    fputs(code ? ".fi\n.RE\n" : "", out);
}

static void print_option(FILE *out, const shopctl_option_t *option)
{
    fputs(".TP\n", out);
    if (option->letter) {
        fprintf(out, "\\fB\\-%c\\fR, ", option->letter);
    }
    fputs("\\fB\\-\\-", out);
    for (const char *c = option->name; *c; c++) {
        fputs(*c == '-' ? "\\-" : (char[2]){ *c, 0 }, out);
    }
    fputs("\\fR", out);
    if (option->value) {
        fprintf(out, " \\fI%s\\fR", option->value);
    }
    fputc('\n', out);
    print_text(out, option->help, strlen(option->help));
}

static void print_command(FILE *out, const shopctl_command_t *command)
{
    fputs(".SS \"", out);
    for (const char *c = command->words; *c; c++) {
        fputs(*c == '-' ? "\\-" : (char[2]){ *c, 0 }, out);
    }
    fprintf(out, "%s%s\"\n", *command->arguments ? " " : "", command->arguments);
    fputc(command->summary[0] - 'a' + 'A', out);
    print_text(out, command->summary + 1, strlen(command->summary + 1));
    fputs(".PP\n", out);
    shopctl_print_roff(out, command->help);
    for (int i = 0; i < SHOPCTL_OPTION_COUNT; i++) {
        if (i != SHOPCTL_HELP && i != SHOPCTL_MONGO_URI && shopctl_takes(command, i)) {
            print_option(out, &shopctl_options[i]);
        }
    }
}

void shopctl_print_man(FILE *out)
{
    fprintf(out, ".TH SHOPCTL 8 \"\" \"%s\" \"System Administration\"\n", PACKAGE_STRING);
    fputs(".SH NAME\nshopctl \\- administer a shop of mod_shop\n.SH SYNOPSIS\n"
          ".B shopctl\n\\fICOMMAND\\fR [\\fIOPTION\\fR]...\n.SH DESCRIPTION\n"
          "What an administrator does beside httpd for a shop of\n.BR mod_shop (5).\n"
          "An option that a command does not take is refused.\n.SH OPTIONS\n",
          out);
    print_option(out, &shopctl_options[SHOPCTL_HELP]);
    print_option(out, &shopctl_options[SHOPCTL_VERSION]);
    print_option(out, &shopctl_options[SHOPCTL_MONGO_URI]);
    fputs(".SH COMMANDS\n", out);
    for (int i = 0; i < SHOPCTL_COMMAND_COUNT; i++) {
        print_command(out, &shopctl_commands[i]);
    }
    fputs(".SH EXIT STATUS\n", out);
    for (const shopctl_exit_t *row = shopctl_exits; row->meaning; row++) {
        fprintf(out, ".TP\n.B %d\n", row->number);
        print_text(out, row->meaning, strlen(row->meaning));
    }
    fputs(".SH ENVIRONMENT\n.TP\n.B SHOP_MONGO_URI\n"
          "The connection string where\n.B \\-\\-mongo\\-uri\nis not given, in the same forms. "
          "Without both:\n.BR mongodb://127.0.0.1/shop .\n"
          ".SH SEE ALSO\n.BR mod_shop (5),\n.BR apache2ctl (8)\n",
          out);
}

/* ---- completion ---- */

static void print_options_of(FILE *out, const shopctl_command_t *command)
{
    for (int i = 0; i < SHOPCTL_OPTION_COUNT; i++) {
        if (shopctl_takes(command, i)) {
            fprintf(out, " --%s", shopctl_options[i].name);
        }
    }
}

static bool is_first_of_group(int at)
{
    size_t size = strcspn(shopctl_commands[at].words, " ");

    for (int i = 0; i < at; i++) {
        if (!strncmp(shopctl_commands[i].words, shopctl_commands[at].words, size) &&
            strcspn(shopctl_commands[i].words, " ") == size) {
            return false;
        }
    }
    return true;
}

static void print_second_words(FILE *out, const char *words)
{
    size_t size = strcspn(words, " ");

    if (!words[size]) {
        return;
    }
    fprintf(out, "        '%.*s')\n            words='", (int)size, words);
    for (int i = 0; i < SHOPCTL_COMMAND_COUNT; i++) {
        if (!strncmp(shopctl_commands[i].words, words, size + 1)) {
            fprintf(out, "%s ", shopctl_commands[i].words + size + 1);
        }
    }
    fputs("--help' ;;\n", out);
}

static void print_values(FILE *out)
{
    const char *mark = "";

    fputs("    case $previous in\n        ", out);
    for (int i = 0; i < SHOPCTL_OPTION_COUNT; i++) {
        const shopctl_option_t *option = &shopctl_options[i];

        if (option->value && (!strcmp(option->value, "FILE") || !strcmp(option->value, "PATH"))) {
            fprintf(out, "%s--%s", mark, option->name);
            mark = " | ";
        }
    }
    fputs(")\n            COMPREPLY=($(compgen -f -- \"$current\"))\n"
          "            return ;;\n        ",
          out);
    mark = "";
    for (int i = 0; i < SHOPCTL_OPTION_COUNT; i++) {
        const shopctl_option_t *option = &shopctl_options[i];

        if (option->value && strcmp(option->value, "FILE") && strcmp(option->value, "PATH")) {
            fprintf(out, "%s--%s", mark, option->name);
            mark = " | ";
        }
    }
    fputs(")\n            return ;;\n    esac\n", out);
}

/* What is no word of a command is the value of an option, which says nothing about the command. */
static void print_known_words(FILE *out)
{
    for (int i = 0; i < SHOPCTL_COMMAND_COUNT; i++) {
        const char *words = shopctl_commands[i].words;

        fputs(i ? " | " : "            ", out);
        for (; *words; words++) {
            fputs(*words == ' ' ? " | " : (char[2]){ *words, 0 }, out);
        }
    }
    fputs(")\n", out);
}

void shopctl_print_completion(FILE *out)
{
    fputs("# SPDX-License-Identifier: MIT\n# Completion of shopctl for bash. Generated from "
          "tools/shopctl.def.\n_shopctl()\n{\n"
          "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "    local word said='' words=''\n\n"
          "    COMPREPLY=()\n",
          out);
    print_values(out);
    fputs("    for word in \"${COMP_WORDS[@]:1:COMP_CWORD - 1}\"; do\n        case $word in\n",
          out);
    print_known_words(out);
    fputs("                said+=\"${said:+ }$word\" ;;\n        esac\n    done\n"
          "    case $said in\n        '' | help)\n            words='--help --version",
          out);
    for (int i = 0; i < SHOPCTL_COMMAND_COUNT; i++) {
        if (is_first_of_group(i)) {
            size_t size = strcspn(shopctl_commands[i].words, " ");

            fprintf(out, " %.*s", (int)size, shopctl_commands[i].words);
        }
    }
    fputs("' ;;\n", out);
    for (int i = 0; i < SHOPCTL_COMMAND_COUNT; i++) {
        if (is_first_of_group(i)) {
            print_second_words(out, shopctl_commands[i].words);
        }
    }
    for (int i = 0; i < SHOPCTL_COMMAND_COUNT; i++) {
        fprintf(out, "        '%s'*)\n            words='", shopctl_commands[i].words);
        print_options_of(out, &shopctl_commands[i]);
        fputs("' ;;\n", out);
    }
    fputs("    esac\n    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
          "    if [[ $current != -* && $words == *'--help'* && ${#COMPREPLY[@]} == 0 ]]; then\n"
          "        COMPREPLY=($(compgen -f -- \"$current\"))\n    fi\n"
          "}\ncomplete -F _shopctl shopctl\n",
          out);
}
