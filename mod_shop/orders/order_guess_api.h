/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_GUESS_API_H
#define SHOP_ORDERS_ORDER_GUESS_API_H

/* The limit on wrong coupon codes per customer. */

#include "../app.h"
#include "../http/route.h"

/* RATE_LIMITED when the caller has named too many wrong codes. code: the one that is named now;
 * NULL: none, and nothing is checked. */
shop_error_t *shop_order_may_guess(const shop_app_t *app, const shop_req_t *req, const char *code);
/* Counts a refusal of a code that does not exist, and returns it; RATE_LIMITED instead when it was
 * one too many. Any other err, NULL too, is returned as it is. */
shop_error_t *shop_order_count_guess(const shop_app_t *app, const shop_req_t *req,
                                     shop_error_t *err);
/* Why a coupon was refused, one of shop_error_reasons; NULL when err is about something else. */
const char *shop_order_coupon_reason(const shop_error_t *err);

#endif
