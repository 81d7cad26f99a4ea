/* SPDX-License-Identifier: MIT
 * What a coupon is and when it applies. Pure: the time comes from the caller. */
#include "coupon.h"

#include <apr_strings.h>
#include <string.h>

const char *shop_coupon_code(const char *code, apr_pool_t *pool)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    char *upper = apr_pstrdup(pool, code);
    size_t length = strlen(code);

    for (char *at = upper; *at; at++) {
        if (*at >= 'a' && *at <= 'z') {
            *at = (char)(*at - 'a' + 'A');
        }
    }
    return length >= 3 && length <= 32 && strspn(upper, allowed) == length ? upper : NULL;
}

shop_error_t *shop_coupon_refuse(const char *reason, const char *detail, apr_pool_t *pool)
{
    shop_error_t *err = shop_err(pool, COUPON_NOT_APPLICABLE, "%s", detail);

    shop_error_extra(err, pool, "reason", json_string(reason));
    return err;
}

shop_error_t *shop_coupon_applies(const shop_coupon_t *coupon, int64_t subtotal, apr_time_t now,
                                  int currency_exponent, apr_pool_t *pool)
{
    shop_error_t *err;
    const char *missing;

    if (now < coupon->valid_from) {
        return shop_coupon_refuse("not_started", "the coupon is not valid yet", pool);
    }
    if (now > coupon->valid_until) {
        return shop_coupon_refuse("expired", "the coupon is not valid any more", pool);
    }
    if (subtotal >= coupon->min_purchase) {
        return NULL;
    }
    missing = shop_money_text(coupon->min_purchase - subtotal, currency_exponent, pool);
    err = shop_coupon_refuse(
        "min_purchase",
        apr_pstrcat(pool, "the coupon needs a purchase of ", missing, " more", NULL), pool);
    /* Decimal text of at most 15 digits survives the way through a double: see problem.c. */
    shop_error_extra(err, pool, "missing", json_loads(missing, JSON_DECODE_ANY, NULL));
    return err;
}

shop_error_t *shop_coupon_discount(int64_t *discount, const shop_coupon_t *coupon, int64_t subtotal,
                                   shop_rounding_t rounding, apr_pool_t *pool)
{
    SHOP_TRY(shop_money_percent(discount, subtotal, coupon->discount_percent, rounding, pool));
    if (coupon->max_discount >= 0 && *discount > coupon->max_discount) {
        *discount = coupon->max_discount;
    }
    return NULL;
}
