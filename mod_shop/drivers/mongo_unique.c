/* SPDX-License-Identifier: MIT
 * Refuses writes that a missing unique index would have to refuse. A database that was restored
 * without its indexes, or never prepared, would otherwise take one e-mail address twice. */
#include <apr_tables.h>
#include <string.h>

#include "../base/clock.h"
#include "mongo_inner.h"

/* Indexes do not come and go by themselves, so a look at each collection is good for this long. */
#define INDEX_MEMORY apr_time_from_sec(10)

/* A collection and the monotonic time until which its indexes count as seen; 0: not seen. */
struct shop_mongo_unique_t {
    const char *collection;
    shop_mongo_index_t *indexes; /* the unique ones, terminated as a table is */
    _Atomic apr_time_t seen_until;
    struct shop_mongo_unique_t *next;
};

static struct shop_mongo_unique_t *row_of(const shop_mongo_t *mongo, const char *collection)
{
    struct shop_mongo_unique_t *row = mongo->unique;

    while (row && strcmp(row->collection, collection) != 0) {
        row = row->next;
    }
    return row;
}

/* The unique indexes of one collection, over all tables. */
static shop_mongo_index_t *indexes_of(const shop_mongo_index_t *const *tables,
                                      const char *collection, apr_pool_t *pool)
{
    apr_array_header_t *found = apr_array_make(pool, 4, sizeof(shop_mongo_index_t));

    for (; *tables; tables++) {
        for (const shop_mongo_index_t *index = *tables; index->collection; index++) {
            if (index->unique && !strcmp(index->collection, collection)) {
                APR_ARRAY_PUSH(found, shop_mongo_index_t) = *index;
            }
        }
    }
    APR_ARRAY_PUSH(found, shop_mongo_index_t) = (shop_mongo_index_t){ .collection = NULL };
    return (shop_mongo_index_t *)(void *)found->elts;
}

void shop_mongo_require_unique(shop_mongo_t *mongo, const shop_mongo_index_t *const *tables,
                               apr_pool_t *pool)
{
    mongo->unique = NULL;
    for (const shop_mongo_index_t *const *table = tables; table && *table; table++) {
        for (const shop_mongo_index_t *index = *table; index->collection; index++) {
            if (index->unique && !row_of(mongo, index->collection)) {
                struct shop_mongo_unique_t *row = apr_pcalloc(pool, sizeof(*row));

                row->collection = index->collection;
                row->indexes = indexes_of(tables, index->collection, pool);
                atomic_init(&row->seen_until, 0);
                row->next = mongo->unique;
                mongo->unique = row;
            }
        }
    }
}

shop_error_t *shop_mongo_check_unique(shop_mongo_t *mongo, const char *collection, apr_pool_t *pool)
{
    struct shop_mongo_unique_t *row = row_of(mongo, collection);
    apr_time_t now;
    apr_time_t until;
    const char *missing = NULL;
    shop_error_t *err;

    if (!row) {
        return NULL;
    }
    now = shop_clock_monotonic();
    until = atomic_load(&row->seen_until);
    /* Of several threads one looks; the others go on with what was seen before. */
    if (now < until ||
        (until && !atomic_compare_exchange_strong(&row->seen_until, &until, now + INDEX_MEMORY))) {
        return NULL;
    }
    err = shop_mongo_check_indexes(&missing, mongo, row->indexes, pool);
    atomic_store(&row->seen_until, err || missing ? 0 : now + INDEX_MEMORY);
    if (missing) {
        shop_mongo_log_missing(missing);
        err = shop_error_cause(shop_err(pool, UNAVAILABLE, "the database is not ready for this"),
                               pool, "the unique index %s of %s is missing", missing, collection);
    }
    return err;
}
