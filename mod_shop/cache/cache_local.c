/* SPDX-License-Identifier: MIT
 * The local level: sixteen shards, so that threads seldom wait for one another; one thread fetches
 * what several miss. */
#include "cache_local.h"

#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "cache_encode.h"
#include "cache_shard.h"

#define SHARDS 16
#define LEAST_BYTES (64 * 1024)
#define PAGE_SHARE 4                  /* a larger part of a shard is no page's */
#define TARGET_MAX 512                /* longer request targets go through the dispatcher */
#define PATIENCE apr_time_from_sec(1) /* for another thread's reply */

/* A reply that a thread is fetching. */
typedef struct shop_cache_flight_t {
    struct shop_cache_flight_t *next;
    shop_cache_shard_t *shard;
    bool landed;
    int users;
    uint64_t hash;
} shop_cache_flight_t;

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

/* The table takes the hash's other end. */
static shop_cache_shard_t *shard_of(local_cache_t *cache, uint64_t hash)
{
    return &cache->shards[(hash >> 32) % SHARDS];
}

/* ---- one fetches, the others wait ---- */

static void leave_flight(shop_cache_flight_t *flight)
{
    if (--flight->users == 0) {
        free(flight);
    }
}

/* Nobody waits for it any longer: that of the hash, or this one. */
static void land(shop_cache_shard_t *shard, uint64_t hash, const shop_cache_flight_t *only)
{
    for (shop_cache_flight_t **at = &shard->flights; *at; at = &(*at)->next) {
        if (only ? *at == only : (*at)->hash == hash) {
            (*at)->landed = true;
            *at = (*at)->next;
            pthread_cond_broadcast(&shard->landing);
            return;
        }
    }
}

/* Whatever became of the request. */
static apr_status_t end_flight(void *baton)
{
    shop_cache_flight_t *flight = baton;
    shop_cache_shard_t *shard = flight->shard;

    pthread_mutex_lock(&shard->lock);
    land(shard, flight->hash, flight);
    leave_flight(flight);
    pthread_mutex_unlock(&shard->lock);
    return APR_SUCCESS;
}

static void take_off(shop_cache_shard_t *shard, uint64_t hash, apr_pool_t *pool)
{
    shop_cache_flight_t *flight = calloc(1, sizeof(*flight));

    if (flight) {
        flight->shard = shard;
        flight->hash = hash;
        flight->users = 1;
        flight->next = shard->flights;
        shard->flights = flight;
        apr_pool_cleanup_register(pool, flight, end_flight, apr_pool_cleanup_null);
    }
}

/* true: another thread was fetching it, and has landed or taken too long. */
static bool wait_for_other(shop_cache_shard_t *shard, uint64_t hash)
{
    shop_cache_flight_t *flight = shard->flights;
    apr_time_t until = shop_clock_monotonic() + PATIENCE;
    struct timespec end = { .tv_sec = (time_t)apr_time_sec(until),
                            .tv_nsec = (long)apr_time_usec(until) * 1000 };

    while (flight && flight->hash != hash) {
        flight = flight->next;
    }
    if (!flight) {
        return false;
    }
    flight->users++;
    while (!flight->landed && !pthread_cond_timedwait(&shard->landing, &shard->lock, &end)) {
    }
    leave_flight(flight);
    return true;
}

/* ---- the port ---- */

static const shop_page_t *look(local_cache_t *cache, const char *key, uint64_t hash,
                               apr_pool_t *pool)
{
    shop_cache_shard_t *shard = shard_of(cache, hash);
    const shop_page_t *page = NULL;
    shop_cache_entry_t *entry;

    pthread_mutex_lock(&shard->lock);
    entry = shop_cache_shard_find(shard, key, hash, shop_clock_monotonic());
    if (!entry && wait_for_other(shard, hash)) {
        entry = shop_cache_shard_find(shard, key, hash, shop_clock_monotonic());
    } else if (!entry) {
        take_off(shard, hash, pool);
    }
    if (entry) {
        page = shop_cache_blob_use(entry->blob, pool);
    }
    pthread_mutex_unlock(&shard->lock);
    return page;
}

static void store(local_cache_t *cache, const shop_cache_slot_t *slot, const shop_page_t *page,
                  int ttl_s)
{
    uint64_t hash = shop_cache_hash(slot->key);
    shop_cache_shard_t *shard = shard_of(cache, hash);
    shop_page_t kept = *page;
    shop_cache_blob_t *blob;

    if (page->size > shard->room / PAGE_SHARE) {
        return;
    }
    kept.max_age_s = shop_cache_max_age(ttl_s); /* the next level keeps no headers */
    blob = shop_cache_blob_make(&kept, slot, ttl_s);
    if (blob) {
        pthread_mutex_lock(&shard->lock);
        shop_cache_shard_add(shard, slot->key, hash, blob, NULL);
        land(shard, hash, NULL);
        pthread_mutex_unlock(&shard->lock);
    }
}

static const shop_page_t *local_get(shop_cache_t *port, const char *key, shop_cache_slot_t *slot,
                                    int ttl_s, apr_pool_t *pool)
{
    local_cache_t *cache = (local_cache_t *)port;
    const shop_page_t *page = look(cache, key, shop_cache_hash(key), pool);
    uint64_t as_of;
    apr_time_t read_at;

    if (page) {
        count(&cache->counts->hits);
        memset(slot, 0, sizeof(*slot));
        slot->key = key;
        return page;
    }
    count(&cache->counts->misses);
    as_of = shop_changes_now(cache->changes);
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

/* Before the other hosts are told, because this one must see it first; and again behind it, because
 * a reader may have taken the old reply from the next level in between. */
static void local_invalidate(shop_cache_t *port, const char *const *subjects, int count_of,
                             apr_pool_t *pool)
{
    local_cache_t *cache = (local_cache_t *)port;

    note(cache, subjects, count_of);
    cache->next->invalidate(cache->next, subjects, count_of, pool);
    note(cache, subjects, count_of);
}

/* ---- by request target ---- */

/* What lies under target was asked for again, this time in a coding that nobody made yet. */
static const shop_page_t *encode(shop_cache_shard_t *shard, const char *target, uint64_t hash,
                                 const shop_cache_blob_t *from, shop_coding_t coding,
                                 apr_pool_t *pool)
{
    shop_cache_blob_t *blob = shop_cache_encode(&from->page, coding, pool);
    const shop_page_t *page;

    if (!blob) {
        return &from->page;
    }
    page = shop_cache_blob_use(blob, pool);
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
    bool make = false;

    pthread_mutex_lock(&shard->lock);
    entry = shop_cache_shard_find(shard, target, hash, shop_clock_monotonic());
    if (entry && entry->route) {
        *route = entry->route;
        blob = shop_cache_entry_pick(entry, coding, &make);
        page = shop_cache_blob_use(blob, pool);
        count(&cache->counts->hits);
    }
    pthread_mutex_unlock(&shard->lock);
    return make ? encode(shard, target, hash, blob, coding, pool) : page;
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
        atomic_fetch_add(&blob->users, 1);
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
    slot->as_of = shop_changes_now(cache->changes);
    slot->read_at = shop_clock_monotonic();
    slot->local = true;
    pthread_mutex_lock(&shard->lock);
    entry = shop_cache_shard_find(shard, key, hash, slot->read_at);
    if (entry) {
        part = shop_cache_blob_use(entry->blob, pool);
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

/* ---- making ---- */

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
        shop_cache_shard_init(&cache->shards[i], bytes / SHARDS, changes, &cache->counts->drops);
    }
    apr_pool_cleanup_register(pool, cache, close_local, apr_pool_cleanup_null);
    return &cache->port;
}

shop_front_t *shop_cache_front(shop_cache_t *port)
{
    return &((local_cache_t *)port)->front;
}
