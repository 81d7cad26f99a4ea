/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_CACHE_REDIS_H
#define SHOP_HTTP_CACHE_REDIS_H

/* The cache in Redis, shared by all hosts. */

#include <apr_pools.h>

#include "../infra/redis.h"
#include "cache.h"

/* dirty: zeroed word shared by the processes of this host (it must outlive pool), or NULL. While
 * an invalidation of this host could not reach Redis, none of its processes trusts Redis.
 * What remains: another host that can reach Redis serves what it holds until its time to live is
 * over, because nobody could tell it. */
shop_cache_t *shop_cache_redis(shop_redis_t *redis, unsigned *dirty, apr_pool_t *pool);

#endif
