/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HOSTS_ANNOUNCE_H
#define SHOP_HOSTS_ANNOUNCE_H

/* Announcements between the hosts of a shop, published as lines of text on one channel of Redis
 * (shop_redis_channel_changes):
 *
 *     <origin> P <subject> <subject> ...   these subjects changed
 *     <origin> *                           all subjects changed
 *     <origin> S <session id> <seconds>    a session was ended; keep the entry for so long
 *     <origin> S *                         sessions were ended; their ids are unknown
 *
 * origin: 1 to 16 hex digits, see shop_changes_origin(). Anybody with the right to publish in Redis
 * can write to the channel. A line of any other form therefore means: all subjects may have changed
 * and sessions may have been ended. */

#include <apr_pools.h>
#include <stdint.h>

typedef enum {
    SHOP_ANNOUNCE_UNKNOWN, /* a line of none of the forms above */
    SHOP_ANNOUNCE_CHANGED,
    SHOP_ANNOUNCE_ALL_CHANGED,
    SHOP_ANNOUNCE_SESSION_ENDED,
    SHOP_ANNOUNCE_SOME_SESSIONS_ENDED
} shop_announce_kind_t;

typedef struct shop_announcement_t {
    shop_announce_kind_t kind;
    uint64_t origin;             /* 0 when UNKNOWN */
    const char *const *subjects; /* in the pool; of SESSION_ENDED the session id */
    int count;
    int ttl_s;
} shop_announcement_t;

/* The line for changed subjects. count 0, or more than one line holds: all subjects. */
const char *shop_announce_changed(uint64_t origin, const char *const *subjects, int count,
                                  apr_pool_t *pool);
/* The line for an ended session. session_id NULL: some sessions, their ids are unknown. */
const char *shop_announce_ended(uint64_t origin, const char *session_id, int ttl_s,
                                apr_pool_t *pool);
/* Parses a received line. */
void shop_announce_parse(shop_announcement_t *parsed, const char *text, apr_size_t size,
                         apr_pool_t *pool);

#endif
