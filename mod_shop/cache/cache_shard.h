/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CACHE_CACHE_SHARD_H
#define SHOP_CACHE_CACHE_SHARD_H

/* One part of the local cache: a hash table and a segmented LRU under one lock. A new entry is in
 * the probation segment; its next use moves it to the protected segment. A reply is one allocation
 * with a reference count, so it can be evicted while it is being sent. Only for cache_local.c. */

#include <pthread.h>
#include <stdatomic.h>

#include "../hosts/changes.h"
#include "cache_local.h"

#define SHOP_CACHE_BUCKETS 1024

/* A stored reply. Everything that page points to follows in the same allocation. */
typedef struct shop_cache_blob_t {
    atomic_int references;
    apr_size_t bytes; /* of the allocation */
    uint64_t as_of;   /* see shop_cache_slot_t */
    apr_time_t read_at, expires_at;
    shop_page_t page;
} shop_cache_blob_t;

typedef enum { SHOP_CACHE_PROBATION, SHOP_CACHE_PROTECTED, SHOP_CACHE_LISTS } shop_cache_list_t;

typedef struct shop_cache_entry_t {
    struct shop_cache_entry_t *next;          /* in its bucket */
    struct shop_cache_entry_t *newer, *older; /* in its list */
    shop_cache_list_t list;
    uint64_t hash;
    apr_size_t bytes; /* entry and blobs */
    shop_cache_blob_t *blob;
    shop_cache_blob_t *encoded[SHOP_CODINGS]; /* the same reply; NULL: there is none (yet) */
    unsigned coding_tried; /* bits of codings that were made, are being made, or save too little */
    const struct shop_route_t *route; /* of a request target, else NULL */
    char key[];
} shop_cache_entry_t;

typedef struct shop_cache_shard_t {
    pthread_mutex_t lock;
    pthread_cond_t fetch_done;
    shop_cache_entry_t *buckets[SHOP_CACHE_BUCKETS];
    struct {
        shop_cache_entry_t *newest, *oldest;
        apr_size_t bytes;
    } lists[SHOP_CACHE_LISTS];
    struct shop_cache_fetch_t *fetches;
    apr_size_t capacity;           /* bytes */
    const shop_changes_t *changes; /* what makes entries stale */
    uint64_t *evictions;           /* counter */
} shop_cache_shard_t;

void shop_cache_shard_init(shop_cache_shard_t *shard, apr_size_t capacity,
                           const shop_changes_t *changes, uint64_t *evictions);
void shop_cache_shard_close(shop_cache_shard_t *shard);

uint64_t shop_cache_hash(const char *key);

/* With one reference, which the caller may pass on to shop_cache_shard_add. NULL without memory. */
shop_cache_blob_t *shop_cache_blob_make(const shop_page_t *page, const shop_cache_slot_t *slot,
                                        int ttl_s);
void shop_cache_blob_unref(shop_cache_blob_t *blob);
/* Adds a reference that the pool's cleanup drops. */
const shop_page_t *shop_cache_blob_ref(shop_cache_blob_t *blob, apr_pool_t *pool);

/* The caller holds the lock for the following. */
/* A fresh entry, which becomes the newest of the protected segment. NULL: none; a stale one is
 * removed. */
shop_cache_entry_t *shop_cache_shard_find(shop_cache_shard_t *shard, const char *key, uint64_t hash,
                                          apr_time_t now);
/* The reply in this coding, or in identity. *encode: the caller is to encode it and to pass it to
 * shop_cache_shard_add_coding(); only one thread is asked, and once in the life of an entry. */
shop_cache_blob_t *shop_cache_entry_pick(shop_cache_entry_t *entry, shop_coding_t coding,
                                         bool *encode);
/* Takes over one reference of blob, which is the reply `from` of the entry of key, encoded, and
 * evicts others where capacity is short. Drops it when the entry holds another reply now. */
void shop_cache_shard_add_coding(shop_cache_shard_t *shard, const char *key, uint64_t hash,
                                 const shop_cache_blob_t *from, shop_cache_blob_t *blob);
/* Takes over one reference of blob and evicts others where capacity is short. An older reply never
 * replaces a newer one. */
void shop_cache_shard_add(shop_cache_shard_t *shard, const char *key, uint64_t hash,
                          shop_cache_blob_t *blob, const struct shop_route_t *route);

#endif
