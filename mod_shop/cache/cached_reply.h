/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CACHE_CACHED_REPLY_H
#define SHOP_CACHE_CACHED_REPLY_H

/* How a handler answers a public read from the cache and keeps what it had to read from the store:
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
    bool absent; /* the cache knows that there is no such object: answer NOT_FOUND */
    shop_cache_slot_t slot;
} shop_cached_t;

/* true: res holds the reply, or cached->absent is set. false: nothing is cached under key (which
 * must live as long as res); read from the store, then call one of the two below. ttl_s: how long a
 * reply may be kept, seconds; 0: never. */
bool shop_cached_serve(shop_cached_t *cached, shop_cache_t *cache, shop_res_t *res, const char *key,
                       int ttl_s);
/* Marks res as public and stores it. subjects: what the reply shows (product ids,
 * SHOP_SUBJECT_STOCK); a change to one of them makes the reply stale. */
void shop_cached_keep(const shop_cached_t *cached, shop_res_t *res, const char *const *subjects,
                      int count);
/* Stores that there is no such object: strangers may ask for it again and again. */
void shop_cached_keep_absent(const shop_cached_t *cached, apr_pool_t *pool);

#endif
