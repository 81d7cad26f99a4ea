/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_CLEAN_H
#define SHOP_ORDERS_ORDER_CLEAN_H

#include "order_ports.h"

/* Takes the lines of a placed order out of its customer's cart and ends its claim. *seen: the cart
 * as it was last read, or NULL: it is read first. Lines that were added meanwhile stay, and so does
 * what was added to an ordered line. Idempotent. CONFLICT: the cart was edited at each attempt; so
 * also from the functions below. */
shop_error_t *shop_order_clear_cart(const shop_order_ports_t *ports, const shop_order_t *order,
                                    const shop_cart_t *seen, apr_pool_t *pool);

/* Confirms the reservations of a placed order. Idempotent. */
shop_error_t *shop_order_confirm(const shop_order_ports_t *ports, const shop_order_t *order,
                                 apr_pool_t *pool);

/* Completes a placed order whose process was interrupted: confirms its reservations, clears the
 * cart and, for an order of the previous protocol, marks it finished. Idempotent. */
shop_error_t *shop_order_clean(const shop_order_ports_t *ports, const shop_order_t *order,
                               apr_pool_t *pool);

/* Completes or undoes the order of the cart's claim, which is past its lease. *resolved false: it
 * must be tried again later. *placed: it was completed. */
shop_error_t *shop_order_resolve(bool *resolved, bool *placed, const shop_order_ports_t *ports,
                                 const shop_cart_t *cart, apr_pool_t *pool);

#endif
