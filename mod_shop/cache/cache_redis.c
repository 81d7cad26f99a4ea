/* SPDX-License-Identifier: MIT
 * Serialised replies in Redis. Every record holds the generation of the catalogue and the key that
 * it was stored under. It is a hit only when both are those of the lookup, so a stale, foreign or
 * corrupt record is never served. */
#include "cache_redis.h"

#include <apr_strings.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/id.h"
#include "../base/log.h"
#include "../hosts/announce.h"
#include "../hosts/changes.h"
#include "../hosts/pending_sync.h"
#include "../hosts/redis_keys.h"

#define MAGIC "shop2"
#define PARTS 5
#define MAX_BODY (1024 * 1024) /* a larger one would exceed the command timeout */
#define MAX_KEY 160            /* a longer key is hashed; the record holds the whole key */

#define FETCH_LOCK_MS "1000"              /* a fetch that takes longer loses its lock */
#define FETCH_WAIT apr_time_from_sec(1)   /* for another request's fetch */
#define FIRST_DELAY apr_time_from_msec(2) /* between two lookups; doubled up to the longest */
#define LONGEST_DELAY apr_time_from_msec(32)

typedef struct redis_cache_t {
    shop_cache_t port; /* first: the port is this object */
    shop_redis_t *redis;
    shop_changes_t *changes;
    const char *generation_key;
    const char *channel;
    unsigned *pending; /* invalidations that could not be sent; pending_sync.h */
    unsigned own_pending;
} redis_cache_t;

/* The lock of the request that fetches an entry from the store: a key of Redis that expires. */
typedef struct shop_cache_fetch_lock_t {
    redis_cache_t *cache;
    const char *name; /* of the key; NULL: the fetch is done */
    apr_pool_t *pool;
} shop_cache_fetch_lock_t;

/* ---- generations ---- */

/* A new generation is 128 random bits, not a count: after Redis was emptied, a counter would repeat
 * old values. May be sent twice. */
static shop_error_t *renew(const char **generation, redis_cache_t *cache, apr_pool_t *pool)
{
    const char *argv[3] = { "SET", cache->generation_key };
    shop_redis_value_t value;

    SHOP_TRY(shop_id_secret(generation, 16, pool));
    argv[2] = *generation;
    return shop_redis_command(&value, cache->redis, true, 3, argv, NULL, pool);
}

/* Sets a generation where there is none. Of several requests that do this at once, the first sets
 * it and all read it back; with different generations, none would see another's fetch lock. May be
 * sent twice. */
static shop_error_t *first_generation(shop_redis_value_t *generation, redis_cache_t *cache,
                                      apr_pool_t *pool)
{
    const char *set[4] = { "SET", cache->generation_key, NULL, "NX" };
    const char *get[2] = { "GET", cache->generation_key };

    SHOP_TRY(shop_id_secret(&set[2], 16, pool));
    SHOP_TRY(shop_redis_command(generation, cache->redis, true, 4, set, NULL, pool));
    return shop_redis_command(generation, cache->redis, true, 2, get, NULL, pool);
}

/* Replaces the generation and publishes the change in one step. Returns an error text, or a
 * number. */
static const char invalidate_script[] = "redis.call('SET', KEYS[1], ARGV[1])\n"
                                        "local sent = redis.pcall('PUBLISH', ARGV[2], ARGV[3])\n"
                                        "return type(sent) == 'table' and sent.err or 1\n";

/* Replaces the generation and publishes the changed subjects. May be sent twice. */
static bool invalidate(redis_cache_t *cache, const char *const *subjects, int count,
                       apr_pool_t *pool)
{
    uint64_t origin = cache->changes ? shop_changes_origin(cache->changes) : 0;
    const char *argv[4] = { cache->generation_key, NULL, cache->channel,
                            shop_announce_changed(origin, subjects, count, pool) };
    shop_redis_value_t value;

    if (shop_id_secret(&argv[1], 16, pool) ||
        (shop_redis_script(&value, cache->redis, invalidate_script, 1, 4, argv, pool) &&
         shop_redis_script(&value, cache->redis, invalidate_script, 1, 4, argv, pool))) {
        return false;
    }
    if (value.kind == SHOP_REDIS_STRING) {
        shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_REDIS_ERROR, "Redis rejected PUBLISH: %s",
                        value.bytes);
    }
    return value.kind == SHOP_REDIS_INTEGER;
}

static bool is_generation(const shop_redis_value_t *value)
{
    if (value->kind != SHOP_REDIS_STRING || value->size < 16 || value->size > 31) {
        return false;
    }
    for (apr_size_t i = 0; i < value->size; i++) {
        if (!isalnum((unsigned char)value->bytes[i]) && !strchr("-_", value->bytes[i])) {
            return false;
        }
    }
    return true;
}

/* *generation: the one in Redis. A missing or corrupt one is replaced first. */
static shop_error_t *read_generation(const char **generation, redis_cache_t *cache,
                                     const shop_redis_value_t *seen, apr_pool_t *pool)
{
    shop_redis_value_t first;

    if (seen->kind == SHOP_REDIS_NIL) {
        SHOP_TRY(first_generation(&first, cache, pool));
        seen = &first;
    }
    if (!is_generation(seen)) {
        return renew(generation, cache, pool);
    }
    *generation = seen->bytes;
    return NULL;
}

/* ---- records: the line "shop2 <generation> <key> <etag> <link> <cells> <body>\n", where the last
 * five are sizes in bytes, then those five without separators ---- */

static const char *cells_text(const shop_page_t *page, apr_pool_t *pool)
{
    const apr_size_t length = 12; /* of one number and its space */
    char *text = apr_palloc(pool, (apr_size_t)page->cell_count * length + 1);
    char *at = text;

    for (int i = 0; i < page->cell_count; i++) {
        at += apr_snprintf(at, length, "%u ", page->cells[i]);
    }
    *at = '\0';
    return text;
}

/* false: the text is not a list of cell numbers, so the record is corrupt. */
static bool read_cells(shop_page_t *page, const char *text, apr_size_t size, apr_pool_t *pool)
{
    const char *end = text + size;
    uint32_t *cells = apr_palloc(pool, (size / 2 + 1) * sizeof(*cells));

    page->cells = cells;
    while (text < end) {
        char *stop;
        unsigned long cell = strtoul(text, &stop, 10);

        if (!isdigit((unsigned char)*text) || *stop != ' ' || cell >= shop_changes_cells()) {
            return false;
        }
        cells[page->cell_count++] = (uint32_t)cell;
        text = stop + 1;
    }
    return true;
}

static const char *record_of(apr_size_t *size, const shop_cache_slot_t *slot,
                             const shop_page_t *page, apr_pool_t *pool)
{
    const char *link = page->link ? page->link : "";
    const char *etag = page->etag ? page->etag : "";
    const char *cells = cells_text(page, pool);
    const char *head =
        apr_psprintf(pool,
                     MAGIC " %s %" APR_SIZE_T_FMT " %" APR_SIZE_T_FMT " %" APR_SIZE_T_FMT
                           " %" APR_SIZE_T_FMT " %" APR_SIZE_T_FMT "\n%s%s%s%s",
                     slot->generation, strlen(slot->key), strlen(etag), strlen(link), strlen(cells),
                     page->size, slot->key, etag, link, cells);
    apr_size_t head_size = strlen(head);
    char *record = apr_palloc(pool, head_size + page->size);

    memcpy(record, head, head_size);
    if (page->size > 0) { /* a page of nothing has no bytes to point at */
        memcpy(record + head_size, page->bytes, page->size);
    }
    *size = head_size + page->size;
    return record;
}

/* Reads " <number>" and advances *at. */
static bool read_size(apr_size_t *size, const char **at)
{
    char *end;
    unsigned long value;

    if (**at != ' ' || !isdigit((unsigned char)(*at)[1])) {
        return false;
    }
    value = strtoul(*at + 1, &end, 10);
    if (end - *at > 9) {
        return false;
    }
    *size = value;
    *at = end;
    return true;
}

typedef enum { RECORD_FRESH, RECORD_STALE, RECORD_CORRUPT } record_state_t;

static record_state_t read_record(shop_page_t *page, const shop_redis_value_t *value,
                                  const shop_cache_slot_t *slot, apr_pool_t *pool)
{
    const char *at = value->bytes;
    const char *end = value->bytes + value->size;
    const char *generation;
    apr_size_t generation_size, sizes[PARTS];

    if (strncmp(at, MAGIC " ", sizeof(MAGIC)) != 0) {
        return RECORD_CORRUPT;
    }
    generation = at + sizeof(MAGIC);
    generation_size = strcspn(generation, " ");
    at = generation + generation_size;
    for (int i = 0; i < PARTS; i++) {
        if (!read_size(&sizes[i], &at)) {
            return RECORD_CORRUPT;
        }
    }
    if (*at++ != '\n' ||
        (apr_size_t)(end - at) != sizes[0] + sizes[1] + sizes[2] + sizes[3] + sizes[4] ||
        sizes[0] != strlen(slot->key) || memcmp(at, slot->key, sizes[0]) != 0 ||
        (sizes[1] < 2 && sizes[4]) ||
        !read_cells(page, at + sizes[0] + sizes[1] + sizes[2], sizes[3], pool)) {
        return RECORD_CORRUPT;
    }
    if (generation_size != strlen(slot->generation) ||
        memcmp(generation, slot->generation, generation_size) != 0) {
        return RECORD_STALE;
    }
    at += sizes[0];
    page->absent = sizes[1] == 0;
    page->etag = page->absent ? NULL : apr_pstrmemdup(pool, at, sizes[1]);
    at += sizes[1];
    page->link = sizes[2] ? apr_pstrmemdup(pool, at, sizes[2]) : NULL;
    page->bytes = at + sizes[2] + sizes[3]; /* already in the pool, NUL-terminated */
    page->size = sizes[4];
    page->immortal = false;
    return RECORD_FRESH;
}

/* ---- the port ---- */

static const char *name_of(const redis_cache_t *cache, const char *key, apr_pool_t *pool)
{
    apr_size_t size = strlen(key);

    return shop_redis_key_reply(shop_redis_prefix(cache->redis),
                                size > MAX_KEY ? shop_id_sha256(key, size, pool) : key, pool);
}

static void delete_corrupt(redis_cache_t *cache, const char *name, const char *key,
                           apr_pool_t *pool)
{
    const char *argv[2] = { "DEL", name };
    shop_redis_value_t value;

    shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_CACHE_CORRUPT,
                    "cache entry %s is corrupt or foreign; deleted, treated as a miss", key);
    (void)shop_redis_command(&value, cache->redis, true, 2, argv, NULL, pool);
}

/* Sends pending invalidations before anything in Redis is trusted. Their subjects are not stored,
 * so all are invalidated. */
static bool flush_pending(redis_cache_t *cache, apr_pool_t *pool)
{
    unsigned seen = shop_pending_read(cache->pending);

    if (!shop_pending_any(seen)) {
        return true;
    }
    if (!invalidate(cache, NULL, 0, pool)) {
        return false;
    }
    shop_pending_sent(cache->pending, seen);
    return true;
}

/* ---- shared fetch: one request of all hosts fetches an entry, the others wait ---- */

/* Releases the lock of a request that ends without having stored the entry. */
static apr_status_t release_lock(void *baton)
{
    shop_cache_fetch_lock_t *lock = baton;
    const char *argv[2] = { "DEL", lock->name };
    shop_redis_value_t value;

    if (lock->name) {
        (void)shop_redis_command(&value, lock->cache->redis, true, 2, argv, NULL, lock->pool);
    }
    return APR_SUCCESS;
}

static const char *lock_name(const redis_cache_t *cache, const shop_cache_slot_t *slot,
                             apr_pool_t *pool)
{
    return shop_redis_key_fetch_lock(shop_redis_prefix(cache->redis), slot->generation,
                                     shop_id_sha256(slot->key, strlen(slot->key), pool), pool);
}

/* true: this request is to read from the store. Also when Redis does not answer. */
static bool take_lock(redis_cache_t *cache, shop_cache_slot_t *slot, const char *name,
                      apr_pool_t *pool)
{
    const char *argv[6] = { "SET", name, "1", "NX", "PX", FETCH_LOCK_MS };
    shop_cache_fetch_lock_t *lock;
    shop_redis_value_t value;

    if (shop_redis_command(&value, cache->redis, false, 6, argv, NULL, pool)) {
        return true;
    }
    if (value.kind == SHOP_REDIS_NIL) {
        return false;
    }
    lock = apr_pcalloc(pool, sizeof(*lock));
    lock->cache = cache;
    lock->name = name;
    lock->pool = pool;
    slot->fetch_lock = lock;
    apr_pool_pre_cleanup_register(pool, lock, release_lock);
    return true;
}

typedef enum { LOOKUP_HIT, LOOKUP_MISS, LOOKUP_FAILED, LOOKUP_LOCKED } lookup_t;

/* lock: key of the fetch lock that the caller waits for, or NULL. LOCKED: another request still
 * holds that lock and the generation of the catalogue is still that of slot. */
static lookup_t look_up(const shop_page_t **page, redis_cache_t *cache, shop_cache_slot_t *slot,
                        const char *lock, apr_pool_t *pool)
{
    const char *name = name_of(cache, slot->key, pool);
    const char *argv[4] = { "MGET", cache->generation_key, name, lock };
    int argc = lock ? 4 : 3;
    const char *generation = NULL;
    shop_redis_value_t value;
    shop_page_t *read = apr_pcalloc(pool, sizeof(*read));
    record_state_t state = RECORD_STALE;

    if (shop_redis_command(&value, cache->redis, true, argc, argv, NULL, pool) ||
        value.kind != SHOP_REDIS_ARRAY || value.count != argc - 1) {
        return LOOKUP_FAILED;
    }
    if (read_generation(&generation, cache, &value.items[0], pool)) {
        return LOOKUP_FAILED;
    }
    lock = lock && !strcmp(generation, slot->generation) ? lock : NULL;
    apr_cpystrn(slot->generation, generation, sizeof(slot->generation));
    slot->usable = true;
    if (value.items[1].kind == SHOP_REDIS_STRING) {
        state = read_record(read, &value.items[1], slot, pool);
    }
    if (state == RECORD_CORRUPT) {
        delete_corrupt(cache, name, slot->key, pool);
    }
    *page = state == RECORD_FRESH ? read : NULL;
    if (*page) {
        return LOOKUP_HIT;
    }
    return lock && value.items[2].kind == SHOP_REDIS_STRING ? LOOKUP_LOCKED : LOOKUP_MISS;
}

/* Sleeps and doubles *delay; false after until (monotonic). */
static bool back_off(apr_time_t *delay, apr_time_t until)
{
    if (shop_clock_monotonic() >= until) {
        return false;
    }
    apr_sleep(*delay);
    *delay = *delay < LONGEST_DELAY ? *delay * 2 : *delay;
    return true;
}

static const shop_page_t *cache_get(shop_cache_t *port, const char *key, shop_cache_slot_t *slot,
                                    int ttl_s, apr_pool_t *pool)
{
    redis_cache_t *cache = (redis_cache_t *)port;
    const shop_page_t *page = NULL;
    const char *lock = NULL;
    apr_time_t until = shop_clock_monotonic() + FETCH_WAIT;
    apr_time_t delay = FIRST_DELAY;
    lookup_t found;

    memset(slot, 0, sizeof(*slot));
    slot->key = key;
    if (!flush_pending(cache, pool)) {
        return NULL;
    }
    do {
        found = look_up(&page, cache, slot, lock, pool);
        if (found == LOOKUP_MISS && ttl_s > 0) {
            lock = lock_name(cache, slot, pool);
            found = take_lock(cache, slot, lock, pool) ? LOOKUP_MISS : LOOKUP_LOCKED;
        }
    } while (found == LOOKUP_LOCKED && back_off(&delay, until));
    return page;
}

static void cache_put(shop_cache_t *port, const shop_cache_slot_t *slot, const shop_page_t *page,
                      int ttl_s, apr_pool_t *pool)
{
    redis_cache_t *cache = (redis_cache_t *)port;
    const char *argv[5] = { "SET", NULL, NULL, "EX", NULL };
    apr_size_t sizes[5];
    shop_redis_value_t value;

    if (!slot->usable || ttl_s <= 0 || page->size > MAX_BODY) {
        return;
    }
    argv[1] = name_of(cache, slot->key, pool);
    argv[4] = apr_itoa(pool, ttl_s);
    for (int i = 0; i < 5; i++) {
        sizes[i] = argv[i] ? strlen(argv[i]) : 0;
    }
    argv[2] = record_of(&sizes[2], slot, page, pool);
    if (!shop_redis_command(&value, cache->redis, true, 5, argv, sizes, pool) && slot->fetch_lock) {
        slot->fetch_lock->name = NULL; /* stored: others find the entry; the lock expires */
    }
}

static void cache_invalidate(shop_cache_t *port, const char *const *subjects, int count,
                             apr_pool_t *pool)
{
    redis_cache_t *cache = (redis_cache_t *)port;

    /* In Redis a new generation invalidates the whole catalogue; other hosts get the subjects. */
    if (!invalidate(cache, subjects, count, pool)) {
        shop_pending_add(cache->pending);
    }
}

bool shop_cache_redis_flush(shop_cache_t *port, apr_pool_t *pool)
{
    return flush_pending((redis_cache_t *)port, pool);
}

shop_cache_t *shop_cache_redis(shop_redis_t *redis, unsigned *pending, shop_changes_t *changes,
                               apr_pool_t *pool)
{
    redis_cache_t *cache = apr_pcalloc(pool, sizeof(*cache));

    cache->port.get = cache_get;
    cache->port.put = cache_put;
    cache->port.invalidate = cache_invalidate;
    cache->redis = redis;
    cache->changes = changes;
    cache->channel = shop_redis_channel_changes(shop_redis_prefix(redis), pool);
    cache->generation_key = shop_redis_key_generation(shop_redis_prefix(redis), pool);
    cache->pending = pending ? pending : &cache->own_pending;
    return &cache->port;
}
