/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_ACCESS_API_H
#define SHOP_ORDERS_ORDER_ACCESS_API_H

/* Shared by the handlers of orders. */

#include "../app.h"
#include "../http/route.h"
#include "order_ports.h"
#include "orders_module.h"

/* The app's ports for the use cases. Never fails. */
shop_order_ports_t shop_order_ports_of(const shop_app_t *app);

bool shop_order_is_admin(const shop_req_t *req);

/* The order of the path argument {id}, in the request's pool. NOT_FOUND also when it belongs to
 * another customer or was not placed. */
shop_error_t *shop_order_load(shop_order_t **order, const shop_app_t *app, const shop_req_t *req);

/* To be called with what a change of the order's stock returned: cached catalogue replies show
 * stock, so those with the order's units are stale, unless err says that nothing was written. Only
 * for an order that reserved something; otherwise refused orders could be used to empty the cache.
 * Returns err. */
shop_error_t *shop_order_stock_written(const shop_app_t *app, const shop_order_t *order,
                                       shop_error_t *err, apr_pool_t *pool);

#endif
