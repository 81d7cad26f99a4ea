/* SPDX-License-Identifier: MIT */
#ifndef SHOP_STORE_WALK_MONGO_H
#define SHOP_STORE_WALK_MONGO_H

/* Every document of a collection whose _id is an ObjectId, in batches by _id: what a stage of a
 * migration (store/migrate.h) does with documents. No cursor stays open, so a walk may take as long
 * as it wants, and memory is that of one batch. Documents inserted meanwhile may be met or not. */

#include "../drivers/mongo.h"

typedef struct shop_walk_t {
    shop_mongo_t *mongo;
    const char *collection;
    const char *const *members; /* that are read besides _id, NULL-terminated */
    /* Called for each document of a batch, then flush once, which may write. pool is the batch's
     * and is cleared after flush. An error of either ends the walk and is returned. */
    shop_mongo_each_t each;
    shop_error_t *(*flush)(void *baton, apr_pool_t *pool);
    void *baton;
} shop_walk_t;

/* UNAVAILABLE, INTERNAL: the walk ended before the last batch. */
shop_error_t *shop_walk(const shop_walk_t *walk, apr_pool_t *pool);

#endif
