/* SPDX-License-Identifier: MIT */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

/* What the files of the bare program share; see bare.c. */

#include <mongoc/mongoc.h>
#include <pthread.h>
#include <stdatomic.h>

#define LINES_MAX 100
#define DROP_PRODUCTS 256 /* products with holds to drop, at most */
#define DROP_ORDERS 32    /* holds of one product that go out in one command */

/* The holds of one product that are not needed any more. */
typedef struct drop_t {
    bson_oid_t product, orders[DROP_ORDERS];
    int count;
} drop_t;

typedef struct shared_t {
    mongoc_client_pool_t *pool;
    const char *mode;
    int64_t customers, end_us;
    atomic_llong next, requests;
    atomic_int commands, failed, done;
    pthread_mutex_t lock; /* of drops */
    drop_t drops[DROP_PRODUCTS];
    int dropping;
    int32_t *samples;
} shared_t;

typedef struct line_t {
    bson_oid_t product;
    int64_t quantity, price;
    char name[201];
} line_t;

/* One request: a client and what was read so far. */
typedef struct work_t {
    shared_t *shared;
    mongoc_client_t *client;
    mongoc_write_concern_t *majority;
    bson_oid_t user;
    int64_t customer, gen, rev;
    line_t lines[LINES_MAX];
    int count;
    int commands;
} work_t;

/* Milliseconds since 1970, as documents hold them. */
int64_t bare_now_ms(void);
/* The caller destroys it. */
mongoc_collection_t *bare_collection(work_t *work, const char *name);
/* Ends the run; the first says why on standard error. error may be NULL. */
void bare_fail(work_t *work, const char *what, const bson_error_t *error);
/* The majority's acknowledgement where the module asks for it. */
void bare_append_concern(work_t *work, bson_t *opts, bool majority);
/* Returns how many documents matched. */
int64_t bare_update(work_t *work, const char *name, const bson_t *filter, const bson_t *change,
                    bool majority);
/* Session, cart and products of the cart: what each order reads first. */
void bare_find_session(work_t *work);
void bare_find_cart(work_t *work);
void bare_find_products(work_t *work);
/* Appends what an order holds from its beginning on; the members of its state are the caller's. */
void bare_append_order(bson_t *doc, const work_t *work, const bson_oid_t *order, const char *status,
                       int64_t rev);
/* Takes a client of the pool and makes the write concern; bare_end gives both back. */
void bare_begin(work_t *work);
void bare_end(work_t *work);
/* An order, from the session to the last clean-up. */
void bare_order(work_t *work);
/* The same by the second protocol; its holds are dropped behind the reply, by bare_drop_holds. */
void bare_order_v2(work_t *work);
/* A thread's function: drops holds of shared_t until the run is done and none is left. */
void *bare_drop_holds(void *shared);

#endif
