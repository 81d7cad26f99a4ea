/* SPDX-License-Identifier: MIT
 * The local level: sixteen shards, so that threads seldom wait for a lock. When several threads
 * miss the same entry, they share one fetch. */
#include "cache_local.h"

#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "cache_encode.h"
#include "cache_shard.h"

#define SHARDS 16
#define LEAST_BYTES (64 * 1024)
#define PAGE_SHARE 4   /* a reply larger than a quarter of a shard is not stored */
#define TARGET_MAX 512 /* longer request targets always go through the dispatcher */
#define FETCH_WAIT apr_time_from_sec(1) /* for another thread's fetch */

/* A shared fetch: one thread reads the reply from the next level, others wait for it. */
typedef struct shop_cache_fetch_t {
    struct shop_cache_fetch_t *next;
    shop_cache_shard_t *shard;
    bool done;
    int references;
    uint64_t hash;
} shop_cache_fetch_t;

typedef struct local_cache_t {
    shop_cache_t port; /* first: the port is this object */
    shop_front_t front;
    shop_cache_t *next;
    shop_changes_t *changes;
    shop_cache_counts_t *counts;
    shop_cache_counts_t own_counts;
    shop_cache_shard_t shards[SHARDS];
} local_cache_t;

static void count(uint64_t *counter)
{
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* By other bits of the hash than the bucket in the shard. */
static shop_cache_shard_t *shard_of(local_cache_t *cache, uint64_t hash)
{
    return &cache->shards[(hash >> 32) % SHARDS];
}

/* ---- shared fetches; the caller of the functions without a pool holds the lock ---- */

static void unref_fetch(shop_cache_fetch_t *fetch)
{
    if (--fetch->references == 0) {
        free(fetch);
    }
}

/* Marks the fetch as done and wakes those that wait. only NULL: the fetch of hash. */
static void fetch_done(shop_cache_shard_t *shard, uint64_t hash, const shop_cache_fetch_t *only)
{
    for (shop_cache_fetch_t **at = &shard->fetches; *at; at = &(*at)->next) {
        if (only ? *at == only : (*at)->hash == hash) {
            (*at)->done = true;
            *at = (*at)->next;
            pthread_cond_broadcast(&shard->fetch_done);
            return;
        }
    }
}

/* Cleanup of the fetching request's pool: also when the request failed. */
static apr_status_t end_fetch(void *baton)
{
    shop_cache_fetch_t *fetch = baton;
    shop_cache_shard_t *shard = fetch->shard;

    pthread_mutex_lock(&shard->lock);
    fetch_done(shard, fetch->hash, fetch);
    unref_fetch(fetch);
    pthread_mutex_unlock(&shard->lock);
    return APR_SUCCESS;
}

static void begin_fetch(shop_cache_shard_t *shard, uint64_t hash, apr_pool_t *pool)
{
    shop_cache_fetch_t *fetch = calloc(1, sizeof(*fetch));

    if (fetch) {
        fetch->shard = shard;
        fetch->hash = hash;
        fetch->references = 1;
        fetch->next = shard->fetches;
        shard->fetches = fetch;
        apr_pool_cleanup_register(pool, fetch, end_fetch, apr_pool_cleanup_null);
    }
}

/* true: another thread was fetching it; its fetch is done, or the wait was too long. */
static bool wait_for_fetch(shop_cache_shard_t *shard, uint64_t hash)
{
    shop_cache_fetch_t *fetch = shard->fetches;
    apr_time_t until = shop_clock_monotonic() + FETCH_WAIT;
    struct timespec end = { .tv_sec = (time_t)apr_time_sec(until),
                            .tv_nsec = (long)apr_time_usec(until) * 1000 };

    while (fetch && fetch->hash != hash) {
        fetch = fetch->next;
    }
    if (!fetch) {
        return false;
    }
    fetch->references++;
    while (!fetch->done && !pthread_cond_timedwait(&shard->fetch_done, &shard->lock, &end)) {
    }
    unref_fetch(fetch);
    return true;
}

/* ---- the port ---- */

static const shop_page_t *look_up(local_cache_t *cache, const char *key, uint64_t hash,
                                  apr_pool_t *pool)
{
    shop_cache_shard_t *shard = shard_of(cache, hash);
    const shop_page_t *page = NULL;
    shop_cache_entry_t *entry;

    pthread_mutex_lock(&shard->lock);
    entry = shop_cache_shard_find(shard, key, hash, shop_clock_monotonic());
    if (!entry && wait_for_fetch(shard, hash)) {
        entry = shop_cache_shard_find(shard, key, hash, shop_clock_monotonic());
    } else if (!entry) {
        begin_fetch(shard, hash, pool);
    }
    if (entry) {
        page = shop_cache_blob_ref(entry->blob, pool);
    }
    pthread_mutex_unlock(&shard->lock);
    return page;
}

static void store(local_cache_t *cache, const shop_cache_slot_t *slot, const shop_page_t *page,
                  int ttl_s)
{
    uint64_t hash = shop_cache_hash(slot->key);
    shop_cache_shard_t *shard = shard_of(cache, hash);
    shop_page_t stored = *page;
    shop_cache_blob_t *blob;

    if (page->size > shard->capacity / PAGE_SHARE) {
        return;
    }
    stored.max_age_s = shop_cache_max_age(ttl_s); /* the next level stores no headers */
    blob = shop_cache_blob_make(&stored, slot, ttl_s);
    if (blob) {
        pthread_mutex_lock(&shard->lock);
        shop_cache_shard_add(shard, slot->key, hash, blob, NULL);
        fetch_done(shard, hash, NULL);
        pthread_mutex_unlock(&shard->lock);
    }
}

static const shop_page_t *local_get(shop_cache_t *port, const char *key, shop_cache_slot_t *slot,
                                    int ttl_s, apr_pool_t *pool)
{
    local_cache_t *cache = (local_cache_t *)port;
    const shop_page_t *page = look_up(cache, key, shop_cache_hash(key), pool);
    uint64_t as_of;
    apr_time_t read_at;

    if (page) {
        count(&cache->counts->hits);
        memset(slot, 0, sizeof(*slot));
        slot->key = key;
        return page;
    }
    count(&cache->counts->misses);
    as_of = shop_changes_sequence(cache->changes);
    read_at = shop_clock_monotonic();
    page = cache->next->get(cache->next, key, slot, ttl_s, pool);
    slot->key = key;
    slot->as_of = as_of;
    slot->read_at = read_at;
    slot->local = true;
    if (page) {
        store(cache, slot, page, ttl_s);
    }
    return page;
}

static void local_put(shop_cache_t *port, const shop_cache_slot_t *slot, const shop_page_t *page,
                      int ttl_s, apr_pool_t *pool)
{
    local_cache_t *cache = (local_cache_t *)port;

    if (slot->local && ttl_s > 0) {
        store(cache, slot, page, ttl_s);
    }
    cache->next->put(cache->next, slot, page, ttl_s, pool);
}

static void note(local_cache_t *cache, const char *const *subjects, int count_of)
{
    if (!count_of) {
        shop_changes_note(cache->changes, NULL);
    }
    for (int i = 0; i < count_of; i++) {
        shop_changes_note(cache->changes, subjects[i]);
    }
}

/* Noted before the next level is invalidated, because this host must see its own change first, and
 * again after it, because a reader may have got the old reply from the next level in between. */
static void local_invalidate(shop_cache_t *port, const char *const *subjects, int count_of,
                             apr_pool_t *pool)
{
    local_cache_t *cache = (local_cache_t *)port;

    note(cache, subjects, count_of);
    cache->next->invalidate(cache->next, subjects, count_of, pool);
    note(cache, subjects, count_of);
}

/* ---- by request target ---- */

/* Encodes the entry of target, which was requested in a coding that it does not have yet. */
static const shop_page_t *encode(shop_cache_shard_t *shard, const char *target, uint64_t hash,
                                 const shop_cache_blob_t *from, shop_coding_t coding,
                                 apr_pool_t *pool)
{
    shop_cache_blob_t *blob = shop_cache_encode(&from->page, coding, pool);
    const shop_page_t *page;

    if (!blob) {
        return &from->page;
    }
    page = shop_cache_blob_ref(blob, pool);
    pthread_mutex_lock(&shard->lock);
    shop_cache_shard_add_coding(shard, target, hash, from, blob);
    pthread_mutex_unlock(&shard->lock);
    return page;
}

static local_cache_t *cache_of_front(shop_front_t *front)
{
    return (local_cache_t *)((char *)front - offsetof(local_cache_t, front));
}

static const shop_page_t *front_get(const struct shop_route_t **route, shop_front_t *front,
                                    const char *target, shop_coding_t coding, apr_pool_t *pool)
{
    local_cache_t *cache = cache_of_front(front);
    uint64_t hash = shop_cache_hash(target);
    shop_cache_shard_t *shard = shard_of(cache, hash);
    const shop_page_t *page = NULL;
    shop_cache_blob_t *blob = NULL;
    shop_cache_entry_t *entry;
    bool encode_it = false;

    pthread_mutex_lock(&shard->lock);
    entry = shop_cache_shard_find(shard, target, hash, shop_clock_monotonic());
    if (entry && entry->route) {
        *route = entry->route;
        blob = shop_cache_entry_pick(entry, coding, &encode_it);
        page = shop_cache_blob_ref(blob, pool);
        count(&cache->counts->hits);
    }
    pthread_mutex_unlock(&shard->lock);
    return encode_it ? encode(shard, target, hash, blob, coding, pool) : page;
}

static void front_put(shop_front_t *front, const char *target, const char *key,
                      const struct shop_route_t *route)
{
    local_cache_t *cache = cache_of_front(front);
    uint64_t hash = shop_cache_hash(key);
    shop_cache_shard_t *shard = shard_of(cache, hash);
    shop_cache_blob_t *blob = NULL;
    shop_cache_entry_t *entry;

    if (strlen(target) > TARGET_MAX) {
        return;
    }
    pthread_mutex_lock(&shard->lock);
    entry = shop_cache_shard_find(shard, key, hash, shop_clock_monotonic());
    if (entry) {
        blob = entry->blob;
        atomic_fetch_add(&blob->references, 1);
    }
    pthread_mutex_unlock(&shard->lock);
    if (blob) {
        hash = shop_cache_hash(target);
        shard = shard_of(cache, hash);
        pthread_mutex_lock(&shard->lock);
        shop_cache_shard_add(shard, target, hash, blob, route);
        pthread_mutex_unlock(&shard->lock);
    }
}

/* ---- parts of replies ---- */

const shop_page_t *shop_cache_part_get(shop_cache_t *port, const char *key, shop_cache_slot_t *slot,
                                       apr_pool_t *pool)
{
    local_cache_t *cache = (local_cache_t *)port;
    uint64_t hash = shop_cache_hash(key);
    shop_cache_shard_t *shard = shard_of(cache, hash);
    const shop_page_t *part = NULL;
    shop_cache_entry_t *entry;

    memset(slot, 0, sizeof(*slot));
    slot->key = key;
    slot->as_of = shop_changes_sequence(cache->changes);
    slot->read_at = shop_clock_monotonic();
    slot->local = true;
    pthread_mutex_lock(&shard->lock);
    entry = shop_cache_shard_find(shard, key, hash, slot->read_at);
    if (entry) {
        part = shop_cache_blob_ref(entry->blob, pool);
    }
    pthread_mutex_unlock(&shard->lock);
    return part;
}

void shop_cache_part_put(shop_cache_t *port, const shop_cache_slot_t *slot, const shop_page_t *part,
                         int ttl_s)
{
    if (ttl_s > 0) {
        store((local_cache_t *)port, slot, part, ttl_s);
    }
}

/* ---- creating and closing ---- */

static apr_status_t close_local(void *baton)
{
    local_cache_t *cache = baton;

    for (int i = 0; i < SHARDS; i++) {
        shop_cache_shard_close(&cache->shards[i]);
    }
    return APR_SUCCESS;
}

shop_cache_t *shop_cache_local(shop_changes_t *changes, shop_cache_t *next, apr_size_t bytes,
                               shop_cache_counts_t *counts, apr_pool_t *pool)
{
    local_cache_t *cache = apr_pcalloc(pool, sizeof(*cache));

    cache->port =
        (shop_cache_t){ .get = local_get, .put = local_put, .invalidate = local_invalidate };
    cache->front = (shop_front_t){ front_get, front_put };
    cache->next = next;
    cache->changes = changes;
    cache->counts = counts ? counts : &cache->own_counts;
    bytes = bytes > LEAST_BYTES ? bytes : LEAST_BYTES;
    for (int i = 0; i < SHARDS; i++) {
        shop_cache_shard_init(&cache->shards[i], bytes / SHARDS, changes,
                              &cache->counts->evictions);
    }
    apr_pool_cleanup_register(pool, cache, close_local, apr_pool_cleanup_null);
    return &cache->port;
}

shop_front_t *shop_cache_front(shop_cache_t *port)
{
    return &((local_cache_t *)port)->front;
}
