/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_REDIS_INNER_H
#define SHOP_DRIVERS_REDIS_INNER_H

/* What drivers/redis.c shows to drivers/redis_listen.c alone. */

#include <hiredis/hiredis.h>

#include "redis.h"

/* A connection outside the pool, after AUTH and SELECT. The caller frees it. NULL: *why. */
redisContext *shop_redis_connect(const char **why, shop_redis_t *redis, apr_pool_t *pool);
apr_time_t shop_redis_connect_timeout(const shop_redis_t *redis);

#endif
