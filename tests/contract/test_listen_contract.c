/* SPDX-License-Identifier: MIT
 * A change of one host reaches the other, and a host knows when it would not. Two hosts are two
 * sets of shared memory with a listener thread each, on a Redis of this program's own, because it
 * is stopped and killed. Needs SHOP_TEST_REDIS_PORT as a sign that Redis is to be tested, and
 * redis-server on PATH; exit 77 (skipped) without. */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mod_shop/hosts/listener.h"
#include "mod_shop/base/clock.h"
#include "mod_shop/base/log.h"
#include "mod_shop/guard/revoked_redis.h"
#include "mod_shop/guard/revoked_shm.h"
#include "mod_shop/cache/cache_redis.h"
#include "mod_shop/hosts/announce.h"
#include "mod_shop/hosts/redis_keys.h"
#include "tests/kit/harness.h"

#define TOKEN_S 900
#define PATIENCE_MS 10000 /* for what must happen some time: the machine may be busy */
#define STEP_MS 10
#define STOP_STEPS (1000 / STEP_MS) /* within which a listener stops */

static shop_settings_t settings;
static pid_t server;
static int port;
static atomic_int logged[1000];
static atomic_int timeouts; /* subscriptions given up because the server said nothing */

static void count_log(shop_log_level_t level, int number, const char *request_id, const char *text)
{
    (void)level;
    (void)request_id;
    logged[number]++;
    timeouts += strstr(text, "no answer to PING") != NULL;
}

/* ---- the server ---- */

/* redis-server opens its port itself and comes back to it after a stop; scripts/ports.py chooses
 * one that outgoing connections do not get meanwhile. 0 when there is none. */
static int choose_port(void)
{
    const char *srcdir = getenv("srcdir");
    char command[4096];
    FILE *chosen;
    int number = 0;

    apr_snprintf(command, sizeof(command), "python3 '%s/scripts/ports.py'", srcdir ? srcdir : ".");
    chosen = popen(command, "r");
    if (chosen) {
        if (fscanf(chosen, "%d", &number) != 1) {
            number = 0;
        }
        pclose(chosen);
    }
    return number;
}

static bool answers(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    char bytes[16] = "";
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool done;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    done = fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof(address)) &&
           write(fd, "PING\r\n", 6) == 6 && read(fd, bytes, sizeof(bytes) - 1) > 0 &&
           !strncmp(bytes, "+PONG", 5);
    if (fd >= 0) {
        close(fd);
    }
    return done;
}

static int start_server(void)
{
    char number[16];

    if (!port) {
        port = choose_port();
    }
    apr_snprintf(number, sizeof(number), "%d", port);
    server = fork();
    if (server == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* not to outlive a test that was killed */
        (void)!freopen("/dev/null", "w", stdout);
        execlp("redis-server", "redis-server", "--bind", "127.0.0.1", "--port", number, "--save",
               "", "--appendonly", "no", "--dir", "/tmp", (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 1000 && server > 0; i++) {
        if (answers()) {
            return 0;
        }
        if (waitpid(server, NULL, WNOHANG) == server) {
            server = 0;
            return 1;
        }
        usleep(20 * 1000);
    }
    return 1;
}

static int stop_server(void)
{
    if (server > 0) {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    }
    server = 0;
    return 0;
}

/* It answers nothing from now on. The time by which it had stopped. */
static apr_time_t pause_server(void)
{
    kill(server, SIGSTOP);
    T_INT(waitpid(server, NULL, WUNTRACED), server);
    return shop_clock_monotonic();
}

/* ---- a host ---- */

typedef struct host_t {
    unsigned cache_pending, revoked_pending;
    shop_redis_t *redis;
    shop_changes_t *changes;
    shop_cache_t *cache;
    shop_revoked_t *stored, *revoked;
    shop_listener_t *listener;
    atomic_bool stop, stopped;
    pthread_t thread;
    apr_pool_t *pool; /* of the thread */
} host_t;

static shop_redis_t *open_redis(int at)
{
    shop_redis_t *opened = NULL;
    shop_settings_t own = settings;

    own.redis_url = apr_psprintf(t_pool, "redis://127.0.0.1:%d", at);
    T_OK(shop_redis_open(&opened, &own, t_pool));
    return opened;
}

/* Its processes may reach Redis elsewhere than its listener does. */
static host_t *make_host(int commands_at)
{
    host_t *host = apr_pcalloc(t_pool, sizeof(*host));
    shop_redis_t *commands = open_redis(commands_at);

    host->redis = open_redis(port);
    host->changes = shop_changes_attach(NULL, true, t_pool);
    host->cache = shop_cache_redis(commands, &host->cache_pending, host->changes, t_pool);
    host->stored =
        shop_revoked_redis(commands, host->changes, TOKEN_S, &host->revoked_pending, t_pool);
    host->revoked = shop_revoked_shm(NULL, host->stored, host->changes, TOKEN_S,
                                     &host->revoked_pending, t_pool);
    return host;
}

static void *listen_on(void *data)
{
    host_t *host = data;

    shop_listener_run(host->listener, &host->stop, host->pool);
    atomic_store(&host->stopped, true);
    return NULL;
}

static bool is_live(const host_t *host)
{
    return shop_changes_is_live(host->changes, shop_clock_monotonic());
}

static bool is_complete(const host_t *host)
{
    return shop_revoked_shm_is_complete(host->revoked, shop_clock_monotonic());
}

static bool is_good(const host_t *host, uint64_t as_of, const char *subject)
{
    uint32_t cell = shop_changes_cell(subject);

    /* Read long ago: fresh only while the host is live. */
    return shop_changes_is_fresh(host->changes, as_of, 0, &cell, 1, shop_clock_monotonic());
}

/* Positively: good, or the machine was so busy that the host lost its subscription meanwhile. */
static bool stays_good(const host_t *host, uint64_t as_of, const char *subject, int lost)
{
    return is_good(host, as_of, subject) || !is_live(host) ||
           logged[SHOP_LOG_SUBSCRIPTION_LOST] != lost;
}

/* A host that was heard last before then: is it trusted a second later? */
static bool is_trusted_after(const host_t *host, apr_time_t last)
{
    return shop_changes_is_live(host->changes, last + apr_time_from_sec(1));
}

static bool knows_sid(const host_t *host)
{
    return host->revoked->lookup(host->revoked, "sid", t_pool) == SHOP_REVOKED_YES;
}

/* Milliseconds until it held; PATIENCE_MS when it did not. */
static int until(bool (*holds)(const host_t *), bool wanted, const host_t *host)
{
    apr_time_t start = shop_clock_monotonic();
    int ms = 0;

    while (holds(host) != wanted && ms < PATIENCE_MS) {
        usleep(5000);
        ms = (int)apr_time_as_msec(shop_clock_monotonic() - start);
    }
    return ms;
}

static int until_stale(const host_t *host, uint64_t as_of, const char *subject)
{
    apr_time_t start = shop_clock_monotonic();
    int ms = 0;

    while (is_good(host, as_of, subject) && ms < PATIENCE_MS) {
        usleep(2000);
        ms = (int)apr_time_as_msec(shop_clock_monotonic() - start);
    }
    return ms;
}

/* The listener pays debts and loads on a connection of its own. */
static host_t *start_host(int commands_at)
{
    host_t *host = make_host(commands_at);
    shop_redis_t *own = open_redis(port);

    host->listener = shop_listener_create(
        host->redis, host->changes,
        shop_cache_redis(own, &host->cache_pending, host->changes, t_pool), host->revoked,
        shop_revoked_redis(own, host->changes, TOKEN_S, &host->revoked_pending, t_pool), t_pool);
    apr_pool_create_unmanaged(&host->pool);
    pthread_create(&host->thread, NULL, listen_on, host);
    T_TRUE(until(is_live, true, host) < PATIENCE_MS);
    return host;
}

/* Live, and never complete, for a second and a half. */
static void expect_incomplete(const host_t *host)
{
    for (int i = 0; i < 300; i++) {
        T_TRUE(!is_complete(host));
        usleep(5000);
    }
    T_TRUE(until(is_live, true, host) < PATIENCE_MS);
    T_TRUE(!is_complete(host));
}

/* How many sleeps of STEP_MS it took: on a busy machine a sleep is late as well, and counts once.
 */
static int stop_host(host_t *host)
{
    int steps = 0;

    atomic_store(&host->stop, true);
    while (!atomic_load(&host->stopped) && steps < PATIENCE_MS / STEP_MS) {
        usleep(STEP_MS * 1000);
        steps++;
    }
    pthread_join(host->thread, NULL);
    apr_pool_destroy(host->pool);
    return steps;
}

/* ---- Redis by hand ---- */

static shop_redis_value_t run(int argc, const char *const *argv)
{
    shop_redis_value_t value = { .kind = SHOP_REDIS_NIL };

    T_OK(shop_redis_command(&value, open_redis(port), true, argc, argv, NULL, t_pool));
    return value;
}

static void flush_all(void)
{
    (void)run(1, (const char *const[]){ "FLUSHALL" });
}

static void publish(const char *text)
{
    const char *channel = shop_redis_channel_changes(shop_redis_prefix(open_redis(port)), t_pool);

    (void)run(3, (const char *const[]){ "PUBLISH", channel, text });
}

/* As if the set of ended sessions had been complete for longer than a token lives. */
static void age_sentinel(void)
{
    static const char script[] =
        "local s = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(0')\n"
        "if #s == 1 then redis.call('ZINCRBY', KEYS[1], ARGV[1], s[1]) end return #s";
    host_t *host = make_host(port);
    const char *argv[] = { apr_pstrcat(t_pool, shop_redis_prefix(host->redis), "deny", NULL),
                           apr_itoa(t_pool, TOKEN_S + 60) };
    shop_redis_value_t value;

    (void)host->stored->lookup(host->stored, "plants it", t_pool);
    T_OK(shop_redis_script(&value, host->redis, script, 1, 2, argv, t_pool));
    T_INT(value.integer, 1);
}

static void fresh(void)
{
    flush_all();
    age_sentinel();
}

/* ---- changes ---- */

static void a_change_of_one_host_reaches_the_other(void)
{
    host_t *one, *two;
    uint64_t as_of, own;
    const char *const ids[] = { "p1", "p2" };

    fresh();
    one = start_host(port);
    two = start_host(port);
    for (int round = 0; round < 50; round++) {
        int lost = logged[SHOP_LOG_SUBSCRIPTION_LOST];

        T_TRUE(until(is_live, true, two) < PATIENCE_MS);
        as_of = shop_changes_sequence(two->changes);
        own = shop_changes_sequence(one->changes);
        T_TRUE(stays_good(two, as_of, "p1", lost));
        one->cache->invalidate(one->cache, ids, 2, t_pool);
        T_TRUE(until_stale(two, as_of, "p2") < PATIENCE_MS);
        T_TRUE(!is_good(two, as_of, "p1"));
        T_TRUE(stays_good(two, as_of, "p3", lost));
        T_TRUE(stays_good(one, own, "p1", lost)); /* its own announcement tells it nothing */
    }
    as_of = shop_changes_sequence(two->changes);
    one->cache->invalidate(one->cache, NULL, 0, t_pool);
    T_TRUE(until_stale(two, as_of, "p3") < PATIENCE_MS);
    T_TRUE(is_live(two));
    stop_host(one);
    stop_host(two);
}

static void what_could_not_be_announced_is_announced_later_as_everything(void)
{
    host_t *one, *two;
    uint64_t as_of;
    const char *const ids[] = { "p1" };
    int lost;

    fresh();
    two = start_host(port);
    one = make_host(1); /* nobody is there */
    lost = logged[SHOP_LOG_SUBSCRIPTION_LOST];
    as_of = shop_changes_sequence(two->changes);
    one->cache->invalidate(one->cache, ids, 1, t_pool);
    T_TRUE(one->cache_pending != 0);
    usleep(300 * 1000);
    T_TRUE(stays_good(two, as_of, "p1", lost));
    T_TRUE(shop_cache_redis_flush(
        shop_cache_redis(open_redis(port), &one->cache_pending, one->changes, t_pool), t_pool));
    T_TRUE(until_stale(two, as_of, "any other") < PATIENCE_MS);
    stop_host(two);
}

static void the_listener_makes_good_what_its_host_owes(void)
{
    host_t *one, *two;
    uint64_t as_of;

    fresh();
    two = start_host(port);
    one = start_host(1);
    T_TRUE(until(is_complete, true, two) < PATIENCE_MS);
    as_of = shop_changes_sequence(two->changes);
    one->cache->invalidate(one->cache, NULL, 0, t_pool);
    T_TRUE(until_stale(two, as_of, "p1") < PATIENCE_MS);
    one->revoked->add(one->revoked, "sid", TOKEN_S, t_pool);
    T_INT(one->revoked->lookup(one->revoked, "sid", t_pool), SHOP_REVOKED_YES);
    T_TRUE(until(is_complete, false, two) < PATIENCE_MS);
    T_INT(two->revoked->lookup(two->revoked, "sid", t_pool), SHOP_REVOKED_UNKNOWN);
    T_TRUE(is_live(two));
    stop_host(one);
    stop_host(two);
}

static void what_nobody_understands_is_everything(void)
{
    host_t *two;
    uint64_t as_of;

    fresh();
    two = start_host(port);
    T_TRUE(until(is_complete, true, two) < PATIENCE_MS);
    as_of = shop_changes_sequence(two->changes);
    publish("1 Q 5");
    T_TRUE(until_stale(two, as_of, "p1") < PATIENCE_MS);
    T_TRUE(!is_complete(two));
    T_TRUE(is_live(two));
    stop_host(two);
}

/* ---- connections ---- */

static void a_cut_connection_is_noticed_and_everything_counts_as_changed(void)
{
    host_t *two;
    uint64_t as_of;
    int before;

    fresh();
    two = start_host(port);
    for (int round = 0; round < 3; round++) {
        int lost = logged[SHOP_LOG_SUBSCRIPTION_LOST], silent = timeouts;

        before = logged[SHOP_LOG_SUBSCRIBED];
        T_TRUE(until(is_complete, true, two) < PATIENCE_MS);
        as_of = shop_changes_sequence(two->changes);
        T_TRUE(stays_good(two, as_of, "p1", lost));
        T_INT(run(4, (const char *const[]){ "CLIENT", "KILL", "TYPE", "pubsub" }).integer, 1);
        T_TRUE(until_stale(two, as_of, "p1") < PATIENCE_MS);
        T_INT(timeouts, silent); /* the cut itself was noticed, not the silence behind it */
        T_TRUE(until(is_live, true, two) < PATIENCE_MS);
        T_TRUE(!is_good(two, as_of, "p1"));
        T_TRUE(logged[SHOP_LOG_SUBSCRIBED] >= before);
    }
    T_TRUE(logged[SHOP_LOG_SUBSCRIPTION_LOST] > 0);
    stop_host(two);
}

static void a_silent_server_is_not_trusted_for_longer_than_a_second(void)
{
    host_t *two;
    apr_time_t stopped;
    uint64_t as_of;

    fresh();
    two = start_host(port);
    T_TRUE(until(is_complete, true, two) < PATIENCE_MS);
    as_of = shop_changes_sequence(two->changes);
    stopped = pause_server();
    T_TRUE(!is_trusted_after(two, stopped)); /* whatever answers are still on the way */
    T_TRUE(until(is_live, false, two) < PATIENCE_MS);
    T_TRUE(!is_complete(two));
    T_TRUE(!is_good(two, as_of, "p1"));
    usleep(1500 * 1000);
    T_TRUE(!is_live(two));
    kill(server, SIGCONT);
    T_TRUE(until(is_live, true, two) < PATIENCE_MS);
    T_TRUE(!is_good(two, as_of, "p1"));
    T_TRUE(until(is_complete, true, two) < PATIENCE_MS); /* the same run: its set still counts */
    stop_host(two);
}

static void a_restarted_server_is_live_but_not_trusted(void)
{
    host_t *one, *two;
    uint64_t as_of;

    fresh();
    one = start_host(port);
    two = start_host(port);
    T_TRUE(until(is_complete, true, two) < PATIENCE_MS);
    one->revoked->add(one->revoked, "sid", TOKEN_S, t_pool);
    T_TRUE(until(knows_sid, true, two) < PATIENCE_MS);
    as_of = shop_changes_sequence(two->changes);
    stop_server();
    T_TRUE(!is_trusted_after(two, shop_clock_monotonic()));
    T_TRUE(until(is_live, false, two) < PATIENCE_MS);
    T_TRUE(!is_good(two, as_of, "p1"));
    T_INT(start_server(), 0);
    T_TRUE(until(is_live, true, two) < PATIENCE_MS);
    T_TRUE(until(is_live, true, one) < PATIENCE_MS);
    usleep(1200 * 1000);
    T_TRUE(!is_complete(two));
    T_INT(two->revoked->lookup(two->revoked, "sid", t_pool), SHOP_REVOKED_YES); /* still known */
    T_INT(two->revoked->lookup(two->revoked, "other", t_pool), SHOP_REVOKED_UNKNOWN);
    age_sentinel();
    T_TRUE(until(is_complete, true, two) < PATIENCE_MS);
    stop_host(one);
    stop_host(two);
}

/* The quickest of several: what a busy machine adds is not the listener's. */
static int quickest_stop(bool answers)
{
    int best = PATIENCE_MS / STEP_MS;

    for (int round = 0; round < 5; round++) {
        host_t *two = start_host(port);
        int took;

        if (!answers) {
            (void)pause_server();
            usleep(800 * 1000);
        }
        took = stop_host(two);
        kill(server, SIGCONT);
        T_TRUE(!is_live(two)); /* and says so */
        best = took < best ? took : best;
    }
    return best;
}

static void a_listener_stops_on_request(void)
{
    int took;

    fresh();
    took = quickest_stop(true);
    t_assert(took < STOP_STEPS, __LINE__, __FILE__, "it took %d steps", took);
    took = quickest_stop(false);
    t_assert(took < STOP_STEPS, __LINE__, __FILE__, "it took %d steps without an answer", took);
}

/* ---- ended sessions ---- */

static int64_t scripts_run(void)
{
    shop_redis_value_t value = run(2, (const char *const[]){ "INFO", "commandstats" });
    const char *at = strstr(value.bytes, "cmdstat_evalsha:calls=");

    return at ? apr_atoi64(at + 22) : 0;
}

static void a_session_ended_on_one_host_is_refused_by_the_other_one(void)
{
    host_t *one, *two;
    int64_t before;

    fresh();
    one = start_host(port);
    two = start_host(port);
    T_TRUE(until(is_complete, true, one) < PATIENCE_MS);
    T_TRUE(until(is_complete, true, two) < PATIENCE_MS);
    before = scripts_run();
    for (int i = 0; i < 200; i++) {
        T_INT(two->revoked->lookup(two->revoked, "sid", t_pool), SHOP_REVOKED_NO);
    }
    T_INT(scripts_run(), before); /* nobody was asked */
    one->revoked->add(one->revoked, "sid", TOKEN_S, t_pool);
    T_TRUE(knows_sid(one));
    T_TRUE(until(knows_sid, true, two) < PATIENCE_MS);
    T_INT(two->revoked->lookup(two->revoked, "other", t_pool), SHOP_REVOKED_NO);
    T_INT(scripts_run(), before + 1); /* the one that added it */
    flush_all();                      /* what they know they do not know from Redis */
    T_TRUE(knows_sid(one) && knows_sid(two));
    T_INT(two->revoked->lookup(two->revoked, "other", t_pool), SHOP_REVOKED_NO);
    stop_host(one);
    stop_host(two);
}

static void who_comes_later_reads_what_was_ended_before(void)
{
    host_t *one, *two;

    fresh();
    one = make_host(port);
    for (int i = 0; i < 1000; i++) {
        one->stored->add(one->stored, apr_psprintf(t_pool, "sid%d", i), TOKEN_S, t_pool);
    }
    two = start_host(port);
    T_TRUE(until(is_complete, true, two) < PATIENCE_MS);
    for (int i = 0; i < 1000; i++) {
        T_INT(two->revoked->lookup(two->revoked, apr_psprintf(t_pool, "sid%d", i), t_pool),
              SHOP_REVOKED_YES);
    }
    T_INT(two->revoked->lookup(two->revoked, "other", t_pool), SHOP_REVOKED_NO);
    stop_host(two);
    flush_all(); /* the sentinel is gone: nobody vouches for what a newcomer reads */
    two = start_host(port);
    expect_incomplete(two);
    T_INT(two->revoked->lookup(two->revoked, "other", t_pool), SHOP_REVOKED_UNKNOWN);
    stop_host(two);
}

static void more_than_the_capacity_is_never_called_complete(void)
{
    static const char script[] =
        "local now = tonumber(redis.call('TIME')[1])\n"
        "for i = 1, 5000 do redis.call('ZADD', KEYS[1], now + 900, 'sid' .. i) end return 1";
    host_t *two = make_host(port);
    const char *argv[] = { apr_pstrcat(t_pool, shop_redis_prefix(two->redis), "deny", NULL) };
    shop_redis_value_t value;

    fresh();
    T_OK(shop_redis_script(&value, two->redis, script, 1, 1, argv, t_pool));
    two = start_host(port);
    expect_incomplete(two);
    for (int i = 1; i <= 5000; i += 250) {
        T_INT(two->revoked->lookup(two->revoked, apr_psprintf(t_pool, "sid%d", i), t_pool),
              SHOP_REVOKED_YES);
    }
    stop_host(two);
}

static void a_user_who_may_not_publish_is_not_believed(void)
{
    host_t *one;
    shop_settings_t before = settings;
    const char *const ids[] = { "p1" };

    fresh();
    (void)run(7,
              (const char *const[]){ "ACL", "SETUSER", "shopper", "on", ">geheim", "~*", "+@all" });
    one = make_host(port);
    settings.redis_password = "geheim";
    settings.redis_url = apr_psprintf(t_pool, "redis://shopper@127.0.0.1:%d", port);
    T_OK(shop_redis_open(&one->redis, &settings, t_pool));
    settings = before;
    one->cache = shop_cache_redis(one->redis, &one->cache_pending, one->changes, t_pool);
    one->stored =
        shop_revoked_redis(one->redis, one->changes, TOKEN_S, &one->revoked_pending, t_pool);
    one->cache->invalidate(one->cache, ids, 1, t_pool);
    T_TRUE(one->cache_pending != 0);
    T_TRUE(!shop_cache_redis_flush(one->cache, t_pool));
    one->stored->add(one->stored, "sid", TOKEN_S, t_pool);
    T_TRUE(one->revoked_pending != 0);
    T_INT(one->stored->lookup(one->stored, "other", t_pool), SHOP_REVOKED_UNKNOWN);
    T_TRUE(logged[SHOP_LOG_REDIS_ERROR] > 0);
    (void)run(3, (const char *const[]){ "ACL", "DELUSER", "shopper" });
}

int main(void)
{
    static const shop_test_t change_tests[] = {
        SHOP_TEST(a_change_of_one_host_reaches_the_other, "a change of one host reaches the other"),
        SHOP_TEST(what_could_not_be_announced_is_announced_later_as_everything,
                  "what could not be announced is announced later, as everything"),
        SHOP_TEST(the_listener_makes_good_what_its_host_owes,
                  "the listener makes good what its host owes"),
        SHOP_TEST(what_nobody_understands_is_everything, "what nobody understands is everything"),
        SHOP_TEST_END,
    };
    static const shop_test_t connection_tests[] = {
        SHOP_TEST(a_cut_connection_is_noticed_and_everything_counts_as_changed,
                  "a cut connection is noticed and everything counts as changed"),
        SHOP_TEST(a_silent_server_is_not_trusted_for_longer_than_a_second,
                  "a silent server is not trusted for longer than a second"),
        SHOP_TEST(a_restarted_server_is_live_but_not_trusted,
                  "a restarted server is live but not trusted"),
        SHOP_TEST(a_listener_stops_on_request, "a listener stops on request"),
        SHOP_TEST_END,
    };
    static const shop_test_t session_tests[] = {
        SHOP_TEST(a_session_ended_on_one_host_is_refused_by_the_other_one,
                  "a session ended on one host is refused by the other one"),
        SHOP_TEST(who_comes_later_reads_what_was_ended_before,
                  "who comes later reads what was ended before"),
        SHOP_TEST(more_than_the_capacity_is_never_called_complete,
                  "more than the capacity is never called complete"),
        SHOP_TEST(a_user_who_may_not_publish_is_not_believed,
                  "a user who may not publish is not believed"),
        SHOP_TEST_END,
    };
    static const shop_suite_t suites[] = {
        { "changes", change_tests, start_server, stop_server },
        { "connections", connection_tests, start_server, stop_server },
        { "ended sessions", session_tests, start_server, stop_server },
    };

    if (!getenv("SHOP_TEST_REDIS_PORT")) {
        puts("SHOP_TEST_REDIS_PORT is not set: skipped");
        return 77;
    }
    shop_settings_defaults(&settings);
    settings.instance = "contract";
    settings.redis_connect_ms = 1000; /* a busy machine is no fault of Redis */
    settings.redis_command_ms = 1000;
    shop_log_set_sink(count_log);
    return shop_tests_run(suites, (int)(sizeof(suites) / sizeof(suites[0])));
}
