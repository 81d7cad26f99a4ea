/* SPDX-License-Identifier: MIT */
#ifndef SHOP_BASE_CURSOR_H
#define SHOP_BASE_CURSOR_H

/* Keyset paging: where a list stopped, as the sort key and identifier of its last item. Opaque to
 * clients (base64url), so that it may change. */

#include <apr_pools.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

typedef struct shop_cursor_t {
    const char *sort; /* as in ?sort=, e.g. "-price"; a cursor is good for its own sort only */
    const char *text; /* last sort key when it is a string, else NULL */
    int64_t number;   /* last sort key when it is a number (minor units, microseconds) */
    const char *id;   /* breaks ties */
} shop_cursor_t;

const char *shop_cursor_encode(const shop_cursor_t *cursor, apr_pool_t *pool);
/* VALIDATION_FAILED on "?cursor" when it is damaged or of another sort. */
shop_error_t *shop_cursor_decode(shop_cursor_t **cursor, const char *text, const char *sort,
                                 apr_pool_t *pool);

/* A sort key: one string that orders like (value, id). Stores keep it, so that a page is one range
 * of one index, whatever ties there are. */
const char *shop_sort_key_of_number(int64_t number, const char *id, apr_pool_t *pool);
/* text: of shop_sort_text, also from a cursor. */
const char *shop_sort_key_of_text(const char *text, const char *id, apr_pool_t *pool);
/* What of a name decides its place: its first 64 characters, folded. NULL is "". */
const char *shop_sort_text(const char *name, apr_pool_t *pool);

/* What every list is asked for and answers with. */
typedef struct shop_list_query_t {
    int64_t limit;              /* 1..100 */
    const shop_cursor_t *after; /* NULL: first page */
    bool count;                 /* total wanted */
} shop_list_query_t;

#define SHOP_COUNT_CAP 10000

typedef struct shop_list_end_t {
    const shop_cursor_t *next; /* NULL: that was the last page */
    int64_t total;             /* -1 when not asked for; counted to SHOP_COUNT_CAP + 1 */
} shop_list_end_t;

#endif
