/* SPDX-License-Identifier: MIT
 * Ended sessions in shared memory: a complete table answers alone, an incomplete one never says
 * "not ended". */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mod_shop/base/clock.h"
#include "mod_shop/guard/revoked_shm.h"
#include "mod_shop/hosts/pending_sync.h"
#include "tests/kit/harness.h"
#include "tests/kit/still_clock.h"

#define TOKEN_S 900
#define THREADS 8
#define EACH 200

static int asked, added;
static shop_revoked_answer_t next_answer;
static shop_changes_t *changes;
static shop_revoked_t *revoked;
static unsigned pending;

static shop_revoked_answer_t next_look(shop_revoked_t *port, const char *id, apr_pool_t *pool)
{
    (void)port;
    (void)id;
    (void)pool;
    asked++;
    return next_answer;
}

static void next_tell(shop_revoked_t *port, const char *id, int ttl_s, apr_pool_t *pool)
{
    (void)port;
    (void)id;
    (void)ttl_s;
    (void)pool;
    added++;
}

static shop_revoked_t next = { next_look, next_tell };

static void begin(void)
{
    t_clock_stop();
    asked = added = 0;
    pending = 0;
    next_answer = SHOP_REVOKED_UNKNOWN;
    changes = shop_changes_attach(NULL, true, t_pool);
    revoked = shop_revoked_shm(NULL, &next, changes, TOKEN_S, &pending, t_pool);
}

/* As the listener does, so many seconds ago; live now. */
static uint64_t subscribed_for(int seconds)
{
    apr_time_t now = shop_clock_monotonic();
    uint64_t subscription = shop_revoked_shm_subscribed(revoked, now - apr_time_from_sec(seconds));

    shop_changes_subscribed(changes, now);
    return subscription;
}

static void keep_live(void)
{
    shop_changes_alive(changes, shop_clock_monotonic());
}

/* The answer, and whether the next level was asked for it. */
static void expect(const char *id, shop_revoked_answer_t answer, int asks, int line)
{
    int before = asked;

    keep_live();
    t_int(revoked->lookup(revoked, id, t_pool), answer, line, __FILE__, id);
    t_int(asked - before, asks, line, __FILE__, "asked");
}
#define KNOWN(id, answer) expect(id, SHOP_REVOKED_##answer, 0, __LINE__)
#define ASKED(id) expect(id, next_answer, 1, __LINE__)

static void while_nobody_listens_the_next_level_is_asked(void)
{
    begin();
    T_INT(revoked->lookup(revoked, "sid", t_pool), SHOP_REVOKED_UNKNOWN);
    next_answer = SHOP_REVOKED_NO;
    T_INT(revoked->lookup(revoked, "sid", t_pool), SHOP_REVOKED_NO);
    T_INT(asked, 2);
    /* Not even a table that was called complete before. */
    shop_revoked_shm_complete(revoked, 0);
    T_TRUE(!shop_revoked_shm_is_complete(revoked, shop_clock_monotonic()));
    keep_live();
    T_TRUE(!shop_revoked_shm_is_complete(revoked, shop_clock_monotonic()));
}

static void a_live_complete_table_asks_nobody(void)
{
    begin();
    shop_revoked_shm_complete(revoked, subscribed_for(0));
    for (int i = 0; i < 100; i++) {
        KNOWN("sid", NO);
    }
    shop_changes_disconnected(changes);
    T_INT(revoked->lookup(revoked, "sid", t_pool), SHOP_REVOKED_UNKNOWN);
    T_INT(asked, 1);
}

static void after_a_second_without_a_sign_it_is_not_live(void)
{
    begin();
    shop_revoked_shm_complete(revoked, subscribed_for(0));
    T_TRUE(shop_revoked_shm_is_complete(revoked, shop_clock_monotonic()));
    T_TRUE(!shop_revoked_shm_is_complete(revoked, shop_clock_monotonic() + apr_time_from_sec(1)));
}

static void a_new_subscription_is_not_complete(void)
{
    uint64_t first;

    begin();
    first = subscribed_for(0);
    shop_revoked_shm_complete(revoked, first);
    KNOWN("sid", NO);
    subscribed_for(0);
    ASKED("sid");
    shop_revoked_shm_complete(revoked, first); /* read too late */
    ASKED("sid");
}

static void a_subscription_older_than_a_token_is_complete(void)
{
    begin();
    subscribed_for(TOKEN_S + 60 - 2);
    ASKED("sid");
    subscribed_for(TOKEN_S + 60 + 1);
    KNOWN("sid", NO);
}

static void what_this_host_ended_is_refused_at_once(void)
{
    begin();
    next_answer = SHOP_REVOKED_NO;
    revoked->add(revoked, "sid", TOKEN_S, t_pool);
    T_INT(added, 1);
    T_INT(revoked->lookup(revoked, "sid", t_pool), SHOP_REVOKED_YES);
    T_INT(asked, 0);
    shop_revoked_shm_complete(revoked, subscribed_for(0));
    KNOWN("sid", YES);
    KNOWN("other", NO);
}

static void an_entry_lasts_until_its_expiry(void)
{
    begin();
    shop_revoked_shm_complete(revoked, subscribed_for(0));
    shop_revoked_shm_add(revoked, "short", 1, t_pool);
    shop_revoked_shm_add(revoked, "long", 900, t_pool);
    KNOWN("short", YES);
    KNOWN("long", YES);
    t_clock_pass(apr_time_from_msec(1100));
    KNOWN("short", NO);
    KNOWN("long", YES);
    shop_revoked_shm_add(revoked, "short", 900, t_pool);
    KNOWN("short", YES);
}

static void telling_again_takes_no_more_room(void)
{
    begin();
    shop_revoked_shm_complete(revoked, subscribed_for(0));
    for (int i = 0; i < 20000; i++) {
        shop_revoked_shm_add(revoked, "sid", 900, t_pool);
    }
    KNOWN("sid", YES);
    KNOWN("other", NO);
}

static void a_full_table_is_incomplete_until_it_has_drained(void)
{
    enum { COUNT = 12000 };
    int known = 0;

    begin();
    shop_revoked_shm_complete(revoked, subscribed_for(0));
    for (int i = 0; i < COUNT; i++) {
        shop_revoked_shm_add(revoked, apr_psprintf(t_pool, "session %d", i), 6, t_pool);
    }
    for (int i = 0; i < COUNT; i++) {
        shop_revoked_answer_t answer;

        keep_live();
        answer = revoked->lookup(revoked, apr_psprintf(t_pool, "session %d", i), t_pool);
        known += answer == SHOP_REVOKED_YES;
        T_TRUE(answer != SHOP_REVOKED_NO);
    }
    t_assert(known > 6000 && known <= 8192, __LINE__, __FILE__, "%d of 8192 slots used", known);
    T_INT(asked, COUNT - known);
    ASKED("never seen");
    t_clock_pass(apr_time_from_msec(6100));
    KNOWN("never seen", NO);
    KNOWN("session 1", NO);
}

static void unknown_sessions_make_it_incomplete_for_a_token_life(void)
{
    apr_time_t now;

    begin();
    now = shop_clock_monotonic();
    shop_revoked_shm_complete(revoked, subscribed_for(0));
    shop_revoked_shm_incomplete(revoked, now - apr_time_from_sec(TOKEN_S + 61));
    KNOWN("sid", NO);
    shop_revoked_shm_incomplete(revoked, now - apr_time_from_sec(TOKEN_S + 50));
    ASKED("sid");
}

static void a_pending_update_sends_the_reader_to_redis(void)
{
    begin();
    shop_revoked_shm_complete(revoked, subscribed_for(0));
    shop_pending_add(&pending);
    ASKED("sid");
    shop_pending_sent(&pending, shop_pending_read(&pending));
    KNOWN("sid", NO);
}

static void *tell_often(void *data)
{
    apr_pool_t *pool;

    apr_pool_create_unmanaged(&pool);
    for (int i = 0; i < EACH; i++) {
        const char *id = apr_psprintf(pool, "%d/%d", (int)(intptr_t)data, i);

        shop_revoked_shm_add(revoked, id, 900, pool);
        if (revoked->lookup(revoked, id, pool) != SHOP_REVOKED_YES) {
            apr_pool_destroy(pool);
            return data;
        }
    }
    apr_pool_destroy(pool);
    return NULL;
}

static void threads_lose_nothing(void)
{
    for (int round = 0; round < 20; round++) {
        pthread_t threads[THREADS];

        begin();
        for (int i = 0; i < THREADS; i++) {
            pthread_create(&threads[i], NULL, tell_often, (void *)(intptr_t)(i + 1));
        }
        for (int i = 0; i < THREADS; i++) {
            void *failed;

            pthread_join(threads[i], &failed);
            T_TRUE(failed == NULL);
        }
        for (int i = 0; i < THREADS * EACH; i++) {
            const char *id = apr_psprintf(t_pool, "%d/%d", i / EACH + 1, i % EACH);

            T_INT(revoked->lookup(revoked, id, t_pool), SHOP_REVOKED_YES);
        }
    }
}

static void processes_know_together(void)
{
    void *memory = mmap(NULL, shop_revoked_shm_size(), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = 0;
    pid_t child;

    T_TRUE(memory != MAP_FAILED);
    begin();
    revoked = shop_revoked_shm(memory, &next, changes, TOKEN_S, &pending, t_pool);
    child = fork();
    if (child == 0) {
        revoked->add(revoked, "sid", TOKEN_S, t_pool);
        shop_revoked_shm_complete(revoked,
                                  shop_revoked_shm_subscribed(revoked, shop_clock_monotonic()));
        _exit(0);
    }
    T_INT(waitpid(child, &status, 0), child);
    KNOWN("sid", YES);
    KNOWN("other", NO);
    munmap(memory, shop_revoked_shm_size());
}

static const shop_test_t tests[] = {
    SHOP_TEST(while_nobody_listens_the_next_level_is_asked,
              "while nobody listens the next level is asked"),
    SHOP_TEST(a_live_complete_table_asks_nobody, "a live and complete table asks nobody"),
    SHOP_TEST(after_a_second_without_a_sign_it_is_not_live,
              "after a second without a sign of life it is not live"),
    SHOP_TEST(a_new_subscription_is_not_complete, "a new subscription is not complete"),
    SHOP_TEST(a_subscription_older_than_a_token_is_complete,
              "a subscription older than a token is complete"),
    SHOP_TEST(what_this_host_ended_is_refused_at_once, "what this host ended is refused at once"),
    SHOP_TEST(an_entry_lasts_until_its_expiry, "an entry lasts until its expiry"),
    SHOP_TEST(telling_again_takes_no_more_room, "telling again takes no more room"),
    SHOP_TEST(a_full_table_is_incomplete_until_it_has_drained,
              "a full table is incomplete until it has drained"),
    SHOP_TEST(unknown_sessions_make_it_incomplete_for_a_token_life,
              "unknown ended sessions make it incomplete for the life of a token"),
    SHOP_TEST(a_pending_update_sends_the_reader_to_redis,
              "a pending update sends the reader to Redis"),
    SHOP_TEST(threads_lose_nothing, "threads lose nothing"),
    SHOP_TEST(processes_know_together, "processes know together"),
    SHOP_TEST_END,
};
SHOP_SUITE("ended sessions in shared memory", tests)
