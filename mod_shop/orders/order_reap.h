/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_REAP_H
#define SHOP_ORDERS_ORDER_REAP_H

#include "order_ports.h"

/* What one turn did. */
typedef struct shop_reap_sums_t {
    int done;        /* items dealt with: the two below, and leftovers without an order to change */
    int completed;   /* orders whose interrupted change was completed */
    int rolled_back; /* orders that failed, and everything reserved was released */
    int left;        /* items that were found and must wait, or failed */
} shop_reap_sums_t;

/* One turn of the reaper: a bounded batch of unfinished orders past their lease, old reservations,
 * redemptions and return markers. Any number may run at once. An error means that the store is
 * away, and *sums is what was done until then; what failed for another reason is logged and left.
 */
shop_error_t *shop_order_reap(shop_reap_sums_t *sums, const shop_order_ports_t *ports,
                              apr_pool_t *pool);

#endif
