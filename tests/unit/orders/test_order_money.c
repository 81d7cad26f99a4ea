/* SPDX-License-Identifier: MIT
 * What a coupon takes off an order, for every way of rounding: thousands of carts compared with a
 * long division in decimal digits, which shares nothing with the code under test. */
#include <string.h>

#include "mod_shop/base/money.h"
#include "tests/kit/order_shop.h"

enum { CARTS = 3000, DIGITS = 36 };

/* A whole number in decimal, lowest digit first; it holds any product made here. */
typedef struct number_t {
    unsigned char digit[DIGITS];
} number_t;

static number_t number_of(int64_t value)
{
    number_t number = { { 0 } };

    for (int i = 0; value; i++, value /= 10) {
        number.digit[i] = (unsigned char)(value % 10);
    }
    return number;
}

static number_t product_of(int64_t a, int64_t b)
{
    number_t x = number_of(a), y = number_of(b), product = { { 0 } };

    for (int i = 0; i < DIGITS / 2; i++) {
        int carry = 0;

        for (int j = 0; x.digit[i] && j < DIGITS / 2; j++) {
            int sum = product.digit[i + j] + x.digit[i] * y.digit[j] + carry;

            product.digit[i + j] = (unsigned char)(sum % 10);
            carry = sum / 10;
        }
    }
    return product;
}

static int compare(const number_t *a, const number_t *b)
{
    for (int i = DIGITS - 1; i >= 0; i--) {
        if (a->digit[i] != b->digit[i]) {
            return a->digit[i] < b->digit[i] ? -1 : 1;
        }
    }
    return 0;
}

/* amount * percent / 100: the point moves by two digits, and what is behind it decides. */
static int64_t exact_discount(int64_t amount, int64_t percent, shop_rounding_t rounding)
{
    number_t product = product_of(amount, percent);
    int behind = product.digit[1] * 10 + product.digit[0];
    int64_t whole = 0;

    for (int i = DIGITS - 1; i >= 2; i--) {
        whole = whole * 10 + product.digit[i];
    }
    switch (rounding) {
    case SHOP_ROUND_HALF_UP: return whole + (behind >= 50);
    case SHOP_ROUND_HALF_EVEN:
        return whole + (behind > 50 || (behind == 50 && product.digit[2] % 2 == 1));
    default: return whole;
    }
}

/* Is share within one unit of discount * line / subtotal? Both sides times subtotal. */
static bool is_near(int64_t share, int64_t discount, int64_t line, int64_t subtotal)
{
    number_t exact = product_of(discount, line), below = product_of(share - (share > 0), subtotal);
    number_t above = product_of(share + 1, subtotal);

    return compare(&exact, &above) < 0 &&
           (share == 0 ? true : compare(&exact, &below) > 0 || !subtotal);
}

static uint64_t state = 20260817;

static uint64_t any(uint64_t below) /* xorshift: the same cases on every run */
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

static int64_t any_price(void)
{
    switch (any(4)) {
    case 0: return (int64_t)any(4);
    case 1: return SHOP_PRICE_MAX - (int64_t)any(3);
    case 2: return 50 * (int64_t)any(40); /* halves */
    default: return (int64_t)any((uint64_t)SHOP_PRICE_MAX + 1);
    }
}

static shop_order_t *any_order(apr_pool_t *pool)
{
    static const int most[] = { 1, 3, 20, 100 };
    shop_order_t *order = apr_pcalloc(pool, sizeof(*order));
    int lines = 1 + (int)any((uint64_t)most[any(4)]);

    order->items = apr_array_make(pool, lines, sizeof(shop_order_line_t *));
    for (int i = 0; i < lines; i++) {
        shop_order_line_t *line = apr_pcalloc(pool, sizeof(*line));

        line->price = any_price();
        line->quantity = 1 + (int64_t)any(any(2) ? 3 : 10000);
        APR_ARRAY_PUSH(order->items, shop_order_line_t *) = line;
    }
    return order;
}

/* How many promises the order breaks; 0. */
static int broken(const shop_order_t *order, const shop_coupon_t *coupon, shop_rounding_t rounding)
{
    int64_t subtotal = 0, shares = 0;
    int64_t wanted = exact_discount(order->subtotal, coupon->discount_percent, rounding);
    int bad = 0;

    if (coupon->max_discount >= 0 && wanted > coupon->max_discount) {
        wanted = coupon->max_discount;
    }
    for (int i = 0; i < order->items->nelts; i++) {
        const shop_order_line_t *line = APR_ARRAY_IDX(order->items, i, shop_order_line_t *);

        bad += line->line_total != line->price * line->quantity;
        bad += line->discount < 0 || line->discount > line->line_total;
        bad += !is_near(line->discount, order->discount, line->line_total, order->subtotal) &&
               order->subtotal > 0;
        subtotal += line->line_total;
        shares += line->discount;
    }
    bad += order->subtotal != subtotal || order->discount != shares;
    bad += order->discount < 0 || order->discount > subtotal || order->discount != wanted;
    bad += order->total != subtotal - order->discount;
    return bad;
}

static void every_cart_is_rounded_as_it_is_said(void)
{
    apr_pool_t *pool;
    int bad = 0, halves = 0;

    apr_pool_create(&pool, t_pool);
    for (int turn = 0; turn < CARTS; turn++) {
        shop_order_t *order = any_order(pool);
        shop_coupon_t coupon = { .discount_percent = 1 + (int64_t)any(100), .max_discount = -1 };

        T_OK(shop_order_total(order, 0, pool));
        if (any(3) == 0) {
            coupon.max_discount = (int64_t)any((uint64_t)order->subtotal / 2 + 1);
        }
        halves += exact_discount(order->subtotal, coupon.discount_percent, SHOP_ROUND_HALF_UP) !=
                  exact_discount(order->subtotal, coupon.discount_percent, SHOP_ROUND_HALF_EVEN);
        for (int mode = 0; mode < SHOP_ROUND_COUNT; mode++) {
            int64_t discount = -1;

            T_OK(shop_coupon_discount(&discount, &coupon, order->subtotal, (shop_rounding_t)mode,
                                      pool));
            T_OK(shop_order_total(order, discount, pool));
            bad += broken(order, &coupon, (shop_rounding_t)mode);
        }
        apr_pool_clear(pool);
    }
    T_INT(bad, 0);
    T_TRUE(halves > 10); /* the cases hold some in which the modes differ */
}

static void the_largest_cart_is_exact_in_every_mode(void)
{
    shop_order_t *order = any_order(t_pool);

    apr_array_clear(order->items);
    for (int i = 0; i < 100; i++) {
        shop_order_line_t *line = apr_pcalloc(t_pool, sizeof(*line));

        line->price = SHOP_PRICE_MAX;
        line->quantity = 10000;
        APR_ARRAY_PUSH(order->items, shop_order_line_t *) = line;
    }
    for (int percent = 1; percent <= 100; percent++) {
        shop_coupon_t coupon = { .discount_percent = percent, .max_discount = -1 };

        for (int mode = 0; mode < SHOP_ROUND_COUNT; mode++) {
            int64_t discount;

            T_OK(shop_order_total(order, 0, t_pool));
            T_INT(order->subtotal, INT64_C(999999999000000));
            T_OK(shop_coupon_discount(&discount, &coupon, order->subtotal, (shop_rounding_t)mode,
                                      t_pool));
            T_OK(shop_order_total(order, discount, t_pool));
            T_INT(broken(order, &coupon, (shop_rounding_t)mode), 0);
        }
    }
}

/* ---- through the quote and the order, in three currencies ---- */

static void set_coupon(const order_shop_t *shop, int64_t percent)
{
    shop_coupon_repo_t *coupons = shop->ports.coupons;
    shop_coupon_t *ten;
    bool done;

    T_OK(coupons->find(&ten, coupons, "TEN", t_pool));
    ten->discount_percent = percent;
    ten->rev++;
    T_OK(coupons->update(&done, coupons, ten, 0, t_pool));
    T_TRUE(done);
}

static void a_coupon_of_a_hundred_percent_makes_the_order_free(void)
{
    static const char *const currencies[] = { "JPY", "USD", "KWD" };

    for (int i = 0; i < 3; i++) {
        for (int mode = 0; mode < SHOP_ROUND_COUNT; mode++) {
            order_shop_t *shop = order_shop(10, 5);
            shop_order_t *order;
            bool replayed;

            shop->ports.currency = currencies[i];
            shop->ports.currency_exponent = shop_money_exponent(currencies[i]);
            shop->ports.rounding = (shop_rounding_t)mode;
            set_coupon(shop, 100);
            order_shop_fill(shop, USER(0), 1, 1);
            T_OK(order_shop_place(&order, &replayed, shop, USER(0), NULL, "TEN", t_pool));
            T_INT(order->discount, 1250);
            T_INT(order->total, 0);
            T_STR(order->currency, currencies[i]);
        }
    }
}

/* 25 percent of 250 are 62.5, of 750 are 187.5: minor units, whatever
 * their currency calls them. */
static void a_quote_rounds_as_the_shop_is_told(void)
{
    static const struct {
        const char *currency;
        int64_t second;
        shop_rounding_t rounding;
        int64_t off;
    } table[] = {
        { "JPY", 1, SHOP_ROUND_DOWN, 62 },       { "JPY", 1, SHOP_ROUND_HALF_UP, 63 },
        { "JPY", 1, SHOP_ROUND_HALF_EVEN, 62 },  { "KWD", 3, SHOP_ROUND_DOWN, 187 },
        { "KWD", 3, SHOP_ROUND_HALF_UP, 188 },   { "KWD", 3, SHOP_ROUND_HALF_EVEN, 188 },
        { "USD", 2, SHOP_ROUND_HALF_EVEN, 125 },
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        order_shop_t *shop = order_shop(10, 5);
        shop_order_quote_t quote;

        shop->ports.currency = table[i].currency;
        shop->ports.currency_exponent = shop_money_exponent(table[i].currency);
        shop->ports.rounding = table[i].rounding;
        set_coupon(shop, 25);
        order_shop_fill(shop, USER(0), 0, table[i].second);
        T_OK(shop_order_quote(&quote, &shop->ports, USER(0), "TEN", t_pool));
        T_OK(quote.refusal);
        T_INT(quote.order->discount, table[i].off);
        T_INT(quote.order->total, 250 * table[i].second - table[i].off);
    }
}

static const shop_test_t tests[] = {
    SHOP_TEST(every_cart_is_rounded_as_it_is_said, "3,000 carts, each mode: exact to the unit"),
    SHOP_TEST(the_largest_cart_is_exact_in_every_mode, "the largest cart is exact in every mode"),
    SHOP_TEST(a_coupon_of_a_hundred_percent_makes_the_order_free,
              "100 percent off is free, in JPY, USD and KWD"),
    SHOP_TEST(a_quote_rounds_as_the_shop_is_told, "a quote rounds as the shop is told"),
    SHOP_TEST_END,
};
SHOP_SUITE("order money", tests)
