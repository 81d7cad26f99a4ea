/* SPDX-License-Identifier: MIT
 * A yes is believed always. A no is believed only while Redis can be known to hold every revocation
 * that matters; otherwise the answer is UNKNOWN and the store is asked.
 *
 * All revocations of an instance are one sorted set: session ids by the time they may be dropped.
 * A member beside them, the sentinel, says since when the set is complete: its name holds the
 * server's run id, its score is that time, negative to keep it out of the pruned range. So it
 * cannot outlive what it vouches for: FLUSHALL and eviction take the whole set, a restart from an
 * old snapshot and a failover to a replica change the run id. A new sentinel is trusted only
 * after the longest life of a token: what was revoked before it has expired by then. */
#include "revoked_redis.h"

#include <apr_strings.h>

#include "../infra/owed.h"

#define MARGIN_S 60 /* clocks of the hosts and of Redis need not agree to the second */

typedef struct redis_revoked_t {
    shop_revoked_t port; /* first: the port is this object */
    shop_redis_t *redis;
    const char *key;
    int token_s;
    unsigned *owed;
    unsigned own_owed;
} redis_revoked_t;

/* 1: revoked. 0: not revoked. 2: cannot say. */
static const char look_script[] =
    "if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 1 end\n"
    "local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')\n"
    "if not run then return 2 end\n"
    "local now = tonumber(redis.call('TIME')[1])\n"
    "local since = redis.call('ZSCORE', KEYS[1], '=' .. run)\n"
    "if not since then\n"
    "  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(0')\n"
    "  redis.call('ZADD', KEYS[1], -now, '=' .. run)\n"
    "  return 2\n"
    "end\n"
    "if now + tonumber(since) >= tonumber(ARGV[2]) then return 0 end\n"
    "return 2\n";

/* When the memory is full the entry cannot be written, but the sentinel can be taken away. */
static const char tell_script[] =
    "local now = tonumber(redis.call('TIME')[1])\n"
    "redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now)\n"
    "local done = redis.pcall('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])\n"
    "if type(done) == 'table' and done.err then\n"
    "  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(0')\n"
    "  return 0\n"
    "end\n"
    "return 1\n";

/* Takes the whole set away, whatever stands there by now: all hosts ask the store until a new
 * sentinel has aged. */
static shop_error_t *distrust(redis_revoked_t *revoked, apr_pool_t *pool)
{
    const char *argv[2] = { "DEL", revoked->key };
    shop_redis_value_t value;

    return shop_redis_command(&value, revoked->redis, true, 2, argv, NULL, pool);
}

static shop_revoked_answer_t redis_look(shop_revoked_t *port, const char *session_id,
                                        apr_pool_t *pool)
{
    redis_revoked_t *revoked = (redis_revoked_t *)port;
    const char *argv[3] = { revoked->key, session_id, apr_itoa(pool, revoked->token_s + MARGIN_S) };
    unsigned owed = shop_owed_read(revoked->owed);
    shop_redis_value_t value;

    if (shop_owed_any(owed)) {
        if (distrust(revoked, pool)) {
            return SHOP_REVOKED_UNKNOWN;
        }
        shop_owed_paid(revoked->owed, owed);
    }
    if (shop_redis_script(&value, revoked->redis, look_script, 1, 3, argv, pool) ||
        value.kind != SHOP_REDIS_INTEGER) {
        return SHOP_REVOKED_UNKNOWN;
    }
    if (value.integer == 0) {
        /* A revocation this host could not pass on may have come between the two reads. */
        return shop_owed_any(shop_owed_read(revoked->owed)) ? SHOP_REVOKED_UNKNOWN
                                                            : SHOP_REVOKED_NO;
    }
    return value.integer == 1 ? SHOP_REVOKED_YES : SHOP_REVOKED_UNKNOWN;
}

static void redis_tell(shop_revoked_t *port, const char *session_id, int ttl_s, apr_pool_t *pool)
{
    redis_revoked_t *revoked = (redis_revoked_t *)port;
    int kept = ttl_s > revoked->token_s ? ttl_s : revoked->token_s;
    const char *argv[3] = { revoked->key, session_id, apr_itoa(pool, kept + MARGIN_S) };
    shop_redis_value_t value;

    /* The second try is for a connection that had died unnoticed; telling twice changes nothing. */
    if (shop_redis_script(&value, revoked->redis, tell_script, 1, 3, argv, pool) &&
        shop_redis_script(&value, revoked->redis, tell_script, 1, 3, argv, pool)) {
        shop_owed_add(revoked->owed);
    }
}

shop_revoked_t *shop_revoked_redis(shop_redis_t *redis, int token_s, unsigned *owed,
                                   apr_pool_t *pool)
{
    redis_revoked_t *revoked = apr_pcalloc(pool, sizeof(*revoked));

    revoked->port.look = redis_look;
    revoked->port.tell = redis_tell;
    revoked->redis = redis;
    revoked->key = apr_pstrcat(pool, shop_redis_prefix(redis), "deny", NULL);
    revoked->token_s = token_s;
    revoked->owed = owed ? owed : &revoked->own_owed;
    return &revoked->port;
}
