/* SPDX-License-Identifier: MIT
 * Asks MongoDB, Redis and the order store how they are. */
#include "health_ready.h"

#include <stdatomic.h>

#include "../base/clock.h"

/* Indexes do not come and go by themselves: seen once, they are looked at again as seldom as claims
 * look for theirs. */
#define INDEX_MEMORY apr_time_from_sec(10)
#define SCHEMA_MEMORY apr_time_from_sec(5)
/* An unfinished order is taken up by the reaper when its lease is over; one that stands for so long
 * says that no reaper runs or that it fails. */
#define ORDER_DELAY apr_time_from_sec(120)

typedef struct live_health_t {
    shop_health_t port; /* first: the port is this object */
    shop_mongo_t *mongo;
    shop_redis_t *redis;
    shop_schema_ready_t *schema;
    shop_order_repo_t *orders;
    const shop_mongo_index_t *const *tables;
    _Atomic apr_time_t indexes_until; /* monotonic */
} live_health_t;

static shop_error_t *live_mongo(shop_health_t *port, apr_pool_t *pool)
{
    return shop_mongo_ping(((live_health_t *)port)->mongo, pool);
}

static shop_error_t *live_schema(const char **state, shop_health_t *port, apr_pool_t *pool)
{
    shop_schema_fit_t fit;

    SHOP_TRY(shop_schema_ready_look(&fit, ((live_health_t *)port)->schema, SCHEMA_MEMORY, pool));
    *state = shop_schema_ready_other_currency(((live_health_t *)port)->schema) ? "currency"
             : fit == SHOP_SCHEMA_OLDER                                        ? "older"
             : fit == SHOP_SCHEMA_NEWER                                        ? "newer"
                                                                               : "ok";
    return NULL;
}

static shop_error_t *live_indexes(const char **missing, shop_health_t *port, apr_pool_t *pool)
{
    live_health_t *live = (live_health_t *)port;

    *missing = NULL;
    if (shop_clock_monotonic() < atomic_load(&live->indexes_until)) {
        return NULL;
    }
    for (const shop_mongo_index_t *const *table = live->tables; *table && !*missing; table++) {
        SHOP_TRY(shop_mongo_check_indexes(missing, live->mongo, *table, pool));
    }
    if (*missing) {
        shop_mongo_log_missing(*missing);
    } else {
        atomic_store(&live->indexes_until, shop_clock_monotonic() + INDEX_MEMORY);
    }
    return NULL;
}

static shop_error_t *live_redis(bool *used, shop_health_t *port, apr_pool_t *pool)
{
    static const char *const argv[] = { "PING" };
    live_health_t *live = (live_health_t *)port;
    shop_redis_value_t value;

    *used = live->redis != NULL;
    return *used ? shop_redis_command(&value, live->redis, true, 1, argv, NULL, pool) : NULL;
}

static shop_error_t *live_orders(bool *delayed, shop_health_t *port, apr_pool_t *pool)
{
    live_health_t *live = (live_health_t *)port;
    apr_array_header_t *found = NULL;

    *delayed = false;
    if (!live->orders) {
        return NULL;
    }
    SHOP_TRY(live->orders->unfinished(
        &found, live->orders, shop_clock_shop.now(&shop_clock_shop) - ORDER_DELAY, 1, pool));
    *delayed = found && found->nelts > 0;
    return NULL;
}

shop_health_t *shop_health_ready(shop_mongo_t *mongo, shop_redis_t *redis,
                                 shop_schema_ready_t *schema, shop_order_repo_t *orders,
                                 const shop_mongo_index_t *const *tables, apr_pool_t *pool)
{
    live_health_t *live = apr_pcalloc(pool, sizeof(*live));

    live->port.mongo = live_mongo;
    live->port.schema = live_schema;
    live->port.indexes = live_indexes;
    live->port.redis = live_redis;
    live->port.orders = live_orders;
    live->mongo = mongo;
    live->redis = redis;
    live->schema = schema;
    live->orders = orders;
    live->tables = tables;
    shop_health_init(&live->port, pool);
    return &live->port;
}
