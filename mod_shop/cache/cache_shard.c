/* SPDX-License-Identifier: MIT
 * The hash table of a shard, its two LRU lists and the reference counts of its replies. */
#include "cache_shard.h"

#include <stdlib.h>
#include <string.h>

#define PROBATION_SHARE 4 /* a quarter of the capacity is for the probation segment */

/* ---- blobs ---- */

void shop_cache_blob_unref(shop_cache_blob_t *blob)
{
    if (atomic_fetch_sub(&blob->references, 1) == 1) {
        free(blob);
    }
}

static apr_status_t unref_cleanup(void *blob)
{
    shop_cache_blob_unref(blob);
    return APR_SUCCESS;
}

const shop_page_t *shop_cache_blob_ref(shop_cache_blob_t *blob, apr_pool_t *pool)
{
    atomic_fetch_add(&blob->references, 1);
    apr_pool_cleanup_register(pool, blob, unref_cleanup, apr_pool_cleanup_null);
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
    atomic_init(&blob->references, 1);
    blob->bytes = bytes;
    blob->as_of = slot->as_of;
    blob->read_at = slot->read_at;
    blob->expires_at = slot->read_at + apr_time_from_sec(ttl_s);
    blob->page = *page;
    blob->page.immortal = true; /* references are held until the request ends */
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

static bool is_fresh(const shop_cache_shard_t *shard, const shop_cache_blob_t *blob, apr_time_t now)
{
    return now < blob->expires_at &&
           shop_changes_is_fresh(shard->changes, blob->as_of, blob->read_at, blob->page.cells,
                                 blob->page.cell_count, now);
}

/* ---- a shard; the caller holds its lock ---- */

/* FNV-1a, then the finaliser of MurmurHash3: every bit must depend on the last characters too,
 * because shards and buckets are chosen by different bits. */
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
    shop_cache_blob_unref(entry->blob);
    for (int coding = 0; coding < SHOP_CODINGS; coding++) {
        if (entry->encoded[coding]) {
            shop_cache_blob_unref(entry->encoded[coding]);
        }
    }
    free(entry);
}

/* The probation segment is evicted first, unless it has no more than its share. */
static void evict(shop_cache_shard_t *shard)
{
    while (shard->lists[SHOP_CACHE_PROBATION].bytes + shard->lists[SHOP_CACHE_PROTECTED].bytes >
           shard->capacity) {
        bool probation =
            shard->lists[SHOP_CACHE_PROBATION].bytes > shard->capacity / PROBATION_SHARE ||
            !shard->lists[SHOP_CACHE_PROTECTED].oldest;

        remove_entry(shard,
                     shard->lists[probation ? SHOP_CACHE_PROBATION : SHOP_CACHE_PROTECTED].oldest);
        __atomic_fetch_add(shard->evictions, 1, __ATOMIC_RELAXED);
    }
}

shop_cache_entry_t *shop_cache_shard_find(shop_cache_shard_t *shard, const char *key, uint64_t hash,
                                          apr_time_t now)
{
    shop_cache_entry_t *entry = *place_of(shard, key, hash);

    if (entry && !is_fresh(shard, entry->blob, now)) {
        remove_entry(shard, entry);
        return NULL;
    }
    if (entry && (entry->list == SHOP_CACHE_PROBATION ||
                  entry != shard->lists[SHOP_CACHE_PROTECTED].newest)) {
        unlink_entry(shard, entry);
        link_entry(shard, entry, SHOP_CACHE_PROTECTED);
    }
    return entry;
}

shop_cache_blob_t *shop_cache_entry_pick(shop_cache_entry_t *entry, shop_coding_t coding,
                                         bool *encode)
{
    const unsigned bit = SHOP_CODING_BIT(coding);

    *encode = coding != SHOP_CODING_IDENTITY && !(entry->coding_tried & bit) &&
              entry->blob->page.size >= SHOP_CODING_LEAST;
    if (*encode) {
        entry->coding_tried |= bit;
    }
    return entry->encoded[coding] ? entry->encoded[coding] : entry->blob;
}

void shop_cache_shard_add_coding(shop_cache_shard_t *shard, const char *key, uint64_t hash,
                                 const shop_cache_blob_t *from, shop_cache_blob_t *blob)
{
    shop_cache_entry_t *entry = *place_of(shard, key, hash);
    shop_cache_blob_t **place = entry ? &entry->encoded[blob->page.coding] : NULL;

    if (!entry || entry->blob != from || *place) {
        shop_cache_blob_unref(blob);
        return;
    }
    *place = blob;
    entry->bytes += blob->bytes;
    shard->lists[entry->list].bytes += blob->bytes;
    evict(shard);
}

void shop_cache_shard_add(shop_cache_shard_t *shard, const char *key, uint64_t hash,
                          shop_cache_blob_t *blob, const struct shop_route_t *route)
{
    shop_cache_entry_t **place = place_of(shard, key, hash);
    apr_size_t size = strlen(key) + 1;
    shop_cache_list_t list = SHOP_CACHE_PROBATION;
    shop_cache_entry_t *entry;

    if (*place) {
        list = (*place)->list;
        if ((*place)->blob->as_of > blob->as_of || (*place)->blob == blob) {
            shop_cache_blob_unref(blob);
            return;
        }
        remove_entry(shard, *place);
    }
    entry = malloc(sizeof(*entry) + size);
    if (!entry) {
        shop_cache_blob_unref(blob);
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
    evict(shard);
}

/* ---- creating and closing ---- */

void shop_cache_shard_init(shop_cache_shard_t *shard, apr_size_t capacity,
                           const shop_changes_t *changes, uint64_t *evictions)
{
    pthread_condattr_t monotonic;

    shard->capacity = capacity;
    shard->changes = changes;
    shard->evictions = evictions;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&shard->lock, NULL);
    pthread_cond_init(&shard->fetch_done, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

void shop_cache_shard_close(shop_cache_shard_t *shard)
{
    for (int list = 0; list < SHOP_CACHE_LISTS; list++) {
        while (shard->lists[list].oldest) {
            remove_entry(shard, shard->lists[list].oldest);
        }
    }
    pthread_cond_destroy(&shard->fetch_done);
    pthread_mutex_destroy(&shard->lock);
}
