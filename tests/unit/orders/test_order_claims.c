/* SPDX-License-Identifier: MIT
 * What happens beside a request that places an order: edits of its cart, its customer's other
 * requests, the reaper, a process of the previous protocol. Each is put just before one call. */
#include "tests/kit/order_shop.h"
#include "order_tests.h"

#define TWIN "c00000000000000000000009"

static struct {
    void (*act)(void); /* once, before the next call of the hooked function; NULL: nothing */
    order_shop_t *shop;
    int inserts;
    bool applies; /* an insert whose reply is lost */
    shop_order_repo_t orders;
    shop_product_repo_t products;
    shop_cart_repo_t carts;
    shop_reservations_t stock, coupon_uses;
} beside;

static shop_order_t *order;
static bool replayed;

static void act(void)
{
    void (*now)(void) = beside.act;

    beside.act = NULL;
    if (now) {
        now();
    }
}

/* BESIDE(port, name, (parameters), (arguments)): the function, after what is to happen before. */
#define BESIDE(port, name, parameters, arguments) \
    static shop_error_t *port##_##name parameters \
    {                                             \
        act();                                    \
        return beside.port.name arguments;        \
    }

BESIDE(orders, insert,
       (shop_order_insert_t * result, shop_order_repo_t *repo, const shop_order_t *placed,
        apr_pool_t *pool),
       (result, repo, placed, pool))
BESIDE(carts, ordered,
       (bool *done, shop_cart_repo_t *repo, const shop_cart_t *cart, const char *order_id,
        const apr_array_header_t *left, apr_time_t now, apr_pool_t *pool),
       (done, repo, cart, order_id, left, now, pool))
BESIDE(products, find_to_order,
       (apr_array_header_t * *products, apr_array_header_t **stale, int *most,
        shop_product_repo_t *repo, const char *const *ids, int count, apr_time_t before,
        apr_pool_t *pool),
       (products, stale, most, repo, ids, count, before, pool))
BESIDE(stock, reserve,
       (int *reserved, shop_reservations_t *repo, const shop_reservation_t *wanted, apr_time_t now,
        apr_pool_t *pool),
       (reserved, repo, wanted, now, pool))
BESIDE(coupon_uses, reserve,
       (int *reserved, shop_reservations_t *repo, const shop_reservation_t *wanted, apr_time_t now,
        apr_pool_t *pool),
       (reserved, repo, wanted, now, pool))

static order_shop_t *shop_beside(int64_t stock, int64_t uses)
{
    order_shop_t *shop = order_shop(stock, uses);

    memset(&beside, 0, sizeof(beside));
    beside.shop = shop;
    beside.orders = *shop->ports.orders;
    beside.products = *shop->ports.products;
    beside.carts = *shop->ports.carts;
    beside.stock = *shop->ports.stock;
    beside.coupon_uses = *shop->ports.coupon_uses;
    return shop;
}

static shop_cart_t *cart_of(const order_shop_t *shop)
{
    shop_cart_t *cart = NULL;

    T_OK(shop->ports.carts->find(&cart, shop->ports.carts, USER(0), t_pool));
    return cart;
}

static int64_t in_cart(const shop_cart_t *cart, const char *product)
{
    const shop_cart_line_t *line = shop_cart_line(cart, product);

    return line ? line->quantity : 0;
}

static shop_error_t *place(const char *key, const char *coupon)
{
    return order_shop_place(&order, &replayed, beside.shop, USER(0), key, coupon, t_pool);
}

/* ---- edits of the cart between claim and clear ---- */

static void add_units(void)
{
    order_shop_fill(beside.shop, USER(0), 3, 1);
}

static void set_fewer_and_add(void)
{
    shop_cart_repo_t *carts = beside.shop->ports.carts;
    shop_cart_t *cart;

    T_OK(carts->set(&cart, carts, USER(0), beside.shop->products[0], 1, SHOP_NOON, t_pool));
    T_OK(carts->add(&cart, carts, USER(0), beside.shop->products[1], 5, -1, SHOP_NOON, t_pool));
}

static void empty_it(void)
{
    shop_cart_repo_t *carts = beside.shop->ports.carts;
    shop_cart_t *cart;

    T_OK(carts->clear(&cart, carts, USER(0), SHOP_NOON, t_pool));
}

static void what_was_added_beside_an_order_stays_in_the_cart(void)
{
    static const struct {
        void (*act)(void);
        int64_t first, second;
    } table[] = { { add_units, 3, 1 }, { set_fewer_and_add, 0, 5 }, { empty_it, 0, 0 } };

    for (int i = 0; i < 6; i++) { /* before the commit, and just before the cart is cleared */
        order_shop_t *shop = shop_beside(20, 5);
        shop_cart_t *cart;

        order_shop_fill(shop, USER(0), 2, 0);
        shop->ports.orders->insert = i < 3 ? orders_insert : beside.orders.insert;
        shop->ports.carts->ordered = i < 3 ? beside.carts.ordered : carts_ordered;
        beside.act = table[i % 3].act;
        T_OK(place(NULL, NULL));
        T_INT(order->total, 2000);
        cart = cart_of(shop);
        T_INT(in_cart(cart, shop->products[0]), table[i % 3].first);
        T_INT(in_cart(cart, shop->products[1]), table[i % 3].second);
        T_INT(cart->gen, 1);
        T_TRUE(!cart->claim);
        order_shop_audit(shop, 1, "after edits beside an order");
        if (table[i % 3].first) {
            T_OK(place(NULL, NULL));
            T_INT(order->total, 3250);
            T_INT(cart_of(shop)->lines->nelts, 0);
        }
        order_shop_audit(shop, 1, "after a second order");
    }
}

/* A process of the previous protocol takes the lines out by their product, raises the generation,
 * and knows nothing of claims. */
static void clean_as_before(void)
{
    shop_cart_repo_t *carts = beside.shop->ports.carts;
    const shop_cart_t *cart = cart_of(beside.shop);
    apr_array_header_t *left = apr_array_make(t_pool, 1, sizeof(shop_cart_line_t *));
    bool done = false;

    T_OK(carts->ordered(&done, carts, cart, TWIN, left, SHOP_NOON, t_pool));
    T_TRUE(done);
    T_TRUE(cart_of(beside.shop)->claim != NULL);
    order_shop_fill(beside.shop, USER(0), 4, 0);
}

static void a_cart_that_was_cleared_already_only_loses_its_claim(void)
{
    order_shop_t *shop = shop_beside(20, 5);

    order_shop_fill(shop, USER(0), 2, 1);
    shop->ports.carts->ordered = carts_ordered;
    beside.act = clean_as_before;
    T_OK(place("k:a", NULL));
    T_INT(cart_of(shop)->gen, 1);
    T_TRUE(!cart_of(shop)->claim);
    T_INT(in_cart(cart_of(shop), shop->products[0]), 4);
    order_shop_audit(shop, 1, "after a clean of the previous protocol");
    T_OK(place("k:b", NULL));
    T_INT(order->total, 4000);
    order_shop_audit(shop, 1, "after the next order");
}

/* ---- somebody's claim ---- */

/* Claims the cart for an order of a process that stops there, after it has reserved the units. */
static void claim_and_stop(order_shop_t *shop, const char *key)
{
    shop_cart_repo_t *carts = shop->ports.carts;
    const shop_cart_t *cart = cart_of(shop);
    shop_cart_claim_t claim = { .order_id = TWIN,
                                .at = shop->clock.fixed,
                                .rev = cart->rev + 1,
                                .key_slot = key,
                                .lines = cart->lines,
                                .coupon_user_limit = -1 };
    shop_reservation_line_t line = { shop->products[0], in_cart(cart, shop->products[0]), 1000 };
    const shop_reservation_t wanted = { TWIN, USER(0), &line, 1 };
    bool claimed = false;
    int reserved = 0;

    T_OK(carts->claim(&claimed, carts, cart, &claim, t_pool));
    T_TRUE(claimed);
    T_OK(shop->ports.stock->reserve(&reserved, shop->ports.stock, &wanted, shop->clock.fixed,
                                    t_pool));
    T_INT(reserved, 1);
}

static void a_claimed_cart_is_409_within_the_lease(void)
{
    order_shop_t *shop = shop_beside(2, 5);
    shop_error_t *err;

    order_shop_fill(shop, USER(0), 2, 0);
    claim_and_stop(shop, "k:a");
    for (int turn = 0; turn < 2; turn++) { /* at once, and at the end of the lease */
        err = place("k:a", NULL);
        T_ERR(err, IDEMPOTENCY_IN_PROGRESS);
        T_INT(err ? err->retry_after : 0, 2);
        err = place("k:b", NULL);
        T_ERR(err, ORDER_IN_PROGRESS);
        T_INT(err ? err->retry_after : 0, 2);
        T_ERR(place(NULL, NULL), ORDER_IN_PROGRESS); /* and not OUT_OF_STOCK */
        shop->clock.fixed = SHOP_NOON + SHOP_ORDER_LEASE - 1000;
    }
    T_STR(cart_of(shop)->claim ? cart_of(shop)->claim->order_id : NULL, TWIN);
    T_INT(order_shop_stock(shop, 0), 0);
}

static void past_the_lease_a_claim_is_resolved_and_the_order_placed(void)
{
    for (int turn = 0; turn < 2; turn++) {
        order_shop_t *shop = shop_beside(2, 5);
        shop_tombstone_t result;
        shop_order_t *found;

        order_shop_fill(shop, USER(0), 2, 0);
        claim_and_stop(shop, turn ? "k:a" : NULL);
        shop->clock.fixed += SHOP_ORDER_LEASE;
        T_OK(place("k:a", NULL));
        T_TRUE(!replayed);
        T_INT(order_shop_stock(shop, 0), 0);
        T_TRUE(!cart_of(shop)->claim);
        order_shop_audit(shop, 1, "after a claim was resolved");
        T_OK(shop->ports.orders->tombstone(&result, &found, shop->ports.orders, TWIN, USER(0),
                                           SHOP_NOON, t_pool));
        T_INT(result, SHOP_TOMBSTONE_SET); /* whatever is late of it */
    }
}

static shop_error_t *nothing_cleared(bool *done, shop_cart_repo_t *repo, const shop_cart_t *cart,
                                     const char *order_id, const apr_array_header_t *left,
                                     apr_time_t now, apr_pool_t *pool)
{
    (void)repo;
    (void)cart;
    (void)order_id;
    (void)left;
    (void)now;
    *done = false;
    return shop_err(pool, UNAVAILABLE, "the store is away");
}

static void the_claim_of_a_placed_order_is_cleaned_by_the_next_request(void)
{
    static const char *const keys[] = { NULL, "k:b", "k:a" };

    for (int i = 0; i < 3; i++) {
        order_shop_t *shop = shop_beside(10, 5);
        shop_order_t *first;

        order_shop_fill(shop, USER(0), 2, 1);
        shop->ports.carts->ordered = nothing_cleared;
        T_OK(place("k:a", NULL));
        first = order;
        T_TRUE(cart_of(shop)->claim != NULL);
        shop->ports.carts->ordered = beside.carts.ordered;
        if (i < 2) {
            T_ERR(place(keys[i], NULL), CART_EMPTY);
        } else {
            T_OK(place(keys[i], NULL));
            T_TRUE(replayed);
            T_STR(order ? order->id : NULL, first->id);
        }
        T_TRUE(!cart_of(shop)->claim);
        T_INT(cart_of(shop)->lines->nelts, 0);
        order_shop_audit(shop, 1, "after the next request cleaned");
    }
}

/* ---- given up ---- */

static void resolve_it(void)
{
    const shop_cart_t *cart = cart_of(beside.shop);
    bool resolved = false, placed = true;

    T_TRUE(cart->claim != NULL);
    T_OK(shop_order_resolve(&resolved, &placed, &beside.shop->ports, cart, t_pool));
    T_TRUE(resolved && !placed);
}

/* The reaper resolves the claim, and the customer's other request buys everything. */
static void resolve_it_and_buy(void)
{
    shop_order_t *twin;
    bool twice;

    resolve_it();
    T_OK(order_shop_place(&twin, &twice, beside.shop, USER(0), "k:a", "TEN", t_pool));
}

static void a_buyer_who_was_given_up_gets_503_and_never_409(void)
{
    enum { RESERVE, RESERVE_COUPON, COMMIT, CASES };

    for (int i = 0; i < CASES * 2; i++) {
        order_shop_t *shop = shop_beside(2, 1);
        bool buys = i >= CASES;
        shop_error_t *err;

        order_shop_fill(shop, USER(0), 2, 1);
        if (i % CASES == RESERVE) {
            shop->ports.stock->reserve = stock_reserve;
        } else if (i % CASES == RESERVE_COUPON) {
            shop->ports.coupon_uses->reserve = coupon_uses_reserve;
        } else {
            shop->ports.orders->insert = orders_insert;
        }
        beside.act = buys ? resolve_it_and_buy : resolve_it;
        err = place(buys ? "k:a" : NULL, "TEN");
        T_TRUE(!beside.act);
        T_ERR(err, UNAVAILABLE);
        T_INT(err ? err->retry_after : 0, 2);
        order_shop_settle(shop); /* a redemption that came late */
        order_shop_audit(shop, 1, "after an order was given up");
        T_INT(order_shop_stock(shop, 0), buys ? 0 : 2);
        T_OK(place("k:a", "TEN"));
        T_TRUE(replayed == buys);
        T_INT(order_shop_stock(shop, 0), 0);
        order_shop_audit(shop, 1, "after the retry");
    }
}

/* ---- a refusal is looked at twice ---- */

static const char *twins_key;

static void twin_buys_everything(void)
{
    shop_order_t *twin;
    bool twice;

    T_OK(order_shop_place(&twin, &twice, beside.shop, USER(0), twins_key, NULL, t_pool));
}

static void nobody_is_refused_because_of_his_own_other_request(void)
{
    static const struct {
        const char *twin, *own;
        shop_code_t code;
    } table[] = { { "k:a", "k:a", SHOP_OK },
                  { "k:a", "k:b", SHOP_CART_EMPTY },
                  { NULL, NULL, SHOP_CART_EMPTY },
                  { NULL, "k:a", SHOP_CART_EMPTY } };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        order_shop_t *shop = shop_beside(2, 5);
        shop_error_t *err;

        order_shop_fill(shop, USER(0), 2, 0);
        shop->ports.products->find_to_order = products_find_to_order;
        twins_key = table[i].twin;
        beside.act = twin_buys_everything;
        err = place(table[i].own, NULL);
        T_INT(err ? err->code : SHOP_OK, table[i].code); /* and not OUT_OF_STOCK */
        T_TRUE(err || replayed);
        order_shop_audit(shop, 1, "after a twin");
    }
}

static void somebody_elses_purchase_is_a_shortage(void)
{
    order_shop_t *shop = shop_beside(2, 5);
    shop_order_t *theirs;

    order_shop_fill(shop, USER(0), 2, 0);
    order_shop_fill(shop, USER(1), 1, 0);
    T_OK(order_shop_place(&theirs, &replayed, shop, USER(1), NULL, NULL, t_pool));
    T_ERR(place("k:a", NULL), OUT_OF_STOCK);
    T_TRUE(!cart_of(shop)->claim);
    T_INT(cart_of(shop)->rev, 1); /* nothing was written */
    order_shop_audit(shop, 2, "after a shortage");
}

/* ---- the commit's outcome is unknown ---- */

static shop_error_t *lost_insert(shop_order_insert_t *result, shop_order_repo_t *repo,
                                 const shop_order_t *placed, apr_pool_t *pool)
{
    beside.inserts++;
    if (beside.applies) {
        beside.orders.insert(result, repo, placed, pool);
    }
    return shop_err(pool, UNAVAILABLE, "the store is away");
}

static void an_unknown_commit_is_503_and_nothing_is_touched(void)
{
    for (int turn = 0; turn < 2; turn++) {
        order_shop_t *shop = shop_beside(10, 5);
        shop_error_t *err;
        const shop_cart_claim_t *claim;

        order_shop_fill(shop, USER(0), 2, 1);
        shop->ports.orders->insert = lost_insert;
        beside.applies = turn == 1;
        err = place("k:a", "TEN");
        T_ERR(err, UNAVAILABLE);
        T_INT(err ? err->retry_after : 0, 2);
        T_TRUE(beside.inserts > 1); /* the same document, again */
        claim = cart_of(shop)->claim;
        T_TRUE(claim != NULL);
        T_INT(cart_of(shop)->lines->nelts, 2);
        T_INT(order_shop_stock(shop, 0), 8);
        T_TRUE(order_shop_coupon(shop, claim ? claim->order_id : TWIN).reserved);
        shop->ports.orders->insert = beside.orders.insert;
        if (beside.applies) { /* the customer asks again */
            T_OK(place("k:a", "TEN"));
            T_TRUE(replayed);
        } else {
            T_ERR(place("k:a", "TEN"), IDEMPOTENCY_IN_PROGRESS);
        }
        order_shop_settle(shop);
        order_shop_audit(shop, 1, "after an unknown commit");
        T_INT(order_shop_stock(shop, 0), beside.applies ? 8 : 10);
        T_OK(place("k:a", "TEN"));
        T_TRUE(replayed == beside.applies);
        order_shop_audit(shop, 1, "after the retry");
    }
}

static int pauses;

static void count_pause(const shop_clock_t *clock, apr_time_t interval)
{
    (void)clock;
    (void)interval;
    pauses++;
}

static void after_the_last_insert_the_customer_does_not_wait(void)
{
    order_shop_t *shop = shop_beside(10, 5);

    order_shop_fill(shop, USER(0), 2, 1);
    shop->ports.orders->insert = lost_insert;
    shop->clock.pause = count_pause;
    pauses = 0;
    T_ERR(place(NULL, NULL), UNAVAILABLE);
    T_INT(pauses, beside.inserts - 1);
}

/* ---- what cannot be completed ---- */

static shop_error_t *never_cleared(bool *done, shop_cart_repo_t *repo, const shop_cart_t *cart,
                                   const char *order_id, const apr_array_header_t *left,
                                   apr_time_t now, apr_pool_t *pool)
{
    *done = false;
    return strcmp(cart->user_id, USER(0))
               ? beside.carts.ordered(done, repo, cart, order_id, left, now, pool)
               : NULL;
}

static void a_cart_that_cannot_be_cleared_does_not_end_the_reapers_run(void)
{
    order_shop_t *shop = shop_beside(10, 5);
    shop_reap_sums_t sums;
    shop_cart_t *cart;

    order_shop_fill(shop, USER(0), 1, 0);
    order_shop_fill(shop, USER(1), 1, 0);
    shop->ports.carts->ordered = nothing_cleared;
    T_OK(place("k:a", NULL));
    shop->clock.fixed += SHOP_ORDER_LEASE;
    T_OK(order_shop_place(&order, &replayed, shop, USER(1), NULL, NULL, t_pool));
    shop->ports.carts->ordered = never_cleared;
    shop->clock.fixed += 2 * SHOP_ORDER_LEASE;
    T_ERR(place("k:b", NULL), UNAVAILABLE); /* and not 409: it may be asked again */
    T_OK(shop_order_reap(&sums, &shop->ports, t_pool));
    T_INT(sums.left, 1);
    T_INT(sums.completed, 1);
    T_TRUE(cart_of(shop)->claim != NULL);
    T_OK(shop->ports.carts->find(&cart, shop->ports.carts, USER(1), t_pool));
    T_TRUE(!cart->claim);
    shop->ports.carts->ordered = beside.carts.ordered;
    order_shop_settle(shop);
    order_shop_audit(shop, 2, "after the cart could be cleared");
}

static shop_error_t *unreadable_twin(shop_tombstone_t *result, shop_order_t **found,
                                     shop_order_repo_t *repo, const char *id, const char *user_id,
                                     apr_time_t now, apr_pool_t *pool)
{
    return strcmp(id, TWIN) ? beside.orders.tombstone(result, found, repo, id, user_id, now, pool)
                            : shop_err(pool, INTERNAL, "the order cannot be read");
}

static void an_old_reservation_that_cannot_be_decided_keeps_no_other_from_being_confirmed(void)
{
    order_shop_t *shop = shop_beside(10, 5);
    shop_reservation_line_t line = { shop->products[0], 1, 1000 };
    const shop_reservation_t left = { TWIN, USER(1), &line, 1 };
    shop_unit_state_t state;
    int reserved = 0;

    order_shop_queue(shop);
    T_OK(
        shop->ports.stock->reserve(&reserved, shop->ports.stock, &left, shop->clock.fixed, t_pool));
    shop->clock.fixed += 3 * SHOP_ORDER_LEASE;
    order_shop_fill(shop, USER(0), 2, 0);
    shop->ports.orders->tombstone = unreadable_twin;
    T_OK(place(NULL, NULL));
    T_OK(shop_order_drops_flush(shop->ports.drops, &shop->ports, t_pool));
    T_OK(shop->ports.stock->states(&state, shop->ports.stock, &left, t_pool));
    T_INT(state.reservations, 1);
    T_TRUE(state.reserved);
    shop->ports.orders->tombstone = beside.orders.tombstone;
    order_shop_settle(shop);
    order_shop_audit(shop, 1, "after the old reservation could be decided");
}

const shop_test_t order_claim_tests[] = {
    SHOP_TEST(what_was_added_beside_an_order_stays_in_the_cart,
              "what was added beside an order stays in the cart"),
    SHOP_TEST(a_cart_that_was_cleared_already_only_loses_its_claim,
              "a cart that the previous protocol cleared only loses its claim"),
    SHOP_TEST(a_claimed_cart_is_409_within_the_lease, "a claimed cart is 409 within the lease"),
    SHOP_TEST(past_the_lease_a_claim_is_resolved_and_the_order_placed,
              "past the lease a claim is resolved and the order placed"),
    SHOP_TEST(the_claim_of_a_placed_order_is_cleaned_by_the_next_request,
              "the claim of a placed order is cleaned by the next request"),
    SHOP_TEST(a_buyer_who_was_given_up_gets_503_and_never_409,
              "a buyer who was given up gets 503 and never 409"),
    SHOP_TEST(nobody_is_refused_because_of_his_own_other_request,
              "nobody is refused because of his own other request"),
    SHOP_TEST(somebody_elses_purchase_is_a_shortage, "somebody else's purchase is a shortage"),
    SHOP_TEST(an_unknown_commit_is_503_and_nothing_is_touched,
              "an unknown commit is 503 and nothing is touched"),
    SHOP_TEST(after_the_last_insert_the_customer_does_not_wait,
              "after the last insert the customer does not wait"),
    SHOP_TEST(a_cart_that_cannot_be_cleared_does_not_end_the_reapers_run,
              "a cart that cannot be cleared does not end the reaper's run"),
    SHOP_TEST(an_old_reservation_that_cannot_be_decided_keeps_no_other_from_being_confirmed,
              "an old reservation that cannot be decided keeps no other from being confirmed"),
    SHOP_TEST_END,
};
SHOP_SUITE("claims of carts", order_claim_tests)
