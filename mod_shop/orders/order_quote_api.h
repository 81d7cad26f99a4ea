/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_QUOTE_API_H
#define SHOP_ORDERS_ORDER_QUOTE_API_H

/* The handler of the quote; its route stands with the order's. */

#include "order_api.h"

typedef struct shop_order_quote_in_t {
    const char *coupon_code;
    shop_address_t *shipping_address;
} shop_order_quote_in_t;

extern const shop_field_t shop_order_quote_in_fields[]; /* the body, shop_order_quote_in_t */
extern const shop_field_t shop_order_quote_fields[];    /* the reply */

shop_error_t *shop_order_quote_cart(const shop_app_t *app, shop_req_t *req, shop_res_t *res);

#endif
