/* SPDX-License-Identifier: MIT */
#ifndef SHOP_BASE_CLOCK_H
#define SHOP_BASE_CLOCK_H

/* The shop's time: CLOCK_MONOTONIC plus the offset to the store's hello.localTime, so that all
 * hosts use one clock for leases and the validity of coupons. Tests use a fixed clock. */

#include <apr_time.h>
#include <stdbool.h>

typedef struct shop_clock_t {
    apr_time_t (*now)(const struct shop_clock_t *clock); /* microseconds since 1970, UTC */
    apr_time_t fixed;                                    /* for shop_clock_fixed_now */
    /* Waits; NULL: the thread sleeps. Tests run other tasks instead. */
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
/* Microseconds of a clock that never goes back; for deadlines, circuit breakers and limits. */
apr_time_t shop_clock_monotonic(void);

/* RFC 3339 with a zone; fractions of a second are truncated to microseconds. false: not after
 * 1970-01-01T00:00:00Z or not before the year 10000 in UTC, a leap second, or no valid date. */
bool shop_time_parse(apr_time_t *time, const char *text);
/* Writes "2026-11-23T22:39:26Z" and a NUL: 21 bytes. */
void shop_time_format(char text[static 21], apr_time_t time);

#endif
