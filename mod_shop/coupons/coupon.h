/* SPDX-License-Identifier: MIT */
#ifndef SHOP_COUPONS_COUPON_H
#define SHOP_COUPONS_COUPON_H

/* What a coupon is, how it is stored, and what it may do. Pure: no I/O, no clock of its own. */

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
    int64_t usage_limit_per_user; /* -1: none; else each use is in a redemption */
    int64_t used;                 /* shown; for limited coupons usage_limit - remaining */
    int64_t remaining;            /* -1: no limit */
    int64_t terms_rev;            /* rises when anything that an order relies on changes */
    int64_t born; /* terms_rev when it was made: tells it from earlier coupons of the code */
    int64_t rev;
    apr_time_t created_at, updated_at;
} shop_coupon_t;

/* What shop_coupon_code takes, without the spaces at its ends, as a regular expression. */
#define SHOP_COUPON_CODE "[A-Za-z0-9_-]{3,32}"

extern const shop_field_t shop_coupon_fields[];
/* Its terms. remaining is written when the coupon is made; then reservations and changes of the
 * limit move it. */
extern const shop_record_t shop_coupon_record;

/* The code in capitals, without spaces at its ends; NULL when it is not a code at all. */
const char *shop_coupon_code(const char *code, apr_pool_t *pool);

/* COUPON_NOT_APPLICABLE with `reason` (expired, not_started, min_purchase with `missing` in major
 * units) or NULL. currency_exponent prints the amount. */
shop_error_t *shop_coupon_applies(const shop_coupon_t *coupon, int64_t subtotal, apr_time_t now,
                                  int currency_exponent, apr_pool_t *pool);
/* subtotal * percent / 100, rounded and then capped by max_discount; minor units.
 * AMOUNT_TOO_LARGE. */
shop_error_t *shop_coupon_discount(int64_t *discount, const shop_coupon_t *coupon, int64_t subtotal,
                                   shop_rounding_t rounding, apr_pool_t *pool);
/* COUPON_NOT_APPLICABLE with the given reason. */
shop_error_t *shop_coupon_refuse(const char *reason, const char *detail, apr_pool_t *pool);

#endif
