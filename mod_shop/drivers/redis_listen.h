/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_REDIS_LISTEN_H
#define SHOP_DRIVERS_REDIS_LISTEN_H

/* One subscription to one channel of Redis, on a connection of its own, for the life of a thread.
 * Redis stores no messages for a subscriber that is not connected. The subscriber must therefore
 * know up to which moment it has received everything; `since` says so. */

#include <apr_pools.h>
#include <apr_time.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "redis.h"

/* Callbacks. Each gets a pool that is cleared after it returns. All times are monotonic. */
typedef struct shop_redis_subscriber_t {
    void *baton;
    /* The subscription is established: every later message is received, until disconnected() is
     * called. Earlier messages are unknown. */
    void (*subscribed)(void *baton, apr_time_t since, apr_pool_t *pool);
    void (*message)(void *baton, const char *text, apr_size_t size, apr_pool_t *pool);
    /* All messages published before `since` have been passed to message(). Four times a second. */
    void (*alive)(void *baton, apr_time_t since, apr_pool_t *pool);
    /* Only after subscribed(). why NULL: *stop was set. */
    void (*disconnected)(void *baton, const char *why, apr_pool_t *pool);
} shop_redis_subscriber_t;

/* Runs until *stop is set, then returns within 200 ms (later only while a host name is being
 * resolved). Reconnects after half a second, without limit. A connection that does not answer PING
 * within 0.9 seconds is closed. `since` never depends on that time-out. */
void shop_redis_listen(shop_redis_t *redis, const char *channel,
                       const shop_redis_subscriber_t *subscriber, const atomic_bool *stop,
                       apr_pool_t *pool);

#endif
