/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_CACHE_H
#define SHOP_HTTP_CACHE_H

/* Port: serialised catalogue replies. Right without it: every miss and every fault is a read from
 * the store. An in-process level goes in front of the Redis one behind this same table. */

#include <apr_pools.h>

#include "res.h"

typedef struct shop_cache_t shop_cache_t;

typedef struct shop_cache_slot_t {
    const char *key;
    char generation[32]; /* of the catalogue when the key was looked up */
    bool usable;         /* a store may follow */
} shop_cache_slot_t;

struct shop_cache_t {
    /* Looks key up. NULL on a miss, and then *slot says under which generation to store. Never an
     * error: a cache that is away is a miss. */
    const shop_page_t *(*get)(shop_cache_t *cache, const char *key, shop_cache_slot_t *slot,
                              apr_pool_t *pool);
    /* Stores a reply read from the database after get() gave this slot. */
    void (*put)(shop_cache_t *cache, const shop_cache_slot_t *slot, const shop_page_t *page,
                int ttl_s, apr_pool_t *pool);
    /* The catalogue changed: everything cached before is stale. Called after the write was
     * acknowledged and before the writer is answered. */
    void (*invalidate)(shop_cache_t *cache, apr_pool_t *pool);
};

/* A cache that never hits. */
shop_cache_t *shop_cache_none(apr_pool_t *pool);

#endif
