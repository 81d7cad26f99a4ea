/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CACHE_CACHE_REDIS_H
#define SHOP_CACHE_CACHE_REDIS_H

/* The cache in Redis, shared by all hosts. */

#include <apr_pools.h>
#include <stdbool.h>

#include "../hosts/changes.h"
#include "../drivers/redis.h"
#include "cache.h"

/* dirty: zeroed word shared by the processes of this host (it must outlive pool), or NULL. While
 * an invalidation of this host could not reach Redis, none of its processes trusts Redis.
 * invalidate() also announces what changed to the other hosts (hosts/announce.h), with the origin
 * of changes; NULL: every host takes the announcement for another one's.
 * What remains: another host that can reach Redis serves what it holds until this one reaches it
 * again or the time to live is over, because nobody could tell it. */
shop_cache_t *shop_cache_redis(shop_redis_t *redis, unsigned *dirty, shop_changes_t *changes,
                               apr_pool_t *pool);
/* Makes good what is owed to Redis and to the other hosts; asks nobody when nothing is. */
bool shop_cache_redis_settle(shop_cache_t *cache, apr_pool_t *pool);

#endif
