/* SPDX-License-Identifier: MIT */
#ifndef SHOP_GUARD_REVOKED_SHM_H
#define SHOP_GUARD_REVOKED_SHM_H

/* Ended sessions in memory that the processes of a host share, in front of those in Redis: while
 * the subscription to other hosts is live, an authenticated read needs no round trip.
 *
 * A hit is always valid. A miss means "not ended" only if the table is complete: the subscription
 * is live; the table holds every revocation from before the subscription (it was loaded from Redis,
 * whose list was complete, or all earlier tokens have expired); no entry was dropped for lack of
 * space; and no update of this host to Redis is pending. Otherwise the next level is asked. */

#include <apr_pools.h>
#include <apr_time.h>
#include <stdbool.h>
#include <stdint.h>

#include "../hosts/changes.h"
#include "token.h"

/* Bytes of zeroed memory that the processes of a host share. */
apr_size_t shop_revoked_shm_size(void);
/* memory: those bytes, aligned for 64-bit words (they must outlive pool), or NULL when this process
 * is the only one. changes: says whether the subscription is live; attached with subscribes set.
 * token_s: the longest an access token is accepted after it was issued. pending: the word of
 * shop_revoked_redis(), or NULL. */
shop_revoked_t *shop_revoked_shm(void *memory, shop_revoked_t *next, const shop_changes_t *changes,
                                 int token_s, const unsigned *pending, apr_pool_t *pool);

/* ---- the listener; all times monotonic ---- */
/* The subscription was established; to be called before shop_changes_subscribed(). Earlier
 * announcements are unknown. Returns the number of this subscription. */
uint64_t shop_revoked_shm_subscribed(shop_revoked_t *revoked, apr_time_t now);
/* All sessions ended before this subscription have been added. No effect when it is not the present
 * one. */
void shop_revoked_shm_complete(shop_revoked_t *revoked, uint64_t subscription);
/* Adds a session that another host ended. */
void shop_revoked_shm_add(shop_revoked_t *revoked, const char *session_id, int ttl_s,
                          apr_pool_t *pool);
/* Sessions were ended whose ids are unknown. */
void shop_revoked_shm_incomplete(shop_revoked_t *revoked, apr_time_t now);
/* Does a miss mean that the session has not ended? */
bool shop_revoked_shm_is_complete(const shop_revoked_t *revoked, apr_time_t now);

#endif
