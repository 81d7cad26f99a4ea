/* SPDX-License-Identifier: MIT */
#ifndef SHOP_BASE_CURSOR_H
#define SHOP_BASE_CURSOR_H

/* Keyset pagination: a cursor holds the sort key and the identifier of the last item of a page. It
 * is opaque to clients (base64url), so its form may change. */

#include <apr_pools.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

typedef struct shop_cursor_t {
    const char *sort; /* as in ?sort=, e.g. "-price"; a cursor is valid for this sort only */
    const char *text; /* last sort key when it is a string, else NULL */
    int64_t number;   /* last sort key when it is a number (minor units, microseconds) */
    const char *id;   /* of the last item; orders items of equal sort keys */
} shop_cursor_t;

const char *shop_cursor_encode(const shop_cursor_t *cursor, apr_pool_t *pool);
/* VALIDATION_FAILED on "?cursor" when it is malformed or belongs to another sort. */
shop_error_t *shop_cursor_decode(shop_cursor_t **cursor, const char *text, const char *sort,
                                 apr_pool_t *pool);

/* A sort key: one string that sorts like (value, id). It is stored with the document, so that a
 * page is one range of one index even when values are equal. */
const char *shop_sort_key_of_number(int64_t number, const char *id, apr_pool_t *pool);
/* text: result of shop_sort_text, or a cursor's text. */
const char *shop_sort_key_of_text(const char *text, const char *id, apr_pool_t *pool);
/* The part of a name used for sorting: its first 64 characters, case-folded. NULL gives "". */
const char *shop_sort_text(const char *name, apr_pool_t *pool);

/* Parameters of every list query. */
typedef struct shop_list_query_t {
    int64_t limit;              /* 1..100 */
    const shop_cursor_t *after; /* NULL: first page */
    bool count;                 /* also count the total */
} shop_list_query_t;

#define SHOP_COUNT_CAP 10000

typedef struct shop_list_end_t {
    const shop_cursor_t *next; /* NULL: this is the last page */
    int64_t total;             /* -1 when not counted; at most SHOP_COUNT_CAP + 1 */
} shop_list_end_t;

#endif
