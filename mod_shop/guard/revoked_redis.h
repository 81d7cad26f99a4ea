/* SPDX-License-Identifier: MIT */
#ifndef SHOP_GUARD_REVOKED_REDIS_H
#define SHOP_GUARD_REVOKED_REDIS_H

/* Ended sessions in Redis, so that a read need not ask the store. See docs/adr/009. */

#include <apr_pools.h>
#include <stdbool.h>

#include "../hosts/changes.h"
#include "../drivers/redis.h"
#include "token.h"

/* token_s: the longest an access token is accepted after it was issued (life and leeway). pending:
 * zeroed word shared by the processes of this host (it must outlive pool), or NULL: while a
 * revocation of this host has not reached Redis, none of its processes gets "not ended" from Redis.
 * Every revocation is published (hosts/announce.h) by the script that stores it; changes gives the
 * origin and may be NULL.
 *
 * Limit: this host ends a session and cannot reach Redis, but another host can. Until this host
 * reaches Redis again, the other host accepts reads of that session (never writes or admin routes,
 * which ask the store) until its access token expires. */
shop_revoked_t *shop_revoked_redis(shop_redis_t *redis, shop_changes_t *changes, int token_s,
                                   unsigned *pending, apr_pool_t *pool);
/* Calls each() for every ended session in Redis, with the remaining seconds of its entry. true: the
 * list is complete. Sends pending updates first. */
bool shop_revoked_redis_load(shop_revoked_t *revoked,
                             void (*each)(void *baton, const char *session_id, int ttl_s),
                             void *baton, apr_pool_t *pool);

#endif
