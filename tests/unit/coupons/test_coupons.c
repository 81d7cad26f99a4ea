/* SPDX-License-Identifier: MIT
 * What a coupon is worth and when it applies. */
#include <jansson.h>
#include <regex.h>
#include <stdlib.h>

#include "mod_shop/coupons/coupon.h"
#include "mod_shop/base/text.h"
#include "mod_shop/base/text_pattern.h"
#include "tests/kit/harness.h"

#define NOON apr_time_from_sec(1790000000)
#define SECOND apr_time_from_sec(1)

static void a_code_is_capitals_of_a_small_alphabet(void)
{
    static const struct {
        const char *typed, *code;
    } table[] = {
        { "TEN", "TEN" },
        { "summer_2024-x", "SUMMER_2024-X" },
        { "AB", NULL },
        { "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345" },
        { "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456", NULL },
        { "AB CD", NULL },
        { " ten\xc2\xa0 ", "TEN" },
        { "  AB  ", NULL },
        { "\tTEN", NULL },
        { "TEN\xe2\x80\x8b", NULL },
        { "\xd0\xa2"
          "EN",
          NULL },        /* a Cyrillic letter that looks like T */
        { "A:B", NULL }, /* the colon parts code and customer in a redemption's id */
        { "A.B", NULL },
        { "$gt", NULL },
        { "", NULL },
    };

    regex_t pattern;

    T_STR(shop_fields_row(shop_coupon_fields, "code")->pattern,
          "^[" SHOP_TEXT_SPACES "]*" SHOP_COUPON_CODE "[" SHOP_TEXT_SPACES "]*$");
    T_INT(regcomp(&pattern, "^" SHOP_COUPON_CODE "$", REG_EXTENDED | REG_NOSUB), 0);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        T_STR(shop_coupon_code(table[i].typed, t_pool), table[i].code);
        /* libc's dialect has no escapes for the spaces at the ends */
        T_INT(regexec(&pattern, shop_text_trim(table[i].typed, t_pool), 0, NULL, 0) == 0,
              table[i].code != NULL);
    }
    regfree(&pattern);
}

static void a_discount_rounds_down_and_is_capped(void)
{
    static const struct {
        int64_t subtotal, percent, cap, off;
    } table[] = {
        { 1000, 10, -1, 100 },
        { 999, 10, -1, 99 },
        { 1, 50, -1, 0 },
        { 1000, 10, 99, 99 },
        { 1000, 10, 100, 100 },
        { 1000, 10, 0, 0 },
        { 0, 100, -1, 0 },
        { 777, 100, -1, 777 },
        { INT64_C(9007199254740991), 99, -1, INT64_C(8917127262193581) },
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        shop_coupon_t coupon = { .discount_percent = table[i].percent,
                                 .max_discount = table[i].cap };
        int64_t discount;

        T_OK(shop_coupon_discount(&discount, &coupon, table[i].subtotal, SHOP_ROUND_DOWN, t_pool));
        T_INT(discount, table[i].off);
    }
}

static void the_cap_holds_after_rounding_and_overflow_is_refused(void)
{
    shop_coupon_t coupon = { .discount_percent = 50, .max_discount = 1 };
    int64_t discount;

    T_OK(shop_coupon_discount(&discount, &coupon, 3, SHOP_ROUND_DOWN, t_pool));
    T_INT(discount, 1);
    T_OK(shop_coupon_discount(&discount, &coupon, 3, SHOP_ROUND_HALF_UP, t_pool));
    T_INT(discount, 1);
    coupon.max_discount = -1;
    T_OK(shop_coupon_discount(&discount, &coupon, 3, SHOP_ROUND_HALF_UP, t_pool));
    T_INT(discount, 2);
    coupon.discount_percent = INT64_MAX;
    T_ERR(shop_coupon_discount(&discount, &coupon, INT64_MAX, SHOP_ROUND_DOWN, t_pool),
          AMOUNT_TOO_LARGE);
}

static void a_coupon_says_why_it_does_not_apply(void)
{
    static const struct {
        apr_time_t now;
        int64_t subtotal;
        const char *reason;
    } table[] = {
        { NOON - 1, 5000, "not_started" }, { NOON, 5000, NULL },
        { NOON + 9 * SECOND, 5000, NULL }, { NOON + 9 * SECOND + 1, 5000, "expired" },
        { NOON, 4999, "min_purchase" },
    };
    const shop_coupon_t coupon = { .code = "TEN",
                                   .discount_percent = 10,
                                   .valid_from = NOON,
                                   .valid_until = NOON + 9 * SECOND,
                                   .min_purchase = 5000,
                                   .max_discount = -1,
                                   .usage_limit = -1,
                                   .remaining = -1 };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        shop_error_t *err =
            shop_coupon_applies(&coupon, table[i].subtotal, table[i].now, 2, t_pool);

        T_STR(err ? json_string_value(json_object_get(err->extra, "reason")) : NULL,
              table[i].reason);
        T_TRUE(!err || err->code == SHOP_COUPON_NOT_APPLICABLE);
    }
}

/* Every amount of cents up to the largest least purchase must come out as it is said. */
static void what_is_missing_is_exact(void)
{
    static const struct {
        int64_t missing;
        int exponent;
        const char *text;
    } table[] = {
        { 1, 2, "0.01" },     { 9999, 2, "99.99" }, { 999999999, 2, "9999999.99" },
        { 1999, 3, "1.999" }, { 500, 0, "500" },    { 110, 2, "1.1" },
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        shop_coupon_t coupon = { .valid_until = NOON, .min_purchase = table[i].missing };
        shop_error_t *err = shop_coupon_applies(&coupon, 0, NOON, table[i].exponent, t_pool);
        char *text = json_dumps(json_object_get(err->extra, "missing"),
                                JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));

        T_STR(text, table[i].text);
        free(text);
    }
}

static const shop_test_t coupon_tests[] = {
    SHOP_TEST(a_code_is_capitals_of_a_small_alphabet, "a code is 3 to 32 of A-Z, 0-9, _ and -"),
    SHOP_TEST(a_discount_rounds_down_and_is_capped, "a discount rounds down and is capped"),
    SHOP_TEST(the_cap_holds_after_rounding_and_overflow_is_refused,
              "the cap holds after rounding, overflow is refused"),
    SHOP_TEST(a_coupon_says_why_it_does_not_apply, "a coupon says why it does not apply"),
    SHOP_TEST(what_is_missing_is_exact, "what is missing to the least purchase is exact"),
    SHOP_TEST_END,
};
SHOP_SUITE("coupons", coupon_tests)
