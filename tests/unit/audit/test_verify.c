/* SPDX-License-Identifier: MIT
 * Expected stock, uses and sums, state by state. */
#include "mod_shop/audit/verify.h"
#include "tests/kit/harness.h"

#define NOON apr_time_from_sec(1790000000)

static apr_array_header_t *entries(const char *id, int64_t amount)
{
    apr_array_header_t *array = apr_array_make(t_pool, 1, sizeof(shop_verify_entry_t));

    if (id) {
        APR_ARRAY_PUSH(array, shop_verify_entry_t) =
            (shop_verify_entry_t){ .id = id, .amount = amount };
    }
    return array;
}

/* 100 units at the beginning; the order has a line of 3 and holds 3 when held. */
static int64_t stock_with(int status, bool held, bool returned, bool backed)
{
    shop_verify_unit_t unit = { .has_opened = true,
                                .opened = 100,
                                .base = { .holds = entries(held ? "o1" : NULL, 3),
                                          .backs = entries(backed ? "o1" : NULL, 3) },
                                .moves = entries(NULL, 0) };
    shop_verify_line_t line = { "o1", status, 3, returned };

    shop_verify_count_line(&unit, &line);
    shop_verify_close(&unit.base);
    return shop_verify_stock(&unit);
}

static void an_uncommitted_order_has_what_it_holds(void)
{
    const int statuses[] = { SHOP_ORDER_PLACING, SHOP_ORDER_ABORTING, SHOP_ORDER_FAILED };

    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        T_INT(stock_with(statuses[i], true, false, false), 97);
        T_INT(stock_with(statuses[i], false, false, false), 100);
    }
}

static void a_committed_order_has_its_line_until_it_was_given_back(void)
{
    for (int status = SHOP_ORDER_PENDING; status < SHOP_ORDER_STATUS_COUNT; status++) {
        T_INT(stock_with(status, false, false, false), 97);
        T_INT(stock_with(status, true, false, false), 97); /* the hold is not counted twice */
        T_INT(stock_with(status, false, true, false), 100);
        T_INT(stock_with(status, false, false, true), 100);
        T_INT(stock_with(status, false, true, true), 100);
        T_INT(stock_with(status, true, true, false), 100); /* a hold that came back is spent */
    }
}

static void movements_and_strangers_count(void)
{
    shop_verify_unit_t unit = { .has_opened = true,
                                .opened = 10,
                                .stock = 7,
                                .moved = 5,
                                .base = { .holds = entries("nobody", 4),
                                          .backs = entries(NULL, 0) },
                                .moves = entries("m1", -2) };

    shop_verify_close(&unit.base);
    T_INT(shop_verify_stock(&unit), 10 + 5 - 2 - 4);
    T_INT(shop_verify_opened(&unit), 7 - 5 + 2 + 4);
    T_TRUE(!APR_ARRAY_IDX(unit.base.holds, 0, shop_verify_entry_t).known);
    T_TRUE(shop_verify_names(unit.moves, "m1") && !shop_verify_names(unit.moves, "m2"));
}

/* Bounds of a coupon of 10 uses, born at 5, after one order's use. */
static void bounds(int64_t *least, int64_t *most, int64_t terms_rev, const char *held,
                   const char *backed, shop_verify_use_t use)
{
    shop_verify_coupon_t coupon = { .usage_limit = 10,
                                    .born = 5,
                                    .terms_rev = terms_rev,
                                    .base = { .holds = entries(held, 1),
                                              .backs = entries(backed, 1) } };

    use.order_id = "o1";
    shop_verify_count_use(&coupon, &use);
    shop_verify_close(&coupon.base);
    shop_verify_coupon_bounds(least, most, &coupon);
}

static void a_use_counts_as_a_line_does(void)
{
    static const struct {
        int status;
        bool limited, returned, held, backed;
        int64_t terms_rev, born, least, most;
    } table[] = {
        { SHOP_ORDER_PLACING, true, false, false, false, 5, -1, 10, 10 },
        { SHOP_ORDER_PLACING, true, false, true, false, 5, -1, 9, 9 },
        { SHOP_ORDER_FAILED, true, false, true, false, 5, -1, 9, 9 },
        { SHOP_ORDER_PENDING, true, false, false, false, 5, -1, 9, 9 },
        { SHOP_ORDER_PENDING, true, false, true, false, 5, -1, 9, 9 },
        { SHOP_ORDER_REFUNDED, true, false, false, false, 5, -1, 9, 9 },
        { SHOP_ORDER_CANCELLING, true, false, false, false, 5, -1, 9, 9 },
        { SHOP_ORDER_CANCELLING, true, false, false, true, 5, -1, 10, 10 },
        { SHOP_ORDER_CANCELLED, true, true, false, false, 5, -1, 10, 10 },
        /* an earlier coupon of the code: by its terms, or as the order says */
        { SHOP_ORDER_PENDING, true, false, false, false, 4, -1, 10, 10 },
        { SHOP_ORDER_PENDING, true, false, false, false, 9, 3, 10, 10 },
        { SHOP_ORDER_PENDING, true, false, false, false, 4, 5, 9, 9 },
        /* used before there was a limit */
        { SHOP_ORDER_PENDING, false, false, false, false, 5, -1, 9, 9 },
        { SHOP_ORDER_CANCELLED, false, true, false, false, 5, -1, 9, 10 },
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        shop_verify_use_t use = { .status = table[i].status,
                                  .limited = table[i].limited,
                                  .returned = table[i].returned,
                                  .terms_rev = table[i].terms_rev,
                                  .born = table[i].born };
        int64_t least, most;

        bounds(&least, &most, 5, table[i].held ? "o1" : NULL, table[i].backed ? "o1" : NULL, use);
        t_assert(least == table[i].least && most == table[i].most, __LINE__, __FILE__,
                 "row %d: %d..%d", (int)i, (int)least, (int)most);
    }
}

static void a_later_limit_may_have_begun_with_older_orders(void)
{
    shop_verify_use_t use = { .status = SHOP_ORDER_PAID, .terms_rev = 4, .born = -1 };
    int64_t least, most;

    bounds(&least, &most, 6, NULL, NULL, use);
    T_INT(least, 9);
    T_INT(most, 10);
    bounds(&least, &most, 5, "nobody", NULL, use);
    T_INT(least, 9);
    T_INT(most, 9);
}

/* Two lines, 3 x 1000 and 1 x 250, a tenth off. */
static shop_verify_order_t good(void)
{
    shop_verify_order_t order = {
        .id = "o1", .status = SHOP_ORDER_PAID, .subtotal = 3250, .discount = 325, .total = 2925
    };
    shop_order_line_t first = { .price = 1000, .quantity = 3, .line_total = 3000, .discount = 300 };
    shop_order_line_t second = { .price = 250, .quantity = 1, .line_total = 250, .discount = 25 };

    order.items = apr_array_make(t_pool, 2, sizeof(shop_order_line_t));
    APR_ARRAY_PUSH(order.items, shop_order_line_t) = first;
    APR_ARRAY_PUSH(order.items, shop_order_line_t) = second;
    return order;
}

/* The members found wrong, with a blank behind each. */
static const char *wrong(const shop_verify_order_t *order)
{
    apr_array_header_t *findings = apr_array_make(t_pool, 4, sizeof(shop_verify_finding_t));
    const char *said = "";

    shop_verify_check_order(findings, order, NOON, t_pool);
    for (int i = 0; i < findings->nelts; i++) {
        said = apr_pstrcat(t_pool, said, APR_ARRAY_IDX(findings, i, shop_verify_finding_t).member,
                           " ", NULL);
    }
    return said;
}

static void each_sum_is_named(void)
{
    shop_verify_order_t order = good();

    T_STR(wrong(&order), "");
    order.total++;
    T_STR(wrong(&order), "total ");
    order = good();
    order.subtotal++;
    T_STR(wrong(&order), "subtotal ");
    order = good();
    order.discount++;
    T_STR(wrong(&order), "discount ");
    order = good();
    APR_ARRAY_IDX(order.items, 1, shop_order_line_t).line_total++;
    T_STR(wrong(&order), "items.1.total ");
    order = good();
    order.status = -1;
    T_STR(wrong(&order), "status ");
}

static void refunds_add_up(void)
{
    shop_verify_order_t order = good();

    order.has_refunded = true;
    order.refunded = order.refunds = 2925;
    T_STR(wrong(&order), "");
    order.status = SHOP_ORDER_REFUNDED;
    T_STR(wrong(&order), "");
    order.refunded = order.refunds = 2924;
    T_STR(wrong(&order), "status ");
    order.status = SHOP_ORDER_PAID;
    order.refunds = 2000;
    T_STR(wrong(&order), "refunded ");
    order.refunded = order.refunds = 2926;
    T_STR(wrong(&order), "refunds ");
    order = good();
    order.status = SHOP_ORDER_REFUNDED; /* by a version that kept no refunds */
    T_STR(wrong(&order), "");
}

static void an_order_is_stuck_far_past_its_lease_only(void)
{
    shop_verify_order_t order = good();

    order.unfinished = true;
    order.lease_at = NOON - SHOP_VERIFY_STUCK_AFTER;
    T_STR(wrong(&order), "");
    order.lease_at--;
    T_STR(wrong(&order), "unfinished ");
    order.unfinished = false;
    T_STR(wrong(&order), "");
}

static void the_lines_mend_the_sums(void)
{
    shop_verify_order_t order = good(), mended;

    order.subtotal = order.discount = order.total = 1;
    APR_ARRAY_IDX(order.items, 0, shop_order_line_t).line_total = 1;
    T_TRUE(shop_verify_recompute_order(&mended, &order, t_pool));
    T_STR(wrong(&mended), "");
    T_INT(mended.total, 2925);
    APR_ARRAY_IDX(order.items, 0, shop_order_line_t).discount = 4000;
    T_TRUE(!shop_verify_recompute_order(&mended, &order, t_pool));
    APR_ARRAY_IDX(order.items, 0, shop_order_line_t).discount = 300;
    APR_ARRAY_IDX(order.items, 0, shop_order_line_t).price = INT64_MAX;
    T_TRUE(!shop_verify_recompute_order(&mended, &order, t_pool));
    order = good();
    order.refunds = 3000;
    T_TRUE(!shop_verify_recompute_order(&mended, &order, t_pool));
}

static void a_tombstone_has_nothing_to_add_up(void)
{
    shop_verify_order_t order = { .id = "o1",
                                  .status = SHOP_ORDER_FAILED,
                                  .items = apr_array_make(t_pool, 1, sizeof(shop_order_line_t)) };

    T_STR(wrong(&order), "");
}

static void an_old_reservation_is_of_a_placed_order_or_wrong(void)
{
    const apr_time_t oldest = NOON - 2 * SHOP_ORDER_LEASE;

    for (int status = SHOP_VERIFY_ABSENT; status < SHOP_ORDER_STATUS_COUNT; status++) {
        bool undecided = status == SHOP_ORDER_PLACING || status == SHOP_ORDER_ABORTING;
        shop_verify_standing_t old = undecided                      ? SHOP_VERIFY_RIGHT
                                     : status >= SHOP_ORDER_PENDING ? SHOP_VERIFY_LEFTOVER
                                                                    : SHOP_VERIFY_WRONG;

        T_INT(shop_verify_reservation(status, oldest, NOON), SHOP_VERIFY_RIGHT);
        T_INT(shop_verify_reservation(status, NOON + 1, NOON), SHOP_VERIFY_RIGHT); /* their clock */
        T_INT(shop_verify_reservation(status, oldest - 1, NOON), old);
        T_INT(shop_verify_reservation(status, 0, NOON), old);
    }
}

static void the_order_of_a_reservation_is_known_or_not_there(void)
{
    shop_verify_unit_t unit = { .base = { .holds = entries("o1", 3), .backs = entries(NULL, 0) },
                                .moves = entries(NULL, 0) };
    const shop_verify_line_t line = { "o1", SHOP_ORDER_PAID, 3, false };
    const shop_verify_entry_t *hold = &APR_ARRAY_IDX(unit.base.holds, 0, shop_verify_entry_t);

    shop_verify_close(&unit.base);
    T_INT(hold->status, SHOP_VERIFY_ABSENT);
    shop_verify_count_line(&unit, &line);
    shop_verify_close(&unit.base);
    T_TRUE(hold->known);
    T_INT(hold->status, SHOP_ORDER_PAID);
}

static void what_is_in_stock_is_not_marked_as_sold_out(void)
{
    const struct {
        bool sold_out, deleted;
        int64_t stock;
        shop_verify_standing_t standing;
    } table[] = {
        { true, false, 1, SHOP_VERIFY_WRONG },     { true, false, 0, SHOP_VERIFY_RIGHT },
        { true, false, -1, SHOP_VERIFY_RIGHT },    { false, false, 1, SHOP_VERIFY_RIGHT },
        { false, false, 0, SHOP_VERIFY_LEFTOVER }, { false, false, -1, SHOP_VERIFY_LEFTOVER },
        { false, true, 0, SHOP_VERIFY_RIGHT },
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const shop_verify_unit_t unit = { .sold_out = table[i].sold_out,
                                          .deleted = table[i].deleted,
                                          .stock = table[i].stock };

        T_INT(shop_verify_sold_out(&unit), table[i].standing);
    }
}

static bool may_redeem(int status, bool open, apr_time_t at)
{
    const shop_verify_entry_t use = { .id = "o1", .amount = open, .at = at };

    return shop_verify_may_redeem(status, &use, NOON);
}

static void a_redemption_names_orders_that_stand_or_may_yet(void)
{
    const apr_time_t oldest = NOON - 2 * SHOP_ORDER_LEASE;

    for (int status = 0; status < SHOP_ORDER_STATUS_COUNT; status++) {
        bool ended = status == SHOP_ORDER_FAILED || status == SHOP_ORDER_CANCELLED;

        T_TRUE(may_redeem(status, true, 0));
        T_TRUE(may_redeem(status, false, 0) == !ended);
    }
    T_TRUE(may_redeem(SHOP_VERIFY_ABSENT, true, oldest)); /* it is being placed */
    T_TRUE(!may_redeem(SHOP_VERIFY_ABSENT, true, oldest - 1));
    T_TRUE(!may_redeem(SHOP_VERIFY_ABSENT, false, NOON));
}

static const shop_test_t tests[] = {
    SHOP_TEST(an_uncommitted_order_has_what_it_holds, "an uncommitted order has what it holds"),
    SHOP_TEST(a_committed_order_has_its_line_until_it_was_given_back,
              "a committed order has its line until it was given back"),
    SHOP_TEST(movements_and_strangers_count, "movements count, and holds of orders not there"),
    SHOP_TEST(a_use_counts_as_a_line_does, "a coupon's use counts as a line does"),
    SHOP_TEST(a_later_limit_may_have_begun_with_older_orders,
              "a later limit may have begun with older orders"),
    SHOP_TEST(each_sum_is_named, "each wrong sum is named"),
    SHOP_TEST(refunds_add_up, "refunds add up to what was refunded, and not beyond the total"),
    SHOP_TEST(an_order_is_stuck_far_past_its_lease_only, "an order is stuck far past its lease"),
    SHOP_TEST(the_lines_mend_the_sums, "the lines mend the sums, unless they are wrong themselves"),
    SHOP_TEST(a_tombstone_has_nothing_to_add_up, "a tombstone has nothing to add up"),
    SHOP_TEST(an_old_reservation_is_of_a_placed_order_or_wrong,
              "an old reservation is of a placed order, or wrong"),
    SHOP_TEST(the_order_of_a_reservation_is_known_or_not_there,
              "the order of a reservation is known, or not there"),
    SHOP_TEST(what_is_in_stock_is_not_marked_as_sold_out,
              "what is in stock is not marked as sold out"),
    SHOP_TEST(a_redemption_names_orders_that_stand_or_may_yet,
              "a redemption names orders that stand or may yet"),
    SHOP_TEST_END,
};
SHOP_SUITE("the rules of verify", tests)
