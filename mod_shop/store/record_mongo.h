/* SPDX-License-Identifier: MIT */
#ifndef SHOP_STORE_RECORD_MONGO_H
#define SHOP_STORE_RECORD_MONGO_H

/* Records in MongoDB. */

#include "../drivers/mongo.h"
#include "record.h"

/* Never fails; opens nothing. record outlives pool. */
shop_record_store_t *shop_record_mongo(const shop_record_t *record, shop_mongo_t *mongo,
                                       apr_pool_t *pool);

/* The indexes that a record's keys and sorts need, in pool: "<collection>_<row>" for a unique row,
 * "<collection>_by_<row>" for a sort, with the owner in front where there is one. */
const shop_mongo_index_t *shop_record_indexes(const shop_record_t *record, apr_pool_t *pool);

/* ---- for repositories whose documents hold more than the table says ---- */
/* insert with further members in the same document. */
shop_error_t *shop_record_mongo_insert(shop_record_store_t *store, const void *one,
                                       const bson_t *more, apr_pool_t *pool);
/* update with further conditions and changes in the same command; each may be NULL. */
typedef struct shop_record_more_t {
    const bson_t *filter, *set, *unset, *inc;
} shop_record_more_t;
shop_error_t *shop_record_mongo_update(bool *done, shop_record_store_t *store, const void *one,
                                       const shop_record_more_t *more, apr_pool_t *pool);
/* Filter and options of a list's command; the caller destroys both. */
shop_error_t *shop_record_mongo_plan(bson_t **filter, bson_t **opts, const shop_record_t *record,
                                     const shop_record_query_t *query, apr_pool_t *pool);

#endif
