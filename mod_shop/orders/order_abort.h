/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_ABORT_H
#define SHOP_ORDERS_ORDER_ABORT_H

#include "order_ports.h"

/* Undoes an order that will never be placed: releases what it reserved, last its claim of the
 * cart. may_be_late: a reserve of it may still arrive, so its units are voided first. NULL only
 * when that is complete; may be repeated. */
shop_error_t *shop_order_abort(const shop_order_ports_t *ports, const shop_order_t *order,
                               bool may_be_late, apr_pool_t *pool);

/* The order of a cart's claim as far as it is known from there: id, user, lines (without prices),
 * coupon. cart->claim is not NULL. */
shop_order_t *shop_order_of_claim(const shop_cart_t *cart, apr_pool_t *pool);

/* An order of the previous protocol, placing or aborting: -> aborting -> failed, everything
 * reserved released. NULL only when that is complete. */
shop_error_t *shop_order_roll_back(const shop_order_ports_t *ports, const shop_order_t *order,
                                   apr_pool_t *pool);

#endif
