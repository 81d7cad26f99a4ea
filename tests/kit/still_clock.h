/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_KIT_STILL_CLOCK_H
#define SHOP_TESTS_KIT_STILL_CLOCK_H

/* shop_clock_monotonic() for programs that are linked with $(STILL_CLOCK): it stands still from
 * t_clock_stop on and moves by t_clock_pass alone, in every thread and in children made later. What
 * waits until a time by this clock therefore waits until what it waits for has happened. */

#include <apr_time.h>

/* At an hour from now, so that a wait of the kernel until a time by this clock does not end. */
void t_clock_stop(void);
void t_clock_pass(apr_time_t interval);
/* As outside of tests again. */
void t_clock_go(void);

#endif
