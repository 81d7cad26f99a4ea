/* SPDX-License-Identifier: MIT
 * The coupons' port, promise by promise. */
#include "coupon_contract.h"

#include <pthread.h>

#define NOON apr_time_from_sec(1790000000)
#define ORDER(n) apr_psprintf(t_pool, "%024x", 0xc000 + (n))
#define BUYER "a00000000000000000000001"
#define TAKERS 100

shop_coupon_repo_t *(*shop_coupon_contract_store)(void);

static shop_coupon_repo_t *repo;
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

    repo = shop_coupon_contract_store();
    T_OK(repo->insert(repo, &coupon, t_pool));
}

static shop_coupon_state_t state_for(const char *order_id)
{
    shop_coupon_state_t state;

    T_OK(repo->state(&state, repo, "TEN", order_id, t_pool));
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

    begin("TEN", 5);
    T_OK(repo->take(&yes, repo, "TEN", 10, ORDER(1), NOON, t_pool));
    T_TRUE(yes);
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
    T_OK(repo->release(repo, "TEN", ORDER(1), t_pool)); /* a hold of when it had a limit */
    T_INT(state_for(ORDER(1)).remaining, -1);
    T_TRUE(!state_for(ORDER(1)).held);
    T_OK(repo->remove(&yes, repo, "TEN", 3, t_pool));
    T_TRUE(!yes);
    T_OK(repo->remove(&yes, repo, "TEN", 4, t_pool));
    T_TRUE(yes);
    T_OK(repo->find(&now, repo, "TEN", t_pool));
    T_TRUE(!now);
}

static void a_use_is_taken_released_and_spent_once(void)
{
    begin("TEN", 2);
    T_OK(repo->take(&yes, repo, "TEN", 9, ORDER(1), NOON, t_pool));
    T_TRUE(!yes); /* other terms */
    T_OK(repo->take(&yes, repo, "TEN", 10, ORDER(1), NOON, t_pool));
    T_TRUE(yes);
    T_OK(repo->take(&yes, repo, "TEN", 10, ORDER(1), NOON, t_pool));
    T_TRUE(!yes); /* it holds one already */
    T_OK(repo->take(&yes, repo, "TEN", 10, ORDER(2), NOON, t_pool));
    T_TRUE(yes);
    T_OK(repo->take(&yes, repo, "TEN", 10, ORDER(3), NOON, t_pool));
    T_TRUE(!yes); /* used up */
    T_INT(state_for(ORDER(1)).holds, 2);
    T_TRUE(state_for(ORDER(1)).held && !state_for(ORDER(3)).held);
    for (int i = 0; i < 3; i++) {
        T_OK(repo->release(repo, "TEN", ORDER(1), t_pool));
        T_OK(repo->spend(repo, "TEN", ORDER(2), t_pool));
    }
    T_INT(state_for(ORDER(1)).remaining, 1);
    T_INT(state_for(ORDER(1)).holds, 0);
    T_OK(repo->state(&(shop_coupon_state_t){ 0 }, repo, "NONE", ORDER(1), t_pool));
}

static void giving_back_is_fenced(void)
{
    shop_coupon_state_t state;

    begin("TEN", 2);
    T_OK(repo->take(&yes, repo, "TEN", 10, ORDER(1), NOON, t_pool));
    T_OK(repo->spend(repo, "TEN", ORDER(1), t_pool));
    state = state_for(ORDER(1));
    T_INT(state.born, 10);
    T_OK(repo->give_back(&yes, repo, "TEN", ORDER(1), state.back_rev + 1, NOON, t_pool));
    T_TRUE(!yes);
    T_OK(repo->give_back(&yes, repo, "TEN", ORDER(1), state.back_rev, NOON, t_pool));
    T_TRUE(yes);
    T_OK(repo->give_back(&yes, repo, "TEN", ORDER(1), state.back_rev + 1, NOON, t_pool));
    T_TRUE(!yes); /* the marker */
    T_TRUE(state_for(ORDER(1)).backed);
    T_OK(repo->forget_back(repo, "TEN", ORDER(1), t_pool));
    T_OK(repo->forget_back(repo, "TEN", ORDER(1), t_pool));
    T_OK(repo->give_back(&yes, repo, "TEN", ORDER(1), state.back_rev, NOON, t_pool));
    T_TRUE(!yes); /* late, and the marker is gone: the fence holds */
    T_INT(state_for(ORDER(1)).remaining, 2);
    T_INT(state_for(ORDER(1)).back_rev, state.back_rev + 2);
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

static void leftovers_are_found_by_age(void)
{
    apr_array_header_t *left;
    apr_time_t later = NOON + apr_time_from_sec(60);

    begin("TEN", 5);
    T_OK(repo->take(&yes, repo, "TEN", 10, ORDER(1), NOON, t_pool));
    T_OK(repo->take(&yes, repo, "TEN", 10, ORDER(2), later, t_pool));
    T_OK(repo->old_holds(&left, repo, false, later, 10, t_pool));
    T_INT(left->nelts, 1);
    T_STR(APR_ARRAY_IDX(left, 0, shop_leftover_t *)->id, "TEN");
    T_STR(APR_ARRAY_IDX(left, 0, shop_leftover_t *)->order_id, ORDER(1));
    T_OK(repo->old_holds(&left, repo, true, later, 10, t_pool));
    T_INT(left->nelts, 0);
    T_OK(repo->give_back(&yes, repo, "TEN", ORDER(3), 10, NOON, t_pool));
    T_OK(repo->old_holds(&left, repo, true, later, 10, t_pool));
    T_INT(left->nelts, 1);
    T_OK(repo->redeem(&yes, repo, "TEN", 10, BUYER, 2, ORDER(1), NOON, t_pool));
    T_OK(repo->redeem(&yes, repo, "TEN", 10, BUYER, 2, ORDER(2), NOON, t_pool));
    T_OK(repo->old_redemptions(&left, repo, NOON, 10, t_pool));
    T_INT(left->nelts, 0);
    T_OK(repo->old_redemptions(&left, repo, later, 10, t_pool));
    T_INT(left->nelts, 2);
    T_OK(repo->keep_redemption(repo, APR_ARRAY_IDX(left, 0, shop_leftover_t *)->id, ORDER(1),
                               t_pool));
    T_OK(repo->drop_redemption(repo, APR_ARRAY_IDX(left, 0, shop_leftover_t *)->id, ORDER(2),
                               t_pool));
    T_OK(repo->old_redemptions(&left, repo, later, 10, t_pool));
    T_INT(left->nelts, 0);
    T_OK(repo->redeem(&yes, repo, "TEN", 10, BUYER, 1, ORDER(4), NOON, t_pool));
    T_TRUE(!yes); /* the one that was kept still counts */
}

static pthread_barrier_t gate;
static int taken;

static void *take_one(void *id)
{
    apr_pool_t *pool;
    bool mine = false;

    apr_pool_create(&pool, NULL);
    pthread_barrier_wait(&gate);
    if (!repo->take(&mine, repo, "TEN", 10, id, NOON, pool) && mine) {
        __atomic_add_fetch(&taken, 1, __ATOMIC_SEQ_CST);
    }
    apr_pool_destroy(pool);
    return NULL;
}

static void ten_uses_are_ten(void)
{
    pthread_t threads[TAKERS];

    begin("TEN", 10);
    taken = 0;
    pthread_barrier_init(&gate, NULL, TAKERS);
    for (int i = 0; i < TAKERS; i++) {
        char *id = ORDER(i);

        pthread_create(&threads[i], NULL, take_one, id);
    }
    for (int i = 0; i < TAKERS; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&gate);
    T_INT(taken, 10);
    T_INT(state_for(ORDER(0)).remaining, 0);
    T_INT(state_for(ORDER(0)).holds, 10);
}

const shop_test_t shop_coupon_contract[] = {
    SHOP_TEST(what_goes_in_comes_out, "what goes in comes out, and a code is there once"),
    SHOP_TEST(the_list_pages_by_code, "the list pages by code"),
    SHOP_TEST(terms_change_and_the_limit_moves, "terms change by revision, the limit by steps"),
    SHOP_TEST(a_use_is_taken_released_and_spent_once, "a use is taken, released and spent once"),
    SHOP_TEST(giving_back_is_fenced, "a use comes back once, however late the call"),
    SHOP_TEST(a_customer_has_his_uses, "a customer has as many uses as the limit says"),
    SHOP_TEST(a_coupon_made_anew_begins_without_uses, "a coupon made anew begins without uses"),
    SHOP_TEST(leftovers_are_found_by_age, "leftovers are found by age and looked at once"),
    SHOP_TEST(ten_uses_are_ten, "100 threads take 10 uses: 10 succeed"),
    SHOP_TEST_END,
};
