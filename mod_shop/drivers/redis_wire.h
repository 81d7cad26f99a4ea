/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_REDIS_WIRE_H
#define SHOP_DRIVERS_REDIS_WIRE_H

/* One connection to Redis: connecting, and one command with its reply within a deadline. hiredis'
 * own timeout is for each read; here one is for the whole exchange. Only for drivers/redis.c and
 * drivers/redis_listen.c. */

#include <apr_pools.h>
#include <apr_time.h>
#include <hiredis/hiredis.h>
#include <stdbool.h>

#include "redis_url.h"

#define SHOP_REDIS_TIMEOUT "no reply in time" /* *why after a timeout */

/* Connects, without AUTH and SELECT. NULL: *why has the reason. */
redisContext *shop_redis_wire_open(const char **why, const shop_redis_url_t *url,
                                   apr_time_t timeout, apr_pool_t *pool);
/* Sends one command and reads its reply, which the caller frees. NULL on any failure: the context
 * must not be used again. */
redisReply *shop_redis_wire_call(const char **why, redisContext *context, int argc,
                                 const char *const *argv, const apr_size_t *sizes,
                                 apr_time_t timeout, apr_pool_t *pool);
/* The two halves of it, for a subscriber, which also receives pushes. After false (*why) the
 * context must not be used again. */
bool shop_redis_wire_send(const char **why, redisContext *context, int argc,
                          const char *const *argv, apr_time_t timeout, apr_pool_t *pool);
/* *reply NULL: no complete reply arrived within wait. */
bool shop_redis_wire_next(redisReply **reply, const char **why, redisContext *context,
                          apr_time_t wait, apr_pool_t *pool);
/* Can an idle connection be used again? Not when it was closed by the server or has bytes to read:
 * they would be taken for the reply to the next command. */
bool shop_redis_wire_reusable(const redisContext *context);

#endif
