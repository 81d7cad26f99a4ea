/* SPDX-License-Identifier: MIT
 * One script call per hit: count and expiry are set together, so that no counter is ever left
 * without an end. Windows begin with the first hit and go by Redis' clock alone. */
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

/* Refused hits are not counted: a counter stops at one over the limit, and the answer is the same.
 * A key without an expiry is none of ours and begins anew. */
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

/* Takes a block. As the count nears the limit a block is at most half of what is left, so that
 * little of it stays unused on one host while another must refuse. counted and ends are what the
 * asking host knows of a window under way: a Redis that was emptied or away counts from there. */
static const char lend_script[] =
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

/* Addresses and e-mails do not stand in Redis in the clear. */
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

static bool redis_lend(shop_loan_t *loan, shop_limiter_t *port, const char *key, apr_pool_t *pool)
{
    redis_limiter_t *limiter = (redis_limiter_t *)port;
    const char *argv[6] = { name_of(limiter, key, pool),
                            number(loan->limit, pool),
                            number((int64_t)loan->window_s * 1000, pool),
                            number(loan->wanted, pool),
                            number(loan->counted, pool),
                            number(loan->left_ms, pool) };
    shop_redis_value_t value;

    if (shop_redis_script(&value, limiter->redis, lend_script, 1, 6, argv, pool) ||
        value.kind != SHOP_REDIS_ARRAY || value.count != 3) {
        return false;
    }
    for (int i = 0; i < value.count; i++) {
        if (value.items[i].kind != SHOP_REDIS_INTEGER) {
            return false;
        }
    }
    loan->granted = (int)value.items[0].integer;
    loan->total = value.items[1].integer;
    loan->window_ms = value.items[2].integer;
    return loan->granted >= 0 && loan->granted <= loan->wanted && loan->window_ms > 0;
}

static void redis_forget(shop_limiter_t *port, const char *key, apr_pool_t *pool)
{
    redis_limiter_t *limiter = (redis_limiter_t *)port;
    const char *argv[2] = { "DEL", name_of(limiter, key, pool) };
    shop_redis_value_t value;

    (void)shop_redis_command(&value, limiter->redis, true, 2, argv, NULL, pool);
    limiter->fallback->forget(limiter->fallback, key, pool);
}

shop_limiter_t *shop_limiter_redis(shop_redis_t *redis, shop_limiter_t *fallback, apr_pool_t *pool)
{
    redis_limiter_t *limiter = apr_pcalloc(pool, sizeof(*limiter));

    limiter->port.hit = redis_hit;
    limiter->port.forget = redis_forget;
    limiter->port.lend = redis_lend;
    limiter->redis = redis;
    limiter->fallback = fallback;
    return &limiter->port;
}
