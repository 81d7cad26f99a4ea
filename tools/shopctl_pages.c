/* SPDX-License-Identifier: MIT
 * What shopctl prints about itself on a terminal, and docs/shopctl.md. shopctl_man.c has the manual
 * page and the completion. */
#include "tools/shopctl_pages.h"

#include <string.h>

#define WIDTH 80
#define SUMMARY_AT 20 /* column of the summaries */

/* ---- text for a terminal ---- */

static void pad(FILE *out, int count)
{
    fprintf(out, "%*s", count, "");
}

/* The words of one line of text, which begins in column `at`. */
static void print_line(FILE *out, const char *line, size_t size, int indent, int at)
{
    const char *end = line + size;

    while (line < end) {
        size_t word = strcspn(line, " \n");

        if (at > indent && at + 1 + (int)word > WIDTH) {
            fputc('\n', out);
            at = 0;
        }
        if (at < indent) {
            pad(out, indent - at);
            at = indent;
        } else if (at > indent) {
            fputc(' ', out);
            at++;
        }
        fwrite(line, 1, word, out);
        at += (int)word;
        line += word;
        line += *line == ' ';
    }
    fputc('\n', out);
}

void shopctl_print_wrapped(FILE *out, const char *text, int indent)
{
    while (*text) {
        size_t size = strcspn(text, "\n");

        if (*text == ' ') {
            pad(out, indent);
            fwrite(text, 1, size, out);
            fputc('\n', out);
        } else {
            print_line(out, text, size, indent, 0);
        }
        text += size + (text[size] == '\n');
    }
}

static void print_summary(FILE *out, const char *name, const char *summary)
{
    int used = fprintf(out, "  %s", name);

    if (used >= SUMMARY_AT - 1) {
        fputc('\n', out);
        used = 0;
    }
    pad(out, SUMMARY_AT - used);
    print_line(out, summary, strlen(summary), SUMMARY_AT, SUMMARY_AT);
}

static void print_option(FILE *out, const shopctl_option_t *option)
{
    char name[64];

    snprintf(name, sizeof(name), option->letter ? "-%c, --%s%s%s" : "%c--%s%s%s",
             option->letter ? option->letter : ' ', option->name, option->value ? " " : "",
             option->value ? option->value : "");
    print_summary(out, option->letter ? name : name + 1, option->help);
}

static void print_exits(FILE *out)
{
    fputs("\nExit status:\n", out);
    for (const shopctl_exit_t *row = shopctl_exits; row->meaning; row++) {
        fprintf(out, "  %d  %s\n", row->number, row->meaning);
    }
}

static void print_line_of(FILE *out, const shopctl_command_t *command)
{
    fprintf(out, "shopctl %s%s%s%s", command->words, command->options ? " [OPTION]..." : "",
            *command->arguments ? " " : "", command->arguments);
}

void shopctl_print_usage(FILE *out)
{
    fputs("usage: shopctl COMMAND [OPTION]...\n\n"
          "What an administrator does beside httpd for a shop of mod_shop.\n\nCommands:\n",
          out);
    for (int i = 0; i < SHOPCTL_COMMAND_COUNT; i++) {
        print_summary(out, shopctl_commands[i].words, shopctl_commands[i].summary);
    }
    fputs("\nOptions of every command:\n", out);
    print_option(out, &shopctl_options[SHOPCTL_HELP]);
    fputs("\nOptions of the commands that need the database:\n", out);
    print_option(out, &shopctl_options[SHOPCTL_MONGO_URI]);
    shopctl_print_wrapped(out,
                          "Without it, the environment variable SHOP_MONGO_URI, in the same forms; "
                          "else mongodb://127.0.0.1/shop.",
                          SUMMARY_AT);
    print_exits(out);
    fputs("\n`shopctl COMMAND --help` says more.\n", out);
}

void shopctl_print_group(FILE *out, const char *group)
{
    fprintf(out, "usage: shopctl %s COMMAND [OPTION]...\n\nCommands:\n", group);
    for (int i = 0; i < SHOPCTL_COMMAND_COUNT; i++) {
        if (shopctl_is_of_group(&shopctl_commands[i], group)) {
            print_summary(out, shopctl_commands[i].words, shopctl_commands[i].summary);
        }
    }
}

void shopctl_print_help(FILE *out, const shopctl_command_t *command)
{
    fputs("usage: ", out);
    print_line_of(out, command);
    fprintf(out, "\n\n%c", command->summary[0] - 'a' + 'A');
    fprintf(out, "%s.\n\n", command->summary + 1);
    shopctl_print_wrapped(out, command->help, 0);
    fputs("\nOptions:\n", out);
    for (int i = SHOPCTL_VERSION + 1; i < SHOPCTL_OPTION_COUNT; i++) {
        if (shopctl_takes(command, i)) {
            print_option(out, &shopctl_options[i]);
        }
    }
    print_option(out, &shopctl_options[SHOPCTL_HELP]);
}

/* ---- docs/shopctl.md ---- */

static void print_cell(FILE *out, const char *text)
{
    for (; *text; text++) {
        fputs(*text == '|' ? "\\|" : (char[2]){ *text, 0 }, out);
    }
}

/* Lines that begin with blanks become a block of code. */
static void print_paragraphs(FILE *out, const char *text)
{
    bool code = false;

    while (*text) {
        size_t size = strcspn(text, "\n");

        if (code != (*text == ' ')) {
            code = !code;
            fputs(code ? "```sh\n" : "```\n", out);
        }
        fwrite(text + 2 * code, 1, size - 2 * code, out);
        fputc('\n', out);
        text += size + (text[size] == '\n');
    }
    fputs(code ? "```\n" : "", out);
}

static void print_section(FILE *out, const shopctl_command_t *command)
{
    fprintf(out, "\n## shopctl %s\n\n`", command->words);
    print_line_of(out, command);
    fprintf(out, "`: %s.\n\n", command->summary);
    print_paragraphs(out, command->help);
    if (!command->options) {
        return;
    }
    fputs("\n| Option | Meaning |\n|---|---|\n", out);
    for (int i = 0; i < SHOPCTL_OPTION_COUNT; i++) {
        const shopctl_option_t *option = &shopctl_options[i];

        if (i != SHOPCTL_HELP && shopctl_takes(command, i)) {
            fprintf(out, "| `--%s%s%s` | ", option->name, option->value ? " " : "",
                    option->value ? option->value : "");
            print_cell(out, option->help);
            fputs(" |\n", out);
        }
    }
}

void shopctl_print_markdown(FILE *out)
{
    fputs("# shopctl\n\nGenerated from `tools/shopctl.def`.\n\n"
          "What an administrator does beside httpd. Every command has `--help`; an option that a "
          "command does not take is refused. `shopctl(8)` is this page.\n\n"
          "The database is named by `--mongo-uri`, else by the environment variable "
          "`SHOP_MONGO_URI`, else it is `mongodb://127.0.0.1/shop`. Both take what `ShopMongoURI` "
          "takes: `file:path`, `env:NAME`, `exec:/program arguments`, or the connection string. An "
          "argument can be read by every user of the host, so a string with a password draws a "
          "warning there.\n\n| Exit status | Meaning |\n|---|---|\n",
          out);
    for (const shopctl_exit_t *row = shopctl_exits; row->meaning; row++) {
        fprintf(out, "| %d | %s |\n", row->number, row->meaning);
    }
    for (int i = 0; i < SHOPCTL_COMMAND_COUNT; i++) {
        print_section(out, &shopctl_commands[i]);
    }
}
