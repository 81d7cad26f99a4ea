/* SPDX-License-Identifier: MIT */
#ifndef SHOP_GUARD_REVOKED_REDIS_H
#define SHOP_GUARD_REVOKED_REDIS_H

/* Ended sessions in Redis, so that a read need not ask the store. */

#include <apr_pools.h>
#include <stdbool.h>

#include "../hosts/changes.h"
#include "../drivers/redis.h"
#include "token.h"

/* token_s: the longest an access token is accepted after it was issued (life and leeway). owed:
 * zeroed word shared by the processes of this host (it must outlive pool), or NULL: while this
 * host could not tell Redis of a revocation, none of its processes takes "not revoked" from it.
 * Every revocation is announced (hosts/announce.h) in the moment it is listed; changes gives the
 * origin and may be NULL.
 *
 * What remains: this host ends a session and cannot reach Redis, another one can. Until this host
 * reaches Redis again the other answers that session's reads (never writes or admin routes, which
 * ask the store) as long as its access token lives. */
shop_revoked_t *shop_revoked_redis(shop_redis_t *redis, shop_changes_t *changes, int token_s,
                                   unsigned *owed, apr_pool_t *pool);
/* Passes everything Redis lists to each(), with the seconds it is still to be remembered. True when
 * that is all there is: Redis can be known to hold every revocation that matters. Makes good what
 * is owed. */
bool shop_revoked_redis_load(shop_revoked_t *revoked,
                             void (*each)(void *baton, const char *session_id, int ttl_s),
                             void *baton, apr_pool_t *pool);

#endif
