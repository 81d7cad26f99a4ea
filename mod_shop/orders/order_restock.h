/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_RESTOCK_H
#define SHOP_ORDERS_ORDER_RESTOCK_H

/* Restocks the lines of a placed order and the use of its coupon, exactly once even if messages are
 * lost, repeated or late. */

#include "order_ports.h"

/* Continues the restocking of an order that is cancelling or restocking; may be repeated and called
 * concurrently. deadline: monotonic, 0: none. UNAVAILABLE when it is incomplete; the reaper
 * continues then. */
shop_error_t *shop_order_restock(const shop_order_ports_t *ports, const shop_order_t *order,
                                 apr_time_t deadline, apr_pool_t *pool);
/* Drops the return markers of a cancelled order and marks it finished. */
shop_error_t *shop_order_drop_markers(const shop_order_ports_t *ports, const shop_order_t *order,
                                      apr_pool_t *pool);
/* Drops the markers of its lines only, after a refund with restock. To be called after the lines
 * were recorded as returned. */
shop_error_t *shop_order_drop_line_markers(const shop_order_ports_t *ports,
                                           const shop_order_t *order, apr_pool_t *pool);

#endif
