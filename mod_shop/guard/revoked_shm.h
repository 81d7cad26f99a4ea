/* SPDX-License-Identifier: MIT */
#ifndef SHOP_GUARD_REVOKED_SHM_H
#define SHOP_GUARD_REVOKED_SHM_H

/* Ended sessions in memory that the processes of a host share, before those in Redis: while this
 * host hears what the others announce, a signed-in read asks nobody.
 *
 * A yes is believed always. A no needs all of: the listener hears; the table holds every
 * revocation from before it began to hear (it was filled from Redis, which vouched for its set,
 * or every token from before has expired meanwhile); no entry was dropped for want of room; this
 * host owes Redis nothing. Otherwise the next level is asked. */

#include <apr_pools.h>
#include <apr_time.h>
#include <stdbool.h>
#include <stdint.h>

#include "../hosts/changes.h"
#include "token.h"

/* How many bytes of zeroed memory the processes of a host share. */
apr_size_t shop_revoked_shm_size(void);
/* memory: those bytes, aligned for 64-bit words (they must outlive pool), or NULL: this process is
 * alone. changes: says whether the listener hears; it must have been attached with listens set.
 * token_s: the longest an access token is accepted after it was issued. owed: the word of
 * shop_revoked_redis(), or NULL. */
shop_revoked_t *shop_revoked_shm(void *memory, shop_revoked_t *next, const shop_changes_t *changes,
                                 int token_s, const unsigned *owed, apr_pool_t *pool);

/* ---- the listener; all times monotonic ---- */
/* It begins to hear; to be called before shop_changes_subscribed(). What was announced before
 * is unknown. Returns a number for this hearing. */
uint64_t shop_revoked_shm_begin(shop_revoked_t *revoked, apr_time_t now);
/* Everything that was announced before this hearing began has been told. Nothing happens when
 * another one began since. */
void shop_revoked_shm_whole(shop_revoked_t *revoked, uint64_t hearing);
/* Another host ended a session. */
void shop_revoked_shm_hear(shop_revoked_t *revoked, const char *session_id, int ttl_s,
                           apr_pool_t *pool);
/* Sessions were ended and nobody can say which. */
void shop_revoked_shm_doubt(shop_revoked_t *revoked, apr_time_t now);
/* Would a session that is not in the table be called alive? */
bool shop_revoked_shm_is_whole(const shop_revoked_t *revoked, apr_time_t now);

#endif
