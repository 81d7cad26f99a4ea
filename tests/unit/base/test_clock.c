/* SPDX-License-Identifier: MIT
 * RFC 3339 and the shop's clock. */
#include "mod_shop/base/clock.h"

#include <time.h>

#include "tests/kit/harness.h"

#define NO INT64_C(-1)

static void times_are_read_as_rfc_3339_says(void)
{
    static const struct {
        const char *text;
        int64_t microseconds; /* NO: refused */
    } cases[] = {
        { "2026-11-23T22:39:26Z", INT64_C(1795473566000000) },
        { "2026-11-23t22:39:26z", INT64_C(1795473566000000) },
        { "2026-11-23T23:39:26+01:00", INT64_C(1795473566000000) },
        { "2026-11-23T16:54:26-05:45", INT64_C(1795473566000000) },
        { "2026-11-23T22:39:26-00:00", INT64_C(1795473566000000) },
        { "2026-11-23T22:39:26.5Z", INT64_C(1795473566500000) },
        { "2026-11-23T22:39:26.123456789Z", INT64_C(1795473566123456) },
        { "1970-01-01T00:00:00.000001Z", 1 },
        { "2000-02-29T00:00:00Z", INT64_C(951782400000000) },
        { "2024-02-29T23:59:59Z", INT64_C(1709251199000000) },
        { "9999-12-31T23:59:59Z", INT64_C(253402300799000000) },
        { "2024-02-30T00:00:00Z", NO },
        { "2023-02-29T00:00:00Z", NO },
        { "2100-02-29T00:00:00Z", NO },
        { "2026-04-31T00:00:00Z", NO },
        { "2026-00-10T00:00:00Z", NO },
        { "2026-13-10T00:00:00Z", NO },
        { "2026-01-00T00:00:00Z", NO },
        { "2026-01-01T24:00:00Z", NO },
        { "2026-01-01T23:60:00Z", NO },
        { "2016-12-31T23:59:60Z", NO },
        { "2026-01-01T00:00:00", NO },
        { "2026-01-01", NO },
        { "2026-01-01T00:00Z", NO },
        { "2026-01-01T00:00:00.Z", NO },
        { "2026-01-01T00:00:00,5Z", NO },
        { "2026-01-01T00:00:00+24:00", NO },
        { "2026-01-01T00:00:00+01:60", NO },
        { "2026-01-01T00:00:00+0100", NO },
        { "2026-01-01T00:00:00+01", NO },
        { "2026-01-01T00:00:00ZZ", NO },
        { "2026-01-01T00:00:00 Z", NO },
        { " 2026-01-01T00:00:00Z", NO },
        { "2026-1-01T00:00:00Z", NO },
        { "26-01-01T00:00:00Z", NO },
        { "02026-01-01T00:00:00Z", NO },
        { "+2026-01-01T00:00:00Z", NO },
        { "2026-W01-1T00:00:00Z", NO },
        { "1969-12-31T23:59:59Z", NO },
        { "1970-01-01T00:00:00Z", NO },
        { "1970-01-01T00:30:00+01:00", NO },
        { "9999-12-31T23:59:59-00:01", NO },
        { "", NO },
        { "now", NO },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        apr_time_t time = NO;
        bool read = shop_time_parse(&time, cases[i].text);

        t_assert(read == (cases[i].microseconds != NO) && (!read || time == cases[i].microseconds),
                 __LINE__, __FILE__, "%s: %s, %ld", cases[i].text, read ? "read" : "refused",
                 (long)time);
    }
}

static void seconds_print_and_read_back(void)
{
    uint64_t state = 3339;

    for (int i = 0; i < 100000; i++) {
        int64_t second = 1 + (int64_t)(t_random(&state) % UINT64_C(253402300799));
        time_t plain = (time_t)second;
        struct tm parts;
        char text[21], wanted[40];
        apr_time_t back = 0;

        shop_time_format(text, apr_time_from_sec(second) + (i % 2 ? 999999 : 0));
        gmtime_r(&plain, &parts);
        strftime(wanted, sizeof(wanted), "%Y-%m-%dT%H:%M:%SZ", &parts);
        if (strcmp(text, wanted) != 0 || !shop_time_parse(&back, text) ||
            back != apr_time_from_sec(second)) {
            t_assert(0, __LINE__, __FILE__, "%ld: %s, libc says %s", (long)second, text, wanted);
        }
    }
    T_TRUE(state != 3339);
}

static void a_fixed_clock_stands(void)
{
    shop_clock_t clock = { .now = shop_clock_fixed_now, .fixed = 42 };

    T_INT(clock.now(&clock), 42);
    clock.fixed = 43;
    T_INT(clock.now(&clock), 43);
}

static void the_shops_clock_follows_its_offset(void)
{
    /* The host's clock may be slewed meanwhile: a second is much. */
    const apr_time_t hour = apr_time_from_sec(3600), slack = apr_time_from_sec(1);
    apr_time_t before = apr_time_now(), now = shop_clock_shop.now(&shop_clock_shop);

    T_TRUE(now >= before - slack && now <= apr_time_now() + slack);
    shop_clock_set_offset(hour);
    before = apr_time_now();
    now = shop_clock_shop.now(&shop_clock_shop);
    shop_clock_set_offset(0);
    T_TRUE(now >= before + hour - slack && now <= apr_time_now() + hour + slack);
}

static void the_monotonic_clock_never_falls(void)
{
    apr_time_t last = shop_clock_monotonic();

    for (int i = 0; i < 100000; i++) {
        apr_time_t now = shop_clock_monotonic();

        if (now < last) {
            t_assert(0, __LINE__, __FILE__, "fell by %ld", (long)(last - now));
        }
        last = now;
    }
    T_TRUE(last > 0);
}

static const shop_test_t tests[] = {
    SHOP_TEST(times_are_read_as_rfc_3339_says, "times are read as RFC 3339 says, with a zone"),
    SHOP_TEST(seconds_print_and_read_back, "every second prints as libc prints it and reads back"),
    SHOP_TEST(a_fixed_clock_stands, "a fixed clock stands until it is moved"),
    SHOP_TEST(the_shops_clock_follows_its_offset, "the shop's clock is the host's plus its offset"),
    SHOP_TEST(the_monotonic_clock_never_falls, "the monotonic clock never falls"),
    SHOP_TEST_END,
};
SHOP_SUITE("clock", tests)
