/* SPDX-License-Identifier: MIT
 * Leased rate limits on a real Redis: threads, processes and hosts together pass what was promised.
 */
#include <apr_time.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "redis_lease.h"

#include "mod_shop/base/clock.h"
#include "mod_shop/guard/limiter_redis.h"
#include "tests/kit/still_clock.h"

#define CHILDREN 4 /* of a host */
#define THREADS 2  /* of a child */
#define BYTES (256 * 1024)

static const char *port;
static shop_settings_t settings;

/* What all processes of a test see. */
typedef struct world_t {
    atomic_int passed;
    _Alignas(64) char memory[2][BYTES]; /* of two hosts */
} world_t;

static world_t *world;

static shop_redis_t *open_redis(const char *at)
{
    shop_redis_t *opened = NULL;

    settings.redis_url = apr_psprintf(t_pool, "redis://127.0.0.1:%s", at);
    /* Two cores and many processes: a late wake-up must not count as an absent Redis. */
    settings.redis_command_ms = 5000;
    settings.redis_connect_ms = 5000;
    T_OK(shop_redis_open(&opened, &settings, t_pool));
    return opened;
}

static void ask(shop_redis_value_t *value, const char *text)
{
    shop_redis_t *redis = open_redis(port);
    const char *argv[8];
    int argc = 0;
    char *state;

    for (char *word = strtok_r(apr_pstrdup(t_pool, text), " ", &state); word && argc < 8;
         word = strtok_r(NULL, " ", &state)) {
        argv[argc++] = word;
    }
    T_OK(shop_redis_command(value, redis, true, argc, argv, NULL, t_pool));
}

static void begin(void)
{
    shop_redis_value_t value;

    port = getenv("SHOP_TEST_REDIS_PORT");
    shop_settings_defaults(&settings);
    settings.instance = "contract";
    t_clock_go();
    ask(&value, "FLUSHALL");
    world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    T_TRUE(world != MAP_FAILED);
}

static shop_limiter_t *open_host(int host, int nodes, const char *at)
{
    shop_limiter_t *fallback = shop_limiter_shm(NULL, 0, nodes, t_pool);

    return shop_limiter_lease(shop_limiter_redis(open_redis(at), fallback, t_pool),
                              world->memory[host], BYTES, nodes, t_pool);
}

static int hits(shop_limiter_t *limiter, int times, int limit, int window_s)
{
    int passes = 0;
    apr_pool_t *pool;

    apr_pool_create_unmanaged(&pool);
    for (int i = 0; i < times; i++) {
        shop_limit_state_t state;

        limiter->hit(&state, limiter, "one", limit, window_s, 1, pool);
        passes += state.allowed;
    }
    apr_pool_destroy(pool);
    return passes;
}

typedef struct load_t {
    shop_limiter_t *limiter;
    int times, limit;
} load_t;

static void *run_load(void *data)
{
    const load_t *load = data;

    world->passed += hits(load->limiter, load->times, load->limit, 60);
    return NULL;
}

static void run_child(int host, int nodes, int times, int limit)
{
    load_t load = { open_host(host, nodes, port), times, limit };
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, run_load, &load);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void run_hosts(int hosts, int times, int limit)
{
    pid_t children[2 * CHILDREN];

    for (int i = 0; i < hosts * CHILDREN; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            run_child(i / CHILDREN, hosts, times, limit);
            _exit(0);
        }
    }
    for (int i = 0; i < hosts * CHILDREN; i++) {
        int status = 0;

        T_INT(waitpid(children[i], &status, 0), children[i]);
        T_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

/* 1,000 hits by eight threads in four processes. */
static void of_a_thousand_hits_exactly_a_hundred_pass(void)
{
    for (int round = 0; round < 5; round++) {
        begin();
        run_hosts(1, 125, 100);
        T_INT(world->passed, 100);
    }
}

static void two_hosts_stay_below_the_limit_and_waste_little(void)
{
    begin();
    run_hosts(2, 500, 1000);
    t_assert(world->passed >= 900 && world->passed <= 1000, __LINE__, __FILE__, "%d passed",
             world->passed);
}

static long scripts_run(void)
{
    shop_redis_value_t value;
    const char *at;

    ask(&value, "INFO commandstats");
    at = strstr(value.bytes, "cmdstat_evalsha:calls=");
    return at ? strtol(strchr(at, '=') + 1, NULL, 10) : 0;
}

static void a_thousand_hits_ask_redis_forty_times(void)
{
    shop_redis_value_t value;
    shop_limiter_t *limiter;
    long asked;

    begin();
    ask(&value, "CONFIG RESETSTAT");
    limiter = open_host(0, 1, port);
    for (int i = 0; i < 1000; i++) {
        shop_limit_state_t state;

        limiter->hit(&state, limiter, "one", 1000, 60, 1, t_pool);
        T_TRUE(state.allowed);
        T_INT(state.remaining, 999 - i);
        T_TRUE(state.reset_s >= 50 && state.reset_s <= 60);
    }
    T_INT(hits(limiter, 500, 1000, 60), 0);
    asked = scripts_run();
    t_assert(asked > 20 && asked <= 42, __LINE__, __FILE__, "%ld scripts", asked);
}

/* The only key; then it expires in so many milliseconds. */
static void expire_in(int ms)
{
    shop_redis_value_t value;
    const char *key;

    ask(&value, "KEYS *");
    T_INT(value.count, 1);
    key = value.items[0].bytes;
    ask(&value, apr_psprintf(t_pool, "PEXPIRE %s %d", key, ms));
    for (int i = 0; ms <= 1 && i < 1000; i++) {
        ask(&value, apr_psprintf(t_pool, "EXISTS %s", key));
        if (!value.integer) {
            return;
        }
        usleep(1000);
    }
    T_TRUE(ms > 1);
}

/* The window of a host is the one in Redis, which another host began; both clocks are moved by
 * hand. */
static void windows_go_by_redis(void)
{
    shop_limiter_t *first, *second;

    begin();
    t_clock_stop();
    first = open_host(0, 1, port);
    second = open_host(1, 1, port);
    T_INT(hits(first, 130, 100, 60), 100);
    expire_in(30000); /* as half a minute later */
    T_INT(hits(second, 130, 100, 60), 0);
    expire_in(1);
    t_clock_pass(apr_time_from_sec(29));
    T_INT(hits(second, 130, 100, 60), 0);
    t_clock_pass(apr_time_from_sec(1));
    T_INT(hits(second, 130, 100, 60), 100);
    T_INT(hits(second, 130, 100, 60), 0);
}

static void redis_away_and_back_gives_no_second_allowance(void)
{
    shop_limiter_t *there, *away;

    begin();
    there = open_host(0, 1, port);
    away = open_host(0, 1, "1"); /* the same host, unable to reach Redis */
    T_INT(hits(there, 40, 100, 60), 40);
    T_INT(hits(away, 30, 100, 60), 30);
    T_INT(hits(there, 1000, 100, 60), 30);
    T_INT(hits(away, 1000, 100, 60), 0);
}

static void an_emptied_redis_gives_no_second_allowance(void)
{
    shop_redis_value_t value;
    shop_limiter_t *limiter;

    begin();
    t_clock_stop();
    limiter = open_host(0, 1, port);
    T_INT(hits(limiter, 40, 100, 60), 40);
    t_clock_pass(apr_time_from_msec(1100));
    ask(&value, "FLUSHALL");
    T_INT(hits(limiter, 1000, 100, 60), 60);
    ask(&value, "KEYS *");
    T_INT(value.count, 1);
    ask(&value, apr_psprintf(t_pool, "PTTL %s", value.items[0].bytes));
    T_TRUE(value.integer > 0 && value.integer <= 59000); /* the window goes on */
}

static void rubbish_in_place_of_the_count_is_repaired(void)
{
    shop_redis_value_t value;
    shop_limiter_t *limiter;

    begin();
    limiter = open_host(0, 1, port);
    T_INT(hits(limiter, 40, 100, 60), 40);
    ask(&value, "KEYS *");
    ask(&value, apr_psprintf(t_pool, "SET %s rubbish KEEPTTL", value.items[0].bytes));
    T_INT(hits(limiter, 1000, 100, 60), 60);
}

static void looks_see_what_is_lent(void)
{
    shop_limit_state_t state;
    shop_limiter_t *limiter;

    begin();
    limiter = open_host(0, 1, port);
    T_INT(hits(limiter, 100, 100, 60), 100);
    limiter->hit(&state, limiter, "one", 100, 60, 0, t_pool);
    T_TRUE(!state.allowed);
    limiter->reset(limiter, "one", t_pool);
    T_INT(hits(limiter, 200, 100, 60), 100);
}

const shop_test_t redis_lease_tests[] = {
    SHOP_TEST(of_a_thousand_hits_exactly_a_hundred_pass,
              "of a thousand hits by eight threads in four processes exactly a hundred pass"),
    SHOP_TEST(two_hosts_stay_below_the_limit_and_waste_little,
              "two hosts stay below the limit and waste little"),
    SHOP_TEST(a_thousand_hits_ask_redis_forty_times, "a thousand hits ask Redis forty times"),
    SHOP_TEST(windows_go_by_redis, "windows go by Redis"),
    SHOP_TEST(redis_away_and_back_gives_no_second_allowance,
              "Redis away and back gives no second allowance"),
    SHOP_TEST(an_emptied_redis_gives_no_second_allowance,
              "an emptied Redis gives no second allowance"),
    SHOP_TEST(rubbish_in_place_of_the_count_is_repaired,
              "rubbish in place of the count is repaired"),
    SHOP_TEST(looks_see_what_is_lent, "looks see what is lent"),
    SHOP_TEST_END,
};
