/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CACHE_CACHE_LOCAL_H
#define SHOP_CACHE_CACHE_LOCAL_H

/* The level in each child: replies ready to be sent, in memory of its own. A reply is served while
 * nothing that it shows has changed (hosts/changes.h), so no word of a server is needed. Bounded in
 * bytes; what was asked for once makes room before what was asked for twice, so a flood of distinct
 * questions cannot push out what many ask. When several threads miss the same reply, one of them
 * fetches it and the others wait for a moment. */

#include <apr_pools.h>

#include "../hosts/changes.h"
#include "../http/front.h"
#include "cache.h"

/* Counters that the processes of a host share; zeroed. */
typedef struct shop_cache_counts_t {
    uint64_t hits, misses, drops; /* drops: thrown out for room */
} shop_cache_counts_t;

/* In front of next (shop_cache_none for none). bytes: at most so many are kept in this process,
 * keys and bookkeeping included; at least 64 KiB. counts: may be NULL. */
shop_cache_t *shop_cache_local(shop_changes_t *changes, shop_cache_t *next, apr_size_t bytes,
                               shop_cache_counts_t *counts, apr_pool_t *pool);

/* The port by which the dispatcher asks for replies by request target. cache: what
 * shop_cache_local made; the port lives as long. */
shop_front_t *shop_cache_front(shop_cache_t *cache);

/* ---- parts that many replies are made of, in this child alone; cache: as above ---- */
/* NULL on a miss, and then *slot says from when on what is read next is good. Waits for nobody,
 * and counts as neither hit nor miss of a reply. */
const shop_page_t *shop_cache_part_get(shop_cache_t *cache, const char *key,
                                       shop_cache_slot_t *slot, apr_pool_t *pool);
/* Keeps bytes and cells of part under the key of slot, for ttl_s seconds at most. */
void shop_cache_part_put(shop_cache_t *cache, const shop_cache_slot_t *slot,
                         const shop_page_t *part, int ttl_s);

#endif
