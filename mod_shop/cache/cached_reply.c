/* SPDX-License-Identifier: MIT
 * Cached replies as handlers use them. Correct with any cache, also with shop_cache_none(): a miss
 * is a read from the store. */
#include "cached_reply.h"

#include <string.h>

#include "../hosts/changes.h"

static void make_public(shop_res_t *res, int ttl_s)
{
    shop_res_public(res, shop_cache_max_age(ttl_s));
}

bool shop_cached_serve(shop_cached_t *cached, shop_cache_t *cache, shop_res_t *res, const char *key,
                       int ttl_s)
{
    const shop_page_t *page = NULL;

    memset(cached, 0, sizeof(*cached));
    cached->cache = cache;
    cached->ttl_s = ttl_s;
    cached->slot.key = key;
    res->cached = "store";
    if (ttl_s > 0) {
        page = cache->get(cache, key, &cached->slot, ttl_s, res->pool);
    }
    if (!page) {
        return false;
    }
    res->cached = page->immortal ? "local" : "shared";
    cached->absent = page->absent;
    if (!page->absent) {
        shop_res_page(res, page);
        make_public(res, ttl_s);
        res->cache_key = key;
    }
    return true;
}

static bool may_store(const shop_cached_t *cached)
{
    return cached->slot.usable || cached->slot.local;
}

void shop_cached_keep(const shop_cached_t *cached, shop_res_t *res, const char *const *subjects,
                      int count)
{
    shop_page_t *page;
    uint32_t *cells;

    make_public(res, cached->ttl_s);
    if (!may_store(cached)) {
        return;
    }
    cells = apr_palloc(res->pool, ((apr_size_t)count + 1) * sizeof(*cells));
    for (int i = 0; i < count; i++) {
        cells[i] = shop_changes_cell(subjects[i]);
    }
    page = shop_res_to_page(res, res->pool);
    page->cells = cells;
    page->cell_count = count;
    cached->cache->put(cached->cache, &cached->slot, page, cached->ttl_s, res->pool);
    res->cache_key = cached->slot.key;
}

void shop_cached_keep_absent(const shop_cached_t *cached, apr_pool_t *pool)
{
    shop_page_t *page;

    if (may_store(cached)) {
        page = apr_pcalloc(pool, sizeof(*page));
        page->absent = true;
        cached->cache->put(cached->cache, &cached->slot, page, cached->ttl_s, pool);
    }
}
