/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HOSTS_ANNOUNCE_H
#define SHOP_HOSTS_ANNOUNCE_H

/* What the hosts of a shop tell one another, as lines of text on one channel of Redis:
 *
 *     <origin> P <subject> <subject> ...   these changed
 *     <origin> *                           everything did
 *     <origin> S <session id> <seconds>    the session was ended; remember it for so long
 *     <origin> S *                         sessions were ended, and nobody can say which
 *
 * origin: 1 to 16 hex digits, see shop_changes_origin(). Whoever may publish in Redis may write
 * here: a line that is none of the above must be taken for "anything may have happened". */

#include <apr_pools.h>
#include <stdint.h>

typedef enum {
    SHOP_ANNOUNCE_STRANGE,
    SHOP_ANNOUNCE_CHANGED,
    SHOP_ANNOUNCE_ALL_CHANGED,
    SHOP_ANNOUNCE_ENDED,
    SHOP_ANNOUNCE_SOME_ENDED
} shop_announce_kind_t;

typedef struct shop_announcement_t {
    shop_announce_kind_t kind;
    uint64_t origin;             /* 0 when strange */
    const char *const *subjects; /* in the pool; of ENDED the session id */
    int count;
    int ttl_s;
} shop_announcement_t;

/* prefix: shop_redis_prefix(). */
const char *shop_announce_channel(const char *prefix, apr_pool_t *pool);
/* count 0, or more than are worth telling apart: everything. */
const char *shop_announce_changed(uint64_t origin, const char *const *subjects, int count,
                                  apr_pool_t *pool);
/* session_id NULL: some, nobody can say which. */
const char *shop_announce_ended(uint64_t origin, const char *session_id, int ttl_s,
                                apr_pool_t *pool);
void shop_announce_read(shop_announcement_t *read, const char *text, apr_size_t size,
                        apr_pool_t *pool);

#endif
