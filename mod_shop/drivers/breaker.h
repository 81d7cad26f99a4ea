/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_BREAKER_H
#define SHOP_DRIVERS_BREAKER_H

/* Circuit breaker: an unreachable server must not cost every request a timeout. After threshold
 * failures in a row the breaker is open and callers are refused at once. What closes it again: a
 * background ping, where there is one; else, after a pause, one caller is let through as a probe
 * while the others are refused. */

#include <apr_time.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct shop_breaker_t {
    _Atomic int failures;      /* in a row */
    _Atomic int64_t until;     /* open until this monotonic time; 0: closed */
    _Atomic int64_t closed_at; /* when a ping closed it last, monotonic */
    _Atomic bool pinged;       /* only shop_breaker_close closes it */
    int threshold;             /* failures that open it */
    apr_time_t pause;          /* from opening to the first probe */
    apr_time_t probe;          /* how long a probe may take before another one is let through */
} shop_breaker_t;

/* May the caller proceed? If so, it must report success or failure afterwards. */
bool shop_breaker_allows(shop_breaker_t *breaker, apr_time_t now);
void shop_breaker_success(shop_breaker_t *breaker);
/* weight: the number of failures that this one counts as. since: when the call began; one that
 * began before a ping closed the breaker does not count. */
void shop_breaker_failure(shop_breaker_t *breaker, int weight, apr_time_t since, apr_time_t now);

/* For the background ping. From the first call on callers no longer probe. Is the breaker open, so
 * that a ping is due? */
bool shop_breaker_wants_ping(shop_breaker_t *breaker);
/* A ping succeeded. */
void shop_breaker_close(shop_breaker_t *breaker, apr_time_t now);

#endif
