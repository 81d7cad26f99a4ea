/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_REDIS_H
#define SHOP_DRIVERS_REDIS_H

/* hiredis behind a connection pool, short timeouts and a circuit breaker. A connection is closed
 * after an error or a timeout (a late reply would be taken for the reply to the next command).
 * Callers treat every failure alike: Redis is unavailable. */

#include <apr_pools.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/error.h"
#include "../settings.h"

typedef struct shop_redis_t shop_redis_t;

/* Connects on first use. *redis NULL when settings name no Redis. INTERNAL for an invalid URL. */
shop_error_t *shop_redis_open(shop_redis_t **redis, const shop_settings_t *settings,
                              apr_pool_t *pool);
/* Checks a ShopRedis URL. NULL, or a clause that says what is wrong. No I/O. */
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

/* One command; sizes: lengths of the arguments, or NULL for NUL-terminated ones. UNAVAILABLE when
 * Redis cannot be reached, the breaker is open, or Redis replied with an error (OOM, MISCONF; its
 * text is the cause). repeatable: on a broken idle connection the command is sent once more on a
 * new one. */
shop_error_t *shop_redis_command(shop_redis_value_t *value, shop_redis_t *redis, bool repeatable,
                                 int argc, const char *const *argv, const apr_size_t *sizes,
                                 apr_pool_t *pool);
/* EVALSHA, and EVAL after NOSCRIPT. argv: key_count keys, then arguments; all NUL-terminated. */
shop_error_t *shop_redis_script(shop_redis_value_t *value, shop_redis_t *redis, const char *script,
                                int key_count, int argc, const char *const *argv, apr_pool_t *pool);
/* Prefix of every key and channel of the instance: "shop:{<instance>}:". */
const char *shop_redis_prefix(const shop_redis_t *redis);

/* Adapters built on it, in files of their own (cache/cache_redis.c, guard/limiter_redis.c,
 * guard/revoked_redis.c). */

#endif
