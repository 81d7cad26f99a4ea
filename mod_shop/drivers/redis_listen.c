/* SPDX-License-Identifier: MIT
 * hiredis 0.14 blocks for ever in a read when nothing is there, and has no subscriber without an
 * event loop; so the socket does not block and poll() waits, never longer than a slice. */
#include "redis_listen.h"

#include <apr_strings.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "redis_inner.h"
#include "redis_wire.h"

#define SLICE apr_time_from_msec(100)    /* how soon a request to stop is seen */
#define PULSE apr_time_from_msec(250)    /* between two PINGs */
#define PATIENCE apr_time_from_msec(900) /* for the answer to one */
#define PAUSE apr_time_from_msec(500)    /* between two attempts to connect */

typedef struct listener_t {
    shop_redis_t *redis;
    const char *channel;
    const shop_redis_ear_t *ear;
    const atomic_bool *stop;
    redisContext *context;
    apr_time_t pinged; /* when the latest PING was sent, or the subscription made */
    bool waits;        /* its answer is still to come */
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
    at->waits = false;
    reply = shop_redis_wire_ask(why, at->context, 2, argv, NULL,
                                shop_redis_connect_timeout(at->redis), pool);
    done = reply && is_push(reply, "subscribe", 3);
    if (reply && !done) {
        *why = reply->type == REDIS_REPLY_ERROR ? apr_pstrmemdup(pool, reply->str, reply->len)
                                                : "an answer that belongs to no SUBSCRIBE";
    }
    freeReplyObject(reply);
    return done;
}

/* false: the connection is not what it was. */
static bool take(const char **why, listener_t *at, const redisReply *reply, apr_pool_t *pool)
{
    if (is_push(reply, "message", 3) && reply->element[2]->type == REDIS_REPLY_STRING) {
        at->ear->message(at->ear->baton, reply->element[2]->str, reply->element[2]->len, pool);
    } else if (is_push(reply, "pong", 2)) {
        at->waits = false;
        at->ear->alive(at->ear->baton, at->pinged, pool);
    } else {
        *why = "an answer that belongs to no subscription";
        return false;
    }
    return true;
}

/* What came last is looked at before the time is: who was busy himself must not call others late.
 */
static bool keep_alive(const char **why, listener_t *at, bool silent, apr_pool_t *pool)
{
    static const char *const ping[] = { "PING" };
    apr_time_t now = shop_clock_monotonic();

    if (at->waits && silent && now - at->pinged > PATIENCE) {
        *why = "no answer to PING in time";
        return false;
    }
    if (at->waits || now - at->pinged < PULSE) {
        return true;
    }
    at->pinged = now;
    at->waits = true;
    return shop_redis_wire_send(why, at->context, 1, ping, PATIENCE, pool);
}

static bool turn(const char **why, listener_t *at, apr_pool_t *pool)
{
    redisReply *reply = NULL;
    bool whole = shop_redis_wire_next(&reply, why, at->context, SLICE, pool) &&
                 (!reply || take(why, at, reply, pool)) && keep_alive(why, at, reply == NULL, pool);

    freeReplyObject(reply);
    return whole;
}

/* One connection's life. *why NULL: it was ended by us. */
static void listen_once(const char **why, listener_t *at, apr_pool_t *pool)
{
    apr_pool_t *scratch;

    *why = "failed";
    apr_pool_create(&scratch, pool);
    if (subscribe(why, at, pool)) {
        at->ear->begin(at->ear->baton, at->pinged, scratch);
        do {
            apr_pool_clear(scratch);
            *why = NULL;
        } while (!atomic_load(at->stop) && turn(why, at, scratch));
        *why = *why ? apr_pstrdup(pool, *why) : NULL;
        at->ear->lost(at->ear->baton, *why, pool);
    } else {
        shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_LISTENER_LOST, "cannot listen to Redis: %s", *why);
    }
    if (at->context) {
        redisFree(at->context);
        at->context = NULL;
    }
}

void shop_redis_listen(shop_redis_t *redis, const char *channel, const shop_redis_ear_t *ear,
                       const atomic_bool *stop, apr_pool_t *pool)
{
    listener_t at = { .redis = redis, .channel = channel, .ear = ear, .stop = stop };
    apr_pool_t *life;

    apr_pool_create(&life, pool);
    while (!atomic_load(stop)) {
        const char *why;
        apr_time_t until;

        apr_pool_clear(life);
        listen_once(&why, &at, life);
        until = shop_clock_monotonic() + PAUSE;
        while (!atomic_load(stop) && shop_clock_monotonic() < until) {
            apr_sleep(apr_time_from_msec(50));
        }
    }
    apr_pool_destroy(life);
}
