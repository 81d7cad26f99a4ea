/* SPDX-License-Identifier: MIT
 * A cache that stores nothing: for shops without one, and for tests. */
#include "cache.h"

#define BROWSER_MAX_AGE_S 5

static const shop_page_t *none_get(shop_cache_t *cache, const char *key, shop_cache_slot_t *slot,
                                   int ttl_s, apr_pool_t *pool)
{
    (void)cache;
    (void)ttl_s;
    (void)pool;
    slot->key = key;
    slot->generation[0] = '\0';
    slot->usable = false;
    return NULL;
}

static void none_put(shop_cache_t *cache, const shop_cache_slot_t *slot, const shop_page_t *page,
                     int ttl_s, apr_pool_t *pool)
{
    (void)cache;
    (void)slot;
    (void)page;
    (void)ttl_s;
    (void)pool;
}

static void none_invalidate(shop_cache_t *cache, const char *const *subjects, int count,
                            apr_pool_t *pool)
{
    (void)cache;
    (void)subjects;
    (void)count;
    (void)pool;
}

/* UNAVAILABLE: the outcome is unknown, so it may have been written. */
shop_error_t *shop_cache_written(shop_cache_t *cache, const char *const *subjects, int count,
                                 shop_error_t *err, apr_pool_t *pool)
{
    if (!err || err->code == SHOP_UNAVAILABLE) {
        cache->invalidate(cache, subjects, count, pool);
    }
    return err;
}

int shop_cache_max_age(int ttl_s)
{
    return ttl_s < BROWSER_MAX_AGE_S ? ttl_s : BROWSER_MAX_AGE_S;
}

shop_cache_t *shop_cache_none(apr_pool_t *pool)
{
    shop_cache_t *cache = apr_pcalloc(pool, sizeof(*cache));

    cache->get = none_get;
    cache->put = none_put;
    cache->invalidate = none_invalidate;
    return cache;
}
