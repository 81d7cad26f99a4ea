/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CACHE_CACHE_H
#define SHOP_CACHE_CACHE_H

/* Port: serialised catalogue replies. Right without it: every miss and every fault is a read from
 * the store. Two levels stand behind one another: cache_local.h in each child, cache_redis.h for
 * all hosts. */

#include <apr_pools.h>

#include "../http/res.h"

/* The subject of lists that ask for what is in stock: any stock moved. */
#define SHOP_SUBJECT_STOCK "stock"

typedef struct shop_cache_t shop_cache_t;

typedef struct shop_cache_slot_t {
    const char *key;
    char generation[32];                  /* of the catalogue when the key was looked up */
    bool usable;                          /* a store may follow */
    struct shop_cache_filling_t *filling; /* cache_redis.c: others wait for this one */
    /* the local level's */
    uint64_t as_of;     /* the latest change when the key was looked up */
    apr_time_t read_at; /* monotonic */
    bool local;         /* the two above are set */
} shop_cache_slot_t;

struct shop_cache_t {
    /* Looks key up; ttl_s as for put(). NULL on a miss, and then *slot says under which generation
     * to store. Never an error: a cache that is away is a miss. */
    const shop_page_t *(*get)(shop_cache_t *cache, const char *key, shop_cache_slot_t *slot,
                              int ttl_s, apr_pool_t *pool);
    /* Stores a reply read from the database after get() gave this slot. */
    void (*put)(shop_cache_t *cache, const shop_cache_slot_t *slot, const shop_page_t *page,
                int ttl_s, apr_pool_t *pool);
    /* The subjects (product ids) changed: replies that show them are stale. count 0: everything
     * is. Called after the write was acknowledged and before the writer is answered. */
    void (*invalidate)(shop_cache_t *cache, const char *const *subjects, int count,
                       apr_pool_t *pool);
};

/* How long a browser may keep a reply of this ttl without asking, seconds: our own caches learn of
 * a write, browsers do not. */
int shop_cache_max_age(int ttl_s);
/* A cache that never hits. */
shop_cache_t *shop_cache_none(apr_pool_t *pool);

#endif
