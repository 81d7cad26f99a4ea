/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_MONGO_INNER_H
#define SHOP_DRIVERS_MONGO_INNER_H

/* What infra/mongo*.c share among themselves; nobody else includes it. */

#include <pthread.h>
#include <stdatomic.h>

#include "breaker.h"
#include "mongo.h"

struct shop_mongo_t {
    mongoc_uri_t *uri;
    mongoc_client_pool_t *_Atomic clients; /* NULL while a SRV name could not be resolved */
    atomic_int loans;                      /* clients out at this moment */
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
/* Gives it back, tells the breaker, and translates; error NULL: it went well. */
shop_error_t *shop_mongo_return(shop_mongo_loan_t *loan, const bson_error_t *error,
                                apr_pool_t *pool);
/* Did a connection break at once (a server that was restarted), so that a read may be sent again
 * without making the caller wait twice? */
bool shop_mongo_broke_early(const shop_mongo_loan_t *loan, const bson_error_t *error);
/* Sets this thread's count back: the commands since were no part of its request. */
void shop_mongo_recount(int count);
/* In pool, bson_t's unusual alignment kept. */
bson_t *shop_mongo_copy(const bson_t *doc, apr_pool_t *pool);

#endif
