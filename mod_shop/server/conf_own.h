/* SPDX-License-Identifier: MIT */
#ifndef SHOP_SERVER_CONF_OWN_H
#define SHOP_SERVER_CONF_OWN_H

/* What a directive does in its own way, where the table of directives does not suffice. */

#include "../directives/directive.h"

typedef struct shop_own_t {
    /* As shop_directive_parse; NULL: that one. */
    const char *(*parse)(shop_settings_t *settings, const shop_directive_t *directive, int argc,
                         char *const argv[], shop_parse_t *parse);
    /* Lays what a virtual host adds over what it inherits; NULL: the members are copied. */
    void (*merge)(shop_settings_t *into, const shop_settings_t *add);
    /* The i-th line of -D DUMP_SHOP, without the name; NULL: there are no more. NULL instead of a
     * function: one line, as the table says. */
    const char *(*dump)(const shop_settings_t *settings, int i, apr_pool_t *pool);
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

/* Returns when expr names a problem; the argument at fault is text. */
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
