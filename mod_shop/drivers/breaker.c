/* SPDX-License-Identifier: MIT
 * The circuit breaker in front of MongoDB and Redis. It has no lock; callers pass the time in. */
#include "breaker.h"

bool shop_breaker_allows(shop_breaker_t *breaker, apr_time_t now)
{
    int64_t until = atomic_load(&breaker->until);

    if (until == 0) {
        return true;
    }
    if (now < until || atomic_load(&breaker->pinged)) {
        return false;
    }
    /* The caller that extends `until` is the probe. It is extended by the longest duration of a
     * probe, so that a probe that never reports does not keep the breaker open. */
    return atomic_compare_exchange_strong(&breaker->until, &until, now + breaker->probe);
}

void shop_breaker_success(shop_breaker_t *breaker)
{
    /* Read first: all threads share this cache line, and it nearly always holds zeros already. */
    if (atomic_load(&breaker->failures) != 0) {
        atomic_store(&breaker->failures, 0);
    }
    if (atomic_load(&breaker->until) != 0 && !atomic_load(&breaker->pinged)) {
        atomic_store(&breaker->until, 0);
    }
}

void shop_breaker_failure(shop_breaker_t *breaker, int weight, apr_time_t since, apr_time_t now)
{
    int seen = atomic_load(&breaker->failures);

    if (since < atomic_load(&breaker->closed_at)) {
        return;
    }
    while (seen < breaker->threshold &&
           !atomic_compare_exchange_weak(&breaker->failures, &seen, seen + weight)) {
    }
    if (seen + weight >= breaker->threshold) {
        atomic_store(&breaker->until, now + breaker->pause);
        /* a ping may have succeeded meanwhile */
        if (since < atomic_load(&breaker->closed_at)) {
            atomic_store(&breaker->until, 0);
        }
    }
}

bool shop_breaker_wants_ping(shop_breaker_t *breaker)
{
    if (!atomic_load(&breaker->pinged)) {
        atomic_store(&breaker->pinged, true);
    }
    return atomic_load(&breaker->until) != 0;
}

void shop_breaker_close(shop_breaker_t *breaker, apr_time_t now)
{
    atomic_store(&breaker->closed_at, now);
    atomic_store(&breaker->failures, 0);
    atomic_store(&breaker->until, 0);
}
