/* SPDX-License-Identifier: MIT
 * The table of a shard and the lifetimes in it. */
#include "cache_shard.h"

#include <stdlib.h>
#include <string.h>

#define TRIAL_SHARE 4 /* a quarter of the room is for what was asked for once */

/* ---- blobs ---- */

void shop_cache_blob_release(shop_cache_blob_t *blob)
{
    if (atomic_fetch_sub(&blob->users, 1) == 1) {
        free(blob);
    }
}

static apr_status_t release_later(void *blob)
{
    shop_cache_blob_release(blob);
    return APR_SUCCESS;
}

const shop_page_t *shop_cache_blob_use(shop_cache_blob_t *blob, apr_pool_t *pool)
{
    atomic_fetch_add(&blob->users, 1);
    apr_pool_cleanup_register(pool, blob, release_later, apr_pool_cleanup_null);
    return &blob->page;
}

static char *put_text(const char **out, char *at, const char *text, apr_size_t size)
{
    memcpy(at, text, size);
    at[size] = '\0';
    *out = at;
    return at + size + 1;
}

shop_cache_blob_t *shop_cache_blob_make(const shop_page_t *page, const shop_cache_slot_t *slot,
                                        int ttl_s)
{
    const char *etag = page->etag ? page->etag : "";
    const char *link = page->link ? page->link : "";
    apr_size_t cells = (apr_size_t)page->cell_count * sizeof(uint32_t);
    apr_size_t bytes =
        sizeof(shop_cache_blob_t) + cells + strlen(etag) + strlen(link) + page->size + 3;
    shop_cache_blob_t *blob = malloc(bytes);
    char *at;

    if (!blob) {
        return NULL;
    }
    memset(blob, 0, sizeof(*blob));
    atomic_init(&blob->users, 1);
    blob->bytes = bytes;
    blob->as_of = slot->as_of;
    blob->read_at = slot->read_at;
    blob->dies_at = slot->read_at + apr_time_from_sec(ttl_s);
    blob->page = *page;
    blob->page.immortal = true; /* its users hold it until their request is over */
    blob->page.cells = (void *)(blob + 1);
    if (cells) {
        memcpy(blob + 1, page->cells, cells);
    }
    at = (char *)(blob + 1) + cells;
    at = put_text(&blob->page.etag, at, etag, strlen(etag));
    at = put_text(&blob->page.link, at, link, strlen(link));
    put_text(&blob->page.bytes, at, page->size ? page->bytes : "", page->size);
    blob->page.etag = page->etag ? blob->page.etag : NULL;
    blob->page.link = page->link ? blob->page.link : NULL;
    return blob;
}

static bool is_good(const shop_cache_shard_t *shard, const shop_cache_blob_t *blob, apr_time_t now)
{
    return now < blob->dies_at &&
           shop_changes_is_good(shard->changes, blob->as_of, blob->read_at, blob->page.cells,
                                blob->page.cell_count, now);
}

/* ---- a shard; everything here holds its lock ---- */

/* FNV-1a, and the finisher of MurmurHash3 behind it: shards and buckets want every bit to depend
 * on the last characters. */
uint64_t shop_cache_hash(const char *key)
{
    uint64_t hash = 0xcbf29ce484222325U;

    for (; *key; key++) {
        hash = (hash ^ (unsigned char)*key) * 0x100000001b3U;
    }
    hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdU;
    hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53U;
    return hash ^ hash >> 33;
}

static shop_cache_entry_t **place_of(shop_cache_shard_t *shard, const char *key, uint64_t hash)
{
    shop_cache_entry_t **at = &shard->buckets[hash % SHOP_CACHE_BUCKETS];

    while (*at && ((*at)->hash != hash || strcmp((*at)->key, key) != 0)) {
        at = &(*at)->next;
    }
    return at;
}

static void unlink_entry(shop_cache_shard_t *shard, shop_cache_entry_t *entry)
{
    *(entry->newer ? &entry->newer->older : &shard->lists[entry->list].newest) = entry->older;
    *(entry->older ? &entry->older->newer : &shard->lists[entry->list].oldest) = entry->newer;
    shard->lists[entry->list].bytes -= entry->bytes;
}

static void link_entry(shop_cache_shard_t *shard, shop_cache_entry_t *entry, shop_cache_list_t list)
{
    entry->list = list;
    entry->newer = NULL;
    entry->older = shard->lists[list].newest;
    *(entry->older ? &entry->older->newer : &shard->lists[list].oldest) = entry;
    shard->lists[list].newest = entry;
    shard->lists[list].bytes += entry->bytes;
}

static void remove_entry(shop_cache_shard_t *shard, shop_cache_entry_t *entry)
{
    shop_cache_entry_t **place = place_of(shard, entry->key, entry->hash);

    *place = entry->next;
    unlink_entry(shard, entry);
    shop_cache_blob_release(entry->blob);
    for (int coding = 0; coding < SHOP_CODINGS; coding++) {
        if (entry->encoded[coding]) {
            shop_cache_blob_release(entry->encoded[coding]);
        }
    }
    free(entry);
}

/* What is on trial goes first, unless it has no more than its share. */
static void make_room(shop_cache_shard_t *shard)
{
    while (shard->lists[SHOP_CACHE_TRIAL].bytes + shard->lists[SHOP_CACHE_KEPT].bytes >
           shard->room) {
        bool trial = shard->lists[SHOP_CACHE_TRIAL].bytes > shard->room / TRIAL_SHARE ||
                     !shard->lists[SHOP_CACHE_KEPT].oldest;

        remove_entry(shard, shard->lists[trial ? SHOP_CACHE_TRIAL : SHOP_CACHE_KEPT].oldest);
        __atomic_fetch_add(shard->drops, 1, __ATOMIC_RELAXED);
    }
}

shop_cache_entry_t *shop_cache_shard_find(shop_cache_shard_t *shard, const char *key, uint64_t hash,
                                          apr_time_t now)
{
    shop_cache_entry_t *entry = *place_of(shard, key, hash);

    if (entry && !is_good(shard, entry->blob, now)) {
        remove_entry(shard, entry);
        return NULL;
    }
    if (entry &&
        (entry->list == SHOP_CACHE_TRIAL || entry != shard->lists[SHOP_CACHE_KEPT].newest)) {
        unlink_entry(shard, entry);
        link_entry(shard, entry, SHOP_CACHE_KEPT);
    }
    return entry;
}

shop_cache_blob_t *shop_cache_entry_pick(shop_cache_entry_t *entry, shop_coding_t coding,
                                         bool *make)
{
    const unsigned bit = SHOP_CODING_BIT(coding);

    *make = coding != SHOP_CODING_IDENTITY && !(entry->begun & bit) &&
            entry->blob->page.size >= SHOP_CODING_LEAST;
    if (*make) {
        entry->begun |= bit;
    }
    return entry->encoded[coding] ? entry->encoded[coding] : entry->blob;
}

void shop_cache_shard_add_coding(shop_cache_shard_t *shard, const char *key, uint64_t hash,
                                 const shop_cache_blob_t *from, shop_cache_blob_t *blob)
{
    shop_cache_entry_t *entry = *place_of(shard, key, hash);
    shop_cache_blob_t **place = entry ? &entry->encoded[blob->page.coding] : NULL;

    if (!entry || entry->blob != from || *place) {
        shop_cache_blob_release(blob);
        return;
    }
    *place = blob;
    entry->bytes += blob->bytes;
    shard->lists[entry->list].bytes += blob->bytes;
    make_room(shard);
}

void shop_cache_shard_add(shop_cache_shard_t *shard, const char *key, uint64_t hash,
                          shop_cache_blob_t *blob, const struct shop_route_t *route)
{
    shop_cache_entry_t **place = place_of(shard, key, hash);
    apr_size_t size = strlen(key) + 1;
    shop_cache_list_t list = SHOP_CACHE_TRIAL;
    shop_cache_entry_t *entry;

    if (*place) {
        list = (*place)->list;
        if ((*place)->blob->as_of > blob->as_of || (*place)->blob == blob) {
            shop_cache_blob_release(blob);
            return;
        }
        remove_entry(shard, *place);
    }
    entry = malloc(sizeof(*entry) + size);
    if (!entry) {
        shop_cache_blob_release(blob);
        return;
    }
    memset(entry, 0, sizeof(*entry));
    memcpy(entry->key, key, size);
    entry->hash = hash;
    entry->blob = blob;
    entry->bytes = sizeof(*entry) + size + blob->bytes;
    entry->route = route;
    entry->next = shard->buckets[hash % SHOP_CACHE_BUCKETS];
    shard->buckets[hash % SHOP_CACHE_BUCKETS] = entry;
    link_entry(shard, entry, list);
    make_room(shard);
}

/* ---- making ---- */

void shop_cache_shard_init(shop_cache_shard_t *shard, apr_size_t room,
                           const shop_changes_t *changes, uint64_t *drops)
{
    pthread_condattr_t monotonic;

    shard->room = room;
    shard->changes = changes;
    shard->drops = drops;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&shard->lock, NULL);
    pthread_cond_init(&shard->landing, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

void shop_cache_shard_close(shop_cache_shard_t *shard)
{
    for (int list = 0; list < SHOP_CACHE_LISTS; list++) {
        while (shard->lists[list].oldest) {
            remove_entry(shard, shard->lists[list].oldest);
        }
    }
    pthread_cond_destroy(&shard->landing);
    pthread_mutex_destroy(&shard->lock);
}
