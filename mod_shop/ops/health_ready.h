/* SPDX-License-Identifier: MIT */
#ifndef SHOP_OPS_HEALTH_READY_H
#define SHOP_OPS_HEALTH_READY_H

/* The health port over the real servers. */

#include <apr_pools.h>

#include "../drivers/mongo.h"
#include "../drivers/redis.h"
#include "../orders/order_repo.h"
#include "health.h"
#include "schema_ready.h"

/* tables: NULL-terminated list of index tables; redis NULL: none is configured; orders NULL: not
 * looked at. */
shop_health_t *shop_health_ready(shop_mongo_t *mongo, shop_redis_t *redis,
                                 shop_schema_ready_t *schema, shop_order_repo_t *orders,
                                 const shop_mongo_index_t *const *tables, apr_pool_t *pool);

#endif
