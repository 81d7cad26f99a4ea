/* SPDX-License-Identifier: MIT
 * A hit is always valid. A miss means "not ended" only while the set in Redis is complete;
 * otherwise the result is UNKNOWN and the store is asked.
 *
 * All ended sessions of an instance are one sorted set: session ids by expiry. A further member,
 * the sentinel, says since when the set is complete: its name holds the server's run id, its score
 * is that time, negated to keep it out of the pruned range. It cannot outlive a part of the set:
 * FLUSHALL and eviction remove the whole set; a restart from an old snapshot and a failover to a
 * replica change the run id. A new sentinel is trusted after the longest life of a token, when
 * every token of an earlier revocation has expired. */
#include "revoked_redis.h"

#include <apr_strings.h>

#include "../base/log.h"
#include "../hosts/announce.h"
#include "../hosts/pending_sync.h"
#include "../hosts/redis_keys.h"

#define MARGIN_S 60     /* tolerance for clock skew between the hosts and Redis */
#define MAX_LOADED 4096 /* half the slots of revoked_shm.c; the rest is for later revocations */

typedef struct redis_revoked_t {
    shop_revoked_t port; /* first: the port is this object */
    shop_redis_t *redis;
    shop_changes_t *changes;
    const char *key;
    const char *channel;
    int token_s;
    unsigned *pending; /* pending_sync.h */
    unsigned own_pending;
} redis_revoked_t;

/* state(age): 0 when the set has been complete for age seconds, else 2. */
#define STATE                                                                    \
    "local now = tonumber(redis.call('TIME')[1])\n"                              \
    "local function state(age)\n"                                                \
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

/* 1: ended. 0: not ended. 2: unknown. */
static const char lookup_script[] =
    "if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 1 end\n" STATE "return state(ARGV[2])\n";

/* Returns the state, then the entries with their remaining seconds. A later entry is not missed:
 * the script that adds it also publishes it. */
static const char load_script[] =
    STATE "local all = redis.call('ZRANGEBYSCORE', KEYS[1], now, '+inf', 'WITHSCORES',\n"
          "                       'LIMIT', 0, tonumber(ARGV[2]))\n"
          "for i = 2, #all, 2 do all[i] = tonumber(all[i]) - now end\n"
          "return {state(ARGV[1]), all}\n";

/* Published also when it cannot be stored. An error is returned, so that the update stays pending.
 */
#define PUBLISH                                               \
    "local sent = redis.pcall('PUBLISH', ARGV[1], ARGV[2])\n" \
    "if type(sent) == 'table' and sent.err then return sent.err end\n"

/* Returns an error text, or a number. When memory is full the entry cannot be stored; the sentinel
 * is removed then, so that the set no longer counts as complete. */
static const char add_script[] =
    "local now = tonumber(redis.call('TIME')[1])\n"
    "redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now)\n"
    "local done = redis.pcall('ZADD', KEYS[1], now + tonumber(ARGV[4]), ARGV[3])\n"
    "if type(done) == 'table' and done.err then\n"
    "  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(0')\n"
    "end\n" PUBLISH "return 1\n";

static const char discard_script[] = "redis.call('DEL', KEYS[1])\n" PUBLISH "return 1\n";

static uint64_t origin_of(const redis_revoked_t *revoked)
{
    return revoked->changes ? shop_changes_origin(revoked->changes) : 0;
}

/* Runs a script that publishes; false: it failed. */
static bool publish(redis_revoked_t *revoked, const char *script, int argc, const char *const *argv,
                    apr_pool_t *pool)
{
    shop_redis_value_t value;

    if (shop_redis_script(&value, revoked->redis, script, 1, argc, argv, pool)) {
        return false;
    }
    if (value.kind == SHOP_REDIS_STRING) {
        shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_REDIS_ERROR, "Redis rejected PUBLISH: %s",
                        value.bytes);
    }
    return value.kind == SHOP_REDIS_INTEGER;
}

/* Deletes the whole set: all hosts ask the store until a new sentinel is old enough. */
static bool discard(redis_revoked_t *revoked, apr_pool_t *pool)
{
    const char *argv[3] = { revoked->key, revoked->channel,
                            shop_announce_ended(origin_of(revoked), NULL, 0, pool) };

    return publish(revoked, discard_script, 3, argv, pool);
}

/* Sends pending updates before anything in Redis is trusted. */
static bool flush_pending(redis_revoked_t *revoked, apr_pool_t *pool)
{
    unsigned seen = shop_pending_read(revoked->pending);

    if (!shop_pending_any(seen)) {
        return true;
    }
    if (!discard(revoked, pool)) {
        return false;
    }
    shop_pending_sent(revoked->pending, seen);
    return true;
}

static shop_revoked_answer_t redis_lookup(shop_revoked_t *port, const char *session_id,
                                          apr_pool_t *pool)
{
    redis_revoked_t *revoked = (redis_revoked_t *)port;
    const char *argv[3] = { revoked->key, session_id, apr_itoa(pool, revoked->token_s + MARGIN_S) };
    shop_redis_value_t value;

    if (!flush_pending(revoked, pool) ||
        shop_redis_script(&value, revoked->redis, lookup_script, 1, 3, argv, pool) ||
        value.kind != SHOP_REDIS_INTEGER) {
        return SHOP_REVOKED_UNKNOWN;
    }
    if (value.integer == 0) {
        /* An update of this host may have failed between the two reads. */
        return shop_pending_any(shop_pending_read(revoked->pending)) ? SHOP_REVOKED_UNKNOWN
                                                                     : SHOP_REVOKED_NO;
    }
    return value.integer == 1 ? SHOP_REVOKED_YES : SHOP_REVOKED_UNKNOWN;
}

static void redis_add(shop_revoked_t *port, const char *session_id, int ttl_s, apr_pool_t *pool)
{
    redis_revoked_t *revoked = (redis_revoked_t *)port;
    int entry_ttl_s = (ttl_s > revoked->token_s ? ttl_s : revoked->token_s) + MARGIN_S;
    const char *argv[5] = { revoked->key, revoked->channel,
                            shop_announce_ended(origin_of(revoked), session_id, entry_ttl_s, pool),
                            session_id, apr_itoa(pool, entry_ttl_s) };

    /* Repeated once, for a stale connection. Adding twice has no further effect. */
    if (!publish(revoked, add_script, 5, argv, pool) &&
        !publish(revoked, add_script, 5, argv, pool)) {
        shop_pending_add(revoked->pending);
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

    if (!flush_pending(revoked, pool) ||
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
                                   unsigned *pending, apr_pool_t *pool)
{
    redis_revoked_t *revoked = apr_pcalloc(pool, sizeof(*revoked));

    revoked->port.lookup = redis_lookup;
    revoked->port.add = redis_add;
    revoked->redis = redis;
    revoked->changes = changes;
    revoked->key = shop_redis_key_ended_sessions(shop_redis_prefix(redis), pool);
    revoked->channel = shop_redis_channel_changes(shop_redis_prefix(redis), pool);
    revoked->token_s = token_s;
    revoked->pending = pending ? pending : &revoked->own_pending;
    return &revoked->port;
}
