/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TOOLS_SHOPCTL_TABLE_H
#define SHOP_TOOLS_SHOPCTL_TABLE_H

/* The rows of shopctl.def, and what a command line means by them. Opens nothing and prints
 * nothing. */

#include <apr_pools.h>
#include <stdbool.h>
#include <stdint.h>

enum {
#define SHOPCTL_OPTION(NAME, name, letter, value, help) SHOPCTL_##NAME,
#include "tools/shopctl.def"
    SHOPCTL_OPTION_COUNT
};

enum {
#define SHOPCTL_EXIT(number, NAME, meaning) SHOPCTL_EXIT_##NAME = number,
#include "tools/shopctl.def"
};

enum {
#define SHOPCTL_COMMAND(name, words, arguments, count, options, summary, help) SHOPCTL_DO_##name,
#include "tools/shopctl.def"
    SHOPCTL_COMMAND_COUNT
};

#define SHOPCTL_ARGUMENTS 2

typedef struct shopctl_option_t {
    const char *name;
    char letter;       /* 0: none */
    const char *value; /* its name in the help; NULL: a flag */
    const char *help;
} shopctl_option_t;

typedef struct shopctl_command_t {
    const char *words;     /* "user create" */
    const char *arguments; /* their names in the help; one in brackets may be left out */
    int count;             /* at most so many */
    uint64_t options;      /* bit i: option i */
    const char *summary, *help;
} shopctl_command_t;

typedef struct shopctl_exit_t {
    int number;
    const char *meaning;
} shopctl_exit_t;

extern const shopctl_option_t shopctl_options[SHOPCTL_OPTION_COUNT];
extern const shopctl_command_t shopctl_commands[SHOPCTL_COMMAND_COUNT];
extern const shopctl_exit_t shopctl_exits[]; /* ends with a meaning of NULL */

/* A command line as it was understood. */
typedef struct shopctl_line_t {
    const shopctl_command_t *command; /* NULL: none was named */
    const char *group; /* the first word of several commands, where help of it was asked for */
    const char *values[SHOPCTL_OPTION_COUNT]; /* NULL: not given; a flag: its name */
    const char *arguments[SHOPCTL_ARGUMENTS];
    int count;
} shopctl_line_t;

/* Reads the command line; options may stand before, between and behind the words. NULL, or a
 * sentence without a full stop that says what is wrong; line->command is then set when it was
 * recognised. Texts are in pool or in argv. */
const char *shopctl_parse(shopctl_line_t *line, int argc, const char *const argv[],
                          apr_pool_t *pool);
/* Finds what `shopctl help WORDS` asks for: a command or a group. false: there is no such. */
bool shopctl_find_topic(shopctl_line_t *line, const char *const *words, int count);
/* Has the command this first word? */
bool shopctl_is_of_group(const shopctl_command_t *command, const char *group);
bool shopctl_takes(const shopctl_command_t *command, int option);

#endif
