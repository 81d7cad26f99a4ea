/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_RESERVATION_H
#define SHOP_ORDERS_ORDER_RESERVATION_H

/* What an order reserves, as arguments for store/reservation.h. No I/O; results in pool. */

#include "../store/reservation.h"
#include "order.h"

/* The stock of its lines. */
shop_reservation_t shop_order_stock_lines(const shop_order_t *order, apr_pool_t *pool);
/* One use of its coupon. Only of an order with coupon_limited. */
shop_reservation_t shop_order_coupon_use(const shop_order_t *order, apr_pool_t *pool);
/* The line of one leftover that a sweep found. */
shop_reservation_t shop_order_left_line(const shop_leftover_t *left, apr_pool_t *pool);

#endif
