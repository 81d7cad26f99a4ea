/* SPDX-License-Identifier: MIT
 * The catalogue's part of the order protocol: nothing is sold or given back twice. */
#include "tests/contract/product_contract.h"

#define T0 apr_time_from_sec(1790000000)

enum { UNITS = 50, BUYERS = 100, HOLDS = 200 };

static shop_product_repo_t *repo;

static const char *order(int n)
{
    return apr_psprintf(t_pool, "65b0000000000000000%05x", n);
}

/* An empty store with products 1 and 2, of 5 units at 10.00. */
static shop_take_t *begin(void)
{
    shop_take_t *lines = apr_pcalloc(t_pool, 2 * sizeof(*lines));

    repo = shop_product_contract_store();
    for (int i = 0; i < 2; i++) {
        T_OK(repo->insert(repo, shop_product_made(i + 1, "Lamp"), t_pool));
        lines[i] = (shop_take_t){ shop_product_test_id(i + 1), i + 1, 1000 };
    }
    return lines;
}

static shop_stock_state_t state_of(const char *order_id, const shop_take_t *line)
{
    shop_stock_state_t state = { .stock = -1 };

    T_OK(repo->states(&state, repo, order_id, line, 1, t_pool));
    return state;
}

static int take(const char *order_id, const shop_take_t *lines, int count)
{
    int taken = -1;

    T_OK(repo->take(&taken, repo, order_id, lines, count, T0, t_pool));
    return taken;
}

static void a_take_holds_what_it_took(void)
{
    shop_take_t *lines = begin();
    shop_stock_state_t states[2];

    T_INT(take(order(1), lines, 2), 2);
    T_OK(repo->states(states, repo, order(1), lines, 2, t_pool));
    T_INT(states[0].stock, 4);
    T_INT(states[1].stock, 3);
    T_STR(states[1].product_id, lines[1].product_id);
    T_TRUE(states[0].exists && states[0].held && !states[0].backed);
    T_INT(states[0].holds, 1);
    T_INT(states[0].price, 1000);
    T_TRUE(!state_of(order(2), &lines[0]).held);
}

static void a_take_fails_line_by_line_when_its_terms_do_not_hold(void)
{
    shop_take_t *lines = begin();
    bool done;

    T_INT(take(order(1), lines, 2), 2);
    T_INT(take(order(1), lines, 2), 0);
    T_INT(state_of(order(1), &lines[0]).stock, 4);
    lines[1].quantity = 4;
    T_INT(take(order(2), lines, 2), 1);
    T_INT(state_of(order(2), &lines[1]).stock, 3);
    lines[0].price = 999;
    lines[1].quantity = 3;
    T_INT(take(order(3), lines, 2), 1);
    T_INT(state_of(order(3), &lines[1]).stock, 0);
    lines[0].price = 1000;
    T_OK(repo->remove(&done, repo, lines[0].product_id, 1, T0, t_pool));
    T_INT(take(order(4), lines, 1), 0);
    T_INT(state_of(order(4), &lines[0]).stock, 3);
}

static bool buy_one(void *line, int i, apr_pool_t *pool)
{
    int taken = 0;
    const char *order_id = apr_psprintf(pool, "65b0000000000000000%05x", i);

    return !repo->take(&taken, repo, order_id, line, 1, T0, pool) && taken == 1;
}

static void a_hundred_buyers_of_fifty_units_get_fifty(void)
{
    shop_take_t *lines = begin();
    shop_stock_request_t request = { .product_id = lines[0].product_id,
                                     .amount = UNITS,
                                     .set = true,
                                     .reason = "r",
                                     .by = order(0),
                                     .now = T0 };
    shop_stock_done_t done;

    T_OK(repo->move_stock(&done, repo, &request, t_pool));
    T_INT(shop_test_crowd(BUYERS, buy_one, &lines[0]), UNITS);
    T_INT(state_of(order(0), &lines[0]).stock, 0);
    T_INT(state_of(order(0), &lines[0]).holds, UNITS);
}

static void a_product_with_two_hundred_holds_takes_no_more(void)
{
    shop_take_t *lines = begin();
    shop_stock_request_t request = { .product_id = lines[0].product_id,
                                     .amount = 1000,
                                     .set = true,
                                     .reason = "r",
                                     .by = order(0),
                                     .now = T0 };
    shop_stock_done_t done;

    T_OK(repo->move_stock(&done, repo, &request, t_pool));
    for (int i = 0; i < HOLDS; i++) {
        T_INT(take(order(i), lines, 1), 1);
    }
    T_INT(take(order(HOLDS), lines, 1), 0);
    T_INT(state_of(order(0), &lines[0]).stock, 1000 - HOLDS);
    T_OK(repo->spend(repo, order(3), lines, 1, t_pool));
    T_INT(take(order(HOLDS), lines, 1), 1);
}

static void a_release_gives_back_once_however_often_it_comes(void)
{
    shop_take_t *lines = begin();

    T_INT(take(order(1), lines, 2), 2);
    for (int i = 0; i < 3; i++) {
        T_OK(repo->release(repo, order(1), lines, 2, t_pool));
        T_INT(state_of(order(1), &lines[0]).stock, 5);
        T_INT(state_of(order(1), &lines[1]).stock, 5);
    }
    T_TRUE(!state_of(order(1), &lines[0]).held);
    T_OK(repo->release(repo, order(2), lines, 2, t_pool));
    T_INT(state_of(order(2), &lines[0]).stock, 5);
}

static void a_spent_hold_is_gone_and_its_stock_stays_taken(void)
{
    shop_take_t *lines = begin();

    T_INT(take(order(1), lines, 2), 2);
    T_INT(take(order(2), lines, 1), 1);
    T_OK(repo->spend(repo, order(1), lines, 2, t_pool));
    T_OK(repo->spend(repo, order(1), lines, 2, t_pool));
    T_OK(repo->release(repo, order(1), lines, 2, t_pool));
    T_INT(state_of(order(1), &lines[0]).stock, 3);
    T_INT(state_of(order(1), &lines[1]).stock, 3);
    T_TRUE(state_of(order(2), &lines[0]).held);
}

static bool give(const char *order_id, const shop_take_t *line, int64_t back_rev)
{
    bool done = false;

    T_OK(repo->give_back(&done, repo, order_id, line, back_rev, T0, t_pool));
    return done;
}

static void a_return_is_fenced_and_counts_once(void)
{
    shop_take_t *lines = begin();
    int64_t rev = state_of(order(1), &lines[1]).back_rev;

    T_TRUE(give(order(1), &lines[1], rev));
    T_INT(state_of(order(1), &lines[1]).stock, 7);
    T_TRUE(state_of(order(1), &lines[1]).backed);
    T_INT(state_of(order(1), &lines[1]).back_rev, rev + 1);
    T_TRUE(!give(order(1), &lines[1], rev));     /* the same call, late */
    T_TRUE(!give(order(1), &lines[1], rev + 1)); /* backs names the order */
    T_TRUE(!give(order(2), &lines[1], rev));     /* another order behind the fence */
    T_OK(repo->forget_back(repo, order(1), lines, 2, t_pool));
    T_OK(repo->forget_back(repo, order(1), lines, 2, t_pool));
    T_TRUE(!state_of(order(1), &lines[1]).backed);
    T_INT(state_of(order(1), &lines[1]).back_rev, rev + 2);
    T_TRUE(!give(order(1), &lines[1], rev)); /* the first call, later still */
    T_TRUE(!give(order(1), &lines[1], rev + 1));
    T_INT(state_of(order(1), &lines[1]).stock, 7);
    T_TRUE(give(order(2), &lines[1], rev + 2));
    T_INT(state_of(order(1), &lines[1]).stock, 9);
}

static void what_orders_left_behind_is_found_by_its_age(void)
{
    shop_take_t *lines = begin();
    apr_array_header_t *left;
    int taken;
    bool done;

    T_OK(repo->take(&taken, repo, order(1), lines, 2, T0, t_pool));
    T_OK(repo->take(&taken, repo, order(2), lines, 1, T0 + apr_time_from_sec(60), t_pool));
    T_OK(repo->old_holds(&left, repo, false, T0, 10, t_pool));
    T_INT(left->nelts, 0);
    T_OK(repo->old_holds(&left, repo, false, T0 + apr_time_from_sec(30), 10, t_pool));
    T_INT(left->nelts, 2);
    for (int i = 0; i < left->nelts; i++) {
        const shop_leftover_t *leftover = APR_ARRAY_IDX(left, i, shop_leftover_t *);

        T_STR(leftover->order_id, order(1));
        T_INT(leftover->quantity, strcmp(leftover->id, lines[0].product_id) ? 2 : 1);
    }
    T_OK(repo->old_holds(&left, repo, false, T0 + apr_time_from_sec(90), 2, t_pool));
    T_INT(left->nelts, 2);
    T_OK(repo->old_holds(&left, repo, true, T0 + apr_time_from_sec(90), 10, t_pool));
    T_INT(left->nelts, 0);
    T_OK(repo->give_back(&done, repo, order(1), &lines[0], 0, T0, t_pool));
    T_TRUE(done);
    T_OK(repo->old_holds(&left, repo, true, T0 + apr_time_from_sec(90), 10, t_pool));
    T_INT(left->nelts, 1);
}

const shop_test_t shop_product_order_contract[] = {
    SHOP_TEST(a_take_holds_what_it_took, "a take holds what it took"),
    SHOP_TEST(a_take_fails_line_by_line_when_its_terms_do_not_hold,
              "a take fails line by line when its terms do not hold"),
    SHOP_TEST(a_hundred_buyers_of_fifty_units_get_fifty,
              "a hundred buyers of fifty units get fifty"),
    SHOP_TEST(a_product_with_two_hundred_holds_takes_no_more,
              "a product with two hundred holds takes no more"),
    SHOP_TEST(a_release_gives_back_once_however_often_it_comes,
              "a release gives back once however often it comes"),
    SHOP_TEST(a_spent_hold_is_gone_and_its_stock_stays_taken,
              "a spent hold is gone and its stock stays taken"),
    SHOP_TEST(a_return_is_fenced_and_counts_once, "a return is fenced and counts once"),
    SHOP_TEST(what_orders_left_behind_is_found_by_its_age,
              "what orders left behind is found by its age"),
    SHOP_TEST_END,
};
