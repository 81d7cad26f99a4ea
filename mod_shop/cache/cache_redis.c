/* SPDX-License-Identifier: MIT
 * Serialised replies in Redis. Every record carries the generation of the catalogue and the key it
 * was stored under; it is a hit only when both are what the reader asked for, so a stale, foreign
 * or damaged record can never be served. */
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

#define MAGIC "shop2"
#define PARTS 5
#define MAX_BODY (1024 * 1024) /* larger ones would not pass within the command timeout */
#define MAX_KEY 160            /* longer ones are hashed; the record holds them whole */

#define FLIGHT_MS "1000"                /* a filler that takes longer no longer counts */
#define PATIENCE apr_time_from_sec(1)   /* with another's filling */
#define FIRST_NAP apr_time_from_msec(2) /* between two looks, doubled up to the longest */
#define LONGEST_NAP apr_time_from_msec(32)

typedef struct redis_cache_t {
    shop_cache_t port; /* first: the port is this object */
    shop_redis_t *redis;
    shop_changes_t *changes;
    const char *generation_key;
    const char *channel;
    unsigned *dirty; /* invalidations owed to Redis */
    unsigned own_dirty;
} redis_cache_t;

/* That this request is filling an entry: a key of Redis that ends by itself. */
typedef struct shop_cache_filling_t {
    redis_cache_t *cache;
    const char *name;
    apr_pool_t *pool;
} shop_cache_filling_t;

/* ---- generations ---- */

/* A new one is drawn, not counted: after Redis was emptied a counter would come by old values
 * again. 128 bits never repeat. May be sent twice. */
static shop_error_t *renew(const char **generation, redis_cache_t *cache, apr_pool_t *pool)
{
    const char *argv[3] = { "SET", cache->generation_key };
    shop_redis_value_t value;

    SHOP_TRY(shop_id_secret(generation, 16, pool));
    argv[2] = *generation;
    return shop_redis_command(&value, cache->redis, true, 3, argv, NULL, pool);
}

/* Where there is none: of many who see that at once one draws it, and the others take his, or each
 * would wait for a filling nobody else knows of. May be sent twice. */
static shop_error_t *first_generation(shop_redis_value_t *generation, redis_cache_t *cache,
                                      apr_pool_t *pool)
{
    const char *set[4] = { "SET", cache->generation_key, NULL, "NX" };
    const char *get[2] = { "GET", cache->generation_key };

    SHOP_TRY(shop_id_secret(&set[2], 16, pool));
    SHOP_TRY(shop_redis_command(generation, cache->redis, true, 4, set, NULL, pool));
    return shop_redis_command(generation, cache->redis, true, 2, get, NULL, pool);
}

/* Other hosts hear of it in the moment the old generation ends, not sooner and not later. Ends with
 * an error text, or a number. */
static const char announce_script[] = "redis.call('SET', KEYS[1], ARGV[1])\n"
                                      "local heard = redis.pcall('PUBLISH', ARGV[2], ARGV[3])\n"
                                      "return type(heard) == 'table' and heard.err or 1\n";

/* renew(), and tells the other hosts what changed. May be sent twice. */
static bool announce(redis_cache_t *cache, const char *const *subjects, int count, apr_pool_t *pool)
{
    uint64_t origin = cache->changes ? shop_changes_origin(cache->changes) : 0;
    const char *argv[4] = { cache->generation_key, NULL, cache->channel,
                            shop_announce_changed(origin, subjects, count, pool) };
    shop_redis_value_t value;

    if (shop_id_secret(&argv[1], 16, pool) ||
        (shop_redis_script(&value, cache->redis, announce_script, 1, 4, argv, pool) &&
         shop_redis_script(&value, cache->redis, announce_script, 1, 4, argv, pool))) {
        return false;
    }
    if (value.kind == SHOP_REDIS_STRING) {
        shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_REDIS_ERROR, "Redis refused PUBLISH: %s",
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

/* What stands in Redis, and never nothing: an absent or a damaged one is made anew. */
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

/* ---- records: "shop2 <generation> <key> <etag> <link> <cells> <body>\n" (the last five as sizes),
 * then the five without anything between them ---- */

static const char *cells_text(const shop_page_t *page, apr_pool_t *pool)
{
    const apr_size_t room = 12; /* of one number and its blank */
    char *text = apr_palloc(pool, (apr_size_t)page->cell_count * room + 1);
    char *at = text;

    for (int i = 0; i < page->cell_count; i++) {
        at += apr_snprintf(at, room, "%u ", page->cells[i]);
    }
    *at = '\0';
    return text;
}

/* What is no number, or none of ours, makes the record no hit. */
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
    memcpy(record + head_size, page->bytes, page->size);
    *size = head_size + page->size;
    return record;
}

/* Reads " <number>" and moves on. */
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

typedef enum { RECORD_GOOD, RECORD_STALE, RECORD_BAD } verdict_t;

static verdict_t read_record(shop_page_t *page, const shop_redis_value_t *value,
                             const shop_cache_slot_t *slot, apr_pool_t *pool)
{
    const char *at = value->bytes;
    const char *end = value->bytes + value->size;
    const char *generation;
    apr_size_t generation_size, sizes[PARTS];

    if (strncmp(at, MAGIC " ", sizeof(MAGIC)) != 0) {
        return RECORD_BAD;
    }
    generation = at + sizeof(MAGIC);
    generation_size = strcspn(generation, " ");
    at = generation + generation_size;
    for (int i = 0; i < PARTS; i++) {
        if (!read_size(&sizes[i], &at)) {
            return RECORD_BAD;
        }
    }
    if (*at++ != '\n' ||
        (apr_size_t)(end - at) != sizes[0] + sizes[1] + sizes[2] + sizes[3] + sizes[4] ||
        sizes[0] != strlen(slot->key) || memcmp(at, slot->key, sizes[0]) != 0 ||
        (sizes[1] < 2 && sizes[4]) ||
        !read_cells(page, at + sizes[0] + sizes[1] + sizes[2], sizes[3], pool)) {
        return RECORD_BAD;
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
    return RECORD_GOOD;
}

/* ---- the port ---- */

static const char *name_of(const redis_cache_t *cache, const char *key, apr_pool_t *pool)
{
    apr_size_t size = strlen(key);

    return apr_pstrcat(pool, shop_redis_prefix(cache->redis),
                       "c:", size > MAX_KEY ? shop_id_sha256(key, size, pool) : key, NULL);
}

static void drop(redis_cache_t *cache, const char *name, const char *key, apr_pool_t *pool)
{
    const char *argv[2] = { "DEL", name };
    shop_redis_value_t value;

    shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_CACHE_POISON,
                    "what stands in the cache under %s is not what was stored there", key);
    (void)shop_redis_command(&value, cache->redis, true, 2, argv, NULL, pool);
}

/* Before anything of Redis is trusted: what could not be told is told now. What it was is
 * forgotten, so it is everything. */
static bool make_good(redis_cache_t *cache, apr_pool_t *pool)
{
    unsigned seen = shop_owed_read(cache->dirty);

    if (!shop_owed_any(seen)) {
        return true;
    }
    if (!announce(cache, NULL, 0, pool)) {
        return false;
    }
    shop_owed_paid(cache->dirty, seen);
    return true;
}

/* ---- one fills, everybody else on every host waits ---- */

/* A request that could not fill what it meant to fill keeps nobody waiting. */
static apr_status_t give_up(void *baton)
{
    shop_cache_filling_t *filling = baton;
    const char *argv[2] = { "DEL", filling->name };
    shop_redis_value_t value;

    if (filling->name) {
        (void)shop_redis_command(&value, filling->cache->redis, true, 2, argv, NULL, filling->pool);
    }
    return APR_SUCCESS;
}

static const char *filling_name(const redis_cache_t *cache, const shop_cache_slot_t *slot,
                                apr_pool_t *pool)
{
    return apr_pstrcat(pool, shop_redis_prefix(cache->redis), "f:", slot->generation, ":",
                       shop_id_sha256(slot->key, strlen(slot->key), pool), NULL);
}

/* Is it this request that has to read from the store? Also when Redis does not say. */
static bool begin_filling(redis_cache_t *cache, shop_cache_slot_t *slot, const char *name,
                          apr_pool_t *pool)
{
    const char *argv[6] = { "SET", name, "1", "NX", "PX", FLIGHT_MS };
    shop_cache_filling_t *filling;
    shop_redis_value_t value;

    if (shop_redis_command(&value, cache->redis, false, 6, argv, NULL, pool)) {
        return true;
    }
    if (value.kind == SHOP_REDIS_NIL) {
        return false;
    }
    filling = apr_pcalloc(pool, sizeof(*filling));
    filling->cache = cache;
    filling->name = name;
    filling->pool = pool;
    slot->filling = filling;
    apr_pool_pre_cleanup_register(pool, filling, give_up);
    return true;
}

typedef enum { LOOK_HIT, LOOK_MISS, LOOK_AWAY, LOOK_OTHERS } look_t;

/* filling NULL: is the entry there? Else also whether somebody is still about to make it, and
 * whether it is still the catalogue's generation that is waited for. */
static look_t look(const shop_page_t **page, redis_cache_t *cache, shop_cache_slot_t *slot,
                   const char *filling, apr_pool_t *pool)
{
    const char *name = name_of(cache, slot->key, pool);
    const char *argv[4] = { "MGET", cache->generation_key, name, filling };
    int argc = filling ? 4 : 3;
    const char *generation = NULL;
    shop_redis_value_t value;
    shop_page_t *read = apr_pcalloc(pool, sizeof(*read));
    verdict_t verdict = RECORD_STALE;

    if (shop_redis_command(&value, cache->redis, true, argc, argv, NULL, pool) ||
        value.kind != SHOP_REDIS_ARRAY || value.count != argc - 1) {
        return LOOK_AWAY;
    }
    if (read_generation(&generation, cache, &value.items[0], pool)) {
        return LOOK_AWAY;
    }
    filling = filling && !strcmp(generation, slot->generation) ? filling : NULL;
    apr_cpystrn(slot->generation, generation, sizeof(slot->generation));
    slot->usable = true;
    if (value.items[1].kind == SHOP_REDIS_STRING) {
        verdict = read_record(read, &value.items[1], slot, pool);
    }
    if (verdict == RECORD_BAD) {
        drop(cache, name, slot->key, pool);
    }
    *page = verdict == RECORD_GOOD ? read : NULL;
    if (*page) {
        return LOOK_HIT;
    }
    return filling && value.items[2].kind == SHOP_REDIS_STRING ? LOOK_OTHERS : LOOK_MISS;
}

static bool nap(apr_time_t *length, apr_time_t until)
{
    if (shop_clock_monotonic() >= until) {
        return false;
    }
    apr_sleep(*length);
    *length = *length < LONGEST_NAP ? *length * 2 : *length;
    return true;
}

static const shop_page_t *cache_get(shop_cache_t *port, const char *key, shop_cache_slot_t *slot,
                                    int ttl_s, apr_pool_t *pool)
{
    redis_cache_t *cache = (redis_cache_t *)port;
    const shop_page_t *page = NULL;
    const char *filling = NULL;
    apr_time_t until = shop_clock_monotonic() + PATIENCE;
    apr_time_t length = FIRST_NAP;
    look_t seen;

    memset(slot, 0, sizeof(*slot));
    slot->key = key;
    if (!make_good(cache, pool)) {
        return NULL;
    }
    do {
        seen = look(&page, cache, slot, filling, pool);
        if (seen == LOOK_MISS && ttl_s > 0) {
            filling = filling_name(cache, slot, pool);
            seen = begin_filling(cache, slot, filling, pool) ? LOOK_MISS : LOOK_OTHERS;
        }
    } while (seen == LOOK_OTHERS && nap(&length, until));
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
    if (!shop_redis_command(&value, cache->redis, true, 5, argv, sizes, pool) && slot->filling) {
        slot->filling->name = NULL; /* filled; who waits looks for the entry, the mark ends alone */
    }
}

static void cache_invalidate(shop_cache_t *port, const char *const *subjects, int count,
                             apr_pool_t *pool)
{
    redis_cache_t *cache = (redis_cache_t *)port;

    /* In Redis one generation stands for the whole catalogue; other hosts are told what it was. */
    if (!announce(cache, subjects, count, pool)) {
        shop_owed_add(cache->dirty);
    }
}

bool shop_cache_redis_settle(shop_cache_t *port, apr_pool_t *pool)
{
    return make_good((redis_cache_t *)port, pool);
}

shop_cache_t *shop_cache_redis(shop_redis_t *redis, unsigned *dirty, shop_changes_t *changes,
                               apr_pool_t *pool)
{
    redis_cache_t *cache = apr_pcalloc(pool, sizeof(*cache));

    cache->port.get = cache_get;
    cache->port.put = cache_put;
    cache->port.invalidate = cache_invalidate;
    cache->redis = redis;
    cache->changes = changes;
    cache->channel = shop_announce_channel(shop_redis_prefix(redis), pool);
    cache->generation_key = apr_pstrcat(pool, shop_redis_prefix(redis), "gen", NULL);
    cache->dirty = dirty ? dirty : &cache->own_dirty;
    return &cache->port;
}
