/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_REFUND_API_H
#define SHOP_ORDERS_ORDER_REFUND_API_H

/* The handlers of an order's refunds; their routes stand with the order's. */

#include "order_api.h"

typedef struct shop_refund_in_t {
    int64_t amount;
    bool restock;
    const char *reason;
} shop_refund_in_t;

extern const shop_field_t shop_refund_in_fields[]; /* the body, shop_refund_in_t */
extern const shop_field_t shop_refund_fields[];    /* the reply; reason and by are for admins */

shop_error_t *shop_order_refund_create(const shop_app_t *app, shop_req_t *req, shop_res_t *res);
shop_error_t *shop_order_refund_list(const shop_app_t *app, shop_req_t *req, shop_res_t *res);
shop_error_t *shop_order_refund_show(const shop_app_t *app, shop_req_t *req, shop_res_t *res);

/* Pays back all that is left, without restocking: PATCH to refunded. At least one minor unit must
 * be left. rev and errors as in shop_order_refund. */
shop_error_t *shop_order_refund_rest(shop_order_t **order, const shop_app_t *app,
                                     const shop_req_t *req, int64_t rev, const char *note);

#endif
