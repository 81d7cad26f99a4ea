/* SPDX-License-Identifier: MIT
 * Accept-Encoding, and replies kept in several codings. */
#include "mod_shop/http/coding.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "mod_shop/cache/cache_encode.h"
#include "mod_shop/cache/cache_local.h"
#include "tests/kit/harness.h"

#define BIT(coding) SHOP_CODING_BIT(SHOP_CODING_##coding)
#define BOTH (BIT(GZIP) | BIT(BR))
#define TARGET "?/api/page"
#define THREADS 8

static void the_best_weight_wins(void)
{
    static const struct {
        const char *accept;
        unsigned offered;
        shop_coding_t best;
        unsigned acceptable;
    } cases[] = {
        { NULL, BOTH, SHOP_CODING_IDENTITY, BIT(IDENTITY) },
        { "", BOTH, SHOP_CODING_IDENTITY, BIT(IDENTITY) },
        { "gzip", BOTH, SHOP_CODING_GZIP, BIT(IDENTITY) | BIT(GZIP) },
        { "GZip", BOTH, SHOP_CODING_GZIP, BIT(IDENTITY) | BIT(GZIP) },
        { "x-gzip", BOTH, SHOP_CODING_GZIP, BIT(IDENTITY) | BIT(GZIP) },
        { "gzip, deflate, br", BOTH, SHOP_CODING_BR, BIT(IDENTITY) | BOTH },
        { "br, gzip", BIT(GZIP), SHOP_CODING_GZIP, BIT(IDENTITY) | BIT(GZIP) },
        { "gzip;q=1.0, br;q=0.9", BOTH, SHOP_CODING_GZIP, BIT(IDENTITY) | BOTH },
        { "gzip ; q=0.001 ,br;q=0", BOTH, SHOP_CODING_GZIP, BIT(IDENTITY) | BIT(GZIP) },
        { "*", BOTH, SHOP_CODING_BR, BIT(IDENTITY) | BOTH },
        { "br;q=0, *;q=0.5", BOTH, SHOP_CODING_GZIP, BIT(IDENTITY) | BIT(GZIP) },
        { "identity;q=0.5, gzip;q=0.4", BOTH, SHOP_CODING_IDENTITY, BIT(IDENTITY) | BIT(GZIP) },
        { "identity;q=0, gzip", BOTH, SHOP_CODING_GZIP, BIT(GZIP) },
        { "identity;q=0", BOTH, SHOP_CODING_IDENTITY, BIT(IDENTITY) },
        { "*;q=0", BOTH, SHOP_CODING_IDENTITY, BIT(IDENTITY) },
        { "deflate", BOTH, SHOP_CODING_IDENTITY, BIT(IDENTITY) },
        { "gzip;q=2", BOTH, SHOP_CODING_IDENTITY, BIT(IDENTITY) },
        { "gzip;q=x, br", BOTH, SHOP_CODING_BR, BIT(IDENTITY) | BIT(BR) },
        { ",, br ,,", BOTH, SHOP_CODING_BR, BIT(IDENTITY) | BIT(BR) },
        { "gzip", 0, SHOP_CODING_IDENTITY, BIT(IDENTITY) },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned acceptable = 0;
        shop_coding_t best = shop_coding_choose(&acceptable, cases[i].accept, cases[i].offered);

        t_assert(best == cases[i].best && acceptable == cases[i].acceptable, __LINE__, __FILE__,
                 "%s: %s, %u", cases[i].accept ? cases[i].accept : "(none)", shop_coding_name(best),
                 acceptable);
    }
}

/* ---- kept codings ---- */

static shop_changes_t *changes;
static shop_cache_counts_t counts;
static shop_cache_t *cache;

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
static const struct shop_route_t *const route = (const void *)&counts;

static void open_cache(apr_size_t bytes)
{
    memset(&counts, 0, sizeof(counts));
    changes = shop_changes_attach(NULL, false, t_pool);
    cache = shop_cache_local(changes, shop_cache_none(t_pool), bytes, &counts, t_pool);
}

/* So many bytes that are easy to encode, kept under key and target. */
static char *keep(const char *key, const char *target, apr_size_t size)
{
    shop_page_t page = { .etag = "\"t\"", .size = size };
    shop_cache_slot_t slot;
    char *bytes = apr_palloc(t_pool, size);
    apr_pool_t *pool;

    for (apr_size_t i = 0; i < size; i++) {
        bytes[i] = (char)('a' + i % 23);
    }
    page.bytes = bytes;
    apr_pool_create(&pool, t_pool);
    T_TRUE(!cache->get(cache, key, &slot, 60, pool));
    cache->put(cache, &slot, &page, 60, pool);
    front_put(cache, target, key, route);
    apr_pool_destroy(pool);
    return bytes;
}

static bool is_gzip_of(const shop_page_t *page, const char *bytes, apr_size_t size)
{
    unsigned char *plain = apr_palloc(t_pool, size + 1);
    z_stream stream = { .next_in = (unsigned char *)page->bytes,
                        .avail_in = (uInt)page->size,
                        .next_out = plain,
                        .avail_out = (uInt)size + 1 };
    bool same;

    same = inflateInit2(&stream, 15 + 16) == Z_OK && inflate(&stream, Z_FINISH) == Z_STREAM_END &&
           stream.total_out == size && !memcmp(plain, bytes, size);
    inflateEnd(&stream);
    return same;
}

static const shop_page_t *ask(shop_coding_t coding, apr_pool_t *pool)
{
    const struct shop_route_t *found = NULL;

    return front_get(&found, cache, TARGET, coding, pool);
}

static void a_reply_is_encoded_when_it_is_asked_for(void)
{
    const shop_page_t *page;
    char *bytes;

    open_cache(1 << 20);
    bytes = keep("page", TARGET, 5000);
    page = ask(SHOP_CODING_GZIP, t_pool);
    T_TRUE(page && page->coding == SHOP_CODING_GZIP && page->immortal && page->size < 500);
    T_STR(page->etag, "\"t-gzip\"");
    T_TRUE(is_gzip_of(page, bytes, 5000));
    T_TRUE(ask(SHOP_CODING_GZIP, t_pool)->bytes == page->bytes); /* made once */
    page = ask(SHOP_CODING_IDENTITY, t_pool);
    T_TRUE(page->coding == SHOP_CODING_IDENTITY && page->size == 5000);
    T_STR(page->etag, "\"t\"");
    cache->invalidate(cache, NULL, 0, t_pool);
    T_TRUE(!ask(SHOP_CODING_GZIP, t_pool));
}

static void small_ones_and_those_that_do_not_shrink_stay(void)
{
    const shop_page_t *page;
    unsigned seed = 1;
    char *bytes;

    open_cache(1 << 20);
    keep("page", TARGET, SHOP_CODING_LEAST - 1);
    page = ask(SHOP_CODING_GZIP, t_pool);
    T_TRUE(page->coding == SHOP_CODING_IDENTITY);

    bytes = apr_palloc(t_pool, 4096);
    for (int i = 0; i < 4096; i++) {
        bytes[i] = (char)((seed = seed * 1103515245 + 12345) >> 16);
    }
    T_TRUE(!shop_cache_encode(&(shop_page_t){ .etag = "\"t\"", .bytes = bytes, .size = 4096 },
                              SHOP_CODING_GZIP, t_pool));
}

static atomic_int encoded;
static const char *encoded_bytes[THREADS];

static void *ask_at_once(void *number)
{
    apr_allocator_t *allocator;
    apr_pool_t *pool;
    const shop_page_t *page;

    apr_allocator_create(&allocator);
    apr_pool_create_ex(&pool, NULL, NULL, allocator);
    apr_allocator_owner_set(allocator, pool);
    page = ask(SHOP_CODING_GZIP, pool);
    if (page && page->coding == SHOP_CODING_GZIP) {
        encoded++;
        encoded_bytes[*(int *)number] = page->bytes;
    }
    apr_pool_destroy(pool);
    return NULL;
}

static void one_thread_encodes_what_many_ask_for(void)
{
    pthread_t threads[THREADS];
    int numbers[THREADS];
    const char *kept;

    open_cache(1 << 24);
    keep("page", TARGET, 200000);
    encoded = 0;
    memset(encoded_bytes, 0, sizeof(encoded_bytes));
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        pthread_create(&threads[i], NULL, ask_at_once, &numbers[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    kept = ask(SHOP_CODING_GZIP, t_pool)->bytes;
    T_TRUE(encoded >= 1);
    for (int i = 0; i < THREADS; i++) {
        T_TRUE(!encoded_bytes[i] || encoded_bytes[i] == kept);
    }
}

/* What the codings take, other replies have no more. */
static void codings_count_in_the_bound(void)
{
    const int pages = 40;
    int plain = 0, with_codings = 0;

    for (int pass = 0; pass < 2; pass++) {
        open_cache(16 * 40 * 1024);
        for (int i = 0; i < pages * 16; i++) {
            const char *target = apr_psprintf(t_pool, "?/%d", i);
            const struct shop_route_t *found;
            const shop_page_t *page;

            keep(apr_psprintf(t_pool, "page%d", i), target, 1400);
            page = front_get(&found, cache, target, pass ? SHOP_CODING_GZIP : SHOP_CODING_IDENTITY,
                             t_pool);
            T_TRUE(page != NULL);
        }
        for (int i = 0; i < pages * 16; i++) {
            const struct shop_route_t *found;

            *(pass ? &with_codings : &plain) +=
                front_get(&found, cache, apr_psprintf(t_pool, "?/%d", i), SHOP_CODING_IDENTITY,
                          t_pool) != NULL;
        }
    }
    T_TRUE(counts.evictions > 0);
    t_assert(with_codings < plain, __LINE__, __FILE__, "%d pages with codings, %d without",
             with_codings, plain);
}

static const shop_test_t tests[] = {
    SHOP_TEST(the_best_weight_wins, "the best weight in Accept-Encoding wins"),
    SHOP_TEST(a_reply_is_encoded_when_it_is_asked_for, "a reply is encoded when it is asked for"),
    SHOP_TEST(small_ones_and_those_that_do_not_shrink_stay,
              "small replies and those that do not shrink stay as they are"),
    SHOP_TEST(one_thread_encodes_what_many_ask_for, "one thread encodes what many ask for"),
    SHOP_TEST(codings_count_in_the_bound, "codings count in the cache's bound"),
    SHOP_TEST_END,
};
SHOP_SUITE("codings", tests)
