/* SPDX-License-Identifier: MIT */
#ifndef SHOP_STORE_RECORD_H
#define SHOP_STORE_RECORD_H

/* Port: documents that are what their field table says and no more. A description names table,
 * collection, keys and sorts; whoever opens a store of it has a repository. What counts units,
 * reserves or spans documents needs more: see store/reservation.h.
 *
 * How a record is stored, row by row of its table:
 *   - under the row's name; the id's row as _id, an ObjectId when its kind is ID, else text;
 *   - text kinds as text, ID as ObjectId, INT and MONEY (minor units) as 64-bit integers, BOOL as
 *     such, TIME as a date (in milliseconds), OBJECT as a document, LIST and STRINGS as arrays;
 *   - what prints as null or is left out (shop_field_is_null) is absent, and what is absent or of
 *     another type reads as the row's default. A REQUIRED text, ID or OBJECT that is absent makes
 *     the document unreadable: INTERNAL, since code relies on the pointer;
 *   - SHOP_ON_CREATE rows are written by insert alone, SHOP_NOT_STORED rows never;
 *   - beside them by_<row>, the sort key, for each row that lists are sorted by. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/cursor.h"
#include "../base/error.h"
#include "../base/fields.h"

/* A row whose values differ from record to record: an index of its own, unless it is the id. */
typedef struct shop_record_unique_t {
    const char *member; /* NULL ends a list */
    shop_code_t taken;  /* what another record with the same value is answered with */
    const char *what;   /* for people, "e-mail address"; NULL: member */
} shop_record_unique_t;

typedef struct shop_record_t {
    const char *collection;
    const char *noun; /* for people: "coupon" */
    const shop_field_t *fields;
    size_t size;       /* sizeof the struct behind them */
    const char *id;    /* row of the identifier */
    const char *owner; /* row (ID or text) that lists can be limited by; NULL: none */
    const shop_record_unique_t *unique; /* NULL: only the id is, and made by us */
    /* What ?sort= takes: names of rows (text, INT, MONEY, TIME, or the id's), '-' in front for
     * descending; NULL-terminated. The first is the default; none: there are no lists. */
    const char *const *sorts;
    /* Members of the documents that are not in the table and not read with it, such as a
     * reservation's; NULL-terminated or NULL. */
    const char *const *others;
} shop_record_t;

/* The rows of a record that is changed: rev rises with each write, and writers compare it. */
#define SHOP_RECORD_FIELDS(type)                                                              \
    SHOP_FIELD(type, created_at, TIME, SHOP_READ_ONLY | SHOP_ON_CREATE | SHOP_REQUIRED, 0, 0, \
               "Time of creation"),                                                           \
        SHOP_FIELD(type, updated_at, TIME, SHOP_READ_ONLY | SHOP_REQUIRED, 0, 0,              \
                   "Time of the last change"),                                                \
        SHOP_FIELD(type, rev, INT, SHOP_READ_ONLY | SHOP_FOR_NOBODY, 0, 0, "Revision")

typedef struct shop_record_query_t {
    shop_list_query_t list;
    const char *sort;  /* one of record->sorts; NULL or "": the first */
    const char *owner; /* value of record->owner; NULL: everybody's */
} shop_record_query_t;

/* Results in pool. Each function is one command (list with a count: two). Errors besides those
 * named: UNAVAILABLE, INTERNAL. Safe to call from many threads. */
typedef struct shop_record_store_t shop_record_store_t;
struct shop_record_store_t {
    const shop_record_t *record;

    /* As it is; see shop_record_begin. The code of the unique row that is taken. */
    shop_error_t *(*insert)(shop_record_store_t *store, const void *one, apr_pool_t *pool);
    /* *one: NULL when there is none. */
    shop_error_t *(*find)(void **one, shop_record_store_t *store, const char *id, apr_pool_t *pool);
    /* By a unique row other than the id. */
    shop_error_t *(*find_by)(void **one, shop_record_store_t *store, const char *member,
                             const char *value, apr_pool_t *pool);
    /* A page: array of pointers to records. VALIDATION_FAILED for a cursor that is none of this
     * list's. end->total is counted when query->list.count. */
    shop_error_t *(*list)(apr_array_header_t **all, shop_list_end_t *end,
                          shop_record_store_t *store, const shop_record_query_t *query,
                          apr_pool_t *pool);
    /* Every row but the ON_CREATE ones, where rev is still one's rev - 1 (see shop_record_touch);
     * *done false: it is not. The code of the unique row that is taken. */
    shop_error_t *(*update)(bool *done, shop_record_store_t *store, const void *one,
                            apr_pool_t *pool);
    /* Where rev is still rev. */
    shop_error_t *(*remove)(bool *done, shop_record_store_t *store, const char *id, int64_t rev,
                            apr_pool_t *pool);
    /* To SHOP_COUNT_CAP + 1; owner NULL: everybody's. */
    shop_error_t *(*count)(int64_t *count, shop_record_store_t *store, const char *owner,
                           apr_pool_t *pool);
};

/* A record that is made now: a new id when its row is of kind ID and empty, rev 1, created_at and
 * updated_at. Rows that the table does not have are left out. INTERNAL without randomness. */
shop_error_t *shop_record_begin(const shop_record_t *record, void *one, apr_time_t now,
                                apr_pool_t *pool);
/* A record that is about to be updated: rev rises, updated_at is now. */
void shop_record_touch(const shop_record_t *record, void *one, apr_time_t now);

const char *shop_record_id(const shop_record_t *record, const void *one);
int64_t shop_record_rev(const shop_record_t *record, const void *one);

/* ---- for stores ---- */

/* How a list is read. */
typedef struct shop_record_sort_t {
    const shop_field_t *row; /* the id's row: _id, else by_<row> */
    bool by_id, down;
    const char *after; /* sort key or id of the last record before; NULL: from the beginning */
} shop_record_sort_t;
/* VALIDATION_FAILED for a cursor whose id no record can have. INTERNAL for a sort that the record
 * has not. */
shop_error_t *shop_record_sort(shop_record_sort_t *sort, const shop_record_t *record,
                               const shop_record_query_t *query, apr_pool_t *pool);
/* The sort key of one in that row. */
const char *shop_record_key(const shop_record_t *record, const shop_field_t *row, const void *one,
                            apr_pool_t *pool);
/* Cuts a page of limit + 1 records to limit and sets end->next. */
void shop_record_end_page(apr_array_header_t *all, shop_list_end_t *end,
                          const shop_record_t *record, const shop_record_query_t *query,
                          const shop_record_sort_t *sort, apr_pool_t *pool);
/* "another <noun> has this <member>" with the unique row's code. */
shop_error_t *shop_record_taken(const shop_record_t *record, const shop_record_unique_t *unique,
                                apr_pool_t *pool);

#endif
