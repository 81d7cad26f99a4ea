/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_REAP_H
#define SHOP_ORDERS_ORDER_REAP_H

#include "order_ports.h"

/* One turn of the reaper: a bounded batch of unfinished orders past their lease, old reservations,
 * redemptions and return markers. *done: how many of them are dealt with. Any number may run at
 * once. An error means that the store is away; what failed for another reason is logged and left.
 */
shop_error_t *shop_order_reap(const shop_order_ports_t *ports, int *done, apr_pool_t *pool);

#endif
