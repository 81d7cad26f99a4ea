/* SPDX-License-Identifier: MIT
 * What drivers/redis.c and the adapters built on it promise, on a real Redis. Needs
 * SHOP_TEST_REDIS_PORT (a server of the tests' own: it is flushed); exit 77 (skipped) without. */
#include <apr_time.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mod_shop/base/clock.h"
#include "mod_shop/base/log.h"
#include "mod_shop/guard/limiter_redis.h"
#include "mod_shop/guard/revoked_redis.h"
#include "mod_shop/cache/cache_redis.h"
#include "redis_shared_fetch.h"
#include "redis_lease.h"
#include "tests/kit/harness.h"
#include "tests/kit/still_clock.h"

static const char *port;
static shop_settings_t settings;
static shop_redis_t *redis;
static atomic_int logged[1000];

static void count_log(shop_log_level_t level, int number, const char *request_id, const char *text)
{
    (void)level;
    (void)request_id;
    (void)text;
    logged[number]++;
}

static shop_redis_t *open_url(const char *url)
{
    shop_redis_t *opened = NULL;
    shop_settings_t own = settings;

    own.redis_url = url;
    T_OK(shop_redis_open(&opened, &own, t_pool));
    return opened;
}

static shop_error_t *ask(shop_redis_value_t *value, shop_redis_t *at, const char *text)
{
    const char *argv[8];
    int argc = 0;
    char *rest = apr_pstrdup(t_pool, text);
    char *state;

    for (char *word = strtok_r(rest, " ", &state); word && argc < 8;
         word = strtok_r(NULL, " ", &state)) {
        argv[argc++] = word;
    }
    return shop_redis_command(value, at, true, argc, argv, NULL, t_pool);
}

/* Two cores and many threads: a late wake-up must not count as an absent Redis. */
static shop_redis_t *open_patient(const char *url)
{
    int command = settings.redis_command_ms, connect = settings.redis_connect_ms;
    shop_redis_t *opened;

    settings.redis_command_ms = settings.redis_connect_ms = 2000;
    opened = open_url(url);
    settings.redis_command_ms = command;
    settings.redis_connect_ms = connect;
    return opened;
}

static shop_redis_t *open_real(void)
{
    return open_patient(apr_psprintf(t_pool, "redis://127.0.0.1:%s", port));
}

static void begin(void)
{
    shop_redis_value_t value;

    t_clock_go();
    redis = open_real();
    T_OK(ask(&value, redis, "FLUSHALL"));
    T_OK(ask(&value, redis, "CONFIG SET maxmemory 0"));
}

/* ---- a server that accepts and then follows a script ---- */

typedef enum { STALLS, ANSWERS_LATE, CLOSES } habit_t;

typedef struct fake_t {
    int fd, port;
    habit_t habit;
    atomic_int accepted;
    sem_t gave_up; /* posted when a late reply may be sent */
    int held[64];  /* connections left open */
    pthread_t thread;
} fake_t;

static void serve(fake_t *fake, int fd)
{
    char bytes[512];

    while (read(fd, bytes, sizeof(bytes)) > 0) {
        if (strstr(bytes, "INFO")) {
            static const char info[] = "$29\r\nmaxmemory_policy:noeviction\r\n\r\n";

            if (write(fd, info, sizeof(info) - 1) < 0) {
                return;
            }
        } else {
            if (fake->habit == ANSWERS_LATE) {
                static const char late[] = "$7\r\nforeign\r\n";

                sem_wait(&fake->gave_up);
                if (send(fd, late, sizeof(late) - 1, MSG_NOSIGNAL) < 0) {
                    return;
                }
            }
            return;
        }
        memset(bytes, 0, sizeof(bytes));
    }
}

static void *accept_all(void *data)
{
    fake_t *fake = data;

    for (;;) {
        int fd = accept(fake->fd, NULL, NULL);

        if (fd < 0) {
            return NULL;
        }
        serve(fake, fd);
        if (fake->habit == CLOSES) {
            close(fd);
        } else {
            fake->held[fake->accepted % 64] = fd;
        }
        fake->accepted++;
    }
}

static fake_t *start_fake(habit_t habit)
{
    fake_t *fake = apr_pcalloc(t_pool, sizeof(*fake));
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fake->habit = habit;
    sem_init(&fake->gave_up, 0, 0);
    fake->fd = socket(AF_INET, SOCK_STREAM, 0);
    T_INT(bind(fake->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    T_INT(listen(fake->fd, 64), 0);
    T_INT(getsockname(fake->fd, (struct sockaddr *)&address, &size), 0);
    fake->port = ntohs(address.sin_port);
    pthread_create(&fake->thread, NULL, accept_all, fake);
    return fake;
}

static void stop_fake(fake_t *fake)
{
    shutdown(fake->fd, SHUT_RDWR);
    pthread_join(fake->thread, NULL);
    sem_destroy(&fake->gave_up);
    close(fake->fd);
    for (int i = 0; i < 64; i++) {
        if (fake->held[i]) {
            close(fake->held[i]);
        }
    }
}

/* Those that were served, when there are so many, or after ten seconds. */
static int served(fake_t *fake, int wanted)
{
    for (int i = 0; i < 5000 && fake->accepted < wanted; i++) {
        usleep(2000);
    }
    return fake->accepted;
}

static int64_t ms_since(apr_time_t start)
{
    return apr_time_as_msec(shop_clock_monotonic() - start);
}

/* ---- commands ---- */

static void values_come_back_as_they_are(void)
{
    static const char bytes[] = "a\0b\r\n$-1\r\n";
    const char *set[] = { "SET", "bin", bytes };
    apr_size_t sizes[] = { 3, 3, sizeof(bytes) - 1 };
    shop_redis_value_t value;

    begin();
    T_OK(shop_redis_command(&value, redis, true, 3, set, sizes, t_pool));
    T_OK(ask(&value, redis, "GET bin"));
    T_INT(value.kind, SHOP_REDIS_STRING);
    T_INT(value.size, sizeof(bytes) - 1);
    T_TRUE(!memcmp(value.bytes, bytes, sizeof(bytes)));
    T_OK(ask(&value, redis, "GET nothing"));
    T_INT(value.kind, SHOP_REDIS_NIL);
    T_OK(ask(&value, redis, "INCRBY n 41"));
    T_INT(value.integer, 41);
    T_OK(ask(&value, redis, "MGET bin nothing"));
    T_INT(value.count, 2);
    T_INT(value.items[1].kind, SHOP_REDIS_NIL);
    T_ERR(ask(&value, redis, "INCR bin"), UNAVAILABLE);
    T_OK(ask(&value, redis, "PING"));
}

static void urls_are_judged_without_a_server(void)
{
    static const struct {
        const char *url;
        const char *says; /* NULL: good */
    } cases[] = {
        { "redis://127.0.0.1", NULL },
        { "redis://cache.example:6380/3", NULL },
        { "redis://shop@[::1]:6379/0", NULL },
        { "unix:/run/redis.sock", NULL },
        { "unix:redis.sock", "absolute path" },
        { "rediss://cache", "TLS" },
        { "http://cache", "not of the form" },
        { "redis://", "host is missing" },
        { "redis://h:0", "port" },
        { "redis://h:65536", "port" },
        { "redis://h:6379/x", "number of the database" },
        { "redis://u:secret@h", "ShopRedisPassword" },
        { "redis://[::1", "brackets" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *problem = shop_redis_url_problem(cases[i].url, t_pool);

        t_assert(cases[i].says ? problem && strstr(problem, cases[i].says) : !problem, __LINE__,
                 __FILE__, "%s: %s", cases[i].url, problem ? problem : "(good)");
        T_TRUE(!problem || !strstr(problem, "secret"));
    }
}

static void a_password_and_a_database_are_used(void)
{
    shop_redis_t *second;
    shop_redis_value_t value;

    begin();
    T_OK(ask(&value, redis, "SET where zero"));
    second = open_url(apr_psprintf(t_pool, "redis://127.0.0.1:%s/1", port));
    T_OK(ask(&value, second, "GET where"));
    T_INT(value.kind, SHOP_REDIS_NIL);
    T_OK(ask(&value, redis, "ACL SETUSER shopper on >geheim ~* +@all"));
    settings.redis_password = "geheim";
    second = open_url(apr_psprintf(t_pool, "redis://shopper@127.0.0.1:%s", port));
    T_OK(ask(&value, second, "ACL WHOAMI"));
    T_STR(value.bytes, "shopper");
    settings.redis_password = "falsch";
    second = open_url(apr_psprintf(t_pool, "redis://shopper@127.0.0.1:%s", port));
    T_ERR(ask(&value, second, "PING"), UNAVAILABLE);
    settings.redis_password = NULL;
    T_OK(ask(&value, redis, "ACL DELUSER shopper"));
}

static void a_stalled_server_costs_the_command_timeout(void)
{
    fake_t *fake = start_fake(STALLS);
    shop_redis_t *at = open_url(apr_psprintf(t_pool, "redis://127.0.0.1:%d", fake->port));
    shop_redis_value_t value;
    apr_time_t start = shop_clock_monotonic();

    T_ERR(ask(&value, at, "PING"), UNAVAILABLE);
    /* 50 ms are told; what a busy machine adds is less than a hundred times as much */
    t_assert(ms_since(start) >= 45 && ms_since(start) < 5000, __LINE__, __FILE__, "took %d ms",
             (int)ms_since(start));
    stop_fake(fake);
}

static void a_late_reply_never_answers_the_next_command(void)
{
    fake_t *fake = start_fake(ANSWERS_LATE);
    shop_redis_t *at;
    shop_redis_value_t value;
    int command = settings.redis_command_ms;

    settings.redis_command_ms = 500;
    at = open_url(apr_psprintf(t_pool, "redis://127.0.0.1:%d", fake->port));
    settings.redis_command_ms = command;
    T_ERR(ask(&value, at, "GET mine"), UNAVAILABLE);
    sem_post(&fake->gave_up);
    T_INT(served(fake, 1), 1); /* the reply is on its way */
    value.kind = SHOP_REDIS_NIL;
    T_ERR(ask(&value, at, "GET other"), UNAVAILABLE);
    T_TRUE(value.kind != SHOP_REDIS_STRING);
    sem_post(&fake->gave_up);
    T_INT(served(fake, 2), 2); /* each on a connection of its own */
    stop_fake(fake);
}

static void a_dead_idle_connection_is_replaced(void)
{
    shop_redis_value_t value;

    begin();
    for (int i = 0; i < 20; i++) {
        shop_redis_t *killer = open_real();

        T_OK(ask(&value, redis, "PING"));
        T_OK(ask(&value, killer, "CLIENT KILL TYPE normal SKIPME yes"));
        T_TRUE(value.integer >= 1);
        T_OK(ask(&value, redis, "PING"));
    }
}

static void five_failures_open_the_breaker_and_one_probe_closes_it(void)
{
    fake_t *fake = start_fake(CLOSES);
    shop_redis_t *at = open_patient(apr_psprintf(t_pool, "redis://127.0.0.1:%d", fake->port));
    shop_redis_value_t value;

    t_clock_stop();
    for (int i = 0; i < 5; i++) {
        T_ERR(ask(&value, at, "PING"), UNAVAILABLE);
    }
    T_INT(served(fake, 5), 5);
    for (int i = 0; i < 200; i++) {
        T_ERR(ask(&value, at, "PING"), UNAVAILABLE);
    }
    t_clock_pass(apr_time_from_msec(990));
    T_ERR(ask(&value, at, "PING"), UNAVAILABLE);
    t_clock_pass(apr_time_from_msec(20));
    for (int i = 0; i < 20; i++) {
        T_ERR(ask(&value, at, "PING"), UNAVAILABLE);
    }
    T_INT(served(fake, 6), 6);
    /* the next one that is served shows that there was none between */
    t_clock_pass(apr_time_from_msec(1010));
    T_ERR(ask(&value, at, "PING"), UNAVAILABLE);
    T_INT(served(fake, 7), 7);
    t_clock_go();
    stop_fake(fake);
}

static void a_script_runs_whether_known_or_not(void)
{
    static const char script[] = "return { KEYS[1], ARGV[1], 7 }";
    const char *argv[] = { "key", "arg" };
    shop_redis_value_t value;

    begin();
    for (int i = 0; i < 3; i++) {
        T_OK(shop_redis_script(&value, redis, script, 1, 2, argv, t_pool));
        T_INT(value.count, 3);
        T_STR(value.items[0].bytes, "key");
        T_STR(value.items[1].bytes, "arg");
        T_INT(value.items[2].integer, 7);
        if (i == 1) {
            shop_redis_value_t ignored;

            T_OK(ask(&ignored, redis, "SCRIPT FLUSH"));
        }
    }
}

/* ---- the limiter ---- */

#define THREADS 8

static shop_limiter_t *limiter;
static atomic_int passed;

static void *hit_often(void *data)
{
    apr_pool_t *pool = data;

    for (int i = 0; i < 125; i++) {
        shop_limit_state_t state;

        limiter->hit(&state, limiter, "one", 100, 60, 1, pool);
        passed += state.allowed;
    }
    return NULL;
}

static void run_hits(void)
{
    pthread_t threads[THREADS];
    apr_pool_t *pools[THREADS];

    passed = 0;
    for (int i = 0; i < THREADS; i++) {
        apr_pool_create_unmanaged(&pools[i]);
        pthread_create(&threads[i], NULL, hit_often, pools[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        apr_pool_destroy(pools[i]);
    }
}

static void of_a_thousand_hits_exactly_a_hundred_pass(void)
{
    shop_limit_state_t state;

    begin();
    redis = open_real();
    limiter = shop_limiter_redis(redis, shop_limiter_shm(NULL, 0, 1, t_pool), t_pool);
    run_hits();
    T_INT(passed, 100);
    limiter->hit(&state, limiter, "one", 100, 60, 0, t_pool);
    T_TRUE(!state.allowed);
    T_INT(state.remaining, 0);
    T_TRUE(state.reset_s >= 1 && state.reset_s <= 60);
    limiter->reset(limiter, "one", t_pool);
    limiter->hit(&state, limiter, "one", 100, 60, 0, t_pool);
    T_TRUE(state.allowed);
    T_INT(state.remaining, 100);
}

static void a_window_ends_by_itself(void)
{
    shop_limit_state_t state;
    shop_redis_value_t value;
    const char *key;

    begin();
    limiter = shop_limiter_redis(redis, shop_limiter_shm(NULL, 0, 1, t_pool), t_pool);
    limiter->hit(&state, limiter, "short", 1, 60, 1, t_pool);
    T_TRUE(state.allowed);
    limiter->hit(&state, limiter, "short", 1, 60, 1, t_pool);
    T_TRUE(!state.allowed);
    T_OK(ask(&value, redis, "KEYS *"));
    T_INT(value.count, 1);
    key = value.items[0].bytes;
    T_OK(ask(&value, redis, apr_psprintf(t_pool, "PTTL %s", key)));
    T_TRUE(value.integer > 0 && value.integer <= 60000); /* Redis ends it */
    T_OK(ask(&value, redis, apr_psprintf(t_pool, "DEL %s", key)));
    limiter->hit(&state, limiter, "short", 1, 60, 1, t_pool);
    T_TRUE(state.allowed);
}

static void without_redis_the_share_of_this_host_holds(void)
{
    shop_redis_t *nowhere = open_url("redis://127.0.0.1:1");

    limiter = shop_limiter_redis(nowhere, shop_limiter_shm(NULL, 0, 4, t_pool), t_pool);
    run_hits();
    T_INT(passed, 25);
}

/* ---- the cache ---- */

static const shop_page_t page = {
    .etag = "\"abc\"", .link = "</x>; rel=\"next\"", .bytes = "{\"a\":1}", .size = 7
};

static void a_stored_reply_comes_back_until_invalidated(void)
{
    shop_cache_t *cache;
    shop_cache_slot_t slot;
    const shop_page_t *got;

    begin();
    cache = shop_cache_redis(redis, NULL, NULL, t_pool);
    T_TRUE(!cache->get(cache, "/products?limit=2", &slot, 60, t_pool));
    T_TRUE(slot.usable);
    cache->put(cache, &slot, &page, 60, t_pool);
    got = cache->get(cache, "/products?limit=2", &slot, 60, t_pool);
    T_TRUE(got != NULL);
    if (got) {
        T_STR(got->etag, page.etag);
        T_STR(got->link, page.link);
        T_STR(got->bytes, page.bytes);
        T_INT(got->size, page.size);
    }
    T_TRUE(!cache->get(cache, "/products?limit=3", &slot, 60, t_pool));
    T_TRUE(cache->get(cache, "/products?limit=2", &slot, 60, t_pool) != NULL);
    cache->invalidate(cache, NULL, 0, t_pool);
    T_TRUE(!cache->get(cache, "/products?limit=2", &slot, 60, t_pool));
}

/* What a product that is not there leaves behind; run by scripts/test sanitize too. */
static void an_empty_reply_is_stored_too(void)
{
    static const shop_page_t empty;
    shop_cache_t *cache;
    shop_cache_slot_t slot;
    const shop_page_t *got;

    begin();
    cache = shop_cache_redis(redis, NULL, NULL, t_pool);
    T_TRUE(!cache->get(cache, "/products/gone", &slot, 60, t_pool));
    cache->put(cache, &slot, &empty, 60, t_pool);
    got = cache->get(cache, "/products/gone", &slot, 60, t_pool);
    T_TRUE(got != NULL);
    T_INT(got ? (int)got->size : -1, 0);
}

static void a_reply_read_before_a_change_is_not_served_after_it(void)
{
    shop_cache_t *cache;
    shop_cache_slot_t old;
    shop_cache_slot_t slot;

    begin();
    cache = shop_cache_redis(redis, NULL, NULL, t_pool);
    cache->get(cache, "k", &old, 60, t_pool);
    cache->invalidate(cache, NULL, 0, t_pool);
    cache->put(cache, &old, &page, 60, t_pool);
    T_TRUE(!cache->get(cache, "k", &slot, 60, t_pool));
}

static void an_emptied_redis_never_revives_old_replies(void)
{
    shop_cache_t *cache;
    shop_cache_slot_t old;
    shop_cache_slot_t slot;
    shop_redis_value_t value;

    begin();
    cache = shop_cache_redis(redis, NULL, NULL, t_pool);
    cache->get(cache, "k", &old, 60, t_pool);
    T_OK(ask(&value, redis, "FLUSHALL"));
    cache->put(cache, &old, &page, 60, t_pool);
    T_TRUE(!cache->get(cache, "k", &slot, 60, t_pool));
    T_TRUE(strcmp(old.generation, slot.generation) != 0);
}

static void a_poisoned_record_is_a_miss_and_deleted(void)
{
    shop_cache_t *cache;
    shop_cache_slot_t slot;
    shop_redis_value_t value;
    const char *name;

    begin();
    cache = shop_cache_redis(redis, NULL, NULL, t_pool);
    name = apr_pstrcat(t_pool, shop_redis_prefix(redis), "c:k", NULL);
    T_TRUE(!cache->get(cache, "k", &slot, 60, t_pool));
    for (int kind = 0; kind < 7; kind++) {
        const char *const records[] = {
            "",
            "rubbish",
            "shop1 ",
            "shop1 gen 1 5 0 7\nk\"abc\"{\"a\":1",
            apr_psprintf(t_pool, "shop1 %s 1 5 0 7\nx\"abc\"{\"a\":1}", slot.generation),
            apr_psprintf(t_pool, "shop1 %s 1 5 0 6\nk\"abc\"{\"a\":1}", slot.generation),
            apr_psprintf(t_pool, "shop1 %s 1 99999999999 0 7\nk\"abc\"{\"a\":1}", slot.generation)
        };
        const char *set[] = { "SET", name, records[kind] };

        T_OK(shop_redis_command(&value, redis, true, 3, set, NULL, t_pool));
        T_TRUE(!cache->get(cache, "k", &slot, 60, t_pool));
        T_OK(ask(&value, redis, apr_pstrcat(t_pool, "EXISTS ", name, NULL)));
        t_assert(value.integer == 0, __LINE__, __FILE__, "record %d was kept", kind);
    }
    T_TRUE(logged[SHOP_LOG_CACHE_CORRUPT] > 0);
    T_OK(ask(&value, redis, apr_pstrcat(t_pool, "LPUSH ", name, " x", NULL)));
    T_TRUE(!cache->get(cache, "k", &slot, 60, t_pool));
    cache->put(cache, &slot, &page, 60, t_pool);
    T_TRUE(cache->get(cache, "k", &slot, 60, t_pool) != NULL);
}

static void a_pending_change_is_sent_first(void)
{
    unsigned dirty = 0;
    shop_cache_t *cache;
    shop_cache_t *cut_off;
    shop_cache_slot_t slot;

    begin();
    cache = shop_cache_redis(redis, &dirty, NULL, t_pool);
    cut_off = shop_cache_redis(open_url("redis://127.0.0.1:1"), &dirty, NULL, t_pool);
    cache->get(cache, "k", &slot, 60, t_pool);
    cache->put(cache, &slot, &page, 60, t_pool);
    T_TRUE(cache->get(cache, "k", &slot, 60, t_pool) != NULL);
    cut_off->invalidate(cut_off, NULL, 0, t_pool);
    T_TRUE(dirty != 0);
    T_TRUE(!cut_off->get(cut_off, "k", &slot, 60, t_pool));
    T_TRUE(!slot.usable);
    T_TRUE(!cache->get(cache, "k", &slot, 60, t_pool)); /* sent now */
    T_TRUE(slot.usable);
    cache->put(cache, &slot, &page, 60, t_pool);
    T_TRUE(cache->get(cache, "k", &slot, 60, t_pool) != NULL);
}

/* ---- revocations ---- */

/* The sentinel as if it stood for so long. */
static void age_sentinel(int seconds)
{
    static const char script[] =
        "local s = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(0')\n"
        "if #s == 1 then redis.call('ZINCRBY', KEYS[1], ARGV[1], s[1]) end return #s";
    const char *argv[] = { apr_pstrcat(t_pool, shop_redis_prefix(redis), "deny", NULL),
                           apr_itoa(t_pool, seconds) };
    shop_redis_value_t value;

    T_OK(shop_redis_script(&value, redis, script, 1, 2, argv, t_pool));
    T_INT(value.integer, 1);
}

static void a_no_is_given_only_when_every_revocation_is_known(void)
{
    shop_revoked_t *revoked;
    shop_redis_value_t value;

    begin();
    revoked = shop_revoked_redis(redis, NULL, 900, NULL, t_pool);
    T_INT(revoked->lookup(revoked, "sid", t_pool), SHOP_REVOKED_UNKNOWN);
    T_INT(revoked->lookup(revoked, "sid", t_pool), SHOP_REVOKED_UNKNOWN);
    age_sentinel(900 + 60);
    T_INT(revoked->lookup(revoked, "sid", t_pool), SHOP_REVOKED_NO);
    revoked->add(revoked, "sid", 900, t_pool);
    T_INT(revoked->lookup(revoked, "sid", t_pool), SHOP_REVOKED_YES);
    T_INT(revoked->lookup(revoked, "other", t_pool), SHOP_REVOKED_NO);
    T_OK(ask(&value, redis, "FLUSHALL"));
    T_INT(revoked->lookup(revoked, "sid", t_pool), SHOP_REVOKED_UNKNOWN);
    age_sentinel(900 + 58);
    T_INT(revoked->lookup(revoked, "sid", t_pool), SHOP_REVOKED_UNKNOWN);
}

static void another_run_of_redis_is_not_believed(void)
{
    shop_revoked_t *revoked;
    shop_redis_value_t value;
    const char *key;

    begin();
    revoked = shop_revoked_redis(redis, NULL, 900, NULL, t_pool);
    key = apr_pstrcat(t_pool, shop_redis_prefix(redis), "deny", NULL);
    /* What a restart from an old snapshot leaves: an aged sentinel of a run that is over. */
    T_OK(ask(&value, redis, apr_pstrcat(t_pool, "ZADD ", key, " -5 =0123456789abcdef", NULL)));
    T_INT(revoked->lookup(revoked, "sid", t_pool), SHOP_REVOKED_UNKNOWN);
    T_OK(ask(&value, redis, apr_pstrcat(t_pool, "ZSCORE ", key, " =0123456789abcdef", NULL)));
    T_INT(value.kind, SHOP_REDIS_NIL);
}

static void a_full_redis_never_says_no_of_a_revoked_session(void)
{
    shop_revoked_t *revoked;
    shop_redis_value_t value;

    begin();
    revoked = shop_revoked_redis(redis, NULL, 900, NULL, t_pool);
    revoked->lookup(revoked, "sid", t_pool);
    age_sentinel(960);
    T_INT(revoked->lookup(revoked, "sid", t_pool), SHOP_REVOKED_NO);
    T_OK(ask(&value, redis, "CONFIG SET maxmemory 1"));
    revoked->add(revoked, "sid", 900, t_pool);
    T_TRUE(revoked->lookup(revoked, "sid", t_pool) != SHOP_REVOKED_NO);
    T_OK(ask(&value, redis, "CONFIG SET maxmemory 0"));
    T_TRUE(revoked->lookup(revoked, "sid", t_pool) != SHOP_REVOKED_NO);
}

static void rubbish_in_place_of_the_set_is_repaired(void)
{
    shop_revoked_t *revoked;
    shop_redis_value_t value;

    begin();
    revoked = shop_revoked_redis(redis, NULL, 900, NULL, t_pool);
    T_OK(ask(&value, redis, apr_pstrcat(t_pool, "SET ", shop_redis_prefix(redis), "deny x", NULL)));
    T_INT(revoked->lookup(revoked, "sid", t_pool), SHOP_REVOKED_UNKNOWN);
    revoked->add(revoked, "sid", 900, t_pool);
    T_INT(revoked->lookup(revoked, "sid", t_pool), SHOP_REVOKED_UNKNOWN);
    revoked->add(revoked, "sid", 900, t_pool);
    T_INT(revoked->lookup(revoked, "sid", t_pool), SHOP_REVOKED_YES);
}

static void a_pending_revocation_ends_trust(void)
{
    unsigned pending = 0;
    shop_revoked_t *revoked;
    shop_revoked_t *cut_off;

    begin();
    revoked = shop_revoked_redis(redis, NULL, 900, &pending, t_pool);
    cut_off = shop_revoked_redis(open_url("redis://127.0.0.1:1"), NULL, 900, &pending, t_pool);
    revoked->lookup(revoked, "sid", t_pool);
    age_sentinel(960);
    T_INT(revoked->lookup(revoked, "sid", t_pool), SHOP_REVOKED_NO);
    cut_off->add(cut_off, "sid", 900, t_pool);
    T_INT(cut_off->lookup(cut_off, "sid", t_pool), SHOP_REVOKED_UNKNOWN);
    T_INT(revoked->lookup(revoked, "sid", t_pool), SHOP_REVOKED_UNKNOWN);
    T_INT(revoked->lookup(revoked, "sid", t_pool), SHOP_REVOKED_UNKNOWN);
}

static const shop_test_t command_tests[] = {
    SHOP_TEST(values_come_back_as_they_are, "values come back as they are"),
    SHOP_TEST(urls_are_judged_without_a_server, "URLs are judged without a server"),
    SHOP_TEST(a_password_and_a_database_are_used, "a password and a database are used"),
    SHOP_TEST(a_stalled_server_costs_the_command_timeout,
              "a stalled server costs the command timeout"),
    SHOP_TEST(a_late_reply_never_answers_the_next_command,
              "a late reply never answers the next command"),
    SHOP_TEST(a_dead_idle_connection_is_replaced, "a dead idle connection is replaced"),
    SHOP_TEST(five_failures_open_the_breaker_and_one_probe_closes_it,
              "five failures open the breaker, a second later one probe goes through"),
    SHOP_TEST(a_script_runs_whether_known_or_not, "a script runs whether known or not"),
    SHOP_TEST_END,
};

static const shop_test_t limiter_tests[] = {
    SHOP_TEST(of_a_thousand_hits_exactly_a_hundred_pass,
              "of a thousand hits by eight threads exactly a hundred pass"),
    SHOP_TEST(a_window_ends_by_itself, "a window ends by itself"),
    SHOP_TEST(without_redis_the_share_of_this_host_holds,
              "without Redis the share of this host holds"),
    SHOP_TEST_END,
};

static const shop_test_t cache_tests[] = {
    SHOP_TEST(an_empty_reply_is_stored_too, "an empty reply is stored too"),
    SHOP_TEST(a_stored_reply_comes_back_until_invalidated,
              "a stored reply comes back until it is invalidated"),
    SHOP_TEST(a_reply_read_before_a_change_is_not_served_after_it,
              "a reply read before a change is not served after it"),
    SHOP_TEST(an_emptied_redis_never_revives_old_replies,
              "an emptied Redis never revives old replies"),
    SHOP_TEST(a_poisoned_record_is_a_miss_and_deleted, "a poisoned record is a miss and deleted"),
    SHOP_TEST(a_pending_change_is_sent_first,
              "a pending change is sent before anything is trusted"),
    SHOP_TEST_END,
};

static const shop_test_t revoked_tests[] = {
    SHOP_TEST(a_no_is_given_only_when_every_revocation_is_known,
              "a no is given only when every revocation is known"),
    SHOP_TEST(another_run_of_redis_is_not_believed, "another run of Redis is not believed"),
    SHOP_TEST(a_full_redis_never_says_no_of_a_revoked_session,
              "a full Redis never says no of a revoked session"),
    SHOP_TEST(rubbish_in_place_of_the_set_is_repaired, "rubbish in place of the set is repaired"),
    SHOP_TEST(a_pending_revocation_ends_trust, "a pending revocation ends the trust in Redis"),
    SHOP_TEST_END,
};

int main(void)
{
    static const shop_suite_t suites[] = {
        { "redis", command_tests, NULL, NULL },
        { "limiter in redis", limiter_tests, NULL, NULL },
        { "leases from redis", redis_lease_tests, NULL, NULL },
        { "cache in redis", cache_tests, NULL, NULL },
        { "filling the cache in redis", redis_shared_fetch_tests, NULL, NULL },
        { "revocations in redis", revoked_tests, NULL, NULL },
    };

    port = getenv("SHOP_TEST_REDIS_PORT");
    if (!port || !*port) {
        puts("SHOP_TEST_REDIS_PORT is not set: skipped");
        return 77;
    }
    shop_settings_defaults(&settings);
    settings.instance = "contract";
    shop_log_set_sink(count_log);
    return shop_tests_run(suites, (int)(sizeof(suites) / sizeof(suites[0])));
}
