/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_CLEAN_H
#define SHOP_ORDERS_ORDER_CLEAN_H

#include "order_ports.h"

/* Confirms the reservations of a committed order, empties its cart and marks it finished.
 * Idempotent. */
shop_error_t *shop_order_clean(const shop_order_ports_t *ports, const shop_order_t *order,
                               apr_pool_t *pool);

#endif
