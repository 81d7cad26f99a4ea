/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_MONGO_INNER_H
#define SHOP_DRIVERS_MONGO_INNER_H

/* Shared by drivers/mongo*.c; not for other files. */

#include <pthread.h>
#include <stdatomic.h>

#include "breaker.h"
#include "mongo.h"

struct shop_mongo_t {
    mongoc_uri_t *uri;
    mongoc_client_pool_t *_Atomic clients; /* NULL until the SRV name is resolved */
    atomic_int loans;                      /* clients borrowed at this moment */
    pthread_mutex_t opening;
    mongoc_write_concern_t *one, *majority;
    mongoc_read_prefs_t *primary;
    mongoc_apm_callbacks_t *events;
    const char *database;
    shop_breaker_t breaker;
};

/* A client and a collection, borrowed for one call. */
typedef struct shop_mongo_loan_t {
    shop_mongo_t *mongo;
    mongoc_client_t *client;
    mongoc_collection_t *collection;
    apr_time_t since;
} shop_mongo_loan_t;

/* UNAVAILABLE when none became free in time or the breaker is open. */
shop_error_t *shop_mongo_borrow(shop_mongo_loan_t *loan, shop_mongo_t *mongo,
                                const char *collection, apr_pool_t *pool);
/* Returns the client, reports to the breaker and converts error (NULL: success). */
shop_error_t *shop_mongo_return(shop_mongo_loan_t *loan, const bson_error_t *error,
                                apr_pool_t *pool);
/* Did the connection fail at once, because it was stale? Then a read may be sent again without
 * doubling the caller's wait. */
bool shop_mongo_broke_early(const shop_mongo_loan_t *loan, const bson_error_t *error);
/* A copy in pool, with the alignment that bson_t needs. */
bson_t *shop_mongo_copy(const bson_t *doc, apr_pool_t *pool);

#endif
