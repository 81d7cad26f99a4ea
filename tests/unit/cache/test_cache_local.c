/* SPDX-License-Identifier: MIT
 * The local cache level and what makes its replies stale, without any server. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "mod_shop/base/clock.h"
#include "mod_shop/cache/cache_local.h"
#include "tests/kit/harness.h"
#include "tests/kit/still_clock.h"

#define TTL 60

static shop_changes_t *changes;
static shop_cache_counts_t counts;
static shop_cache_t *cache;

static void open_cache(apr_size_t bytes)
{
    t_clock_go();
    memset(&counts, 0, sizeof(counts));
    changes = shop_changes_attach(NULL, false, t_pool);
    cache = shop_cache_local(changes, shop_cache_none(t_pool), bytes, &counts, t_pool);
}

static const shop_page_t *front_get(const struct shop_route_t **found, shop_cache_t *local,
                                    const char *target, shop_coding_t coding, apr_pool_t *pool)
{
    shop_front_t *front = shop_cache_front(local);

    return front->get(found, front, target, coding, pool);
}

static void front_put(shop_cache_t *local, const char *target, const char *key,
                      const struct shop_route_t *by)
{
    shop_front_t *front = shop_cache_front(local);

    front->put(front, target, key, by);
}

/* A get that misses, and the put that follows; gone with its own pool, as a request is. */
static void fill(const char *key, const char *bytes, const char *subject)
{
    uint32_t cell = subject ? shop_changes_cell(subject) : 0;
    shop_page_t page = { .etag = "\"t\"",
                         .bytes = bytes,
                         .size = strlen(bytes),
                         .cells = &cell,
                         .cell_count = subject ? 1 : 0 };
    shop_cache_slot_t slot;
    apr_pool_t *pool;

    apr_pool_create(&pool, t_pool);
    T_TRUE(!cache->get(cache, key, &slot, TTL, pool));
    cache->put(cache, &slot, &page, TTL, pool);
    apr_pool_destroy(pool);
}

/* The kept bytes, copied; NULL: a miss. */
static const char *kept(const char *key)
{
    shop_cache_slot_t slot;
    const shop_page_t *page;
    const char *bytes;
    apr_pool_t *pool;

    apr_pool_create(&pool, t_pool);
    page = cache->get(cache, key, &slot, TTL, pool);
    bytes = page ? apr_pstrmemdup(t_pool, page->bytes, page->size) : NULL;
    apr_pool_destroy(pool);
    return bytes;
}

static void what_was_put_is_served_until_its_subject_changes(void)
{
    const char *const a = "a", *const other = "other";

    open_cache(1 << 20);
    fill("page", "one", "a");
    T_STR(kept("page"), "one");
    T_INT(counts.hits, 1);
    cache->invalidate(cache, &other, 1, t_pool);
    T_STR(kept("page"), "one");
    cache->invalidate(cache, &a, 1, t_pool);
    T_TRUE(!kept("page"));
    fill("page", "two", "a");
    T_STR(kept("page"), "two");
    cache->invalidate(cache, NULL, 0, t_pool);
    T_TRUE(!kept("page"));
}

/* The reply was read before the change and is put behind it. */
static void a_reply_read_before_a_change_is_never_served(void)
{
    const char *const a = "a";
    uint32_t cell = shop_changes_cell(a);
    shop_page_t page = {
        .etag = "\"t\"", .bytes = "old", .size = 3, .cells = &cell, .cell_count = 1
    };
    shop_cache_slot_t slot;
    apr_pool_t *pool;

    open_cache(1 << 20);
    apr_pool_create(&pool, t_pool);
    T_TRUE(!cache->get(cache, "page", &slot, TTL, pool));
    cache->invalidate(cache, &a, 1, t_pool);
    fill("page", "new", a);
    cache->put(cache, &slot, &page, TTL, pool);
    T_STR(kept("page"), "new");
    apr_pool_destroy(pool);
}

/* A miss, and the put that follows. */
static void fill_part(const char *bytes, const char *subject, const char *changed)
{
    uint32_t cell = shop_changes_cell(subject);
    shop_page_t part = { .bytes = bytes, .size = strlen(bytes), .cells = &cell, .cell_count = 1 };
    shop_cache_slot_t slot;

    T_TRUE(!shop_cache_part_get(cache, "part", &slot, t_pool));
    if (changed) {
        cache->invalidate(cache, &changed, 1, t_pool);
    }
    shop_cache_part_put(cache, &slot, &part, TTL);
}

static const char *kept_part(void)
{
    shop_cache_slot_t slot;
    const shop_page_t *part = shop_cache_part_get(cache, "part", &slot, t_pool);

    return part ? apr_pstrmemdup(t_pool, part->bytes, part->size) : NULL;
}

static void a_part_is_kept_until_its_subject_changes(void)
{
    const char *const a = "a", *const other = "other";
    shop_cache_slot_t slot;

    open_cache(1 << 20);
    fill_part("one", a, NULL);
    cache->invalidate(cache, &other, 1, t_pool);
    T_STR(kept_part(), "one");
    cache->invalidate(cache, &a, 1, t_pool);
    fill_part("read before the change", a, a);
    T_TRUE(!kept_part());
    fill_part("two", a, other);
    T_STR(kept_part(), "two");
    T_TRUE(!front_get(&(const struct shop_route_t *){ NULL }, cache, "part", SHOP_CODING_IDENTITY,
                      t_pool));
    shop_cache_part_get(cache, "brief", &slot, t_pool);
    shop_cache_part_put(cache, &slot, &(shop_page_t){ .bytes = "", .size = 0 }, 0);
    T_TRUE(!shop_cache_part_get(cache, "brief", &slot, t_pool));
    T_INT(counts.hits + counts.misses, 0);
}

static void a_page_outlives_its_entry_while_it_is_sent(void)
{
    const shop_page_t *page;
    shop_cache_slot_t slot;
    apr_pool_t *pool;

    open_cache(1 << 20);
    fill("page", "bytes in use", NULL);
    apr_pool_create(&pool, t_pool);
    page = cache->get(cache, "page", &slot, TTL, pool);
    cache->invalidate(cache, NULL, 0, t_pool);
    T_TRUE(!kept("page"));
    T_TRUE(page && !memcmp(page->bytes, "bytes in use", 12)); /* sanitizers look at this */
    T_STR(page->etag, "\"t\"");
    apr_pool_destroy(pool);
}

static void a_flood_of_questions_does_not_push_out_what_many_ask(void)
{
    char bytes[1000];

    memset(bytes, 'x', sizeof(bytes));
    bytes[sizeof(bytes) - 1] = '\0';
    open_cache(1 << 20);
    for (int i = 0; i < 100; i++) {
        fill(apr_psprintf(t_pool, "hot %d", i), bytes, NULL);
        T_TRUE(kept(apr_psprintf(t_pool, "hot %d", i)) != NULL);
    }
    for (int i = 0; i < 5000; i++) {
        fill(apr_psprintf(t_pool, "flood %d", i), bytes, NULL);
    }
    T_TRUE(counts.evictions > 3000);
    for (int i = 0; i < 100; i++) {
        T_TRUE(kept(apr_psprintf(t_pool, "hot %d", i)) != NULL);
    }
    fill("large", apr_pstrcat(t_pool, bytes, bytes, NULL), NULL);
    T_TRUE(kept("large") != NULL);
}

static void a_page_larger_than_its_share_is_not_kept(void)
{
    char *bytes = apr_pcalloc(t_pool, 100001);

    memset(bytes, 'x', 100000);
    open_cache(1 << 20);
    fill("large", bytes, NULL);
    T_TRUE(!kept("large"));
}

static void that_there_is_none_is_kept_too(void)
{
    shop_page_t page = { .absent = true };
    const shop_page_t *found;
    shop_cache_slot_t slot;

    open_cache(1 << 20);
    T_TRUE(!cache->get(cache, "page", &slot, TTL, t_pool));
    cache->put(cache, &slot, &page, TTL, t_pool);
    found = cache->get(cache, "page", &slot, TTL, t_pool);
    T_TRUE(found && found->absent && !found->etag);
}

static void a_target_is_answered_while_its_page_is_good(void)
{
    static const int mark;
    const struct shop_route_t *route = (const void *)&mark, *found = NULL;
    const shop_page_t *page;

    open_cache(1 << 20);
    T_TRUE(!front_get(&found, cache, "?/api/page", SHOP_CODING_IDENTITY, t_pool));
    front_put(cache, "?/api/page", "page", route);
    T_TRUE(!front_get(&found, cache, "?/api/page", SHOP_CODING_IDENTITY,
                      t_pool)); /* nothing is kept */
    fill("page", "one", NULL);
    front_put(cache, "?/api/page", "page", route);
    page = front_get(&found, cache, "?/api/page", SHOP_CODING_IDENTITY, t_pool);
    T_TRUE(page && page->size == 3 && found == route);
    cache->invalidate(cache, NULL, 0, t_pool);
    T_TRUE(!front_get(&found, cache, "?/api/page", SHOP_CODING_IDENTITY, t_pool));
}

/* Without a live subscription, what was read a moment ago may still be used, and no longer. */
static void silence_ends_trust(void)
{
    apr_time_t now = shop_clock_monotonic();
    uint32_t cell = shop_changes_cell("a");
    shop_changes_t *host = shop_changes_attach(NULL, true, t_pool);
    uint64_t as_of = shop_changes_sequence(host);

    T_TRUE(shop_changes_is_fresh(host, as_of, now, &cell, 1, now));
    T_TRUE(!shop_changes_is_fresh(host, as_of, now - SHOP_CHANGES_MAX_AGE, &cell, 1, now));
    shop_changes_subscribed(host, now); /* earlier announcements are unknown */
    T_TRUE(!shop_changes_is_fresh(host, as_of, now, &cell, 1, now));
    as_of = shop_changes_sequence(host);
    T_TRUE(shop_changes_is_fresh(host, as_of, now - 30 * SHOP_CHANGES_MAX_AGE, &cell, 1, now));
    T_TRUE(!shop_changes_is_fresh(host, as_of, now - 30 * SHOP_CHANGES_MAX_AGE, &cell, 1,
                                  now + 2 * SHOP_CHANGES_MAX_AGE));
    shop_changes_disconnected(host);
    T_TRUE(!shop_changes_is_live(host, now));
    T_TRUE(shop_changes_is_live(shop_changes_attach(NULL, false, t_pool), now)); /* it is alone */
}

/* ---- several threads ---- */

#define THREADS 8

static int fetches;
static pthread_barrier_t gate;

static void *ask(void *unused)
{
    shop_page_t page = { .etag = "\"t\"", .bytes = "one", .size = 3 };
    const shop_page_t *found;
    shop_cache_slot_t slot;
    apr_pool_t *pool;

    (void)unused;
    apr_pool_create(&pool, NULL);
    pthread_barrier_wait(&gate);
    found = cache->get(cache, "page", &slot, TTL, pool);
    if (!found) {
        __atomic_fetch_add(&fetches, 1, __ATOMIC_SEQ_CST);
        apr_sleep(apr_time_from_msec(20)); /* the store */
        cache->put(cache, &slot, &page, TTL, pool);
    }
    apr_pool_destroy(pool);
    return NULL;
}

static void one_thread_fetches_what_several_miss(void)
{
    pthread_t threads[THREADS];

    open_cache(1 << 20);
    t_clock_stop(); /* whoever waits does not give up */
    fetches = 0;
    pthread_barrier_init(&gate, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, ask, NULL);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&gate);
    T_INT(fetches, 1);
}

/* A writer of a number and its readers: the store has it, then the caches are told, then the writer
 * is answered. From then on nobody may read less. */
static atomic_long stored, answered;
static atomic_bool over;

static long read_number(void)
{
    uint32_t cell = shop_changes_cell("number");
    char text[32];
    shop_page_t made = { .etag = "\"t\"", .bytes = text, .cells = &cell, .cell_count = 1 };
    const shop_page_t *page;
    shop_cache_slot_t slot;
    apr_pool_t *pool;
    long seen;

    apr_pool_create(&pool, NULL);
    page = cache->get(cache, "number", &slot, TTL, pool);
    seen = page ? strtol(page->bytes, NULL, 10) : atomic_load(&stored);
    if (!page) {
        made.size = (apr_size_t)apr_snprintf(text, sizeof(text), "%ld", seen);
        cache->put(cache, &slot, &made, TTL, pool);
    }
    apr_pool_destroy(pool);
    return seen;
}

static void *read_numbers(void *unused)
{
    (void)unused;
    while (!atomic_load(&over)) {
        long least = atomic_load(&answered);

        __atomic_fetch_add(&fetches, read_number() < least, __ATOMIC_SEQ_CST);
    }
    return NULL;
}

static uint64_t hits(void)
{
    return __atomic_load_n(&counts.hits, __ATOMIC_RELAXED);
}

static void nobody_reads_less_than_was_written(void)
{
    static const char *const subject = "number";
    pthread_t threads[THREADS];

    open_cache(1 << 20);
    fetches = 0; /* stale reads */
    atomic_store(&stored, 0);
    atomic_store(&answered, 0);
    atomic_store(&over, false);
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, read_numbers, NULL);
    }
    for (long n = 1; n <= 2000 || !hits(); n++) { /* until somebody had a turn, too */
        atomic_store(&stored, n);
        cache->invalidate(cache, &subject, 1, t_pool);
        atomic_store(&answered, n);
        if (n % 20 == 0) {
            apr_sleep(200);
        }
    }
    atomic_store(&over, true);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    T_INT(fetches, 0);
    T_TRUE(hits() > 0);
}

static const shop_test_t tests[] = {
    SHOP_TEST(what_was_put_is_served_until_its_subject_changes,
              "what was put is served until its subject changes"),
    SHOP_TEST(a_reply_read_before_a_change_is_never_served,
              "a reply read before a change is never served behind it"),
    SHOP_TEST(a_page_outlives_its_entry_while_it_is_sent, "a page outlives its entry"),
    SHOP_TEST(a_flood_of_questions_does_not_push_out_what_many_ask,
              "a flood of questions does not push out what many ask"),
    SHOP_TEST(a_page_larger_than_its_share_is_not_kept, "a page too large is not kept"),
    SHOP_TEST(that_there_is_none_is_kept_too, "that there is none is kept too"),
    SHOP_TEST(a_target_is_answered_while_its_page_is_good,
              "a request target is answered while its page is good"),
    SHOP_TEST(silence_ends_trust, "cached replies are not trusted without a live subscription"),
    SHOP_TEST(one_thread_fetches_what_several_miss, "one thread fetches what several miss"),
    SHOP_TEST(a_part_is_kept_until_its_subject_changes, "a part is kept until its subject changes"),
    SHOP_TEST(nobody_reads_less_than_was_written, "nobody reads less than was written"),
    SHOP_TEST_END,
};
SHOP_SUITE("the local cache", tests)
