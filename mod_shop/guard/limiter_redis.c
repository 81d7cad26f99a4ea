/* SPDX-License-Identifier: MIT
 * One script call per hit: count and expiry are set together, so that no counter is left without an
 * expiry. A window begins with its first hit; only the clock of Redis counts. */
#include "limiter_redis.h"

#include <apr_strings.h>
#include <string.h>

#include "../base/id.h"
#include "../hosts/redis_keys.h"
#include "rate.h"

typedef struct redis_limiter_t {
    shop_limiter_t port; /* first: the port is this object */
    shop_redis_t *redis;
    shop_limiter_t *fallback;
} redis_limiter_t;

/* A counter stops at one above the limit, because further hits change nothing. A key without an
 * expiry is foreign and is replaced. */
static const char hit_script[] =
    "local limit, window, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])\n"
    "local left = redis.call('PTTL', KEYS[1])\n"
    "local count = 0\n"
    "if left > 0 then count = tonumber(redis.call('GET', KEYS[1])) or 0 end\n"
    "if cost <= 0 then return { count, left > 0 and left or window } end\n"
    "if left <= 0 then\n"
    "  redis.call('SET', KEYS[1], cost, 'PX', window)\n"
    "  return { cost, window }\n"
    "end\n"
    "if count <= limit then count = redis.call('INCRBY', KEYS[1], cost) end\n"
    "return { count, left }\n";

/* Leases permits. A lease is at most half of the permits left, so that near the limit few stay
 * unused on one host while another must refuse. counted and ends are what the host knows of the
 * present window: a Redis that was emptied or unavailable continues from there. */
static const char acquire_script[] =
    "local limit, window, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])\n"
    "local counted, ends = tonumber(ARGV[4]), tonumber(ARGV[5])\n"
    "local left = redis.call('PTTL', KEYS[1])\n"
    "local count = 0\n"
    "if left > 0 then count = tonumber(redis.call('GET', KEYS[1])) or 0\n"
    "else left = ends > 0 and ends or window end\n"
    "count = math.max(count, counted)\n"
    "local granted = math.min(wanted, math.ceil((limit - count) / 2))\n"
    "if granted < 0 then granted = 0 end\n"
    "count = count + granted\n"
    "redis.call('SET', KEYS[1], count, 'PX', left)\n"
    "return { granted, count, left }\n";

/* Hashed, so that Redis holds no addresses and e-mails. */
static const char *name_of(const redis_limiter_t *limiter, const char *key, apr_pool_t *pool)
{
    return shop_redis_key_rate(shop_redis_prefix(limiter->redis),
                               shop_id_sha256(key, strlen(key), pool), pool);
}

static const char *number(int64_t value, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%" APR_INT64_T_FMT, (apr_int64_t)value);
}

static void redis_hit(shop_limit_state_t *state, shop_limiter_t *port, const char *key, int limit,
                      int window_s, int cost, apr_pool_t *pool)
{
    redis_limiter_t *limiter = (redis_limiter_t *)port;
    const char *argv[4] = { name_of(limiter, key, pool), apr_itoa(pool, limit),
                            number((int64_t)window_s * 1000, pool), apr_itoa(pool, cost) };
    shop_redis_value_t value;

    if (shop_redis_script(&value, limiter->redis, hit_script, 1, 4, argv, pool) ||
        value.kind != SHOP_REDIS_ARRAY || value.count != 2 ||
        value.items[0].kind != SHOP_REDIS_INTEGER || value.items[1].kind != SHOP_REDIS_INTEGER) {
        limiter->fallback->hit(state, limiter->fallback, key, limit, window_s, cost, pool);
        return;
    }
    *state = shop_rate_state(value.items[0].integer, limit, value.items[1].integer, cost);
}

static bool redis_acquire(shop_lease_t *lease, shop_limiter_t *port, const char *key,
                          apr_pool_t *pool)
{
    redis_limiter_t *limiter = (redis_limiter_t *)port;
    const char *argv[6] = { name_of(limiter, key, pool),
                            number(lease->limit, pool),
                            number((int64_t)lease->window_s * 1000, pool),
                            number(lease->wanted, pool),
                            number(lease->counted, pool),
                            number(lease->left_ms, pool) };
    shop_redis_value_t value;

    if (shop_redis_script(&value, limiter->redis, acquire_script, 1, 6, argv, pool) ||
        value.kind != SHOP_REDIS_ARRAY || value.count != 3) {
        return false;
    }
    for (int i = 0; i < value.count; i++) {
        if (value.items[i].kind != SHOP_REDIS_INTEGER) {
            return false;
        }
    }
    lease->granted = (int)value.items[0].integer;
    lease->total = value.items[1].integer;
    lease->window_ms = value.items[2].integer;
    return lease->granted >= 0 && lease->granted <= lease->wanted && lease->window_ms > 0;
}

static void redis_reset(shop_limiter_t *port, const char *key, apr_pool_t *pool)
{
    redis_limiter_t *limiter = (redis_limiter_t *)port;
    const char *argv[2] = { "DEL", name_of(limiter, key, pool) };
    shop_redis_value_t value;

    (void)shop_redis_command(&value, limiter->redis, true, 2, argv, NULL, pool);
    limiter->fallback->reset(limiter->fallback, key, pool);
}

shop_limiter_t *shop_limiter_redis(shop_redis_t *redis, shop_limiter_t *fallback, apr_pool_t *pool)
{
    redis_limiter_t *limiter = apr_pcalloc(pool, sizeof(*limiter));

    limiter->port.hit = redis_hit;
    limiter->port.reset = redis_reset;
    limiter->port.acquire = redis_acquire;
    limiter->redis = redis;
    limiter->fallback = fallback;
    return &limiter->port;
}
