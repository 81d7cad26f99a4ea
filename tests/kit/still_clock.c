/* SPDX-License-Identifier: MIT
 * The linker sends calls of shop_clock_monotonic() here (ld's --wrap). */
#include "tests/kit/still_clock.h"

#include <stdatomic.h>

apr_time_t __real_shop_clock_monotonic(void);
apr_time_t __wrap_shop_clock_monotonic(void);

static _Atomic apr_time_t stands_at; /* 0: it goes */

apr_time_t __wrap_shop_clock_monotonic(void)
{
    apr_time_t at = atomic_load(&stands_at);

    return at ? at : __real_shop_clock_monotonic();
}

void t_clock_stop(void)
{
    atomic_store(&stands_at, __real_shop_clock_monotonic() + apr_time_from_sec(3600));
}

void t_clock_pass(apr_time_t interval)
{
    atomic_fetch_add(&stands_at, interval);
}

void t_clock_go(void)
{
    atomic_store(&stands_at, 0);
}
