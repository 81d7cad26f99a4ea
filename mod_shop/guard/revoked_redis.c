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

#include "../base/log.h"
#include "../hosts/announce.h"
#include "../hosts/pending_sync.h"
#include "../hosts/redis_keys.h"

#define MARGIN_S 60     /* clocks of the hosts and of Redis need not agree to the second */
#define MAX_LOADED 4096 /* half the room of revoked_shm.c: the rest is for what comes later */

typedef struct redis_revoked_t {
    shop_revoked_t port; /* first: the port is this object */
    shop_redis_t *redis;
    shop_changes_t *changes;
    const char *key;
    const char *channel;
    int token_s;
    unsigned *owed;
    unsigned own_owed;
} redis_revoked_t;

/* judge(age): 0 when the sentinel has stood for so long, else 2. */
#define JUDGE                                                                    \
    "local now = tonumber(redis.call('TIME')[1])\n"                              \
    "local function judge(age)\n"                                                \
    "  local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')\n" \
    "  if not run then return 2 end\n"                                           \
    "  local since = redis.call('ZSCORE', KEYS[1], '=' .. run)\n"                \
    "  if not since then\n"                                                      \
    "    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(0')\n"                \
    "    redis.call('ZADD', KEYS[1], -now, '=' .. run)\n"                        \
    "    return 2\n"                                                             \
    "  end\n"                                                                    \
    "  if now + tonumber(since) >= tonumber(age) then return 0 end\n"            \
    "  return 2\n"                                                               \
    "end\n"

/* 1: revoked. 0: not revoked. 2: cannot say. */
static const char look_script[] =
    "if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 1 end\n" JUDGE "return judge(ARGV[2])\n";

/* The verdict, then what is listed with the seconds it stays so. Listed or heard of: both scripts
 * that add to the set announce it in the same moment. */
static const char load_script[] =
    JUDGE "local all = redis.call('ZRANGEBYSCORE', KEYS[1], now, '+inf', 'WITHSCORES',\n"
          "                       'LIMIT', 0, tonumber(ARGV[2]))\n"
          "for i = 2, #all, 2 do all[i] = tonumber(all[i]) - now end\n"
          "return {judge(ARGV[1]), all}\n";

/* Others must hear of it even when it cannot be stored; who cannot be told must be told later. */
#define PUBLISH                                                \
    "local heard = redis.pcall('PUBLISH', ARGV[1], ARGV[2])\n" \
    "if type(heard) == 'table' and heard.err then return heard.err end\n"

/* Ends with an error text, or a number: 0 when the entry could not be stored. When the memory is
 * full it cannot be written, but the sentinel can be taken away. */
static const char tell_script[] =
    "local now = tonumber(redis.call('TIME')[1])\n"
    "redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now)\n"
    "local done = redis.pcall('ZADD', KEYS[1], now + tonumber(ARGV[4]), ARGV[3])\n"
    "if type(done) == 'table' and done.err then\n"
    "  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(0')\n"
    "end\n" PUBLISH "return 1\n";

static const char distrust_script[] = "redis.call('DEL', KEYS[1])\n" PUBLISH "return 1\n";

static uint64_t origin_of(const redis_revoked_t *revoked)
{
    return revoked->changes ? shop_changes_origin(revoked->changes) : 0;
}

/* Runs a script that announces; false when it could not. */
static bool announce(redis_revoked_t *revoked, const char *script, int argc,
                     const char *const *argv, apr_pool_t *pool)
{
    shop_redis_value_t value;

    if (shop_redis_script(&value, revoked->redis, script, 1, argc, argv, pool)) {
        return false;
    }
    if (value.kind == SHOP_REDIS_STRING) {
        shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_REDIS_ERROR, "Redis refused PUBLISH: %s",
                        value.bytes);
    }
    return value.kind == SHOP_REDIS_INTEGER;
}

/* Takes the whole set away, whatever stands there by now: all hosts ask the store until a new
 * sentinel has aged. */
static bool distrust(redis_revoked_t *revoked, apr_pool_t *pool)
{
    const char *argv[3] = { revoked->key, revoked->channel,
                            shop_announce_ended(origin_of(revoked), NULL, 0, pool) };

    return announce(revoked, distrust_script, 3, argv, pool);
}

/* Nothing of Redis is trusted before it was told what it could not be told then. */
static bool make_good(redis_revoked_t *revoked, apr_pool_t *pool)
{
    unsigned owed = shop_pending_read(revoked->owed);

    if (!shop_pending_any(owed)) {
        return true;
    }
    if (!distrust(revoked, pool)) {
        return false;
    }
    shop_pending_sent(revoked->owed, owed);
    return true;
}

static shop_revoked_answer_t redis_look(shop_revoked_t *port, const char *session_id,
                                        apr_pool_t *pool)
{
    redis_revoked_t *revoked = (redis_revoked_t *)port;
    const char *argv[3] = { revoked->key, session_id, apr_itoa(pool, revoked->token_s + MARGIN_S) };
    shop_redis_value_t value;

    if (!make_good(revoked, pool) ||
        shop_redis_script(&value, revoked->redis, look_script, 1, 3, argv, pool) ||
        value.kind != SHOP_REDIS_INTEGER) {
        return SHOP_REVOKED_UNKNOWN;
    }
    if (value.integer == 0) {
        /* A revocation this host could not pass on may have come between the two reads. */
        return shop_pending_any(shop_pending_read(revoked->owed)) ? SHOP_REVOKED_UNKNOWN
                                                                  : SHOP_REVOKED_NO;
    }
    return value.integer == 1 ? SHOP_REVOKED_YES : SHOP_REVOKED_UNKNOWN;
}

static void redis_tell(shop_revoked_t *port, const char *session_id, int ttl_s, apr_pool_t *pool)
{
    redis_revoked_t *revoked = (redis_revoked_t *)port;
    int kept = (ttl_s > revoked->token_s ? ttl_s : revoked->token_s) + MARGIN_S;
    const char *argv[5] = { revoked->key, revoked->channel,
                            shop_announce_ended(origin_of(revoked), session_id, kept, pool),
                            session_id, apr_itoa(pool, kept) };

    /* The second try is for a connection that had died unnoticed; telling twice changes nothing. */
    if (!announce(revoked, tell_script, 5, argv, pool) &&
        !announce(revoked, tell_script, 5, argv, pool)) {
        shop_pending_add(revoked->owed);
    }
}

bool shop_revoked_redis_load(shop_revoked_t *port,
                             void (*each)(void *baton, const char *session_id, int ttl_s),
                             void *baton, apr_pool_t *pool)
{
    redis_revoked_t *revoked = (redis_revoked_t *)port;
    const char *argv[3] = { revoked->key, apr_itoa(pool, revoked->token_s + MARGIN_S),
                            apr_itoa(pool, MAX_LOADED) };
    shop_redis_value_t value;
    const shop_redis_value_t *listed;

    if (!make_good(revoked, pool) ||
        shop_redis_script(&value, revoked->redis, load_script, 1, 3, argv, pool) ||
        value.kind != SHOP_REDIS_ARRAY || value.count != 2 ||
        value.items[1].kind != SHOP_REDIS_ARRAY) {
        return false;
    }
    listed = &value.items[1];
    for (int i = 0; i + 1 < listed->count; i += 2) {
        int64_t ttl_s = listed->items[i + 1].integer;

        if (listed->items[i].kind != SHOP_REDIS_STRING) {
            return false;
        }
        each(baton, listed->items[i].bytes, ttl_s > 0 ? (int)ttl_s : 1);
    }
    return value.items[0].integer == 0 && listed->count < 2 * MAX_LOADED;
}

shop_revoked_t *shop_revoked_redis(shop_redis_t *redis, shop_changes_t *changes, int token_s,
                                   unsigned *owed, apr_pool_t *pool)
{
    redis_revoked_t *revoked = apr_pcalloc(pool, sizeof(*revoked));

    revoked->port.look = redis_look;
    revoked->port.tell = redis_tell;
    revoked->redis = redis;
    revoked->changes = changes;
    revoked->key = shop_redis_key_ended_sessions(shop_redis_prefix(redis), pool);
    revoked->channel = shop_redis_channel_changes(shop_redis_prefix(redis), pool);
    revoked->token_s = token_s;
    revoked->owed = owed ? owed : &revoked->own_owed;
    return &revoked->port;
}
