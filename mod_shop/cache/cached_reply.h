/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CACHE_CACHED_REPLY_H
#define SHOP_CACHE_CACHED_REPLY_H

/* How a handler serves a public read from the cache and stores what it had to read from MongoDB:
 *
 *     if (shop_cached_serve(&cached, app->cache, res, key, ttl_s)) {
 *         return cached.absent ? <NOT_FOUND> : NULL;
 *     }
 *     ... read, shop_res_object() ...
 *     shop_cached_keep(&cached, res, subjects, count);
 */

#include "cache.h"

typedef struct shop_cached_t {
    shop_cache_t *cache;
    int ttl_s;
    bool absent; /* cached: there is no such object, the reply is NOT_FOUND */
    shop_cache_slot_t slot;
} shop_cached_t;

/* true: res holds the reply, or cached->absent is set. false: nothing is cached under key (which
 * must live as long as res); read from the store, then call one of the two below. ttl_s: time to
 * live of a reply, seconds; 0: not cached. */
bool shop_cached_serve(shop_cached_t *cached, shop_cache_t *cache, shop_res_t *res, const char *key,
                       int ttl_s);
/* Marks res as public and stores it. subjects: what the reply depends on
 * (product ids, SHOP_SUBJECT_STOCK); a change of one makes it stale. */
void shop_cached_keep(const shop_cached_t *cached, shop_res_t *res, const char *const *subjects,
                      int count);
/* Stores that there is no such object: clients may request it repeatedly. */
void shop_cached_keep_absent(const shop_cached_t *cached, apr_pool_t *pool);

#endif
