/* SPDX-License-Identifier: MIT
 * A pool of connections to Redis and a circuit breaker. A connection is closed after anything but a
 * complete reply: a late reply would be taken for the reply to the next command. */
#include "redis.h"

#include <apr_sha1.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "breaker.h"
#include "redis_inner.h"
#include "redis_wire.h"

#define FAILURES 5
#define PAUSE apr_time_from_sec(1)
#define SCRIPTS 16 /* whose digests are stored */

typedef struct digest_t {
    const char *script; /* by address: scripts are constants */
    char hex[2 * APR_SHA1_DIGESTSIZE + 1];
} digest_t;

struct shop_redis_t {
    shop_redis_url_t url;
    const char *password;
    const char *prefix;
    apr_time_t connect_timeout, command_timeout;
    shop_breaker_t breaker;
    atomic_bool policy_checked;

    pthread_mutex_t lock; /* for idle and digests; never held during I/O */
    redisContext **idle;
    int idle_count, idle_max;
    digest_t digests[SCRIPTS];
    int digest_count;
};

/* ---- opening and closing ---- */

static apr_status_t close_redis(void *baton)
{
    shop_redis_t *redis = baton;

    for (int i = 0; i < redis->idle_count; i++) {
        redisFree(redis->idle[i]);
    }
    redis->idle_count = 0;
    pthread_mutex_destroy(&redis->lock);
    return APR_SUCCESS;
}

shop_error_t *shop_redis_open(shop_redis_t **out, const shop_settings_t *settings, apr_pool_t *pool)
{
    shop_redis_t *redis = apr_pcalloc(pool, sizeof(*redis));
    const char *problem;

    *out = NULL;
    if (!settings->redis_url) {
        return NULL;
    }
    problem = shop_redis_url_parse(&redis->url, settings->redis_url, pool);
    if (problem) {
        return shop_error_cause(shop_err(pool, INTERNAL, "internal error"), pool, "ShopRedis: %s",
                                problem);
    }
    if (redis->url.user && !settings->redis_password) {
        return shop_error_cause(shop_err(pool, INTERNAL, "internal error"), pool,
                                "ShopRedis names a user but there is no ShopRedisPassword");
    }
    redis->password = settings->redis_password;
    redis->prefix = apr_psprintf(pool, "shop:{%s}:", settings->instance);
    redis->connect_timeout = apr_time_from_msec(settings->redis_connect_ms);
    redis->command_timeout = apr_time_from_msec(settings->redis_command_ms);
    redis->breaker.threshold = FAILURES;
    redis->breaker.pause = PAUSE;
    redis->breaker.probe = PAUSE;
    redis->idle_max = settings->redis_pool_max > 0 ? settings->redis_pool_max : 1;
    redis->idle = apr_pcalloc(pool, sizeof(*redis->idle) * (apr_size_t)redis->idle_max);
    pthread_mutex_init(&redis->lock, NULL);
    apr_pool_cleanup_register(pool, redis, close_redis, apr_pool_cleanup_null);
    *out = redis;
    return NULL;
}

const char *shop_redis_prefix(const shop_redis_t *redis)
{
    return redis->prefix;
}

apr_time_t shop_redis_connect_timeout(const shop_redis_t *redis)
{
    return redis->connect_timeout;
}

/* ---- connections ---- */

static shop_error_t *unavailable(const char *why, apr_pool_t *pool)
{
    return shop_error_cause(shop_err(pool, UNAVAILABLE, "Redis cannot be reached"), pool,
                            "Redis: %s", why);
}

/* AUTH or SELECT on a new connection. An error reply (wrong password) is a failure. */
static bool set_up(const char **why, redisContext *context, const shop_redis_t *redis, int argc,
                   const char *const *argv, apr_pool_t *pool)
{
    redisReply *reply =
        shop_redis_wire_call(why, context, argc, argv, NULL, redis->connect_timeout, pool);
    bool done = reply && reply->type != REDIS_REPLY_ERROR;

    if (reply && !done) {
        *why = apr_pstrmemdup(pool, reply->str, reply->len);
        shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_REDIS_ERROR, "Redis rejected %s: %s", argv[0],
                        *why);
    }
    freeReplyObject(reply);
    return done;
}

/* Once per process: a Redis that evicts keys may evict the list of ended sessions. Sessions are
 * then looked up in MongoDB, but the administrator should know. INFO, because managed services
 * forbid CONFIG. */
static bool check_policy(const char **why, redisContext *context, shop_redis_t *redis,
                         apr_pool_t *pool)
{
    static const char *const argv[] = { "INFO", "memory" };
    const char *policy = NULL;
    redisReply *reply;

    if (atomic_load(&redis->policy_checked)) {
        return true;
    }
    reply = shop_redis_wire_call(why, context, 2, argv, NULL, redis->connect_timeout, pool);
    if (!reply) {
        return false;
    }
    if (reply->type == REDIS_REPLY_STRING) {
        policy = strstr(reply->str, "maxmemory_policy:");
    }
    if (policy && strncmp(policy + 17, "noeviction", 10) != 0) {
        shop_log(SHOP_LOG_WARN, SHOP_LOG_REDIS_EVICTION, NULL,
                 "maxmemory-policy of Redis is %.*s, expected noeviction",
                 (int)strcspn(policy + 17, "\r\n"), policy + 17);
    }
    atomic_store(&redis->policy_checked, true);
    freeReplyObject(reply);
    return true;
}

redisContext *shop_redis_connect(const char **why, shop_redis_t *redis, apr_pool_t *pool)
{
    redisContext *context = shop_redis_wire_open(why, &redis->url, redis->connect_timeout, pool);
    const char *auth[3] = { "AUTH", redis->url.user ? redis->url.user : redis->password,
                            redis->password };
    const char *select[2] = { "SELECT", apr_itoa(pool, redis->url.db) };

    if (!context) {
        return NULL;
    }
    if ((redis->password && !set_up(why, context, redis, redis->url.user ? 3 : 2, auth, pool)) ||
        (redis->url.db && !set_up(why, context, redis, 2, select, pool)) ||
        !check_policy(why, context, redis, pool)) {
        redisFree(context);
        return NULL;
    }
    return context;
}

/* The most recently used idle connection that is reusable. Others are closed. */
static redisContext *pop_idle(shop_redis_t *redis)
{
    for (;;) {
        redisContext *context = NULL;

        pthread_mutex_lock(&redis->lock);
        if (redis->idle_count > 0) {
            context = redis->idle[--redis->idle_count];
        }
        pthread_mutex_unlock(&redis->lock);
        if (!context || shop_redis_wire_reusable(context)) {
            return context;
        }
        redisFree(context);
    }
}

static void push_idle(shop_redis_t *redis, redisContext *context)
{
    pthread_mutex_lock(&redis->lock);
    if (redis->idle_count < redis->idle_max) {
        redis->idle[redis->idle_count++] = context;
        context = NULL;
    }
    pthread_mutex_unlock(&redis->lock);
    if (context) {
        redisFree(context);
    }
}

/* ---- commands ---- */

/* Error replies that concern the command only. After others (READONLY of a demoted primary, NOAUTH,
 * LOADING) a new connection may reach another server. */
static bool is_command_error(const redisReply *reply)
{
    static const char *const kinds[] = { "NOSCRIPT", "OOM", "MISCONF", "WRONGTYPE", "ERR" };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!strncmp(reply->str, kinds[i], strlen(kinds[i]))) {
            return true;
        }
    }
    return false;
}

static void copy_value(shop_redis_value_t *value, const redisReply *reply, apr_pool_t *pool)
{
    memset(value, 0, sizeof(*value));
    switch (reply->type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
        value->kind = SHOP_REDIS_STRING;
        value->bytes = apr_pstrmemdup(pool, reply->str, reply->len);
        value->size = reply->len;
        break;
    case REDIS_REPLY_INTEGER:
        value->kind = SHOP_REDIS_INTEGER;
        value->integer = reply->integer;
        break;
    case REDIS_REPLY_ARRAY:
        value->kind = SHOP_REDIS_ARRAY;
        value->count = (int)reply->elements;
        value->items = apr_pcalloc(pool, sizeof(*value->items) * (reply->elements + 1));
        for (size_t i = 0; i < reply->elements; i++) {
            copy_value(&value->items[i], reply->element[i], pool);
        }
        break;
    default: value->kind = SHOP_REDIS_NIL;
    }
}

/* One command and its reply. fresh: on a new connection. *idle: an idle connection was used. NULL:
 * *why. */
static redisReply *exchange(const char **why, bool *idle, shop_redis_t *redis, bool fresh, int argc,
                            const char *const *argv, const apr_size_t *sizes, apr_pool_t *pool)
{
    redisContext *context = fresh ? NULL : pop_idle(redis);
    redisReply *reply;

    *idle = context != NULL;
    if (!context) {
        context = shop_redis_connect(why, redis, pool);
    }
    if (!context) {
        return NULL;
    }
    reply = shop_redis_wire_call(why, context, argc, argv, sizes, redis->command_timeout, pool);
    if (reply && (reply->type != REDIS_REPLY_ERROR || is_command_error(reply))) {
        push_idle(redis, context);
    } else {
        redisFree(context);
    }
    return reply;
}

static void report_failure(shop_redis_t *redis)
{
    apr_time_t now = shop_clock_monotonic();

    shop_breaker_failure(&redis->breaker, 1, now, now);
}

/* *refusal: text of an error reply, NULL without one. Errors: UNAVAILABLE. */
static shop_error_t *call(shop_redis_value_t *value, const char **refusal, shop_redis_t *redis,
                          bool repeatable, int argc, const char *const *argv,
                          const apr_size_t *sizes, apr_pool_t *pool)
{
    const char *why = "failed";
    redisReply *reply;
    bool idle;

    *refusal = NULL;
    if (!shop_breaker_allows(&redis->breaker, shop_clock_monotonic())) {
        return unavailable("circuit breaker open after failures", pool);
    }
    reply = exchange(&why, &idle, redis, false, argc, argv, sizes, pool);
    if (!reply && idle && repeatable && strcmp(why, SHOP_REDIS_TIMEOUT) != 0) {
        reply = exchange(&why, &idle, redis, true, argc, argv, sizes, pool);
    }
    if (!reply) {
        report_failure(redis);
        shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_REDIS_AWAY, "Redis cannot be reached: %s", why);
        return unavailable(why, pool);
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        *refusal = apr_pstrmemdup(pool, reply->str, reply->len);
        if (is_command_error(reply)) {
            shop_breaker_success(&redis->breaker);
        } else {
            report_failure(redis);
        }
    } else {
        copy_value(value, reply, pool);
        shop_breaker_success(&redis->breaker);
    }
    freeReplyObject(reply);
    return NULL;
}

static shop_error_t *refused(const char *refusal, apr_pool_t *pool)
{
    shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_REDIS_ERROR, "Redis rejected a command: %s", refusal);
    return unavailable(refusal, pool);
}

shop_error_t *shop_redis_command(shop_redis_value_t *value, shop_redis_t *redis, bool repeatable,
                                 int argc, const char *const *argv, const apr_size_t *sizes,
                                 apr_pool_t *pool)
{
    const char *refusal;

    SHOP_TRY(call(value, &refusal, redis, repeatable, argc, argv, sizes, pool));
    return refusal ? refused(refusal, pool) : NULL;
}

/* ---- scripts ---- */

static void make_digest(digest_t *digest, const char *script)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char bytes[APR_SHA1_DIGESTSIZE];
    apr_sha1_ctx_t context;

    apr_sha1_init(&context);
    apr_sha1_update(&context, script, (unsigned)strlen(script));
    apr_sha1_final(bytes, &context);
    for (int i = 0; i < APR_SHA1_DIGESTSIZE; i++) {
        digest->hex[2 * i] = hex[bytes[i] >> 4];
        digest->hex[2 * i + 1] = hex[bytes[i] & 15];
    }
    digest->hex[2 * APR_SHA1_DIGESTSIZE] = '\0';
    digest->script = script;
}

/* Entries are never changed or removed, so a returned digest is valid without the lock. */
static const char *digest_of(shop_redis_t *redis, const char *script, apr_pool_t *pool)
{
    digest_t *digest = NULL;

    pthread_mutex_lock(&redis->lock);
    for (int i = 0; i < redis->digest_count && !digest; i++) {
        digest = redis->digests[i].script == script ? &redis->digests[i] : NULL;
    }
    if (!digest) {
        digest = redis->digest_count < SCRIPTS ? &redis->digests[redis->digest_count++]
                                               : apr_palloc(pool, sizeof(*digest));
        make_digest(digest, script);
    }
    pthread_mutex_unlock(&redis->lock);
    return digest->hex;
}

shop_error_t *shop_redis_script(shop_redis_value_t *value, shop_redis_t *redis, const char *script,
                                int key_count, int argc, const char *const *argv, apr_pool_t *pool)
{
    const char **all = apr_palloc(pool, sizeof(*all) * (apr_size_t)(argc + 3));
    const char *refusal;

    all[0] = "EVALSHA";
    all[1] = digest_of(redis, script, pool);
    all[2] = apr_itoa(pool, key_count);
    for (int i = 0; i < argc; i++) {
        all[3 + i] = argv[i];
    }
    SHOP_TRY(call(value, &refusal, redis, false, argc + 3, all, NULL, pool));
    if (refusal && !strncmp(refusal, "NOSCRIPT", 8)) {
        all[0] = "EVAL";
        all[1] = script;
        SHOP_TRY(call(value, &refusal, redis, false, argc + 3, all, NULL, pool));
    }
    return refusal ? refused(refusal, pool) : NULL;
}
