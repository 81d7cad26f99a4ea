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

static void an_order_takes_its_lines_once_and_leaves_later_ones(void)
{
    const char *ids[2];

    begin();
    ids[0] = product(1);
    ids[1] = product(2);
    after_add(1, 1);
    after_add(2, 2);
    after_add(3, 3);
    T_OK(repo->ordered(repo, USER, 0, ids, 2, T0, t_pool));
    T_STR(lines_of(cart_of(USER)), "3x3");
    T_INT(cart_of(USER)->gen, 1);
    T_INT(cart_of(USER)->rev, 4);
    after_add(1, 7);
    T_OK(repo->ordered(repo, USER, 0, ids, 2, T0, t_pool));
    T_STR(lines_of(cart_of(USER)), "3x3,1x7");
    T_INT(cart_of(USER)->gen, 1);
    T_OK(repo->ordered(repo, OTHER, 0, ids, 2, T0, t_pool));
    T_INT(cart_of(OTHER)->gen, 0);
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
    SHOP_TEST(an_order_takes_its_lines_once_and_leaves_later_ones,
              "an order takes its lines once and leaves later ones"),
    SHOP_TEST(fifty_parallel_adds_of_one_make_fifty, "fifty parallel adds of one make fifty"),
    SHOP_TEST(a_wrong_place_is_only_a_hint, "a wrong place is only a hint"),
    SHOP_TEST(fifty_parallel_adds_at_a_place_make_fifty,
              "fifty parallel adds at a place make fifty"),
    SHOP_TEST_END,
};
