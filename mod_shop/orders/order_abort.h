/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_ABORT_H
#define SHOP_ORDERS_ORDER_ABORT_H

#include "order_ports.h"

/* placing -> aborting -> failed, everything reserved released. NULL only when that is complete. */
shop_error_t *shop_order_abort(const shop_order_ports_t *ports, const shop_order_t *order,
                               apr_pool_t *pool);

#endif
