/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CACHE_CACHE_H
#define SHOP_CACHE_CACHE_H

/* Port: serialised catalogue replies. The shop is correct without a cache: a miss and a failure are
 * a read from the store. There are two levels: cache_local.h in each child, and behind it
 * cache_redis.h for all hosts. */

#include <apr_pools.h>

#include "../http/res.h"

/* The subject of lists that filter by stock: the stock of any product changed. */
#define SHOP_SUBJECT_STOCK "stock"

typedef struct shop_cache_t shop_cache_t;

typedef struct shop_cache_slot_t {
    const char *key;
    char generation[32];                        /* of the catalogue at the lookup */
    bool usable;                                /* the next level accepts a put() */
    struct shop_cache_fetch_lock_t *fetch_lock; /* of cache_redis.c; NULL: not held */
    /* of the local level */
    uint64_t as_of;     /* number of the latest change at the lookup */
    apr_time_t read_at; /* of the lookup; monotonic */
    bool local;         /* the two above are set */
} shop_cache_slot_t;

struct shop_cache_t {
    /* Looks key up; ttl_s as for put(). NULL on a miss; *slot is then what put() needs. Never an
     * error: a cache that cannot be reached is a miss. */
    const shop_page_t *(*get)(shop_cache_t *cache, const char *key, shop_cache_slot_t *slot,
                              int ttl_s, apr_pool_t *pool);
    /* Stores a reply that was read from the database after the get() that filled slot. */
    void (*put)(shop_cache_t *cache, const shop_cache_slot_t *slot, const shop_page_t *page,
                int ttl_s, apr_pool_t *pool);
    /* The subjects (ids of units of stock, SHOP_SUBJECT_STOCK) changed: replies that contain them
     * are stale. count 0: all replies are. To be called after the write was acknowledged and before
     * the client is answered. */
    void (*invalidate)(shop_cache_t *cache, const char *const *subjects, int count,
                       apr_pool_t *pool);
};

/* To be called with what a write of the subjects (count 0: of anything) answered: invalidates
 * unless err says that nothing was written. Returns err. */
shop_error_t *shop_cache_written(shop_cache_t *cache, const char *const *subjects, int count,
                                 shop_error_t *err, apr_pool_t *pool);
/* max-age in seconds for a reply of this ttl: the shop's own caches are invalidated by a write,
 * browsers' caches are not. */
int shop_cache_max_age(int ttl_s);
/* A cache that never hits. */
shop_cache_t *shop_cache_none(apr_pool_t *pool);

#endif
