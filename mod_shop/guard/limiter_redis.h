/* SPDX-License-Identifier: MIT */
#ifndef SHOP_GUARD_LIMITER_REDIS_H
#define SHOP_GUARD_LIMITER_REDIS_H

/* Counters in Redis, shared by all hosts. */

#include <apr_pools.h>

#include "../drivers/redis.h"
#include "limiter.h"

/* fallback: counts while Redis is unavailable. */
shop_limiter_t *shop_limiter_redis(shop_redis_t *redis, shop_limiter_t *fallback, apr_pool_t *pool);

#endif
