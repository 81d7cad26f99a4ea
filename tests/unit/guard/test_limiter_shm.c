/* SPDX-License-Identifier: MIT
 * Counters in shared memory: exact under threads and processes, bounded in size. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mod_shop/guard/limiter.h"
#include "tests/kit/harness.h"
#include "tests/kit/still_clock.h"

#define THREADS 8
#define PROCESSES 4

static shop_limiter_t *limiter;
static atomic_int passed;

static bool hit(const char *key, int limit, int window_s, int cost)
{
    shop_limit_state_t state;

    limiter->hit(&state, limiter, key, limit, window_s, cost, t_pool);
    return state.allowed;
}

static void *hit_often(void *data)
{
    apr_pool_t *pool = data;

    for (int i = 0; i < 1250; i++) {
        shop_limit_state_t state;

        limiter->hit(&state, limiter, i % 10 ? "other" : "one", i % 10 ? 1000000 : 100, 60, 1,
                     pool);
        passed += i % 10 == 0 && state.allowed;
    }
    return NULL;
}

static void of_a_thousand_hits_by_eight_threads_exactly_a_hundred_pass(void)
{
    for (int round = 0; round < 20; round++) {
        pthread_t threads[THREADS];
        apr_pool_t *pools[THREADS];

        passed = 0;
        limiter = shop_limiter_shm(NULL, 0, 1, t_pool);
        for (int i = 0; i < THREADS; i++) {
            apr_pool_create_unmanaged(&pools[i]);
            pthread_create(&threads[i], NULL, hit_often, pools[i]);
        }
        for (int i = 0; i < THREADS; i++) {
            pthread_join(threads[i], NULL);
            apr_pool_destroy(pools[i]);
        }
        T_INT(passed, 100);
    }
}

static void processes_count_together(void)
{
    const size_t size = 65536;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t children[PROCESSES];
    int sum = 0;

    T_TRUE(memory != MAP_FAILED);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            int mine = 0;

            limiter = shop_limiter_shm(memory, size, 1, t_pool);
            for (int j = 0; j < 250; j++) {
                mine += hit("one", 100, 60, 1);
            }
            _exit(mine);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = 0;

        T_INT(waitpid(children[i], &status, 0), children[i]);
        T_TRUE(WIFEXITED(status));
        sum += WEXITSTATUS(status);
    }
    T_INT(sum, 100);
    munmap(memory, size);
}

static void several_hosts_share_the_limit(void)
{
    int mine = 0;

    t_clock_stop();
    limiter = shop_limiter_shm(NULL, 0, 4, t_pool);
    for (int i = 0; i < 1000; i++) {
        mine += hit("one", 100, 60, 1);
    }
    T_INT(mine, 25);
}

static void a_look_counts_nothing(void)
{
    shop_limit_state_t state;

    t_clock_stop();
    limiter = shop_limiter_shm(NULL, 0, 1, t_pool);
    for (int i = 0; i < 5; i++) {
        T_TRUE(hit("one", 2, 60, 0));
    }
    T_TRUE(hit("one", 2, 60, 1));
    T_TRUE(hit("one", 2, 60, 0));
    T_TRUE(hit("one", 2, 60, 1));
    T_TRUE(!hit("one", 2, 60, 0));
    T_TRUE(!hit("one", 2, 60, 1));
    limiter->hit(&state, limiter, "one", 2, 60, 0, t_pool);
    T_INT(state.remaining, 0);
    T_INT(state.reset_s, 60);
    T_TRUE(hit("two", 2, 60, 1));
}

static void a_reset_key_starts_at_zero(void)
{
    t_clock_stop();
    limiter = shop_limiter_shm(NULL, 0, 1, t_pool);
    limiter->reset(limiter, "never seen", t_pool);
    T_TRUE(hit("one", 1, 60, 1));
    T_TRUE(!hit("one", 1, 60, 1));
    limiter->reset(limiter, "one", t_pool);
    T_TRUE(hit("one", 1, 60, 1));
    T_TRUE(!hit("one", 1, 60, 1));
}

static void a_window_ends_by_itself(void)
{
    t_clock_stop();
    limiter = shop_limiter_shm(NULL, 0, 1, t_pool);
    T_TRUE(hit("one", 1, 1, 1));
    t_clock_pass(apr_time_from_msec(500));
    T_TRUE(!hit("one", 1, 1, 1)); /* refused hits do not prolong it */
    t_clock_pass(apr_time_from_msec(650));
    T_TRUE(hit("one", 1, 1, 1));
}

static void a_full_table_goes_on_counting_and_stays_in_its_memory(void)
{
    enum { SIZE = 1024, GUARD = 64 };
    unsigned char *memory = apr_pcalloc(t_pool, SIZE + GUARD);
    int again = 0;

    memset(memory + SIZE, 0xA5, GUARD);
    t_clock_stop();
    limiter = shop_limiter_shm(memory, SIZE, 1, t_pool);
    for (int i = 0; i < 2000; i++) {
        const char *key = apr_psprintf(t_pool, "key %d", i);

        T_TRUE(hit(key, 1, 60, 1)); /* a slot's former owner is never held against the next one */
        again += hit(key, 1, 60, 1);
    }
    T_INT(again, 0);
    for (int i = 0; i < GUARD; i++) {
        T_INT(memory[SIZE + i], 0xA5);
    }
}

static const shop_test_t tests[] = {
    SHOP_TEST(of_a_thousand_hits_by_eight_threads_exactly_a_hundred_pass,
              "of a thousand hits by eight threads exactly a hundred pass"),
    SHOP_TEST(processes_count_together, "processes count together"),
    SHOP_TEST(several_hosts_share_the_limit, "several hosts share the limit"),
    SHOP_TEST(a_look_counts_nothing, "a look counts nothing"),
    SHOP_TEST(a_reset_key_starts_at_zero, "a reset key starts at zero"),
    SHOP_TEST(a_window_ends_by_itself, "a window ends by itself"),
    SHOP_TEST(a_full_table_goes_on_counting_and_stays_in_its_memory,
              "a full table goes on counting and stays in its memory"),
    SHOP_TEST_END,
};
SHOP_SUITE("limiter in shared memory", tests)
