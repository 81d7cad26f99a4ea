/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DIRECTIVES_DIRECTIVE_KIND_H
#define SHOP_DIRECTIVES_DIRECTIVE_KIND_H

/* The kinds of values that directives take: text to value, value to text, comparison. Knows neither
 * httpd nor any directive. */

#include <apr_pools.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    SHOP_KIND_WHOLE,
    SHOP_KIND_MS,
    SHOP_KIND_SECONDS,
    SHOP_KIND_ON_OFF,
    SHOP_KIND_TOKEN,
    SHOP_KIND_URL,
    SHOP_KIND_SIZE,
    SHOP_KIND_SECRET,
    SHOP_KIND_ROUNDING,
    /* of directives with a parser of their own */
    SHOP_KIND_TEXT,
    SHOP_KIND_BITS,
    SHOP_KIND_KEYS,
    SHOP_KIND_RATES,
    SHOP_KIND_COUNT
} shop_kind_t;

/* One directive being read. */
typedef struct shop_parse_t {
    apr_pool_t *pool; /* of what the values hold */
    /* Resolves what a secret's argument names ("file:path") into *secret and sets *literal when the
     * value itself stood there. NULL or what is wrong. NULL instead of a function: every text is
     * the secret itself. */
    const char *(*resolve)(const char **secret, bool *literal, const char *text, apr_pool_t *pool);
    const char *where; /* "file:line" of the directive; NULL: not known */
    bool literal;      /* out: a secret stood in clear */
    const char *bad;   /* out: the argument at fault; NULL: it must not be shown */
} shop_parse_t;

typedef struct shop_kind_row_t {
    apr_size_t size; /* of the member */
    /* NULL, or the clause that says what is wrong with text ("is no whole number from 1 to 64").
     * NULL instead of a function: only a parser of its own reads it. */
    const char *(*parse)(void *value, const char *text, int64_t min, int64_t max,
                         shop_parse_t *parse);
    /* As one would write it; NULL: no value. NULL instead of a function: not in one word. */
    const char *(*text)(const void *value, apr_pool_t *pool);
    bool (*same)(const void *a, const void *b); /* NULL: byte by byte */
} shop_kind_row_t;
const shop_kind_row_t *shop_kind_row(shop_kind_t kind);
/* Are both members equal, wherever their strings lie? */
bool shop_kind_same(shop_kind_t kind, const void *a, const void *b);

/* NULL, or what is wrong with a name of at most max characters. */
const char *shop_token_problem(const char *text, int64_t max);
/* Reads a secret: resolves it and notes whether it stood in clear. NULL or what is wrong. */
const char *shop_secret_parse(const char **secret, const char *text, shop_parse_t *parse);
/* What may be shown of a secret's argument: where the secret comes from, else NULL. */
const char *shop_secret_shown(const char *text);

#endif
