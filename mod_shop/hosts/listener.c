/* SPDX-License-Identifier: MIT
 * What other hosts announce, into the memory the processes of this host share. One thread of the
 * host runs this per shop; after a graceful restart two may for a while, which is no harm: both
 * write the same things. */
#include "listener.h"

#include "../base/clock.h"
#include "../base/log.h"
#include "../guard/revoked_redis.h"
#include "../guard/revoked_shm.h"
#include "../cache/cache_redis.h"
#include "announce.h"
#include "../drivers/redis_listen.h"

#define AGAIN apr_time_from_sec(1) /* between two attempts to read the list of ended sessions */

struct shop_listener_t {
    shop_redis_t *redis;
    shop_changes_t *changes;
    shop_cache_t *cache;
    shop_revoked_t *revoked, *stored;
    uint64_t hearing;
    apr_time_t tried; /* to read the list */
};

typedef struct filling_t {
    shop_revoked_t *revoked;
    apr_pool_t *pool;
} filling_t;

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

static void fill_one(void *baton, const char *session_id, int ttl_s)
{
    filling_t *filling = baton;

    shop_revoked_shm_hear(filling->revoked, session_id, ttl_s, filling->pool);
}

/* What this host could not tell Redis is told as soon as Redis answers, not when somebody asks. */
static void catch_up(shop_listener_t *listener, apr_pool_t *pool)
{
    apr_time_t now = shop_clock_monotonic();
    filling_t filling = { .revoked = listener->revoked, .pool = pool };

    (void)shop_cache_redis_settle(listener->cache, pool);
    if (shop_revoked_shm_is_whole(listener->revoked, now) || now - listener->tried < AGAIN) {
        return;
    }
    listener->tried = now;
    if (shop_revoked_redis_load(listener->stored, fill_one, &filling, pool)) {
        shop_revoked_shm_whole(listener->revoked, listener->hearing);
    }
}

static void on_begin(void *baton, apr_time_t since, apr_pool_t *pool)
{
    shop_listener_t *listener = baton;

    /* In this order: while the listener hears, the list of ended sessions is believed. */
    listener->hearing = shop_revoked_shm_begin(listener->revoked, since);
    shop_changes_begin_hearing(listener->changes, since);
    listener->tried = 0;
    catch_up(listener, pool);
    shop_log(SHOP_LOG_NOTICE, SHOP_LOG_LISTENING, NULL, "listening to what other hosts change");
}

static void on_message(void *baton, const char *text, apr_size_t size, apr_pool_t *pool)
{
    shop_listener_t *listener = baton;
    shop_announcement_t read;

    shop_announce_read(&read, text, size, pool);
    if (read.origin && read.origin == shop_changes_origin(listener->changes)) {
        return; /* noted before it was announced */
    }
    switch (read.kind) {
    case SHOP_ANNOUNCE_CHANGED:
        for (int i = 0; i < read.count; i++) {
            shop_changes_note(listener->changes, read.subjects[i]);
        }
        break;
    case SHOP_ANNOUNCE_ENDED:
        shop_revoked_shm_hear(listener->revoked, read.subjects[0], read.ttl_s, pool);
        break;
    case SHOP_ANNOUNCE_SOME_ENDED:
        shop_revoked_shm_doubt(listener->revoked, shop_clock_monotonic());
        break;
    case SHOP_ANNOUNCE_STRANGE:
        shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_ANNOUNCEMENT, "strange announcement of %d bytes",
                        (int)size);
        shop_revoked_shm_doubt(listener->revoked, shop_clock_monotonic());
        shop_changes_note(listener->changes, NULL);
        break;
    case SHOP_ANNOUNCE_ALL_CHANGED: shop_changes_note(listener->changes, NULL); break;
    }
}

static void on_alive(void *baton, apr_time_t since, apr_pool_t *pool)
{
    shop_listener_t *listener = baton;

    shop_changes_heard(listener->changes, since);
    catch_up(listener, pool);
}

static void on_lost(void *baton, const char *why, apr_pool_t *pool)
{
    shop_listener_t *listener = baton;

    (void)pool;
    shop_changes_lost(listener->changes);
    if (why) {
        shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_LISTENER_LOST, "no longer listening to Redis: %s",
                        why);
    }
}

void shop_listener_run(shop_listener_t *listener, const atomic_bool *stop, apr_pool_t *pool)
{
    const shop_redis_ear_t ear = { .baton = listener,
                                   .begin = on_begin,
                                   .message = on_message,
                                   .alive = on_alive,
                                   .lost = on_lost };

    shop_redis_listen(listener->redis,
                      shop_announce_channel(shop_redis_prefix(listener->redis), pool), &ear, stop,
                      pool);
}
