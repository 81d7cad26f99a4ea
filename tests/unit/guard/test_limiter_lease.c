/* SPDX-License-Identifier: MIT
 * Leased permits: few round trips and exactly the limit, also when the lessor fails. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mod_shop/base/clock.h"
#include "mod_shop/guard/limiter.h"
#include "tests/kit/harness.h"
#include "tests/kit/still_clock.h"

#define THREADS 8
#define PROCESSES 4
#define KEYS 6000

/* What the script in Redis does, in memory that threads and processes share. A key is the number
 * behind its blank. */
typedef struct counts_t {
    _Atomic int64_t count[KEYS];
    _Atomic int64_t end_ms[KEYS];
    atomic_int calls, looks;
    atomic_int away;  /* does not answer */
    atomic_int flaps; /* answers every second time */
} counts_t;

typedef struct lessor_t {
    shop_limiter_t port;
    counts_t *counts;
} lessor_t;

static counts_t *counts;
static shop_limiter_t *limiter;
static atomic_int passed;

static long number_of(const char *key)
{
    const char *at = strchr(key, ' ');

    return at ? strtol(at + 1, NULL, 10) : 0;
}

static int64_t now_ms(void)
{
    return shop_clock_monotonic() / 1000;
}

static bool fake_acquire(shop_lease_t *lease, shop_limiter_t *port, const char *key,
                         apr_pool_t *pool)
{
    counts_t *all = ((lessor_t *)port)->counts;
    int call = all->calls++;
    long at = number_of(key);
    int64_t now = now_ms();
    int64_t end = all->end_ms[at], count, known;

    (void)pool;
    if (all->away || (all->flaps && call % 2)) {
        return false;
    }
    /* One thread begins a window. The first one has its 0 already: another thread may have
     * counted by now. */
    if (end <= now &&
        atomic_compare_exchange_strong(
            &all->end_ms[at], &end,
            now + (lease->left_ms ? lease->left_ms : lease->window_s * 1000)) &&
        end) {
        all->count[at] = 0;
    }
    count = all->count[at];
    do {
        known = count > lease->counted ? count : lease->counted;
        lease->granted = lease->limit > known ? (int)(lease->limit - known + 1) / 2 : 0;
        lease->granted = lease->granted > lease->wanted ? lease->wanted : lease->granted;
    } while (!atomic_compare_exchange_weak(&all->count[at], &count, known + lease->granted));
    lease->total = known + lease->granted;
    lease->window_ms = all->end_ms[at] - now;
    return true;
}

static void fake_hit(shop_limit_state_t *state, shop_limiter_t *port, const char *key, int limit,
                     int window_s, int cost, apr_pool_t *pool)
{
    (void)key;
    (void)pool;
    ((lessor_t *)port)->counts->looks++;
    *state = (shop_limit_state_t){ true, limit - cost, window_s };
}

static void fake_reset(shop_limiter_t *port, const char *key, apr_pool_t *pool)
{
    (void)pool;
    ((lessor_t *)port)->counts->count[number_of(key)] = 0;
}

static shop_limiter_t *host(int nodes, void *memory, apr_size_t size)
{
    lessor_t *lessor = apr_pcalloc(t_pool, sizeof(*lessor));

    lessor->port = (shop_limiter_t){ fake_hit, fake_reset, fake_acquire };
    lessor->counts = counts;
    return shop_limiter_lease(&lessor->port, memory, size, nodes, t_pool);
}

static void begin(int nodes)
{
    t_clock_stop();
    counts = apr_pcalloc(t_pool, sizeof(*counts));
    limiter = host(nodes, NULL, 0);
}

static int hits(shop_limiter_t *at, int times, int limit, int window_s)
{
    int passes = 0;

    for (int i = 0; i < times; i++) {
        shop_limit_state_t state;

        at->hit(&state, at, "one", limit, window_s, 1, t_pool);
        passes += state.allowed;
    }
    return passes;
}

static void a_thousand_hits_ask_forty_times(void)
{
    begin(1);
    for (int i = 0; i < 1000; i++) {
        shop_limit_state_t state;

        limiter->hit(&state, limiter, "one", 1000, 60, 1, t_pool);
        t_assert(state.allowed && state.remaining == 999 - i && state.reset_s == 60, __LINE__,
                 __FILE__, "hit %d: allowed %d, remaining %d, reset %d", i, state.allowed,
                 state.remaining, state.reset_s);
    }
    t_assert(counts->calls <= 40, __LINE__, __FILE__, "%d calls", counts->calls);
    T_INT(counts->count[0], 1000);
}

static void what_is_used_up_is_remembered(void)
{
    shop_limit_state_t state;
    int calls;

    begin(1);
    T_INT(hits(limiter, 1001, 1000, 60), 1000);
    calls = counts->calls;
    T_INT(hits(limiter, 500, 1000, 60), 0);
    T_INT(counts->calls, calls);
    limiter->hit(&state, limiter, "one", 1000, 60, 1, t_pool);
    T_INT(state.remaining, 0);
    T_INT(state.reset_s, 60);
    /* an operator who raises the limit is not kept waiting */
    T_INT(hits(limiter, 20, 1010, 60), 10);
}

static void a_small_limit_leases_nothing_in_advance(void)
{
    begin(1);
    for (int i = 1; i <= 20; i++) {
        T_INT(hits(limiter, 1, 20, 60), 1);
        T_INT(counts->count[0], i);
    }
    T_INT(hits(limiter, 100, 20, 60), 0);
    T_TRUE(counts->calls <= 21);
}

static void a_window_ends_by_itself(void)
{
    begin(1);
    T_INT(hits(limiter, 130, 100, 1), 100);
    t_clock_pass(apr_time_from_msec(1100));
    T_INT(hits(limiter, 130, 100, 1), 100);
}

static void unused_permits_end_with_their_window(void)
{
    begin(1);
    T_INT(hits(limiter, 30, 640, 1), 30);
    T_TRUE(counts->count[0] > 30);
    t_clock_pass(apr_time_from_msec(1100));
    T_INT(hits(limiter, 1, 640, 1), 1);
    T_INT(counts->count[0], 1);
    T_INT(hits(limiter, 700, 640, 1), 639);
}

static void looks_and_costs_go_to_the_lessor(void)
{
    shop_limit_state_t state;

    begin(1);
    limiter->hit(&state, limiter, "one", 1000, 60, 0, t_pool);
    limiter->hit(&state, limiter, "one", 1000, 60, 2, t_pool);
    T_INT(counts->looks, 2);
    T_INT(counts->calls, 0);
}

static void a_reset_key_starts_at_zero(void)
{
    begin(1);
    limiter->reset(limiter, "never seen", t_pool);
    T_INT(hits(limiter, 200, 100, 60), 100);
    limiter->reset(limiter, "one", t_pool);
    T_INT(hits(limiter, 200, 100, 60), 100);
}

static void two_hosts_stay_below_the_limit_and_waste_little(void)
{
    shop_limiter_t *other;
    int both = 0;

    begin(2);
    other = host(2, NULL, 0);
    /* the customer's requests go to either host, then to one alone: the other keeps its block */
    for (int i = 0; i < 200; i++) {
        both += hits(limiter, 1, 1000, 60) + hits(other, 1, 1000, 60);
    }
    both += hits(limiter, 1000, 1000, 60);
    t_assert(both >= 960 && both <= 1000, __LINE__, __FILE__, "%d passed", both);
}

/* ---- the lessor is unavailable ---- */

static void away_from_the_start_the_share_holds(void)
{
    shop_limit_state_t state;

    begin(4);
    counts->away = 1;
    limiter->hit(&state, limiter, "one", 100, 60, 1, t_pool);
    T_INT(state.remaining, 24);
    T_INT(hits(limiter, 1000, 100, 60), 24);
    T_TRUE(counts->calls <= 26); /* the refusal is remembered */
}

static void going_away_gives_no_second_allowance(void)
{
    for (int before = 0; before <= 100; before += 10) {
        int sum;

        begin(1);
        sum = hits(limiter, before, 100, 60);
        counts->away = 1;
        sum += hits(limiter, 1000, 100, 60);
        T_INT(sum, 100);
        counts->away = 0;
        T_INT(hits(limiter, 1000, 100, 60), 0);
    }
}

static void coming_back_counts_what_was_handed_out(void)
{
    begin(1);
    T_INT(hits(limiter, 40, 100, 60), 40);
    counts->away = 1;
    T_INT(hits(limiter, 30, 100, 60), 30);
    counts->away = 0;
    T_INT(hits(limiter, 1000, 100, 60), 30);
    T_INT(counts->count[0], 100);
}

static void a_host_alone_takes_its_share_of_what_was_left(void)
{
    begin(4);
    T_INT(hits(limiter, 1, 100, 60), 1);
    counts->away = 1;
    T_INT(hits(limiter, 1000, 100, 60), 24); /* 99 / 4 */
    counts->away = 0;
    /* the others are taken to have done the same: 1 + 4 * 24 */
    T_INT(hits(limiter, 1000, 100, 60), 3);
}

static void a_lessor_that_lost_its_counts_gets_them_back(void)
{
    for (int before = 10; before <= 100; before += 10) {
        int sum;

        begin(1);
        sum = hits(limiter, before, 100, 60);
        counts->count[0] = 0;
        counts->end_ms[0] = 0;
        sum += hits(limiter, 1000, 100, 60);
        T_INT(sum, 100);
    }
}

static void one_that_answers_now_and_then_changes_nothing(void)
{
    begin(1);
    counts->flaps = 1;
    T_INT(hits(limiter, 2000, 1000, 60), 1000);
}

/* ---- many at once ---- */

static void *hit_often(void *data)
{
    apr_pool_t *pool = data;

    for (int i = 0; i < 1250; i++) {
        shop_limit_state_t state;

        limiter->hit(&state, limiter, i % 10 ? "other 1" : "one", i % 10 ? 1000000 : 100, 60, 1,
                     pool);
        passed += i % 10 == 0 && state.allowed;
    }
    return NULL;
}

static void run_threads(void)
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

static void of_a_thousand_hits_by_eight_threads_exactly_a_hundred_pass(void)
{
    for (int round = 0; round < 20; round++) {
        begin(1);
        counts->away = round % 2;
        run_threads();
        T_INT(passed, 100);
    }
}

static void processes_share_one_block(void)
{
    const size_t size = 65536;
    char *memory = mmap(NULL, size + sizeof(*counts), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t children[PROCESSES];
    int sum = 0;

    T_TRUE(memory != MAP_FAILED);
    counts = (void *)(memory + size);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            limiter = host(1, memory, size);
            _exit(hits(limiter, 250, 200, 60));
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = 0;

        T_INT(waitpid(children[i], &status, 0), children[i]);
        T_TRUE(WIFEXITED(status));
        sum += WEXITSTATUS(status);
    }
    T_INT(sum, 200);
    t_assert(counts->calls < 150, __LINE__, __FILE__, "%d calls", counts->calls);
    munmap(memory, size + sizeof(*counts));
}

static void a_full_table_goes_on_counting_and_stays_in_its_memory(void)
{
    enum { SIZE = 1024, GUARD = 64 };
    unsigned char *memory = apr_pcalloc(t_pool, SIZE + GUARD);

    begin(1);
    memset(memory + SIZE, 0xA5, GUARD);
    limiter = host(1, memory, SIZE);
    for (int i = 0; i < KEYS; i++) {
        const char *key = apr_psprintf(t_pool, "key %d", i);
        int passes = 0;

        for (int j = 0; j < 5; j++) {
            shop_limit_state_t state;

            limiter->hit(&state, limiter, key, 3, 60, 1, t_pool);
            passes += state.allowed;
        }
        T_INT(passes, 3); /* nothing of a slot's former owner is held against the next one */
    }
    for (int i = 0; i < GUARD; i++) {
        T_INT(memory[SIZE + i], 0xA5);
    }
}

static const shop_test_t tests[] = {
    SHOP_TEST(a_thousand_hits_ask_forty_times, "a thousand hits ask forty times"),
    SHOP_TEST(what_is_used_up_is_remembered, "what is used up is remembered"),
    SHOP_TEST(a_small_limit_leases_nothing_in_advance, "a small limit leases nothing in advance"),
    SHOP_TEST(a_window_ends_by_itself, "a window ends by itself"),
    SHOP_TEST(unused_permits_end_with_their_window, "unused permits end with their window"),
    SHOP_TEST(looks_and_costs_go_to_the_lessor, "looks and costs go to the lessor"),
    SHOP_TEST(a_reset_key_starts_at_zero, "a reset key starts at zero"),
    SHOP_TEST(two_hosts_stay_below_the_limit_and_waste_little,
              "two hosts stay below the limit and waste little"),
    SHOP_TEST(away_from_the_start_the_share_holds, "away from the start, the share holds"),
    SHOP_TEST(going_away_gives_no_second_allowance, "going away gives no second allowance"),
    SHOP_TEST(coming_back_counts_what_was_handed_out, "coming back counts what was handed out"),
    SHOP_TEST(a_host_alone_takes_its_share_of_what_was_left,
              "a host alone takes its share of what was left"),
    SHOP_TEST(a_lessor_that_lost_its_counts_gets_them_back,
              "a lessor that lost its counts gets them back"),
    SHOP_TEST(one_that_answers_now_and_then_changes_nothing,
              "one that answers now and then changes nothing"),
    SHOP_TEST(of_a_thousand_hits_by_eight_threads_exactly_a_hundred_pass,
              "of a thousand hits by eight threads exactly a hundred pass"),
    SHOP_TEST(processes_share_one_block, "processes share one block"),
    SHOP_TEST(a_full_table_goes_on_counting_and_stays_in_its_memory,
              "a full table goes on counting and stays in its memory"),
    SHOP_TEST_END,
};
SHOP_SUITE("limiter by leases", tests)
