/* SPDX-License-Identifier: MIT
 * hiredis 0.14 blocks without limit in a read, and has no subscriber without an event loop. So the
 * socket is non-blocking and poll() waits, for POLL_INTERVAL at most. */
#include "redis_listen.h"

#include <apr_strings.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "redis_inner.h"
#include "redis_wire.h"

#define POLL_INTERVAL apr_time_from_msec(100) /* between two looks at *stop */
#define PING_INTERVAL apr_time_from_msec(250)
#define PING_TIMEOUT apr_time_from_msec(900)
#define RECONNECT_DELAY apr_time_from_msec(500)

typedef struct listener_t {
    shop_redis_t *redis;
    const char *channel;
    const shop_redis_subscriber_t *subscriber;
    const atomic_bool *stop;
    redisContext *context;
    apr_time_t pinged; /* when the latest PING or the SUBSCRIBE was sent */
    bool pong_pending;
} listener_t;

static bool is_text(const redisReply *reply, const char *wanted)
{
    return (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS) &&
           reply->len == strlen(wanted) && !memcmp(reply->str, wanted, reply->len);
}

/* A push is an array whose first element names its kind. */
static bool is_push(const redisReply *reply, const char *kind, size_t elements)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == elements &&
           is_text(reply->element[0], kind);
}

static bool subscribe(const char **why, listener_t *at, apr_pool_t *pool)
{
    const char *argv[2] = { "SUBSCRIBE", at->channel };
    redisReply *reply;
    bool done;

    at->context = shop_redis_connect(why, at->redis, pool);
    if (!at->context) {
        return false;
    }
    at->pinged = shop_clock_monotonic();
    at->pong_pending = false;
    reply = shop_redis_wire_call(why, at->context, 2, argv, NULL,
                                 shop_redis_connect_timeout(at->redis), pool);
    done = reply && is_push(reply, "subscribe", 3);
    if (reply && !done) {
        *why = reply->type == REDIS_REPLY_ERROR ? apr_pstrmemdup(pool, reply->str, reply->len)
                                                : "unexpected reply to SUBSCRIBE";
    }
    freeReplyObject(reply);
    return done;
}

/* Passes one push on. false (*why): the connection is to be closed. */
static bool handle_push(const char **why, listener_t *at, const redisReply *reply, apr_pool_t *pool)
{
    if (is_push(reply, "message", 3) && reply->element[2]->type == REDIS_REPLY_STRING) {
        at->subscriber->message(at->subscriber->baton, reply->element[2]->str,
                                reply->element[2]->len, pool);
    } else if (is_push(reply, "pong", 2)) {
        at->pong_pending = false;
        at->subscriber->alive(at->subscriber->baton, at->pinged, pool);
    } else {
        *why = "unexpected push";
        return false;
    }
    return true;
}

/* idle: nothing was received in this turn. A late PONG only counts then: when this thread was the
 * slow one, the PONG may lie in the socket's buffer. */
static bool keep_alive(const char **why, listener_t *at, bool idle, apr_pool_t *pool)
{
    static const char *const ping[] = { "PING" };
    apr_time_t now = shop_clock_monotonic();

    if (at->pong_pending && idle && now - at->pinged > PING_TIMEOUT) {
        *why = "no answer to PING in time";
        return false;
    }
    if (at->pong_pending || now - at->pinged < PING_INTERVAL) {
        return true;
    }
    at->pinged = now;
    at->pong_pending = true;
    return shop_redis_wire_send(why, at->context, 1, ping, PING_TIMEOUT, pool);
}

static bool turn(const char **why, listener_t *at, apr_pool_t *pool)
{
    redisReply *reply = NULL;
    bool good = shop_redis_wire_next(&reply, why, at->context, POLL_INTERVAL, pool) &&
                (!reply || handle_push(why, at, reply, pool)) &&
                keep_alive(why, at, reply == NULL, pool);

    freeReplyObject(reply);
    return good;
}

/* One connection from SUBSCRIBE to its end. *why NULL: *stop was set. */
static void listen_once(const char **why, listener_t *at, apr_pool_t *pool)
{
    apr_pool_t *scratch;

    *why = "failed";
    apr_pool_create(&scratch, pool);
    if (subscribe(why, at, pool)) {
        at->subscriber->subscribed(at->subscriber->baton, at->pinged, scratch);
        do {
            apr_pool_clear(scratch);
            *why = NULL;
        } while (!atomic_load(at->stop) && turn(why, at, scratch));
        *why = *why ? apr_pstrdup(pool, *why) : NULL;
        at->subscriber->disconnected(at->subscriber->baton, *why, pool);
    } else {
        shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_SUBSCRIPTION_LOST, "cannot subscribe in Redis: %s",
                        *why);
    }
    if (at->context) {
        redisFree(at->context);
        at->context = NULL;
    }
}

void shop_redis_listen(shop_redis_t *redis, const char *channel,
                       const shop_redis_subscriber_t *subscriber, const atomic_bool *stop,
                       apr_pool_t *pool)
{
    listener_t at = { .redis = redis, .channel = channel, .subscriber = subscriber, .stop = stop };
    apr_pool_t *life;

    apr_pool_create(&life, pool);
    while (!atomic_load(stop)) {
        const char *why;
        apr_time_t until;

        apr_pool_clear(life);
        listen_once(&why, &at, life);
        until = shop_clock_monotonic() + RECONNECT_DELAY;
        while (!atomic_load(stop) && shop_clock_monotonic() < until) {
            apr_sleep(apr_time_from_msec(50));
        }
    }
    apr_pool_destroy(life);
}
