/* SPDX-License-Identifier: MIT */
#ifndef SHOP_BASE_CLOCK_H
#define SHOP_BASE_CLOCK_H

/* The shop's time: CLOCK_MONOTONIC plus the offset to the store's hello.localTime, so that leases
 * and coupon windows on all hosts come from one clock. Tests use a fixed one. */

#include <apr_time.h>
#include <stdbool.h>

typedef struct shop_clock_t {
    apr_time_t (*now)(const struct shop_clock_t *clock); /* microseconds since 1970, UTC */
    apr_time_t fixed;                                    /* for shop_clock_fixed_now */
    /* Waits; NULL: the thread sleeps. A test lets others run meanwhile. */
    void (*pause)(const struct shop_clock_t *clock, apr_time_t interval);
} shop_clock_t;

/* The shop's clock: monotonic plus the offset last set, the host's wall clock until then. */
extern const shop_clock_t shop_clock_shop;
/* Microseconds to add to this host's wall clock; set by the store's adapter once a minute. */
void shop_clock_set_offset(apr_time_t offset);
/* A clock that stands at `fixed`; tests move it by assignment. */
apr_time_t shop_clock_fixed_now(const shop_clock_t *clock);
/* Waits so many microseconds. */
void shop_clock_pause(const shop_clock_t *clock, apr_time_t interval);
/* Microseconds that only ever rise; for deadlines, breakers and limits. */
apr_time_t shop_clock_monotonic(void);

/* RFC 3339 with a zone, whole seconds or fractions (cut to microseconds), after the first moment
 * of 1970 and before 10000 in UTC; refuses leap seconds and impossible dates. */
bool shop_time_parse(apr_time_t *time, const char *text);
/* Writes "2026-11-23T22:39:26Z" and a NUL: 21 bytes. */
void shop_time_format(char text[static 21], apr_time_t time);

#endif
