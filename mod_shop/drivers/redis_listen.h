/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_REDIS_LISTEN_H
#define SHOP_DRIVERS_REDIS_LISTEN_H

/* One subscription to one channel of Redis, on a connection of its own, for the life of a thread.
 * Redis keeps nothing for those who were not there, so the one who listens must know for every
 * moment whether he would have heard: that is what `since` says. */

#include <apr_pools.h>
#include <apr_time.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "redis.h"

/* Every call gets a pool that ends with it. All times are monotonic. */
typedef struct shop_redis_ear_t {
    void *baton;
    /* The subscription stands: whatever is published from now on will be heard, unless lost() is
     * called. Nothing is known of before. */
    void (*begin)(void *baton, apr_time_t since, apr_pool_t *pool);
    void (*message)(void *baton, const char *text, apr_size_t size, apr_pool_t *pool);
    /* Everything published before `since` has been passed to message(). Four times a second. */
    void (*alive)(void *baton, apr_time_t since, apr_pool_t *pool);
    /* After begin() only. why NULL: the listener was told to stop. */
    void (*lost)(void *baton, const char *why, apr_pool_t *pool);
} shop_redis_ear_t;

/* Listens until *stop is set and returns within 200 ms then (longer only while a name is being
 * resolved). Connects again after a pause of half a second, as often as it takes. A connection that
 * is silent for 0.9 seconds in spite of a PING counts as lost; what `since` says does not wait for
 * that. */
void shop_redis_listen(shop_redis_t *redis, const char *channel, const shop_redis_ear_t *ear,
                       const atomic_bool *stop, apr_pool_t *pool);

#endif
