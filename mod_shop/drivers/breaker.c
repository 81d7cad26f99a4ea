/* SPDX-License-Identifier: MIT
 * The breaker in front of MongoDB and Redis: three numbers, no lock, no clock of its own. */
#include "breaker.h"

bool shop_breaker_allows(shop_breaker_t *breaker, apr_time_t now)
{
    int64_t mark = atomic_load(&breaker->until);

    if (mark == 0) {
        return true;
    }
    if (now < mark) {
        return false;
    }
    /* Whoever moves the mark is the one probe. It moves on by the longest a probe takes, so that
     * a probe whose thread died does not shut the door for ever. */
    return atomic_compare_exchange_strong(&breaker->until, &mark, now + breaker->probe);
}

void shop_breaker_success(shop_breaker_t *breaker)
{
    /* Read first: these lines are shared by all threads and nearly always hold zeros already. */
    if (atomic_load(&breaker->failures) != 0) {
        atomic_store(&breaker->failures, 0);
    }
    if (atomic_load(&breaker->until) != 0) {
        atomic_store(&breaker->until, 0);
    }
}

void shop_breaker_failure(shop_breaker_t *breaker, int weight, apr_time_t now)
{
    int seen = atomic_load(&breaker->failures);

    while (seen < breaker->threshold &&
           !atomic_compare_exchange_weak(&breaker->failures, &seen, seen + weight)) {
    }
    if (seen + weight >= breaker->threshold) {
        atomic_store(&breaker->until, now + breaker->pause);
    }
}
