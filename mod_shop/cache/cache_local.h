/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CACHE_CACHE_LOCAL_H
#define SHOP_CACHE_CACHE_LOCAL_H

/* The level in each child: replies ready to be sent, in memory of its own. A reply is served while
 * none of its subjects has changed (hosts/changes.h), so no server is asked. The memory is bounded.
 * Eviction is segmented LRU: entries that were used once are evicted before entries that were used
 * again, so many different requests cannot evict the entries that are in demand. When several
 * threads miss the same reply, they share one fetch. */

#include <apr_pools.h>

#include "../hosts/changes.h"
#include "../http/front.h"
#include "cache.h"

/* Counters that the processes of a host share; zeroed. */
typedef struct shop_cache_counts_t {
    uint64_t hits, misses, evictions;
} shop_cache_counts_t;

/* A cache in front of next (shop_cache_none() for none). bytes: capacity in this process, keys and
 * bookkeeping included; at least 64 KiB. counts: may be NULL. */
shop_cache_t *shop_cache_local(shop_changes_t *changes, shop_cache_t *next, apr_size_t bytes,
                               shop_cache_counts_t *counts, apr_pool_t *pool);

/* The dispatcher's port to replies by request target. cache: made by shop_cache_local; the port
 * lives as long. */
shop_front_t *shop_cache_front(shop_cache_t *cache);

/* ---- parts of replies, in this child only; cache: as above ---- */
/* NULL on a miss; *slot is then what shop_cache_part_put() needs. Does not wait for another
 * thread's fetch. Counts neither as a hit nor as a miss of a reply. */
const shop_page_t *shop_cache_part_get(shop_cache_t *cache, const char *key,
                                       shop_cache_slot_t *slot, apr_pool_t *pool);
/* Stores bytes and cells of part under the key of slot, for ttl_s seconds at most. */
void shop_cache_part_put(shop_cache_t *cache, const shop_cache_slot_t *slot,
                         const shop_page_t *part, int ttl_s);

#endif
