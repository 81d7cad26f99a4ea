/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_MONGO_INNER_H
#define SHOP_DRIVERS_MONGO_INNER_H

/* Shared by drivers/mongo*.c; not for other files. */

#include <pthread.h>
#include <stdatomic.h>

#include "breaker.h"
#include "mongo.h"

#define SHOP_MONGO_KNOWN 1024

struct shop_mongo_t {
    mongoc_uri_t *uri;
    mongoc_client_pool_t *_Atomic clients; /* NULL until the SRV name is resolved */
    atomic_int loans;                      /* clients borrowed at this moment */
    pthread_mutex_t opening;
    mongoc_write_concern_t *one, *majority;
    mongoc_read_prefs_t *primary;
    mongoc_apm_callbacks_t *events;
    const char *database;
    int select_ms, wait_ms; /* longest waits: for a usable server, for a free client */
    shop_breaker_t breaker;
    struct shop_mongo_unique_t *unique; /* mongo_unique.c; NULL: writes are not checked */
    mongoc_client_t *_Atomic known[SHOP_MONGO_KNOWN]; /* clients whose connections are limited */
};

/* A client and a collection, borrowed for one call. */
typedef struct shop_mongo_loan_t {
    shop_mongo_t *mongo;
    mongoc_client_t *client;
    mongoc_collection_t *collection;
    apr_time_t since;
} shop_mongo_loan_t;

/* ---- mongo_loan.c ---- */

#define SHOP_MONGO_FAILURES 5 /* in a row, until the breaker opens */

/* The pool of clients; NULL: *error (an SRV name that cannot be resolved yet). */
mongoc_client_pool_t *shop_mongo_make_clients(shop_mongo_t *mongo, bson_error_t *error);
/* UNAVAILABLE when none became free in time or the breaker is open. */
shop_error_t *shop_mongo_borrow(shop_mongo_loan_t *loan, shop_mongo_t *mongo,
                                const char *collection, apr_pool_t *pool);
/* Without a collection. ping: the breaker does not refuse it. */
shop_error_t *shop_mongo_borrow_client(shop_mongo_loan_t *loan, shop_mongo_t *mongo, bool ping,
                                       apr_pool_t *pool);
/* Returns the client, reports to the breaker and converts error (NULL: success). */
shop_error_t *shop_mongo_return(shop_mongo_loan_t *loan, const bson_error_t *error,
                                apr_pool_t *pool);
/* Did the connection fail at once, because it was stale? Then a read may be sent again without
 * doubling the caller's wait. */
bool shop_mongo_broke_early(const shop_mongo_loan_t *loan, const bson_error_t *error);
/* ---- mongo_deadline.c ---- */

/* Of this thread's request (monotonic); 0: none. */
void shop_mongo_set_deadline(apr_time_t deadline);
/* false: the deadline has passed at `now` (monotonic), or there is none and the process ends. */
bool shop_mongo_may_begin(apr_time_t now);
/* Milliseconds from now (shop_clock_monotonic; 0: read it) until the deadline, at most timeout_ms;
 * 0 when it has passed, timeout_ms when there is none. */
int32_t shop_mongo_time_left(int32_t timeout_ms, apr_time_t now);
/* The client's connections, which it opens later, wait no longer than until the deadline of the
 * thread that uses them. */
void shop_mongo_limit_client(shop_mongo_t *mongo, mongoc_client_t *client);
/* Has the driver found a server that a command may go to, so that it need not wait for one? */
bool shop_mongo_primary_is_known(mongoc_client_t *client);

/* ---- mongo.c ---- */

/* A copy in pool, with the alignment that bson_t needs. */
bson_t *shop_mongo_copy(const bson_t *doc, apr_pool_t *pool);

#endif
