/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_REAP_H
#define SHOP_ORDERS_ORDER_REAP_H

#include "order_ports.h"

/* Result of one run. */
typedef struct shop_reap_sums_t {
    int done;      /* items completed: the two below, and leftovers whose order needed no change */
    int completed; /* orders whose interrupted change was completed */
    int rolled_back; /* orders that failed, and everything reserved was released */
    int left;        /* items that were found and must wait, or failed */
} shop_reap_sums_t;

/* One run of the reaper: a bounded batch of claims and unfinished orders past their lease, old
 * reservations, redemptions, return markers and voids. Any number may run at once. An error means
 * that the store is unavailable; *sums then tells what was done before. Other failures are logged
 * and skipped. */
shop_error_t *shop_order_reap(shop_reap_sums_t *sums, const shop_order_ports_t *ports,
                              apr_pool_t *pool);

#endif
