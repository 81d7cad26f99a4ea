/* SPDX-License-Identifier: MIT
 * The cart port's promises: parallel changes add up, bounds hold, an order empties its own cart
 * once and nothing that was added meanwhile. */
#include "tests/contract/cart_contract.h"

#include "tests/contract/product_contract.h"

#define T0 apr_time_from_sec(1790000000)
#define USER "65c000000000000000000001"
#define OTHER "65c000000000000000000002"

enum { CROWD = 50 };

shop_cart_repo_t *(*shop_cart_contract_store)(void);
static shop_cart_repo_t *repo;

static void begin(void)
{
    repo = shop_cart_contract_store();
}

static const char *product(int n)
{
    return shop_product_test_id(n);
}

static shop_cart_t *cart_of(const char *user)
{
    shop_cart_t *cart = NULL;

    T_OK(repo->find(&cart, repo, user, t_pool));
    return cart;
}

/* "1x2,7x1": the last two digits of the product, then the quantity. */
static const char *lines_of(const shop_cart_t *cart)
{
    const char *text = "";

    for (int i = 0; cart && i < cart->lines->nelts; i++) {
        const shop_cart_line_t *line = APR_ARRAY_IDX(cart->lines, i, shop_cart_line_t *);

        text = apr_psprintf(t_pool, "%s%s%sx%d", text, *text ? "," : "", line->product_id + 23,
                            (int)line->quantity);
    }
    return text;
}

static const char *after_add(int n, int64_t quantity)
{
    shop_cart_t *cart = NULL;

    T_OK(repo->add(&cart, repo, USER, product(n), quantity, -1, T0, t_pool));
    return lines_of(cart);
}

static void a_cart_never_touched_is_empty(void)
{
    shop_cart_t *cart;

    begin();
    cart = cart_of(USER);
    T_STR(lines_of(cart), "");
    T_INT(cart->gen, 0);
    T_INT(cart->rev, 0);
    T_INT(cart->updated_at, 0);
    T_OK(repo->clear(&cart, repo, USER, T0, t_pool));
    T_STR(lines_of(cart), "");
}

static void lines_add_up_in_the_order_they_came(void)
{
    begin();
    T_STR(after_add(2, 1), "2x1");
    T_STR(after_add(1, 3), "2x1,1x3");
    T_STR(after_add(2, 4), "2x5,1x3");
    T_STR(lines_of(cart_of(USER)), "2x5,1x3");
    T_STR(lines_of(cart_of(OTHER)), "");
    T_INT(cart_of(USER)->rev, 3);
    T_INT(cart_of(USER)->gen, 0);
    T_INT(cart_of(USER)->updated_at, T0);
}

static void a_line_is_set_and_removed_only_where_it_is(void)
{
    shop_cart_t *cart;

    begin();
    T_ERR(repo->set(&cart, repo, USER, product(1), 2, T0, t_pool), NOT_FOUND);
    T_ERR(repo->remove(&cart, repo, USER, product(1), T0, t_pool), NOT_FOUND);
    after_add(1, 1);
    after_add(2, 1);
    T_OK(repo->set(&cart, repo, USER, product(2), 9, T0, t_pool));
    T_STR(lines_of(cart), "1x1,2x9");
    T_ERR(repo->set(&cart, repo, USER, product(3), 2, T0, t_pool), NOT_FOUND);
    T_OK(repo->remove(&cart, repo, USER, product(1), T0, t_pool));
    T_STR(lines_of(cart), "2x9");
    T_ERR(repo->remove(&cart, repo, USER, product(1), T0, t_pool), NOT_FOUND);
    T_OK(repo->clear(&cart, repo, USER, T0, t_pool));
    T_STR(lines_of(cart), "");
    T_INT(cart->rev, 5);
}

static void a_line_never_exceeds_its_bound(void)
{
    shop_cart_t *cart;

    begin();
    T_STR(after_add(1, SHOP_QUANTITY_MAX - 1), "1x9999");
    T_ERR(repo->add(&cart, repo, USER, product(1), 2, -1, T0, t_pool), VALIDATION_FAILED);
    T_STR(after_add(1, 1), "1x10000");
    T_ERR(repo->add(&cart, repo, USER, product(1), 1, -1, T0, t_pool), VALIDATION_FAILED);
    T_STR(lines_of(cart_of(USER)), "1x10000");
}

static void the_hundred_and_first_line_is_refused(void)
{
    shop_cart_t *cart;

    begin();
    for (int i = 1; i <= SHOP_CART_LINES_MAX; i++) {
        T_OK(repo->add(&cart, repo, USER, product(i), 1, -1, T0, t_pool));
    }
    T_INT(cart->lines->nelts, SHOP_CART_LINES_MAX);
    T_ERR(repo->add(&cart, repo, USER, product(101), 1, -1, T0, t_pool), CART_FULL);
    T_OK(repo->add(&cart, repo, USER, product(100), 1, -1, T0, t_pool));
    T_INT(cart->lines->nelts, SHOP_CART_LINES_MAX);
    T_OK(repo->remove(&cart, repo, USER, product(50), T0, t_pool));
    T_OK(repo->add(&cart, repo, USER, product(101), 1, -1, T0, t_pool));
}

static void an_edit_needs_the_rev_it_was_made_from(void)
{
    shop_cart_t *cart;

    begin();
    after_add(1, 1);
    after_add(2, 1);
    T_ERR(repo->edit(&cart, repo, USER, product(1), 5, 1, T0, t_pool), CONFLICT);
    T_OK(repo->edit(&cart, repo, USER, product(1), 5, 2, T0, t_pool));
    T_STR(lines_of(cart), "1x5,2x1");
    T_ERR(repo->edit(&cart, repo, USER, product(3), 5, 3, T0, t_pool), NOT_FOUND);
    T_OK(repo->edit(&cart, repo, USER, product(2), 0, 3, T0, t_pool));
    T_STR(lines_of(cart), "1x5");
    T_ERR(repo->edit(&cart, repo, USER, NULL, 0, 3, T0, t_pool), CONFLICT);
    T_OK(repo->edit(&cart, repo, USER, NULL, 0, 4, T0, t_pool));
    T_STR(lines_of(cart), "");
}

/* ---- the order protocol ---- */

#define ORDER(n) apr_psprintf(t_pool, "65d0000000000000000000%02x", (unsigned)(n))

static apr_array_header_t *lines_with(int n, int64_t quantity)
{
    apr_array_header_t *lines = apr_array_make(t_pool, 2, sizeof(shop_cart_line_t *));
    shop_cart_line_t *line = apr_pcalloc(t_pool, sizeof(*line));

    *line = (shop_cart_line_t){ product(n), quantity };
    if (n) {
        APR_ARRAY_PUSH(lines, shop_cart_line_t *) = line;
    }
    return lines;
}

/* Claims product 1 of what was read. */
static bool claim(const shop_cart_t *cart, int order)
{
    shop_cart_claim_t claim = { .order_id = ORDER(order),
                                .at = T0 + apr_time_from_sec(order),
                                .rev = cart->rev + 1,
                                .lines = lines_with(1, 1),
                                .coupon_user_limit = -1 };
    bool claimed = false;

    T_OK(repo->claim(&claimed, repo, cart, &claim, t_pool));
    return claimed;
}

static bool ordered(const shop_cart_t *cart, int order, const apr_array_header_t *left)
{
    bool done = false;

    T_OK(repo->ordered(&done, repo, cart, ORDER(order), left, T0 + 1000, t_pool));
    return done;
}

static const char *claimed_by(const char *user)
{
    shop_cart_t *cart = cart_of(user);

    return cart && cart->claim ? cart->claim->order_id : "";
}

static void a_claim_comes_out_as_it_went_in(void)
{
    shop_cart_claim_t claim = { .order_id = ORDER(1),
                                .at = T0 + 5000,
                                .rev = 2,
                                .key_slot = "k:first",
                                .lines = lines_with(7, 3),
                                .coupon_code = "TEN",
                                .coupon_born = 5,
                                .coupon_limited = true,
                                .coupon_user_limit = 2 };
    const shop_cart_claim_t *seen;
    shop_cart_t *cart;
    bool claimed;

    begin();
    after_add(1, 4);
    T_TRUE(!cart_of(USER)->claim);
    T_OK(repo->claim(&claimed, repo, cart_of(USER), &claim, t_pool));
    T_TRUE(claimed);
    cart = cart_of(USER);
    T_INT(cart->rev, 2);
    T_INT(cart->gen, 0);
    T_STR(lines_of(cart), "1x4");
    T_INT(cart->updated_at, T0);
    seen = cart->claim;
    T_TRUE(seen != NULL);
    if (!seen) {
        return;
    }
    T_STR(seen->order_id, ORDER(1));
    T_INT(seen->at, T0 + 5000);
    T_INT(seen->rev, 2);
    T_STR(seen->key_slot, "k:first");
    T_INT(seen->lines->nelts, 1);
    T_STR(APR_ARRAY_IDX(seen->lines, 0, shop_cart_line_t *)->product_id, product(7));
    T_INT(APR_ARRAY_IDX(seen->lines, 0, shop_cart_line_t *)->quantity, 3);
    T_STR(seen->coupon_code, "TEN");
    T_INT(seen->coupon_born, 5);
    T_TRUE(seen->coupon_limited);
    T_INT(seen->coupon_user_limit, 2);
}

static void without_key_and_coupon_a_claim_has_none(void)
{
    begin();
    after_add(1, 1);
    T_TRUE(claim(cart_of(USER), 1));
    T_TRUE(!cart_of(USER)->claim->key_slot);
    T_TRUE(!cart_of(USER)->claim->coupon_code);
    T_TRUE(!cart_of(USER)->claim->coupon_limited);
    T_INT(cart_of(USER)->claim->coupon_user_limit, -1);
}

static void a_cart_is_claimed_once_and_as_it_was_read(void)
{
    shop_cart_t *cart, *other;

    begin();
    T_TRUE(!claim(cart_of(USER), 1)); /* never edited: nothing to order */
    after_add(1, 1);
    cart = cart_of(USER);
    after_add(2, 1);
    T_TRUE(!claim(cart, 1)); /* edited meanwhile */
    other = cart_of(USER);
    other->gen = 1;
    T_TRUE(!claim(other, 1)); /* of another generation */
    T_STR(claimed_by(USER), "");
    cart = cart_of(USER);
    T_TRUE(claim(cart, 1));
    T_TRUE(!claim(cart, 1)); /* the same again: the caller reads that it is its own */
    T_STR(claimed_by(USER), ORDER(1));
    T_TRUE(!claim(cart, 2));
    T_TRUE(!claim(cart_of(USER), 2)); /* claimed by another */
    T_STR(claimed_by(USER), ORDER(1));
    T_INT(cart_of(USER)->rev, 3);
    T_STR(claimed_by(OTHER), "");
}

/* As after an election took back one edit and another one was made: the same rev, other lines. */
static void the_same_rev_with_other_lines_is_another_cart(void)
{
    shop_cart_t *cart, *other;

    begin();
    after_add(1, 2);
    cart = cart_of(USER);
    other = apr_pmemdup(t_pool, cart, sizeof(*cart));
    other->lines = lines_with(1, 3);
    T_TRUE(!claim(other, 1));
    other->lines = lines_with(2, 2);
    T_TRUE(!claim(other, 1));
    other->lines = lines_with(0, 0);
    T_TRUE(!claim(other, 1));
    T_TRUE(claim(cart, 1));
    other = apr_pmemdup(t_pool, cart_of(USER), sizeof(*cart));
    other->lines = lines_with(1, 3);
    T_TRUE(!ordered(other, 1, lines_with(0, 0)));
    T_STR(claimed_by(USER), ORDER(1));
    T_TRUE(ordered(cart_of(USER), 1, lines_with(0, 0)));
}

static void edits_leave_the_claim_alone(void)
{
    shop_cart_t *cart;

    begin();
    after_add(1, 1);
    T_TRUE(claim(cart_of(USER), 1));
    T_STR(after_add(1, 2), "1x3");
    T_STR(after_add(2, 1), "1x3,2x1");
    T_OK(repo->set(&cart, repo, USER, product(2), 9, T0, t_pool));
    T_STR(cart->claim ? cart->claim->order_id : "", ORDER(1));
    T_OK(repo->remove(&cart, repo, USER, product(2), T0, t_pool));
    T_OK(repo->edit(&cart, repo, USER, product(1), 5, 6, T0, t_pool));
    T_OK(repo->clear(&cart, repo, USER, T0, t_pool));
    T_OK(repo->add(&cart, repo, USER, product(3), 1, -1, T0, t_pool));
    T_STR(lines_of(cart), "3x1");
    T_STR(cart->claim ? cart->claim->order_id : "", ORDER(1));
    T_INT(cart->claim ? cart->claim->rev : 0, 2);
    T_INT(cart->claim ? cart->claim->lines->nelts : 0, 1);
    T_INT(cart->rev, 9);
}

static void an_order_clears_its_cart_once(void)
{
    shop_cart_t *cart;

    begin();
    after_add(1, 1);
    T_TRUE(claim(cart_of(USER), 1));
    cart = cart_of(USER);
    T_TRUE(ordered(cart, 1, lines_with(0, 0)));
    T_STR(lines_of(cart_of(USER)), "");
    T_STR(claimed_by(USER), "");
    T_INT(cart_of(USER)->gen, 1);
    T_INT(cart_of(USER)->rev, 3);
    T_INT(cart_of(USER)->updated_at, T0 + 1000);
    after_add(1, 7);
    T_TRUE(!ordered(cart, 1, lines_with(0, 0))); /* a copy that comes late */
    T_STR(lines_of(cart_of(USER)), "1x7");
    T_INT(cart_of(USER)->gen, 1);
    T_TRUE(claim(cart_of(USER), 2)); /* the next order */
    T_TRUE(!ordered(cart, 1, lines_with(0, 0)));
    T_STR(claimed_by(USER), ORDER(2));
    T_TRUE(!ordered(cart_of(OTHER), 1, lines_with(0, 0)));
    T_INT(cart_of(OTHER)->gen, 0);
}

static void clearing_an_edited_cart_needs_a_second_look(void)
{
    shop_cart_t *cart;

    begin();
    after_add(1, 1);
    after_add(3, 1);
    T_TRUE(claim(cart_of(USER), 1));
    cart = cart_of(USER);
    after_add(1, 4);
    T_TRUE(!ordered(cart, 1, lines_with(0, 0)));
    T_STR(lines_of(cart_of(USER)), "1x5,3x1");
    T_STR(claimed_by(USER), ORDER(1));
    T_TRUE(ordered(cart_of(USER), 1, lines_with(1, 4)));
    T_STR(lines_of(cart_of(USER)), "1x4");
    T_STR(claimed_by(USER), "");
    T_INT(cart_of(USER)->gen, 1);
}

static void a_cart_is_cleared_without_its_claim_or_beside_anothers(void)
{
    shop_cart_t *cart;

    begin();
    after_add(1, 1);
    cart = cart_of(USER);
    T_TRUE(claim(cart, 2));
    T_TRUE(!ordered(cart, 1, lines_with(0, 0))); /* it was read without a claim */
    cart = cart_of(USER);
    T_TRUE(ordered(cart, 1, lines_with(2, 2)));
    T_STR(claimed_by(USER), ORDER(2)); /* another order's stays */
    T_STR(lines_of(cart_of(USER)), "2x2");
    T_INT(cart_of(USER)->gen, 1);
    T_INT(cart_of(USER)->rev, 3);
    T_OK(repo->unclaim(repo, USER, ORDER(2), t_pool));
    T_TRUE(ordered(cart_of(USER), 3, lines_with(0, 0)));
    T_STR(lines_of(cart_of(USER)), "");
    T_INT(cart_of(USER)->gen, 2);
    cart = cart_of(USER);
    cart->gen = 1;
    T_TRUE(!ordered(cart, 3, lines_with(0, 0)));
}

static void a_claim_ends_only_by_its_own_order(void)
{
    begin();
    after_add(1, 1);
    T_OK(repo->unclaim(repo, OTHER, ORDER(1), t_pool));
    T_OK(repo->unclaim(repo, USER, ORDER(1), t_pool));
    T_INT(cart_of(USER)->rev, 1);
    T_TRUE(claim(cart_of(USER), 1));
    T_OK(repo->unclaim(repo, USER, ORDER(2), t_pool));
    T_STR(claimed_by(USER), ORDER(1));
    T_INT(cart_of(USER)->rev, 2);
    T_OK(repo->unclaim(repo, USER, ORDER(1), t_pool));
    T_STR(claimed_by(USER), "");
    T_INT(cart_of(USER)->rev, 3);
    T_OK(repo->unclaim(repo, USER, ORDER(1), t_pool));
    T_INT(cart_of(USER)->rev, 3);
    T_STR(lines_of(cart_of(USER)), "1x1");
    T_INT(cart_of(USER)->gen, 0);
    T_TRUE(claim(cart_of(USER), 2));
}

/* Three carts; the second was claimed first, a fourth has no claim. */
static void old_claims_come_oldest_first(void)
{
    static const int claimed[] = { 3, 1, 2 };
    apr_array_header_t *carts;
    shop_cart_t *cart;

    begin();
    for (int i = 0; i < 4; i++) {
        const char *user = apr_psprintf(t_pool, "65c0000000000000000000%02x", (unsigned)i);

        T_OK(repo->add(&cart, repo, user, product(1), i + 1, -1, T0, t_pool));
        if (i < 3) {
            T_TRUE(claim(cart, claimed[i]));
        }
    }
    T_OK(repo->old_claims(&carts, repo, T0 + apr_time_from_sec(1), 10, t_pool));
    T_INT(carts->nelts, 0);
    T_OK(repo->old_claims(&carts, repo, T0 + apr_time_from_sec(3), 10, t_pool));
    T_INT(carts->nelts, 2);
    T_OK(repo->old_claims(&carts, repo, T0 + apr_time_from_sec(60), 2, t_pool));
    T_INT(carts->nelts, 2);
    cart = APR_ARRAY_IDX(carts, 0, shop_cart_t *);
    T_STR(cart->claim->order_id, ORDER(1));
    T_STR(cart->user_id, "65c000000000000000000001");
    T_STR(lines_of(cart), "1x2");
    T_INT(cart->rev, 2);
    T_STR(APR_ARRAY_IDX(carts, 1, shop_cart_t *)->claim->order_id, ORDER(2));
    T_OK(repo->unclaim(repo, cart->user_id, ORDER(1), t_pool));
    T_OK(repo->old_claims(&carts, repo, T0 + apr_time_from_sec(60), 10, t_pool));
    T_INT(carts->nelts, 2);
}

static bool claim_it(void *baton, int i, apr_pool_t *pool)
{
    const shop_cart_t *cart = baton;
    shop_cart_claim_t claim = { .order_id =
                                    apr_psprintf(pool, "65d0000000000000000000%02x", (unsigned)i),
                                .at = T0,
                                .rev = cart->rev + 1,
                                .lines = cart->lines,
                                .coupon_user_limit = -1 };
    bool claimed = false;

    return !repo->claim(&claimed, repo, cart, &claim, pool) && claimed;
}

static void of_many_claims_at_once_one_wins(void)
{
    shop_cart_t *cart;

    begin();
    after_add(1, 1);
    for (int turn = 0; turn < 10; turn++) {
        cart = cart_of(USER);
        T_INT(shop_test_crowd(8, claim_it, cart), 1);
        T_INT(cart_of(USER)->rev, cart->rev + 1);
        T_OK(repo->unclaim(repo, USER, claimed_by(USER), t_pool));
    }
}

static bool add_one(void *baton, int i, apr_pool_t *pool)
{
    shop_cart_t *cart;
    const char *id = baton ? baton : apr_psprintf(pool, "65a0000000000000000%05x", i);

    return !repo->add(&cart, repo, USER, id, 1, -1, T0, pool);
}

static void fifty_parallel_adds_of_one_make_fifty(void)
{
    static char same[] = "65a000000000000000000001";
    shop_cart_t *cart;

    begin();
    T_INT(shop_test_crowd(CROWD, add_one, same), CROWD);
    T_STR(lines_of(cart_of(USER)), "1x50");
    T_INT(cart_of(USER)->rev, CROWD);
    T_OK(repo->clear(&cart, repo, USER, T0, t_pool));
    T_INT(shop_test_crowd(CROWD, add_one, NULL), CROWD);
    T_INT(cart_of(USER)->lines->nelts, CROWD);
}

/* The line may have moved, gone or grown since the caller saw it. */
static void a_wrong_place_is_only_a_hint(void)
{
    shop_cart_t *cart;

    begin();
    T_STR(after_add(1, 1), "1x1");
    T_STR(after_add(2, 1), "1x1,2x1");
    for (int place = -1; place < 4; place++) {
        T_OK(repo->add(&cart, repo, USER, product(2), 1, place, T0, t_pool));
    }
    T_STR(lines_of(cart), "1x1,2x6");
    T_INT(cart->rev, 7);
    T_OK(repo->add(&cart, repo, USER, product(3), 1, 1, T0, t_pool));
    T_STR(lines_of(cart), "1x1,2x6,3x1");
    T_OK(repo->add(&cart, repo, OTHER, product(3), 2, 0, T0, t_pool));
    T_STR(lines_of(cart), "3x2");
    T_OK(repo->add(&cart, repo, USER, product(2), SHOP_QUANTITY_MAX - 6, 1, T0, t_pool));
    T_ERR(repo->add(&cart, repo, USER, product(2), 1, 1, T0, t_pool), VALIDATION_FAILED);
}

static bool add_one_there(void *baton, int i, apr_pool_t *pool)
{
    shop_cart_t *cart;

    return !repo->add(&cart, repo, USER, baton, 1, i % 3 - 1, T0, pool);
}

static void fifty_parallel_adds_at_a_place_make_fifty(void)
{
    static char same[] = "65a000000000000000000001";

    begin();
    T_INT(shop_test_crowd(CROWD, add_one_there, same), CROWD);
    T_STR(lines_of(cart_of(USER)), "1x50");
    T_INT(cart_of(USER)->rev, CROWD);
}

const shop_test_t shop_cart_contract[] = {
    SHOP_TEST(a_cart_never_touched_is_empty, "a cart never touched is empty"),
    SHOP_TEST(lines_add_up_in_the_order_they_came, "lines add up in the order they came"),
    SHOP_TEST(a_line_is_set_and_removed_only_where_it_is,
              "a line is set and removed only where it is"),
    SHOP_TEST(a_line_never_exceeds_its_bound, "a line never exceeds its bound"),
    SHOP_TEST(the_hundred_and_first_line_is_refused, "the 101st line is refused"),
    SHOP_TEST(an_edit_needs_the_rev_it_was_made_from, "an edit needs the rev it was made from"),
    SHOP_TEST(a_claim_comes_out_as_it_went_in, "a claim comes out as it went in"),
    SHOP_TEST(without_key_and_coupon_a_claim_has_none, "without key and coupon a claim has none"),
    SHOP_TEST(the_same_rev_with_other_lines_is_another_cart,
              "cart: an edit that an election took back is no fence for a later one"),
    SHOP_TEST(a_cart_is_claimed_once_and_as_it_was_read,
              "a cart is claimed once, and only as it was read"),
    SHOP_TEST(edits_leave_the_claim_alone, "edits leave the claim alone"),
    SHOP_TEST(an_order_clears_its_cart_once, "an order clears its cart once"),
    SHOP_TEST(clearing_an_edited_cart_needs_a_second_look,
              "what was added between claim and clear stays"),
    SHOP_TEST(a_cart_is_cleared_without_its_claim_or_beside_anothers,
              "a cart is cleared without a claim, and beside another order's"),
    SHOP_TEST(a_claim_ends_only_by_its_own_order, "a claim ends only by its own order"),
    SHOP_TEST(old_claims_come_oldest_first, "old claims come oldest first"),
    SHOP_TEST(of_many_claims_at_once_one_wins, "of many claims at once one wins"),
    SHOP_TEST(fifty_parallel_adds_of_one_make_fifty, "fifty parallel adds of one make fifty"),
    SHOP_TEST(a_wrong_place_is_only_a_hint, "a wrong place is only a hint"),
    SHOP_TEST(fifty_parallel_adds_at_a_place_make_fifty,
              "fifty parallel adds at a place make fifty"),
    SHOP_TEST_END,
};
