/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_REFUND_API_H
#define SHOP_ORDERS_ORDER_REFUND_API_H

/* Functions shared by the handlers of refunds and of orders. */

#include "../app.h"
#include "../http/route.h"
#include "order.h"

/* Pays back all that is left, without restocking: PATCH to refunded. At least one minor unit must
 * be left. *order: before as read, afterwards as written, in the request's pool. rev and errors as
 * in shop_order_refund. */
shop_error_t *shop_order_refund_rest(shop_order_t **order, const shop_app_t *app,
                                     const shop_req_t *req, int64_t rev, const char *note);

#endif
