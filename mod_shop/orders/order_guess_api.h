/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_GUESS_API_H
#define SHOP_ORDERS_ORDER_GUESS_API_H

/* The limit on wrong coupon codes per customer. */

#include "../app.h"
#include "../http/route.h"

/* RATE_LIMITED when the caller has sent too many wrong codes. code: of this request; NULL: no code,
 * nothing is checked. */
shop_error_t *shop_order_may_guess(const shop_app_t *app, const shop_req_t *req, const char *code);
/* Counts err if it refuses an unknown code; returns RATE_LIMITED instead when the limit is
 * exceeded. Any other err, also NULL, is returned unchanged. */
shop_error_t *shop_order_count_guess(const shop_app_t *app, const shop_req_t *req,
                                     shop_error_t *err);
/* Why a coupon was refused, one of shop_error_reasons; NULL when err is about something else. */
const char *shop_order_coupon_reason(const shop_error_t *err);

#endif
