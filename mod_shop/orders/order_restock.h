/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_RESTOCK_H
#define SHOP_ORDERS_ORDER_RESTOCK_H

/* The lines of a placed order go back into stock, and the use of its coupon with them: exactly
 * once, whatever is lost, repeated or late. */

#include "order_ports.h"

/* Goes on restocking an order that is cancelling or restocking; any number of times and callers.
 * deadline: monotonic, 0: none. UNAVAILABLE when something is left; the reaper goes on then. */
shop_error_t *shop_order_restock(const shop_order_ports_t *ports, const shop_order_t *order,
                                 apr_time_t deadline, apr_pool_t *pool);
/* Drops the return markers of an order that is cancelled; then nothing is left to do. */
shop_error_t *shop_order_drop_markers(const shop_order_ports_t *ports, const shop_order_t *order,
                                      apr_pool_t *pool);
/* The markers of its lines only: of an order whose goods came back by a refund. Any time after its
 * lines were recorded as returned. */
shop_error_t *shop_order_drop_line_markers(const shop_order_ports_t *ports,
                                           const shop_order_t *order, apr_pool_t *pool);

#endif
