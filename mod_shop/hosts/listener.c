/* SPDX-License-Identifier: MIT
 * Writes announcements of other hosts into the memory that the processes of this host share. One
 * thread of the host runs this for each shop. After a graceful restart two may run for a while;
 * both write the same, so this does no harm. */
#include "listener.h"

#include "../base/clock.h"
#include "../base/log.h"
#include "../guard/revoked_redis.h"
#include "../guard/revoked_shm.h"
#include "../cache/cache_redis.h"
#include "announce.h"
#include "../drivers/redis_listen.h"
#include "redis_keys.h"

#define LOAD_RETRY apr_time_from_sec(1) /* between two attempts to load the ended sessions */

struct shop_listener_t {
    shop_redis_t *redis;
    shop_changes_t *changes;
    shop_cache_t *cache;
    shop_revoked_t *revoked, *stored;
    uint64_t subscription; /* number of the present one */
    apr_time_t load_tried; /* latest attempt to load the ended sessions; monotonic */
};

typedef struct load_t {
    shop_revoked_t *revoked;
    apr_pool_t *pool;
} load_t;

shop_listener_t *shop_listener_create(shop_redis_t *redis, shop_changes_t *changes,
                                      shop_cache_t *cache, shop_revoked_t *revoked,
                                      shop_revoked_t *stored, apr_pool_t *pool)
{
    shop_listener_t *listener = apr_pcalloc(pool, sizeof(*listener));

    listener->redis = redis;
    listener->changes = changes;
    listener->cache = cache;
    listener->revoked = revoked;
    listener->stored = stored;
    return listener;
}

static void load_one(void *baton, const char *session_id, int ttl_s)
{
    load_t *load = baton;

    shop_revoked_shm_add(load->revoked, session_id, ttl_s, load->pool);
}

/* Sends pending updates as soon as Redis answers, not with the next request, and loads the ended
 * sessions. */
static void synchronise(shop_listener_t *listener, apr_pool_t *pool)
{
    apr_time_t now = shop_clock_monotonic();
    load_t load = { .revoked = listener->revoked, .pool = pool };

    (void)shop_cache_redis_flush(listener->cache, pool);
    if (shop_revoked_shm_is_complete(listener->revoked, now) ||
        now - listener->load_tried < LOAD_RETRY) {
        return;
    }
    listener->load_tried = now;
    if (shop_revoked_redis_load(listener->stored, load_one, &load, pool)) {
        shop_revoked_shm_complete(listener->revoked, listener->subscription);
    }
}

static void on_subscribed(void *baton, apr_time_t since, apr_pool_t *pool)
{
    shop_listener_t *listener = baton;

    /* In this order: the table of ended sessions is trusted while the subscription is live. */
    listener->subscription = shop_revoked_shm_subscribed(listener->revoked, since);
    shop_changes_subscribed(listener->changes, since);
    listener->load_tried = 0;
    synchronise(listener, pool);
    shop_log(SHOP_LOG_NOTICE, SHOP_LOG_SUBSCRIBED, NULL, "subscribed to changes of other hosts");
}

static void on_message(void *baton, const char *text, apr_size_t size, apr_pool_t *pool)
{
    shop_listener_t *listener = baton;
    shop_announcement_t parsed;

    shop_announce_parse(&parsed, text, size, pool);
    if (parsed.origin && parsed.origin == shop_changes_origin(listener->changes)) {
        return; /* this host noted it before it published it */
    }
    switch (parsed.kind) {
    case SHOP_ANNOUNCE_CHANGED:
        for (int i = 0; i < parsed.count; i++) {
            shop_changes_note(listener->changes, parsed.subjects[i]);
        }
        break;
    case SHOP_ANNOUNCE_SESSION_ENDED:
        shop_revoked_shm_add(listener->revoked, parsed.subjects[0], parsed.ttl_s, pool);
        break;
    case SHOP_ANNOUNCE_SOME_SESSIONS_ENDED:
        shop_revoked_shm_incomplete(listener->revoked, shop_clock_monotonic());
        break;
    case SHOP_ANNOUNCE_UNKNOWN:
        shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_UNKNOWN_ANNOUNCEMENT,
                        "announcement of %d bytes not understood", (int)size);
        shop_revoked_shm_incomplete(listener->revoked, shop_clock_monotonic());
        shop_changes_note(listener->changes, NULL);
        break;
    case SHOP_ANNOUNCE_ALL_CHANGED: shop_changes_note(listener->changes, NULL); break;
    }
}

static void on_alive(void *baton, apr_time_t since, apr_pool_t *pool)
{
    shop_listener_t *listener = baton;

    shop_changes_alive(listener->changes, since);
    synchronise(listener, pool);
}

static void on_disconnected(void *baton, const char *why, apr_pool_t *pool)
{
    shop_listener_t *listener = baton;

    (void)pool;
    shop_changes_disconnected(listener->changes);
    if (why) {
        shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_SUBSCRIPTION_LOST, "subscription to Redis lost: %s",
                        why);
    }
}

void shop_listener_run(shop_listener_t *listener, const atomic_bool *stop, apr_pool_t *pool)
{
    const shop_redis_subscriber_t subscriber = { .baton = listener,
                                                 .subscribed = on_subscribed,
                                                 .message = on_message,
                                                 .alive = on_alive,
                                                 .disconnected = on_disconnected };

    shop_redis_listen(listener->redis,
                      shop_redis_channel_changes(shop_redis_prefix(listener->redis), pool),
                      &subscriber, stop, pool);
}
