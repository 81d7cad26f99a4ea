/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_VIEW_H
#define SHOP_ORDERS_ORDER_VIEW_H

/* An order in replies, for its owner and for admins. */

#include "../base/fields.h"
#include "order.h"

typedef struct shop_order_view_t {
    const char *id, *number, *user_id, *status;
    apr_array_header_t *items;
    int64_t subtotal, discount, total, refunded, refundable;
    const char *currency, *coupon_code;
    shop_address_t *shipping_address;
    const char *payment_method, *tracking_number;
    apr_array_header_t *history, *next_statuses;
    apr_time_t created_at, updated_at;
} shop_order_view_t;

extern const char *const shop_order_status_names[]; /* public ones, NULL-terminated */
extern const char *const shop_order_payment_methods[];
extern const shop_field_t shop_order_address_fields[];
extern const shop_field_t shop_order_item_fields[];
extern const shop_field_t shop_order_fields[]; /* shop_order_view_t */

shop_order_view_t *shop_order_view(const shop_order_t *order, apr_pool_t *pool);

#endif
