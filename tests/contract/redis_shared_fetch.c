/* SPDX-License-Identifier: MIT
 * Many requests on several hosts miss the same entry: one of them reads the store. */
#include <apr_time.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "redis_shared_fetch.h"

#include "mod_shop/cache/cache_redis.h"
#include "tests/kit/still_clock.h"

#define HOSTS 3
#define THREADS 12
#define KEY "/products?limit=2"

static const shop_page_t page = { .etag = "\"abc\"", .bytes = "{\"a\":1}", .size = 7 };
static shop_settings_t settings;
static shop_redis_t *redis;
static shop_cache_t *hosts[HOSTS];
static atomic_int reads, hits;

static int64_t ask(const char *first, const char *second)
{
    const char *argv[] = { first, second };
    shop_redis_value_t value;

    T_OK(shop_redis_command(&value, redis, true, second ? 2 : 1, argv, NULL, t_pool));
    return value.kind == SHOP_REDIS_ARRAY ? value.count : value.integer;
}

static int64_t locks(void)
{
    return ask("KEYS", "*:f:*");
}

static void begin(void)
{
    shop_settings_defaults(&settings);
    settings.instance = "contract";
    settings.redis_url =
        apr_psprintf(t_pool, "redis://127.0.0.1:%s", getenv("SHOP_TEST_REDIS_PORT"));
    /* Two cores and many threads: a late wake-up must not count as an absent Redis. */
    settings.redis_command_ms = settings.redis_connect_ms = 5000;
    for (int i = 0; i < HOSTS; i++) {
        T_OK(shop_redis_open(&redis, &settings, t_pool));
        hosts[i] = shop_cache_redis(redis, NULL, NULL, t_pool);
    }
    ask("FLUSHALL", NULL);
    reads = hits = 0;
    t_clock_go();
}

/* Whoever waits does not give up, and the lock does not expire under a slow reader. */
static void take_all_the_time(apr_pool_t *pool)
{
    static const char script[] = "for _, key in ipairs(redis.call('KEYS', '*:f:*')) do\n"
                                 "redis.call('PEXPIRE', key, 600000) end return 1";
    shop_redis_value_t value;

    T_OK(shop_redis_script(&value, redis, script, 0, 0, NULL, pool));
}

static apr_pool_t *new_pool(void)
{
    apr_allocator_t *allocator;
    apr_pool_t *pool;

    apr_allocator_create(&allocator);
    apr_pool_create_ex(&pool, NULL, NULL, allocator);
    apr_allocator_owner_set(allocator, pool);
    return pool;
}

static void *read_through(void *host)
{
    apr_pool_t *pool = new_pool();
    shop_cache_t *cache = host;
    shop_cache_slot_t slot;

    if (cache->get(cache, KEY, &slot, 60, pool)) {
        hits++;
    } else {
        reads++;
        take_all_the_time(pool);
        apr_sleep(apr_time_from_msec(100)); /* so that the others have to wait */
        cache->put(cache, &slot, &page, 60, pool);
    }
    apr_pool_destroy(pool);
    return NULL;
}

static void start(pthread_t *threads)
{
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, read_through, hosts[i % HOSTS]);
    }
}

static void join(const pthread_t *threads)
{
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void one_of_many_on_all_hosts_reads_the_store(void)
{
    pthread_t threads[THREADS];

    begin();
    t_clock_stop();
    start(threads);
    join(threads);
    T_INT(reads, 1);
    T_INT(hits, THREADS - 1);
}

/* Who waits for the old catalogue's reply must not get it, and again only one of them reads. */
static void a_change_ends_the_wait(void)
{
    pthread_t threads[THREADS];
    apr_pool_t *pool = new_pool();
    shop_cache_slot_t slot;

    begin();
    t_clock_stop();
    T_TRUE(!hosts[0]->get(hosts[0], KEY, &slot, 60, pool));
    take_all_the_time(pool);
    start(threads);
    apr_sleep(apr_time_from_msec(50));
    T_INT(reads, 0);
    hosts[0]->invalidate(hosts[0], NULL, 0, t_pool);
    join(threads);
    T_INT(reads, 1);
    T_INT(hits, THREADS - 1);
    apr_pool_destroy(pool);
}

static void a_request_without_a_reply_releases_its_lock(void)
{
    apr_pool_t *pool = new_pool();
    shop_cache_slot_t slot;

    begin();
    T_TRUE(!hosts[0]->get(hosts[0], KEY, &slot, 60, pool));
    T_INT(locks(), 1);
    apr_pool_destroy(pool);
    T_INT(locks(), 0);
}

/* A process that died in the middle: its mark ends by itself, and nobody waits for longer. */
static void a_lock_that_is_never_released_expires(void)
{
    apr_pool_t *pool = new_pool();
    shop_cache_slot_t slot;
    shop_cache_slot_t own;

    begin();
    T_TRUE(!hosts[0]->get(hosts[0], KEY, &slot, 60, pool));
    T_TRUE(!hosts[1]->get(hosts[1], KEY, &own, 60, t_pool));
    T_TRUE(own.usable);
    T_STR(own.generation, slot.generation);
    apr_pool_destroy(pool);
}

/* Replies that are not cached take no lock. */
static void without_a_lifetime_nobody_waits(void)
{
    shop_cache_slot_t slot;

    begin();
    T_TRUE(!hosts[0]->get(hosts[0], KEY, &slot, 0, t_pool));
    T_INT(locks(), 0);
}

const shop_test_t redis_shared_fetch_tests[] = {
    SHOP_TEST(one_of_many_on_all_hosts_reads_the_store, "one of many on all hosts reads the store"),
    SHOP_TEST(a_change_ends_the_wait, "a change ends the wait"),
    SHOP_TEST(a_request_without_a_reply_releases_its_lock,
              "a request without a reply releases its lock"),
    SHOP_TEST(a_lock_that_is_never_released_expires, "a lock that is never released expires"),
    SHOP_TEST(without_a_lifetime_nobody_waits, "without a lifetime no request waits"),
    SHOP_TEST_END,
};
