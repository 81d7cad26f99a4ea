/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_BREAKER_H
#define SHOP_DRIVERS_BREAKER_H

/* A server that is away must cost its wait once, not with every request: after so many failures
 * in a row everybody is refused at once, then one caller probes while the others are refused. */

#include <apr_time.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct shop_breaker_t {
    _Atomic int failures;  /* in a row */
    _Atomic int64_t until; /* monotonic time until which callers are refused; 0: let all pass */
    int threshold;         /* failures that open it */
    apr_time_t pause;      /* how long it stays open before a probe */
    apr_time_t probe;      /* how long a probe may take before another one is let through */
} shop_breaker_t;

/* May the caller try? Who is told yes reports one of the two below. */
bool shop_breaker_allows(shop_breaker_t *breaker, apr_time_t now);
void shop_breaker_success(shop_breaker_t *breaker);
/* weight: how many failures this one counts for. */
void shop_breaker_failure(shop_breaker_t *breaker, int weight, apr_time_t now);

#endif
