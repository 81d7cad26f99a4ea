/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CACHE_CACHE_REDIS_H
#define SHOP_CACHE_CACHE_REDIS_H

/* The cache in Redis, shared by all hosts. */

#include <apr_pools.h>
#include <stdbool.h>

#include "../hosts/changes.h"
#include "../drivers/redis.h"
#include "cache.h"

/* pending: zeroed word shared by the processes of this host (it must outlive pool), or NULL. While
 * an invalidation of this host has not reached Redis, none of its processes uses Redis' entries.
 * invalidate() also publishes the changed subjects to the other hosts (hosts/announce.h) with the
 * origin of changes. changes NULL: every host treats the announcement as another host's.
 * Limit: while this host cannot reach Redis, another host that can serves its stale entries until
 * this host reaches Redis again or the entries expire. */
shop_cache_t *shop_cache_redis(shop_redis_t *redis, unsigned *pending, shop_changes_t *changes,
                               apr_pool_t *pool);
/* Sends pending invalidations to Redis and to the other hosts. No I/O when none is pending. false:
 * they are still pending. */
bool shop_cache_redis_flush(shop_cache_t *cache, apr_pool_t *pool);

#endif
