/* SPDX-License-Identifier: MIT */
#ifndef SHOP_COUPONS_COUPON_H
#define SHOP_COUPONS_COUPON_H

/* Coupons: the struct, its stored record and the rules of discounts. No I/O, no clock. */

#include <apr_pools.h>
#include <apr_time.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/error.h"
#include "../base/fields.h"
#include "../base/money.h"
#include "../store/record.h"

typedef struct shop_coupon_t {
    const char *code;         /* [A-Z0-9_-]{3,32}, capitals */
    int64_t discount_percent; /* 1..100 */
    apr_time_t valid_from, valid_until;
    int64_t min_purchase;         /* minor units, 0: none */
    int64_t max_discount;         /* minor units, -1: none */
    int64_t usage_limit;          /* -1: none */
    int64_t usage_limit_per_user; /* -1: none; otherwise each use is recorded in a redemption */
    int64_t used;                 /* in replies; for limited coupons usage_limit - remaining */
    int64_t remaining;            /* -1: no limit */
    int64_t terms_rev;            /* one higher after each change that affects orders */
    int64_t
        born; /* terms_rev at creation; distinguishes it from earlier coupons with the same code */
    int64_t rev;
    apr_time_t created_at, updated_at;
} shop_coupon_t;

/* What shop_coupon_code takes, without the spaces at its ends, as a regular expression. */
#define SHOP_COUPON_CODE "[A-Za-z0-9_-]{3,32}"

extern const shop_field_t shop_coupon_fields[];
/* The stored record of its terms. remaining is stored at creation; later, reservations and changes
 * of the limit update it. */
extern const shop_record_t shop_coupon_record;

/* The code in upper case without surrounding spaces; NULL when it is not a valid code. */
const char *shop_coupon_code(const char *code, apr_pool_t *pool);

/* Does the coupon apply? NULL, or COUPON_NOT_APPLICABLE with `reason`: expired, not_started, or
 * min_purchase with `missing` in major units. currency_exponent: decimals of the printed amount. */
shop_error_t *shop_coupon_applies(const shop_coupon_t *coupon, int64_t subtotal, apr_time_t now,
                                  int currency_exponent, apr_pool_t *pool);
/* subtotal * percent / 100, rounded, at most max_discount; minor units. AMOUNT_TOO_LARGE on
 * overflow. */
shop_error_t *shop_coupon_discount(int64_t *discount, const shop_coupon_t *coupon, int64_t subtotal,
                                   shop_rounding_t rounding, apr_pool_t *pool);
/* COUPON_NOT_APPLICABLE with the given reason. */
shop_error_t *shop_coupon_refuse(const char *reason, const char *detail, apr_pool_t *pool);

#endif
