/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CACHE_CACHE_SHARD_H
#define SHOP_CACHE_CACHE_SHARD_H

/* One part of the local cache: a table of replies and two lists of their use under one lock. New
 * entries go on trial, entries asked for again are kept. A reply is one allocation that counts who
 * uses it, so it may leave the table while it is being sent. Only for cache_local.c. */

#include <pthread.h>
#include <stdatomic.h>

#include "../hosts/changes.h"
#include "cache_local.h"

#define SHOP_CACHE_BUCKETS 1024

/* A kept reply. Everything that page points to follows in the same allocation. */
typedef struct shop_cache_blob_t {
    atomic_int users;
    apr_size_t bytes; /* of the allocation */
    uint64_t as_of;   /* see shop_cache_slot_t */
    apr_time_t read_at, dies_at;
    shop_page_t page;
} shop_cache_blob_t;

typedef enum { SHOP_CACHE_TRIAL, SHOP_CACHE_KEPT, SHOP_CACHE_LISTS } shop_cache_list_t;

typedef struct shop_cache_entry_t {
    struct shop_cache_entry_t *next;          /* in its bucket */
    struct shop_cache_entry_t *newer, *older; /* in its list */
    shop_cache_list_t list;
    uint64_t hash;
    apr_size_t bytes; /* entry and blobs */
    shop_cache_blob_t *blob;
    shop_cache_blob_t *encoded[SHOP_CODINGS]; /* the same reply; NULL: there is none (yet) */
    unsigned begun; /* bits of the codings that a thread makes, has made, or found too little in */
    const struct shop_route_t *route; /* of a request target, else NULL */
    char key[];
} shop_cache_entry_t;

typedef struct shop_cache_shard_t {
    pthread_mutex_t lock;
    pthread_cond_t landing;
    shop_cache_entry_t *buckets[SHOP_CACHE_BUCKETS];
    struct {
        shop_cache_entry_t *newest, *oldest;
        apr_size_t bytes;
    } lists[SHOP_CACHE_LISTS];
    struct shop_cache_flight_t *flights;
    apr_size_t room;               /* bytes */
    const shop_changes_t *changes; /* what makes entries stale */
    uint64_t *drops;               /* counter of what was thrown out for room */
} shop_cache_shard_t;

void shop_cache_shard_init(shop_cache_shard_t *shard, apr_size_t room,
                           const shop_changes_t *changes, uint64_t *drops);
void shop_cache_shard_close(shop_cache_shard_t *shard);

uint64_t shop_cache_hash(const char *key);

/* With one user, who may hand it on to shop_cache_shard_add. NULL without memory. */
shop_cache_blob_t *shop_cache_blob_make(const shop_page_t *page, const shop_cache_slot_t *slot,
                                        int ttl_s);
void shop_cache_blob_release(shop_cache_blob_t *blob);
/* One user more, until pool goes. */
const shop_page_t *shop_cache_blob_use(shop_cache_blob_t *blob, apr_pool_t *pool);

/* The caller holds the lock for the following. */
/* An entry that is still good, moved to the front; NULL: none, or it was not and went. */
shop_cache_entry_t *shop_cache_shard_find(shop_cache_shard_t *shard, const char *key, uint64_t hash,
                                          apr_time_t now);
/* The reply in this coding, or the identity. *make: the caller is asked to make it and to give it
 * to shop_cache_shard_add_coding; of all threads only one is asked, and once in an entry's life. */
shop_cache_blob_t *shop_cache_entry_pick(shop_cache_entry_t *entry, shop_coding_t coding,
                                         bool *make);
/* Takes over one use of blob, which is what the entry of key keeps as from, encoded, and makes room
 * for it. Lets it go when the entry keeps something else by now. */
void shop_cache_shard_add_coding(shop_cache_shard_t *shard, const char *key, uint64_t hash,
                                 const shop_cache_blob_t *from, shop_cache_blob_t *blob);
/* Takes over one use of blob and makes room. An older reply never takes a newer one's place. */
void shop_cache_shard_add(shop_cache_shard_t *shard, const char *key, uint64_t hash,
                          shop_cache_blob_t *blob, const struct shop_route_t *route);

#endif
