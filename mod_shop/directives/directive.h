/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DIRECTIVES_DIRECTIVE_H
#define SHOP_DIRECTIVES_DIRECTIVE_H

/* The table of directives: what directives.def says, for code that walks over it. Reads arguments
 * into settings and prints settings as directives. Knows no httpd. */

#include "../settings.h"
#include "directive_kind.h"

typedef enum {
    SHOP_FORM_NEEDED,   /* by its place */
    SHOP_FORM_OPTIONAL, /* by its place, may be left out */
    SHOP_FORM_NAMED,    /* label=value */
    SHOP_FORM_JOINED,   /* label is the sign between the argument before and this one */
    SHOP_FORM_WORD,     /* label itself; no member */
    SHOP_FORM_FILLED,   /* by a parser of its own */
    SHOP_FORM_HIDDEN    /* likewise, and never printed */
} shop_form_t;

typedef struct shop_argument_t {
    shop_form_t form;
    const char *label;
    shop_kind_t kind;
    apr_size_t offset; /* in shop_settings_t */
    const void *value; /* the default */
    const char *said;  /* words for a default that cannot be written as a value; NULL: it can */
    int64_t min, max;
} shop_argument_t;

typedef struct shop_directive_t {
    const char *name;
    const shop_argument_t *arguments;
    int count;
    const char *syntax, *example, *help;
} shop_directive_t;

/* The row of ShopName is SHOP_ROW_ShopName. */
enum {
#define SHOP_DIRECTIVE_OF(name, parser, arguments, syntax, example, help) SHOP_ROW_##name,
#define SHOP_ARGUMENT(form, label, kind, member, value, said, min, max)
#define SHOP_WORD(word)
#include "directives.def"
#undef SHOP_DIRECTIVE_OF
#undef SHOP_ARGUMENT
#undef SHOP_WORD
    SHOP_DIRECTIVE_COUNT
};

extern const shop_directive_t shop_directives[SHOP_DIRECTIVE_COUNT];

/* Reads argv into the members. NULL, or the clause that says what is wrong ("is no whole number
 * from 1 to 64"), about parse->bad. On a problem the members are undefined. Not for directives
 * with FILLED arguments. */
const char *shop_directive_parse(shop_settings_t *settings, const shop_directive_t *directive,
                                 int argc, char *const argv[], shop_parse_t *parse);
/* NULL, or what is wrong with the number of arguments. */
const char *shop_directive_count_problem(int argc, int min, int max, apr_pool_t *pool);
/* The arguments as one would write them, secrets masked, without the name; what is not set as its
 * words in parentheses. */
const char *shop_directive_text(const shop_directive_t *directive, const shop_settings_t *settings,
                                apr_pool_t *pool);
/* The default for the reference pages: its words, or as one would write it. */
const char *shop_directive_default_text(const shop_directive_t *directive, apr_pool_t *pool);
/* Sets the members of a directive to their defaults. */
void shop_directive_reset(shop_settings_t *settings, const shop_directive_t *directive);
void shop_directive_copy(shop_settings_t *into, const shop_directive_t *directive,
                         const shop_settings_t *from);
/* Are its members equal in both, wherever their strings lie? */
bool shop_directive_same(const shop_directive_t *directive, const shop_settings_t *a,
                         const shop_settings_t *b);
/* The text behind "name=", NULL when the argument is something else. */
const char *shop_argument_named(const char *argument, const char *name);

#endif
