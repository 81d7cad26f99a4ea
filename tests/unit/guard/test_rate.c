/* SPDX-License-Identifier: MIT
 * The arithmetic of rate limits and the text of its header fields. */
#include "mod_shop/guard/rate.h"
#include "tests/kit/harness.h"

static void the_last_allowed_hit_is_the_one_that_reaches_the_limit(void)
{
    static const struct {
        int64_t count;
        int limit, cost;
        int64_t left_ms;
        bool allowed;
        int remaining, reset_s;
    } cases[] = {
        { 1, 100, 1, 60000, true, 99, 60 },
        { 100, 100, 1, 59001, true, 0, 60 },
        { 101, 100, 1, 59000, false, 0, 59 },
        { 99, 100, 0, 1000, true, 1, 1 },
        { 100, 100, 0, 1, false, 0, 1 },
        { 0, 1, 0, 0, true, 1, 1 },
        { 5, 3, 1, -20, false, 0, 1 },
        { INT64_MAX, 3, 1, 5000, false, 0, 5 },
        { 1, 2, 1, INT64_MAX - 999, true, 1, INT32_MAX },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        shop_limit_state_t state =
            shop_rate_state(cases[i].count, cases[i].limit, cases[i].left_ms, cases[i].cost);

        t_assert(state.allowed == cases[i].allowed && state.remaining == cases[i].remaining &&
                     state.reset_s == cases[i].reset_s,
                 __LINE__, __FILE__, "case %d: allowed %d, remaining %d, reset %d", (int)i,
                 state.allowed, state.remaining, state.reset_s);
    }
}

static void a_host_counts_its_share_and_never_none(void)
{
    T_INT(shop_rate_share(100, 1), 100);
    T_INT(shop_rate_share(100, 0), 100);
    T_INT(shop_rate_share(100, 3), 33);
    T_INT(shop_rate_share(2, 8), 1);
}

static void a_policy_counts_its_own_methods_only(void)
{
    static const shop_rate_policy_t all = { "api", 100, 60, SHOP_RATE_IP, NULL, NULL };
    static const shop_rate_policy_t reads = { "reads", 100, 60, SHOP_RATE_IP, "GET, HEAD", NULL };
    static const shop_rate_policy_t none = { "none", 0, 60, SHOP_RATE_IP, NULL, NULL };

    T_TRUE(shop_rate_applies(&all, SHOP_RATE_IP, "POST"));
    T_TRUE(!shop_rate_applies(&all, SHOP_RATE_USER, "POST"));
    T_TRUE(shop_rate_applies(&reads, SHOP_RATE_IP, "GET"));
    T_TRUE(shop_rate_applies(&reads, SHOP_RATE_IP, "HEAD"));
    T_TRUE(!shop_rate_applies(&reads, SHOP_RATE_IP, "HEADER"));
    T_TRUE(!shop_rate_applies(&reads, SHOP_RATE_IP, "GE"));
    T_TRUE(!shop_rate_applies(&reads, SHOP_RATE_IP, ""));
    T_TRUE(!shop_rate_applies(&reads, SHOP_RATE_IP, "POST"));
    T_TRUE(!shop_rate_applies(&none, SHOP_RATE_IP, "GET"));
}

static void an_ipv6_host_is_its_network(void)
{
    static const struct {
        const char *ip;
        const char *seen;
    } cases[] = {
        { "192.0.2.7", "192.0.2.7" },
        { "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64" },
        { "2001:0db8:0001:0002:ffff::1", "2001:db8:1:2::/64" },
        { "::ffff:192.0.2.7", "192.0.2.7" },
        { "fe80::1%eth0", "fe80::/64" },
        { "unknown", "unknown" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        T_STR(shop_rate_address(cases[i].ip, t_pool), cases[i].seen);
    }
}

static void the_header_fields_are_structured_fields(void)
{
    static const shop_limit_state_t state = { true, 42, 17 };
    static const shop_limit_state_t most = { true, INT32_MAX, INT32_MAX };
    static const shop_limit_state_t none = { false, 0, 1 };
    shop_settings_t settings = { .rate_count = 2 };
    const shop_rate_rule_t *rules;

    settings.rates[0] = (shop_rate_policy_t){ "api", 100, 60, SHOP_RATE_IP, NULL, NULL };
    settings.rates[1] =
        (shop_rate_policy_t){ "a\"b\\\r\n\xc3\xa9", 1, 2, SHOP_RATE_IP, NULL, NULL };
    rules = shop_rate_rules(&settings, t_pool);
    T_STR(rules[0].text, "\"api\";q=100;w=60");
    T_STR(rules[0].key, "rate:api:");
    T_STR(shop_rate_state_text(&rules[0], &state, t_pool), "\"api\";r=42;t=17");
    T_STR(shop_rate_state_text(&rules[0], &most, t_pool), "\"api\";r=2147483647;t=2147483647");
    T_STR(shop_rate_state_text(&rules[0], &none, t_pool), "\"api\";r=0;t=1");
    T_STR(rules[1].text, "\"a\\\"b\\\\\";q=1;w=2");
    T_STR(shop_rate_state_text(&rules[1], &state, t_pool), "\"a\\\"b\\\\\";r=42;t=17");
}

static const shop_test_t tests[] = {
    SHOP_TEST(the_last_allowed_hit_is_the_one_that_reaches_the_limit,
              "the last allowed hit is the one that reaches the limit"),
    SHOP_TEST(a_host_counts_its_share_and_never_none, "a host counts its share and never none"),
    SHOP_TEST(a_policy_counts_its_own_methods_only, "a policy counts its own methods only"),
    SHOP_TEST(an_ipv6_host_is_its_network, "an IPv6 host is its network"),
    SHOP_TEST(the_header_fields_are_structured_fields,
              "the header fields are structured fields, whatever the name"),
    SHOP_TEST_END,
};
SHOP_SUITE("rate", tests)
