/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_REDIS_WIRE_H
#define SHOP_DRIVERS_REDIS_WIRE_H

/* One connection to Redis, used by drivers/redis.c and drivers/redis_listen.c alone: connecting,
 * one exchange within a deadline. hiredis' own timeout is per read; here the whole exchange has
 * one. */

#include <apr_pools.h>
#include <apr_time.h>
#include <hiredis/hiredis.h>
#include <stdbool.h>

#include "redis_url.h"

#define SHOP_REDIS_LATE "no answer in time" /* *why after a timeout */

/* NULL: *why says what happened. No password, no database yet. */
redisContext *shop_redis_wire_open(const char **why, const shop_redis_url_t *url,
                                   apr_time_t timeout, apr_pool_t *pool);
/* Sends one command and reads its reply; NULL on any failure, and then the context is spoilt.
 * The reply is freed by the caller. */
redisReply *shop_redis_wire_ask(const char **why, redisContext *context, int argc,
                                const char *const *argv, const apr_size_t *sizes,
                                apr_time_t timeout, apr_pool_t *pool);
/* The two halves of it for a subscriber, who is sent replies nobody asked for. After false (*why)
 * the context is spoilt. */
bool shop_redis_wire_send(const char **why, redisContext *context, int argc,
                          const char *const *argv, apr_time_t timeout, apr_pool_t *pool);
/* *reply NULL: none was complete within wait. */
bool shop_redis_wire_next(redisReply **reply, const char **why, redisContext *context,
                          apr_time_t wait, apr_pool_t *pool);
/* Is an idle connection still quiet? One that has bytes to read, or was closed at the other end,
 * is not: what stands there would answer the next command. */
bool shop_redis_wire_quiet(const redisContext *context);

#endif
