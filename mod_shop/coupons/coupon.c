/* SPDX-License-Identifier: MIT
 * The field table of coupons, and whether a coupon applies. No I/O; the caller passes the time. */
#include "coupon.h"

#include <apr_strings.h>
#include <string.h>

#include "../base/text.h"
#include "../base/text_pattern.h"

#define LIMIT_MAX INT64_C(2147483647)

const shop_field_t shop_coupon_fields[] = {
    SHOP_FIELD_PATTERN(
        shop_coupon_t, code, SHOP_REQUIRED | SHOP_ON_CREATE | SHOP_TRIMMED, 3, 32,
        "Code: letters, digits, `_` and `-`. Stored in capitals, accepted in either case.",
        "^[" SHOP_TEXT_SPACES "]*" SHOP_COUPON_CODE "[" SHOP_TEXT_SPACES "]*$"),
    SHOP_FIELD(shop_coupon_t, discount_percent, INT, SHOP_REQUIRED, 1, 100, "Discount in percent"),
    SHOP_FIELD(shop_coupon_t, valid_from, TIME, SHOP_REQUIRED, 0, 0, "Start of validity"),
    SHOP_FIELD(shop_coupon_t, valid_until, TIME, SHOP_REQUIRED, 0, 0, "End of validity"),
    SHOP_FIELD_DEFAULT(shop_coupon_t, min_purchase, MONEY, SHOP_NULLABLE, 0, SHOP_PRICE_MAX,
                       "Minimum subtotal", 0),
    SHOP_FIELD(shop_coupon_t, max_discount, MONEY, SHOP_NULLABLE, 0, SHOP_PRICE_MAX,
               "Maximum discount; null: none"),
    SHOP_FIELD(shop_coupon_t, usage_limit, INT, SHOP_NULLABLE, 1, LIMIT_MAX,
               "Maximum number of uses, at least the uses so far; null: unlimited"),
    SHOP_FIELD(shop_coupon_t, usage_limit_per_user, INT, SHOP_NULLABLE, 1, 1000,
               "Maximum number of uses per customer; null: unlimited"),
    SHOP_FIELD(shop_coupon_t, used, INT, SHOP_READ_ONLY | SHOP_OMIT_NULL | SHOP_NOT_STORED, 0, 0,
               "Uses so far. Without `usage_limit` counted up to 10,000, and not in lists."),
    SHOP_FIELD(shop_coupon_t, remaining, INT, SHOP_READ_ONLY | SHOP_NULLABLE | SHOP_ON_CREATE, 0, 0,
               "Uses left; null: unlimited"),
    SHOP_FIELD(shop_coupon_t, created_at, TIME, SHOP_READ_ONLY | SHOP_REQUIRED | SHOP_ON_CREATE, 0,
               0, "Time of creation"),
    SHOP_FIELD(shop_coupon_t, updated_at, TIME, SHOP_READ_ONLY | SHOP_REQUIRED, 0, 0,
               "Time of the last change of its terms"),
    SHOP_FIELD(shop_coupon_t, terms_rev, INT, SHOP_FOR_NOBODY, 0, 0, NULL),
    SHOP_FIELD(shop_coupon_t, born, INT, SHOP_FOR_NOBODY | SHOP_ON_CREATE, 0, 0, NULL),
    SHOP_FIELD(shop_coupon_t, rev, INT, SHOP_FOR_NOBODY, 0, 0, NULL),
    SHOP_FIELDS_END,
};

static const shop_record_unique_t coupon_unique[] = {
    { "code", SHOP_COUPON_EXISTS, NULL },
    { .member = NULL },
};

static const char *const coupon_sorts[] = { "code", NULL };
static const char *const reservation_members[] = { "holds", "backs", NULL };

const shop_record_t shop_coupon_record = { .collection = "coupons",
                                           .noun = "coupon",
                                           .fields = shop_coupon_fields,
                                           .size = sizeof(shop_coupon_t),
                                           .id = "code",
                                           .unique = coupon_unique,
                                           .sorts = coupon_sorts,
                                           .others = reservation_members };

const char *shop_coupon_code(const char *code, apr_pool_t *pool)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    char *upper = apr_pstrdup(pool, shop_text_trim(code, pool));
    size_t length = strlen(upper);

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
    /* A decimal of at most 15 digits survives conversion to a double and back: see problem.c. */
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
