/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_API_H
#define SHOP_ORDERS_ORDER_API_H

/* What the order routes share. */

#include "../app.h"
#include "../cart/cart_module.h"
#include "../catalogue/catalogue_module.h"
#include "../coupons/coupons_module.h"
#include "../http/route.h"
#include "../inventory/inventory_module.h"
#include "../settings.h"
#include "order_ports.h"
#include "orders_module.h"

shop_order_ports_t shop_order_ports_of(const shop_app_t *app);
/* The order that {id} names, when the caller may see it. NOT_FOUND also for somebody else's and for
 * one that never was. */
shop_error_t *shop_order_load(shop_order_t **order, const shop_app_t *app, const shop_req_t *req);

/* To be called with what a change of the order's stock answered: catalogue replies that show its
 * units are stale, unless err says that nothing was written. Returns err. */
shop_error_t *shop_order_stock_written(const shop_app_t *app, const shop_order_t *order,
                                       shop_error_t *err, apr_pool_t *pool);

/* RATE_LIMITED when the caller has named too many wrong codes; code NULL: none is named now. */
shop_error_t *shop_order_may_guess(const shop_app_t *app, const shop_req_t *req, const char *code);
/* Passes err on, counting it when it refuses a code that does not exist or does not apply. */
shop_error_t *shop_order_count_guess(const shop_app_t *app, const shop_req_t *req,
                                     shop_error_t *err);
/* Why a coupon was refused, in the quote's words; NULL when err is about something else. */
const char *shop_order_coupon_reason(const shop_error_t *err);

#endif
