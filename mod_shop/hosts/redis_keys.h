/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HOSTS_REDIS_KEYS_H
#define SHOP_HOSTS_REDIS_KEYS_H

/* Every key and channel that the shop uses in Redis. prefix is shop_redis_prefix(),
 * "shop:{<instance>}:"; the braces put the keys of an instance into one hash slot of a cluster.
 * What each holds, and for how long: docs/redis-keys.md. All results are in pool. */

#include <apr_pools.h>
#include <apr_strings.h>

/* Channel: announcements of changes and of ended sessions (announce.h). */
static inline const char *shop_redis_channel_changes(const char *prefix, apr_pool_t *pool)
{
    return apr_pstrcat(pool, prefix, "changes", NULL);
}

/* String: generation of the catalogue. */
static inline const char *shop_redis_key_generation(const char *prefix, apr_pool_t *pool)
{
    return apr_pstrcat(pool, prefix, "gen", NULL);
}

/* String: a catalogue reply. name: the cache key, or its hash when it is long. */
static inline const char *shop_redis_key_reply(const char *prefix, const char *name,
                                               apr_pool_t *pool)
{
    return apr_pstrcat(pool, prefix, "c:", name, NULL);
}

/* String: lock of the request that fetches a reply. hash: SHA-256 of the cache key. */
static inline const char *shop_redis_key_fetch_lock(const char *prefix, const char *generation,
                                                    const char *hash, apr_pool_t *pool)
{
    return apr_pstrcat(pool, prefix, "f:", generation, ":", hash, NULL);
}

/* Sorted set: ended sessions. */
static inline const char *shop_redis_key_ended_sessions(const char *prefix, apr_pool_t *pool)
{
    return apr_pstrcat(pool, prefix, "deny", NULL);
}

/* String: counter of a rate limit. hash: SHA-256 of what is counted; its first 32 digits are
 * used. */
static inline const char *shop_redis_key_rate(const char *prefix, const char *hash,
                                              apr_pool_t *pool)
{
    return apr_psprintf(pool, "%sr:%.32s", prefix, hash);
}

#endif
