/* SPDX-License-Identifier: MIT
 * The table of shopctl's commands: each row against the others, command lines, and the pages. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/kit/harness.h"
#include "tools/shopctl_pages.h"
#include "tools/shopctl_table.h"

static shopctl_line_t line;

/* "reap --json" as a shell would split it at blanks. */
static const char *parse(const char *text)
{
    const char *argv[16] = { "shopctl" };
    int argc = 1;
    char *last;

    for (char *word = apr_strtok(apr_pstrdup(t_pool, text), " ", &last); word && argc < 15;
         word = apr_strtok(NULL, " ", &last)) {
        argv[argc++] = word;
    }
    return shopctl_parse(&line, argc, argv, t_pool);
}

static const char *words(void)
{
    return line.command ? line.command->words : NULL;
}

static void every_row_is_complete(void)
{
    for (int i = 0; i < SHOPCTL_COMMAND_COUNT; i++) {
        const shopctl_command_t *command = &shopctl_commands[i];
        size_t summary = strlen(command->summary);

        T_TRUE(islower((unsigned char)command->summary[0]));
        T_TRUE(command->summary[summary - 1] != '.');
        T_TRUE(isupper((unsigned char)command->help[0]) || isdigit(command->help[0]));
        T_TRUE(!*command->arguments == !command->count);
        T_TRUE(command->count <= SHOPCTL_ARGUMENTS);
        for (int other = 0; other < i; other++) {
            T_TRUE(strcmp(command->words, shopctl_commands[other].words) != 0);
        }
        T_STR(parse(apr_pstrcat(t_pool, command->words, " --help", NULL)), NULL);
        T_STR(words(), command->words);
    }
}

static void every_option_belongs_to_a_command(void)
{
    for (int i = SHOPCTL_VERSION + 1; i < SHOPCTL_OPTION_COUNT; i++) {
        int users = 0;

        for (int command = 0; command < SHOPCTL_COMMAND_COUNT; command++) {
            users += shopctl_takes(&shopctl_commands[command], i);
        }
        t_assert(users > 0, __LINE__, __FILE__, "--%s has a command", shopctl_options[i].name);
    }
}

static void options_stand_anywhere(void)
{
    T_STR(parse("--mongo-uri mongodb://a/b reap --json"), NULL);
    T_STR(words(), "reap");
    T_STR(line.values[SHOPCTL_MONGO_URI], "mongodb://a/b");
    T_TRUE(line.values[SHOPCTL_JSON] != NULL);
    T_STR(parse("user --username=ada create --admin --email a@b.example"), NULL);
    T_STR(words(), "user create");
    T_STR(line.values[SHOPCTL_USERNAME], "ada");
    T_STR(line.values[SHOPCTL_EMAIL], "a@b.example");
    T_STR(line.values[SHOPCTL_PASSWORD_FILE], NULL);
    T_STR(parse("--version"), NULL);
    T_STR(words(), NULL);
    T_STR(parse("-h"), NULL);
}

static void what_is_wrong_is_named(void)
{
    T_STR(parse(""), "name a command");
    T_STR(parse("--json"), "name a command");
    T_STR(parse("dance"), "there is no command 'dance'");
    T_STR(parse("user"), "user: say which command of it");
    T_STR(line.group, "user");
    T_STR(parse("user dance"), "there is no command 'user dance'");
    T_STR(parse("reap --admin"), "reap takes no --admin");
    T_STR(parse("keygen --mongo-uri x"), "keygen takes no --mongo-uri");
    T_STR(parse("reap now"), "reap: the argument 'now' is one too many");
    T_STR(parse("reap --nonsense"), "invalid option: --nonsense");
    T_STR(parse("reap --mongo-uri"), "missing argument: --mongo-uri");
    T_STR(parse("reap --json=yes"), "erroneous argument: --json=yes");
}

static void help_has_topics(void)
{
    static const char *const create[] = { "user", "create" };
    static const char *const dance[] = { "reap", "dance" };

    T_STR(parse("help user create"), NULL);
    T_INT(line.count, 2);
    T_TRUE(shopctl_find_topic(&line, create, 2));
    T_STR(words(), "user create");
    T_TRUE(shopctl_find_topic(&line, create, 1));
    T_STR(line.group, "user");
    T_TRUE(!shopctl_find_topic(&line, dance, 2));
    T_TRUE(!shopctl_find_topic(&line, dance + 1, 1));
    T_STR(parse("user --help"), NULL);
    T_STR(line.group, "user");
}

/* What a page prints, in the test's pool. */
static const char *page_of(void (*print)(FILE *out))
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    const char *copy;

    print(out);
    fclose(out);
    copy = apr_pstrmemdup(t_pool, text, size);
    free(text);
    return copy;
}

static void every_page_names_every_command_and_option(void)
{
    const char *man = page_of(shopctl_print_man);
    const char *usage = page_of(shopctl_print_usage);
    const char *markdown = page_of(shopctl_print_markdown);
    const char *completion = page_of(shopctl_print_completion);

    for (int i = 0; i < SHOPCTL_COMMAND_COUNT; i++) {
        T_TRUE(strstr(usage, shopctl_commands[i].words) != NULL);
        T_TRUE(strstr(markdown, shopctl_commands[i].words) != NULL);
        T_TRUE(strstr(completion, shopctl_commands[i].words) != NULL);
    }
    for (int i = 0; i < SHOPCTL_OPTION_COUNT; i++) {
        T_TRUE(strstr(completion, shopctl_options[i].name) != NULL);
        T_TRUE(i <= SHOPCTL_VERSION || strstr(markdown, shopctl_options[i].name));
    }
    T_TRUE(strstr(man, "\\-\\-if\\-missing") != NULL);
    T_TRUE(strstr(man, "user create") != NULL);
    T_TRUE(!strchr(man, '`'));
    for (const char *at = usage; at; at = strchr(at, '\n')) {
        at += *at == '\n';
        T_TRUE(strcspn(at, "\n") <= 80);
    }
}

static const shop_test_t tests[] = {
    SHOP_TEST(every_row_is_complete, "every row is complete"),
    SHOP_TEST(every_option_belongs_to_a_command, "every option belongs to a command"),
    SHOP_TEST(options_stand_anywhere, "options stand before, between and behind the words"),
    SHOP_TEST(what_is_wrong_is_named, "what is wrong with a command line is named"),
    SHOP_TEST(help_has_topics, "help finds commands and groups"),
    SHOP_TEST(every_page_names_every_command_and_option,
              "every page names every command and every option"),
    SHOP_TEST_END,
};
SHOP_SUITE("shopctl's table", tests)
