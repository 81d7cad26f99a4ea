/* SPDX-License-Identifier: MIT
 * Clocks and RFC 3339. Durations are measured with the monotonic clock, never with wall time. */
#include "clock.h"

#include <apr_strings.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

static _Atomic apr_time_t offset;
static _Atomic apr_time_t wall_at_zero; /* wall clock minus monotonic clock, at first use */

apr_time_t shop_clock_monotonic(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return apr_time_from_sec(now.tv_sec) + now.tv_nsec / 1000;
}

static apr_time_t shop_now(const shop_clock_t *clock)
{
    apr_time_t zero = atomic_load_explicit(&wall_at_zero, memory_order_relaxed);

    (void)clock;
    if (!zero) {
        zero = apr_time_now() - shop_clock_monotonic();
        atomic_store_explicit(&wall_at_zero, zero, memory_order_relaxed);
    }
    return zero + shop_clock_monotonic() + atomic_load_explicit(&offset, memory_order_relaxed);
}

const shop_clock_t shop_clock_shop = { .now = shop_now };

void shop_clock_set_offset(apr_time_t wanted)
{
    /* The offset refers to the wall clock of now, which may have been set since the first use. */
    apr_time_t drift = apr_time_now() - shop_clock_monotonic();

    atomic_store_explicit(&wall_at_zero, drift, memory_order_relaxed);
    atomic_store_explicit(&offset, wanted, memory_order_relaxed);
}

apr_time_t shop_clock_fixed_now(const shop_clock_t *clock)
{
    return clock->fixed;
}

void shop_clock_pause(const shop_clock_t *clock, apr_time_t interval)
{
    if (clock->pause) {
        clock->pause(clock, interval);
    } else {
        apr_sleep(interval);
    }
}

void shop_time_format(char text[static 21], apr_time_t time)
{
    apr_time_exp_t parts;

    apr_time_exp_gmt(&parts, time);
    apr_snprintf(text, 21, "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900, parts.tm_mon + 1,
                 parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

/* Reads exactly `digits` digits and advances *at; -1 when there are fewer. */
static int number(const char **at, int digits)
{
    int value = 0;

    for (; digits > 0; digits--, (*at)++) {
        if (**at < '0' || **at > '9') {
            return -1;
        }
        value = value * 10 + (**at - '0');
    }
    return value;
}

static bool expect(const char **at, const char *set)
{
    if (!**at || !strchr(set, **at)) {
        return false;
    }
    (*at)++;
    return true;
}

static int days_of_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/* "Z" or "+hh:mm"; seconds east of UTC. */
static bool zone(const char **at, int *seconds)
{
    int sign = **at == '-' ? -1 : 1;
    int hours, minutes;

    if (expect(at, "Zz")) {
        *seconds = 0;
        return true;
    }
    if (!expect(at, "+-") || (hours = number(at, 2)) < 0 || hours > 23 || !expect(at, ":") ||
        (minutes = number(at, 2)) < 0 || minutes > 59) {
        return false;
    }
    *seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

static bool fraction(const char **at, int *microseconds)
{
    int scale = 100000;

    *microseconds = 0;
    if (!expect(at, ".")) {
        return true;
    }
    if (**at < '0' || **at > '9') {
        return false;
    }
    for (; **at >= '0' && **at <= '9'; (*at)++, scale /= 10) {
        *microseconds += (**at - '0') * scale;
    }
    return true;
}

static bool clock_time(const char **at, apr_time_exp_t *parts)
{
    parts->tm_hour = number(at, 2);
    if (parts->tm_hour < 0 || parts->tm_hour > 23 || !expect(at, ":")) {
        return false;
    }
    parts->tm_min = number(at, 2);
    if (parts->tm_min < 0 || parts->tm_min > 59 || !expect(at, ":")) {
        return false;
    }
    parts->tm_sec = number(at, 2);
    return parts->tm_sec >= 0 && parts->tm_sec <= 59 && fraction(at, &parts->tm_usec);
}

bool shop_time_parse(apr_time_t *time, const char *text)
{
    apr_time_exp_t parts = { 0 };
    const char *at = text;
    int year = number(&at, 4), month, east;

    if (year < 1970 || !expect(&at, "-") || (month = number(&at, 2)) < 1 || month > 12 ||
        !expect(&at, "-")) {
        return false;
    }
    parts.tm_mday = number(&at, 2);
    if (parts.tm_mday < 1 || parts.tm_mday > days_of_month(year, month) || !expect(&at, "Tt ") ||
        !clock_time(&at, &parts) || !zone(&at, &east) || *at) {
        return false;
    }
    parts.tm_year = year - 1900;
    parts.tm_mon = month - 1;
    parts.tm_gmtoff = east;
    /* In UTC the year may be one that cannot be printed. 0 stands for "no time". */
    return apr_time_exp_gmt_get(time, &parts) == APR_SUCCESS && *time > 0 &&
           *time < apr_time_from_sec(INT64_C(253402300800));
}
