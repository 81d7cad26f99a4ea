/* SPDX-License-Identifier: MIT */
#ifndef SHOP_SERVER_CONF_OWN_H
#define SHOP_SERVER_CONF_OWN_H

/* Functions of directives that the table of directives cannot describe. */

#include "../directives/directive.h"

typedef struct shop_own_t {
    /* Parses like shop_directive_parse; NULL: that function is used. */
    const char *(*parse)(shop_settings_t *settings, const shop_directive_t *directive, int argc,
                         char *const argv[], shop_parse_t *parse);
    /* Merges the values of a virtual host into the inherited ones; NULL: the members are copied. */
    void (*merge)(shop_settings_t *into, const shop_settings_t *add);
    /* The i-th line for -D DUMP_SHOP, without the name; NULL: no more lines. If the function is
     * NULL, the directive has one line, made from the table. */
    const char *(*dump)(const shop_settings_t *settings, int i, apr_pool_t *pool);
    /* "file:line" of the i-th line; NULL: it was not set. If the function is NULL, the directive
     * was set in one place. */
    const char *(*where)(const shop_settings_t *settings, int i);
} shop_own_t;

/* One for each parser named in directives.def. */
#define SHOP_DIRECTIVE_OF(name, parser, arguments, syntax, example, help) \
    extern const shop_own_t shop_own_##parser;
#define SHOP_ARGUMENT(form, label, kind, member, value, said, min, max)
#define SHOP_WORD(word)
#include "../directives/directives.def"
#undef SHOP_DIRECTIVE_OF
#undef SHOP_ARGUMENT
#undef SHOP_WORD

/* Returns a message when expr gives a problem; text is the invalid argument. */
#define SHOP_CHECK(expr, text)         \
    do {                               \
        const char *problem_ = (expr); \
        if (problem_) {                \
            parse->bad = (text);       \
            return problem_;           \
        }                              \
    } while (0)
#define SHOP_ARGUMENTS(min, max) \
    SHOP_CHECK(shop_directive_count_problem(argc, (min), (max), parse->pool), NULL)

#endif
