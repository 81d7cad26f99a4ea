/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_REDIS_H
#define SHOP_DRIVERS_REDIS_H

/* hiredis behind a small mutexed stack of connections, short timeouts and a breaker. A context
 * that saw any error or timeout is closed and never reused (a late reply would answer the next
 * command). Callers treat every failure as "Redis is away". */

#include <apr_pools.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/error.h"
#include "../settings.h"

typedef struct shop_redis_t shop_redis_t;

/* Makes no connection yet. *redis NULL when settings name none. INTERNAL for a bad URL. */
shop_error_t *shop_redis_open(shop_redis_t **redis, const shop_settings_t *settings,
                              apr_pool_t *pool);
/* Is text an acceptable ShopRedis URL? NULL or a sentence saying what is wrong. No I/O. */
const char *shop_redis_url_problem(const char *url, apr_pool_t *pool);

typedef enum {
    SHOP_REDIS_NIL,
    SHOP_REDIS_STRING,
    SHOP_REDIS_INTEGER,
    SHOP_REDIS_ARRAY
} shop_redis_kind_t;
typedef struct shop_redis_value_t {
    shop_redis_kind_t kind;
    int64_t integer;
    const char *bytes; /* in the caller's pool, NUL-terminated */
    apr_size_t size;
    struct shop_redis_value_t *items;
    int count;
} shop_redis_value_t;

/* One command, arguments by length. UNAVAILABLE when Redis is away, the breaker is open, or Redis
 * answered an error (OOM, MISCONF; its text is the cause). Retries once on a fresh connection when
 * an idle one turned out dead and the command is marked safe to repeat. */
shop_error_t *shop_redis_command(shop_redis_value_t *value, shop_redis_t *redis, bool repeatable,
                                 int argc, const char *const *argv, const apr_size_t *sizes,
                                 apr_pool_t *pool);
/* EVALSHA, EVAL on NOSCRIPT. keys first, then args; all NUL-terminated text. */
shop_error_t *shop_redis_script(shop_redis_value_t *value, shop_redis_t *redis, const char *script,
                                int key_count, int argc, const char *const *argv, apr_pool_t *pool);
/* The instance's key prefix: "shop:{<instance>}:". */
const char *shop_redis_prefix(const shop_redis_t *redis);

/* Adapters built on it, in files of their own (cache/cache_redis.c, guard/limiter_redis.c,
 * guard/revoked_redis.c). */

#endif
