/* SPDX-License-Identifier: MIT
 * The coupons' port, promise by promise. */
#include "coupon_contract.h"

#define NOON apr_time_from_sec(1790000000)
#define ORDER(n) apr_psprintf(t_pool, "%024x", 0xc000 + (n))
#define BUYER "a00000000000000000000001"

shop_coupon_repo_t *(*shop_coupon_contract_store)(shop_reservations_t **uses);

static shop_coupon_repo_t *repo;
static shop_reservations_t *uses_of_all;
static bool yes;

static shop_coupon_t coupon_of(const char *code, int64_t limit)
{
    return (shop_coupon_t){ .code = code,
                            .discount_percent = 15,
                            .valid_from = NOON,
                            .valid_until = NOON + apr_time_from_sec(9),
                            .min_purchase = 500,
                            .max_discount = 777,
                            .usage_limit = limit,
                            .remaining = limit,
                            .usage_limit_per_user = 2,
                            .terms_rev = 10,
                            .rev = 1,
                            .created_at = NOON,
                            .updated_at = NOON };
}

static void begin(const char *code, int64_t limit)
{
    shop_coupon_t coupon = coupon_of(code, limit);

    repo = shop_coupon_contract_store(&uses_of_all);
    T_OK(repo->insert(repo, &coupon, t_pool));
}

/* One use of TEN. */
static shop_reservation_t use_of(const char *order_id, int64_t terms_rev)
{
    shop_reservation_line_t *line = apr_pcalloc(t_pool, sizeof(*line));

    *line = (shop_reservation_line_t){ "TEN", 1, terms_rev };
    return (shop_reservation_t){ order_id, BUYER, line, 1 };
}

static bool reserve(const char *order_id, int64_t terms_rev)
{
    const shop_reservation_t wanted = use_of(order_id, terms_rev);
    int reserved = 0;

    T_OK(uses_of_all->reserve(&reserved, uses_of_all, &wanted, NOON, t_pool));
    return reserved == 1;
}

static shop_unit_state_t state_for(const char *order_id)
{
    const shop_reservation_t asked = use_of(order_id, 0);
    shop_unit_state_t state;

    T_OK(uses_of_all->states(&state, uses_of_all, &asked, t_pool));
    return state;
}

static void what_goes_in_comes_out(void)
{
    shop_coupon_t *coupon, again = coupon_of("TEN", 5);

    begin("TEN", 5);
    T_ERR(repo->insert(repo, &again, t_pool), COUPON_EXISTS);
    T_OK(repo->find(&coupon, repo, "NONE", t_pool));
    T_TRUE(!coupon);
    T_OK(repo->find(&coupon, repo, "TEN", t_pool));
    T_STR(coupon->code, "TEN");
    T_INT(coupon->discount_percent, 15);
    T_TRUE(coupon->valid_from == NOON && coupon->valid_until == NOON + apr_time_from_sec(9));
    T_INT(coupon->min_purchase, 500);
    T_INT(coupon->max_discount, 777);
    T_INT(coupon->usage_limit, 5);
    T_INT(coupon->usage_limit_per_user, 2);
    T_INT(coupon->remaining, 5);
    T_INT(coupon->used, 0);
    T_INT(coupon->terms_rev, 10);
    T_INT(coupon->rev, 1);
}

static void the_list_pages_by_code(void)
{
    shop_list_query_t query = { .limit = 2, .count = true };
    shop_coupon_t one = coupon_of("ALPHA", -1), two = coupon_of("ZULU", 1);
    apr_array_header_t *coupons;
    shop_list_end_t end;

    begin("TEN", 5);
    T_OK(repo->insert(repo, &two, t_pool));
    T_OK(repo->insert(repo, &one, t_pool));
    T_OK(repo->list(&coupons, &end, repo, &query, t_pool));
    T_INT(coupons->nelts, 2);
    T_INT(end.total, 3);
    T_STR(APR_ARRAY_IDX(coupons, 0, shop_coupon_t *)->code, "ALPHA");
    T_INT(APR_ARRAY_IDX(coupons, 0, shop_coupon_t *)->remaining, -1);
    T_TRUE(end.next != NULL);
    query.after = end.next;
    T_OK(repo->list(&coupons, &end, repo, &query, t_pool));
    T_INT(coupons->nelts, 1);
    T_STR(APR_ARRAY_IDX(coupons, 0, shop_coupon_t *)->code, "ZULU");
    T_TRUE(!end.next);
}

static void terms_change_and_the_limit_moves(void)
{
    shop_coupon_t coupon = coupon_of("TEN", 5), *now;
    shop_reservation_t made;

    begin("TEN", 5);
    T_TRUE(reserve(ORDER(1), 10));
    coupon.rev = 2;
    coupon.usage_limit = 7;
    coupon.remaining = -1;
    T_OK(repo->update(&yes, repo, &coupon, 2, t_pool));
    T_TRUE(yes);
    T_OK(repo->find(&now, repo, "TEN", t_pool));
    T_INT(now->remaining, 6);
    T_INT(now->used, 1);
    T_OK(repo->update(&yes, repo, &coupon, 2, t_pool));
    T_TRUE(!yes); /* a stale revision */
    coupon.rev = 3;
    coupon.usage_limit = 0;
    T_ERR(repo->update(&yes, repo, &coupon, -7, t_pool), COUPON_LIMIT);
    coupon.usage_limit = 1;
    T_OK(repo->update(&yes, repo, &coupon, -6, t_pool));
    T_OK(repo->find(&now, repo, "TEN", t_pool));
    T_INT(now->remaining, 0);
    coupon.rev = 4;
    coupon.usage_limit = -1;
    T_OK(repo->update(&yes, repo, &coupon, 0, t_pool));
    T_OK(repo->find(&now, repo, "TEN", t_pool));
    T_INT(now->remaining, -1);
    made = use_of(ORDER(1), 10); /* of when it had a limit */
    T_OK(uses_of_all->release(uses_of_all, &made, t_pool));
    T_INT(state_for(ORDER(1)).available, SHOP_UNLIMITED);
    T_TRUE(!state_for(ORDER(1)).reserved);
    T_OK(repo->remove(&yes, repo, "TEN", 3, t_pool));
    T_TRUE(!yes);
    T_OK(repo->remove(&yes, repo, "TEN", 4, t_pool));
    T_TRUE(yes);
    T_OK(repo->find(&now, repo, "TEN", t_pool));
    T_TRUE(!now);
}

/* What the adapter of reservations needs of the terms is where it looks for it. */
static void a_coupon_is_a_unit_that_orders_reserve(void)
{
    shop_coupon_t *coupon;
    shop_unit_state_t state;

    begin("TEN", 2);
    state = state_for(ORDER(1));
    T_TRUE(state.exists && !state.reserved && !state.restocked);
    T_INT(state.available, 2);
    T_INT(state.terms, 10);
    T_INT(state.born, 10);
    T_TRUE(!reserve(ORDER(1), 9)); /* other terms */
    T_TRUE(reserve(ORDER(1), 10));
    T_OK(repo->find(&coupon, repo, "TEN", t_pool));
    T_INT(coupon->remaining, 1);
    T_INT(coupon->used, 1);
    coupon->rev++;
    coupon->terms_rev = 11;
    coupon->remaining = -1;
    T_OK(repo->update(&yes, repo, coupon, 0, t_pool));
    T_TRUE(yes);
    T_TRUE(!reserve(ORDER(2), 10)); /* its terms changed meanwhile */
    T_TRUE(reserve(ORDER(2), 11));
    state = state_for(ORDER(2));
    T_INT(state.reservations, 2); /* a change of terms leaves them alone */
    T_INT(state.born, 10);
    T_OK(repo->remove(&yes, repo, "TEN", 2, t_pool));
    T_TRUE(!state_for(ORDER(1)).exists);
}

static void a_customer_has_his_uses(void)
{
    int64_t uses;

    begin("TEN", 2);
    for (int turn = 0; turn < 2; turn++) { /* the same order again is the same use */
        T_OK(repo->redeem(&yes, repo, "TEN", 10, BUYER, 2, ORDER(1), NOON, t_pool));
        T_TRUE(yes);
        T_OK(repo->redeem(&yes, repo, "TEN", 10, BUYER, 2, ORDER(2), NOON, t_pool));
        T_TRUE(yes);
    }
    T_OK(repo->redeem(&yes, repo, "TEN", 10, BUYER, 2, ORDER(3), NOON, t_pool));
    T_TRUE(!yes);
    T_OK(
        repo->redeem(&yes, repo, "TEN", 10, "a00000000000000000000002", 2, ORDER(4), NOON, t_pool));
    T_TRUE(yes);
    T_OK(repo->uses(&uses, repo, "TEN", 10, BUYER, t_pool));
    T_INT(uses, 2);
    T_OK(repo->unredeem(repo, "TEN", 10, BUYER, ORDER(3), t_pool)); /* not its own: nothing goes */
    T_OK(repo->unredeem(repo, "TEN", 10, BUYER, ORDER(1), t_pool));
    T_OK(repo->unredeem(repo, "TEN", 10, BUYER, ORDER(1), t_pool));
    T_OK(repo->uses(&uses, repo, "TEN", 10, BUYER, t_pool));
    T_INT(uses, 1);
    T_OK(repo->redeem(&yes, repo, "TEN", 10, BUYER, 2, ORDER(3), NOON, t_pool));
    T_TRUE(yes);
}

static void a_coupon_made_anew_begins_without_uses(void)
{
    shop_coupon_t *old, *anew;
    int64_t uses;

    begin("TEN", 2);
    T_OK(repo->redeem(&yes, repo, "TEN", 10, BUYER, 1, ORDER(1), NOON, t_pool));
    T_OK(repo->find(&old, repo, "TEN", t_pool));
    T_INT(old->born, 10);
    T_OK(repo->remove(&yes, repo, "TEN", old->rev, t_pool));
    T_TRUE(yes);
    old->terms_rev = 20;
    T_OK(repo->insert(repo, old, t_pool));
    T_OK(uses_of_all->restock(&yes, uses_of_all, ORDER(1), use_of(ORDER(1), 10).lines, 10, NOON,
                              t_pool));
    T_TRUE(!yes); /* meant for the old one: the return revision is another's */
    T_INT(state_for(ORDER(1)).born, 20);
    T_OK(repo->find(&anew, repo, "TEN", t_pool));
    T_INT(anew->born, 20);
    anew->rev++;
    anew->terms_rev++;
    T_OK(repo->update(&yes, repo, anew, 0, t_pool));
    T_OK(repo->find(&anew, repo, "TEN", t_pool));
    T_INT(anew->terms_rev, 21);
    T_INT(anew->born, 20); /* its terms changed, it did not */
    T_OK(repo->uses(&uses, repo, "TEN", anew->born, BUYER, t_pool));
    T_INT(uses, 0);
    T_OK(repo->redeem(&yes, repo, "TEN", 20, BUYER, 1, ORDER(2), NOON, t_pool));
    T_TRUE(yes);
    T_OK(repo->unredeem(repo, "TEN", 10, BUYER, ORDER(1), t_pool));
    T_OK(repo->uses(&uses, repo, "TEN", 10, BUYER, t_pool));
    T_INT(uses, 0);
    T_OK(repo->uses(&uses, repo, "TEN", 20, BUYER, t_pool));
    T_INT(uses, 1); /* only the old redemption was touched */
}

static void who_orders_sees_the_stale_reservations(void)
{
    shop_coupon_t *coupon = NULL;
    apr_array_header_t *stale = NULL;
    const shop_leftover_t *left;

    begin("TEN", 5);
    T_TRUE(reserve(ORDER(1), 10));
    T_OK(repo->find_to_order(&coupon, &stale, repo, "TEN", NOON, t_pool));
    T_STR(coupon->code, "TEN");
    T_INT(coupon->discount_percent, 15);
    T_INT(coupon->remaining, 4);
    T_INT(coupon->used, 1);
    T_INT(coupon->born, 10);
    T_INT(stale->nelts, 0);
    T_OK(repo->find_to_order(&coupon, &stale, repo, "TEN", NOON + apr_time_from_sec(1), t_pool));
    T_INT(stale->nelts, 1);
    left = APR_ARRAY_IDX(stale, 0, shop_leftover_t *);
    T_STR(left->id, "TEN");
    T_STR(left->order_id, ORDER(1));
    T_STR(left->user_id, BUYER);
    T_INT(left->quantity, 1);
    T_OK(repo->find_to_order(&coupon, &stale, repo, "NONE", NOON, t_pool));
    T_TRUE(!coupon && stale->nelts == 0);
}

static void redemptions_are_found_by_age(void)
{
    apr_array_header_t *left;
    apr_time_t later = NOON + apr_time_from_sec(60);

    begin("TEN", 5);
    T_OK(repo->redeem(&yes, repo, "TEN", 10, BUYER, 2, ORDER(1), NOON, t_pool));
    T_OK(repo->redeem(&yes, repo, "TEN", 10, BUYER, 2, ORDER(2), NOON, t_pool));
    T_OK(repo->old_redemptions(&left, repo, NOON, 10, t_pool));
    T_INT(left->nelts, 0);
    T_OK(repo->old_redemptions(&left, repo, later, 10, t_pool));
    T_INT(left->nelts, 2);
    T_STR(APR_ARRAY_IDX(left, 0, shop_leftover_t *)->user_id, BUYER);
    T_OK(repo->keep_redemption(repo, APR_ARRAY_IDX(left, 0, shop_leftover_t *)->id, ORDER(1),
                               t_pool));
    T_OK(repo->drop_redemption(repo, APR_ARRAY_IDX(left, 0, shop_leftover_t *)->id, ORDER(2),
                               t_pool));
    T_OK(repo->old_redemptions(&left, repo, later, 10, t_pool));
    T_INT(left->nelts, 0);
    T_OK(repo->redeem(&yes, repo, "TEN", 10, BUYER, 1, ORDER(4), NOON, t_pool));
    T_TRUE(!yes); /* the one that was kept still counts */
}

const shop_test_t shop_coupon_contract[] = {
    SHOP_TEST(what_goes_in_comes_out, "what goes in comes out, and a code is there once"),
    SHOP_TEST(the_list_pages_by_code, "the list pages by code"),
    SHOP_TEST(terms_change_and_the_limit_moves, "terms change by revision, the limit by steps"),
    SHOP_TEST(a_coupon_is_a_unit_that_orders_reserve, "a coupon is a unit that orders reserve"),
    SHOP_TEST(a_customer_has_his_uses, "a customer has as many uses as the limit says"),
    SHOP_TEST(a_coupon_made_anew_begins_without_uses, "a coupon made anew begins without uses"),
    SHOP_TEST(who_orders_sees_the_stale_reservations, "who orders sees the stale reservations"),
    SHOP_TEST(redemptions_are_found_by_age, "redemptions are found by age and looked at once"),
    SHOP_TEST_END,
};
