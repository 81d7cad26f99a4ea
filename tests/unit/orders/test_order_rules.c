/* SPDX-License-Identifier: MIT
 * States, arrows and totals. */
#include "mod_shop/orders/order.h"

#include "mod_shop/base/money.h"
#include "tests/kit/harness.h"

static void the_arrows_are_the_table(void)
{
    static const struct {
        const char *from, *next;
    } table[] = {
        { "pending", "paid cancelled" },
        { "paid", "processing cancelled refunded" },
        { "processing", "shipped cancelled refunded" },
        { "shipped", "delivered refunded" },
        { "delivered", "refunded" },
        { "cancelled", "" },
        { "refunded", "" },
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        int from = shop_order_status_of_name(table[i].from);
        apr_array_header_t *next = shop_order_next((shop_order_status_t)from, t_pool);

        T_STR(apr_array_pstrcat(t_pool, next, ' ') ? apr_array_pstrcat(t_pool, next, ' ') : "",
              table[i].next);
    }
}

static void internal_states_have_no_public_name(void)
{
    static const char *const internal[] = { "placing", "aborting", "failed", "cancelling" };

    for (size_t i = 0; i < 4; i++) {
        int status = shop_order_status_of_stored(internal[i]);

        T_TRUE(status >= 0);
        T_INT(shop_order_status_of_name(internal[i]), -1);
        T_INT(shop_order_next((shop_order_status_t)status, t_pool)->nelts, 0);
        T_STR(shop_order_status_stored((shop_order_status_t)status), internal[i]);
    }
    T_TRUE(!shop_order_status_name(SHOP_ORDER_PLACING));
    T_STR(shop_order_status_name(SHOP_ORDER_CANCELLING), "cancelled");
    T_INT(shop_order_status_of_name("nonsense"), -1);
    T_INT(shop_order_status_of_stored(NULL), -1);
}

static uint64_t random_state = 20260711;

static uint64_t any(uint64_t below) /* xorshift: the same cases on every run */
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % below;
}

static shop_order_t *order_of(int lines, apr_pool_t *pool)
{
    shop_order_t *order = apr_pcalloc(pool, sizeof(*order));

    order->items = apr_array_make(pool, lines, sizeof(shop_order_line_t *));
    for (int i = 0; i < lines; i++) {
        shop_order_line_t *line = apr_pcalloc(pool, sizeof(*line));

        line->unit_id = apr_psprintf(pool, "%024d", i);
        APR_ARRAY_PUSH(order->items, shop_order_line_t *) = line;
    }
    return order;
}

/* Each share lies within one unit of the exact one, none exceeds its line, and they sum up. */
static void shares_sum_to_the_discount(void)
{
    apr_pool_t *pool;
    int bad = 0;

    apr_pool_create(&pool, t_pool);
    for (int turn = 0; turn < 10000; turn++) {
        shop_order_t *order = order_of(1 + (int)any(20), pool);
        int64_t subtotal = 0, discount, shares = 0;

        for (int i = 0; i < order->items->nelts; i++) {
            shop_order_line_t *line = APR_ARRAY_IDX(order->items, i, shop_order_line_t *);

            line->price = (int64_t)any(any(3) ? 10000 : 1000000000);
            line->quantity = 1 + (int64_t)any(any(3) ? 9 : 10000);
            subtotal += line->price * line->quantity;
        }
        discount = (int64_t)any((uint64_t)subtotal + 1);
        bad += shop_order_total(order, discount, pool) != NULL;
        bad += order->subtotal != subtotal || order->total != subtotal - discount;
        for (int i = 0; i < order->items->nelts; i++) {
            const shop_order_line_t *line = APR_ARRAY_IDX(order->items, i, shop_order_line_t *);
            __int128 gap =
                (__int128)line->discount * subtotal - (__int128)discount * line->line_total;

            bad += line->discount < 0 || line->discount > line->line_total;
            bad += line->line_total != line->price * line->quantity;
            bad += gap <= -(__int128)subtotal - !subtotal || gap >= (__int128)subtotal + !subtotal;
            shares += line->discount;
        }
        bad += shares != discount;
        apr_pool_clear(pool);
    }
    T_INT(bad, 0);
}

static void a_tie_goes_to_the_earlier_line(void)
{
    shop_order_t *order = order_of(3, t_pool);

    for (int i = 0; i < 3; i++) {
        APR_ARRAY_IDX(order->items, i, shop_order_line_t *)->price = 100;
        APR_ARRAY_IDX(order->items, i, shop_order_line_t *)->quantity = 1;
    }
    T_OK(shop_order_total(order, 200, t_pool));
    T_INT(APR_ARRAY_IDX(order->items, 0, shop_order_line_t *)->discount, 67);
    T_INT(APR_ARRAY_IDX(order->items, 1, shop_order_line_t *)->discount, 67);
    T_INT(APR_ARRAY_IDX(order->items, 2, shop_order_line_t *)->discount, 66);
}

static void the_largest_cart_is_exact_and_beyond_it_is_refused(void)
{
    shop_order_t *order = order_of(100, t_pool);

    for (int i = 0; i < 100; i++) {
        APR_ARRAY_IDX(order->items, i, shop_order_line_t *)->price = SHOP_PRICE_MAX;
        APR_ARRAY_IDX(order->items, i, shop_order_line_t *)->quantity = 10000;
    }
    T_OK(shop_order_total(order, 0, t_pool));
    T_INT(order->total, INT64_C(999999999000000));
    APR_ARRAY_IDX(order->items, 7, shop_order_line_t *)->quantity = INT64_C(90071992548);
    T_ERR(shop_order_total(order, 0, t_pool), AMOUNT_TOO_LARGE);
    APR_ARRAY_IDX(order->items, 7, shop_order_line_t *)->quantity = INT64_MAX / 2;
    T_ERR(shop_order_total(order, 0, t_pool), AMOUNT_TOO_LARGE);
}

static const shop_test_t tests[] = {
    SHOP_TEST(the_arrows_are_the_table, "an order moves only along the arrows"),
    SHOP_TEST(internal_states_have_no_public_name, "internal states are nobody's to see or name"),
    SHOP_TEST(shares_sum_to_the_discount, "10,000 carts: the lines' shares sum to the discount"),
    SHOP_TEST(a_tie_goes_to_the_earlier_line, "the largest remainder gets the unit"),
    SHOP_TEST(the_largest_cart_is_exact_and_beyond_it_is_refused,
              "the largest cart is exact; an amount beyond 2^53 is refused"),
    SHOP_TEST_END,
};
SHOP_SUITE("order rules", tests)
