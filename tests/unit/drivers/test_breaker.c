/* SPDX-License-Identifier: MIT
 * When the circuit breaker opens, and what closes it. The time is passed in. */
#include "mod_shop/drivers/breaker.h"
#include "tests/kit/harness.h"

#define SECOND 1000000
#define START (100 * (apr_time_t)SECOND)

static shop_breaker_t made(void)
{
    return (shop_breaker_t){ .threshold = 3, .pause = SECOND, .probe = 2 * SECOND };
}

static void failures_in_a_row_open_it(void)
{
    shop_breaker_t breaker = made();

    for (int i = 0; i < 3; i++) {
        T_TRUE(shop_breaker_allows(&breaker, START));
        shop_breaker_failure(&breaker, 1, START, START);
        shop_breaker_failure(&breaker, 1, START, START);
        shop_breaker_success(&breaker); /* not in a row */
    }
    T_TRUE(shop_breaker_allows(&breaker, START));
    shop_breaker_failure(&breaker, 3, START, START);
    T_TRUE(!shop_breaker_allows(&breaker, START));
}

static void without_pings_one_caller_probes(void)
{
    shop_breaker_t breaker = made();
    apr_time_t now = START + SECOND;

    shop_breaker_failure(&breaker, 3, START, START);
    T_TRUE(!shop_breaker_allows(&breaker, now - 1));
    T_TRUE(shop_breaker_allows(&breaker, now));
    T_TRUE(!shop_breaker_allows(&breaker, now));
    T_TRUE(shop_breaker_allows(&breaker, now + 2 * SECOND)); /* the first one never reported */
    shop_breaker_success(&breaker);
    T_TRUE(shop_breaker_allows(&breaker, now) && shop_breaker_allows(&breaker, now));
}

static void with_pings_only_a_ping_closes_it(void)
{
    shop_breaker_t breaker = made();

    T_TRUE(!shop_breaker_wants_ping(&breaker));
    shop_breaker_failure(&breaker, 3, START, START);
    T_TRUE(shop_breaker_wants_ping(&breaker));
    T_TRUE(!shop_breaker_allows(&breaker, START + 60 * (apr_time_t)SECOND));
    shop_breaker_success(&breaker); /* of a request that began before */
    T_TRUE(!shop_breaker_allows(&breaker, START + 60 * (apr_time_t)SECOND));
    shop_breaker_close(&breaker, START + SECOND);
    T_TRUE(!shop_breaker_wants_ping(&breaker));
    T_TRUE(shop_breaker_allows(&breaker, START + SECOND));
}

static void what_began_before_the_ping_does_not_open_it_again(void)
{
    shop_breaker_t breaker = made();
    apr_time_t back = START + 10 * (apr_time_t)SECOND;

    (void)shop_breaker_wants_ping(&breaker);
    shop_breaker_failure(&breaker, 3, START, START);
    shop_breaker_close(&breaker, back);
    for (int i = 0; i < 9; i++) { /* commands on connections that died while the store was away */
        shop_breaker_failure(&breaker, 3, back - 1, back + 4 * (apr_time_t)SECOND);
    }
    T_TRUE(shop_breaker_allows(&breaker, back));
    shop_breaker_failure(&breaker, 3, back, back + 4 * (apr_time_t)SECOND);
    T_TRUE(!shop_breaker_allows(&breaker, back));
}

static const shop_test_t tests[] = {
    SHOP_TEST(failures_in_a_row_open_it, "failures in a row open it"),
    SHOP_TEST(without_pings_one_caller_probes, "without pings one caller probes after the pause"),
    SHOP_TEST(with_pings_only_a_ping_closes_it, "with pings only a ping closes it"),
    SHOP_TEST(what_began_before_the_ping_does_not_open_it_again,
              "what began before the ping does not open it again"),
    SHOP_TEST_END,
};
SHOP_SUITE("breaker", tests)
