/* SPDX-License-Identifier: MIT
 * The audit beside a running shop: between any two steps of an order, beside threads that buy,
 * cancel and move stock, and against what moves just when it is judged. */
#include <pthread.h>
#include <stdatomic.h>

#include "mod_shop/orders/order_reservation.h"
#include "tests/kit/reservation_calls.h"
#include "verify_shop.h"

#define BUYERS 6
#define ROUNDS 8

/* ---- between the steps ---- */

/* The functions below the watched ones. */
static struct {
    shop_order_repo_t orders;
    shop_cart_repo_t carts;
    shop_coupon_repo_t coupons;
    shop_reservations_t stock, coupon_uses;
} under;
static int steps;

static void must_be_clean(const char *step)
{
    verify_report_t report = verify_books(false);

    steps++;
    t_assert(!*report.said, __LINE__, __FILE__, "after %s: %s", step, report.said);
}

/* WATCHED(port, name, (parameters), (arguments)): the step, and an audit behind it. */
#define WATCHED(port, name, parameters, arguments)     \
    static shop_error_t *port##_##name parameters      \
    {                                                  \
        shop_error_t *err = under.port.name arguments; \
                                                       \
        must_be_clean(#port " " #name);                \
        return err;                                    \
    }

static bool sell_out; /* of the second product, once the order has claimed the cart */

static shop_error_t *carts_claim(bool *claimed, shop_cart_repo_t *repo, const shop_cart_t *cart,
                                 const shop_cart_claim_t *claim, apr_pool_t *pool)
{
    shop_error_t *err = under.carts.claim(claimed, repo, cart, claim, pool);

    must_be_clean("carts claim");
    if (sell_out) {
        T_OK(verify_move_stock(1, 0, true, NULL, pool));
    }
    return err;
}
WATCHED(carts, ordered,
        (bool *done, shop_cart_repo_t *repo, const shop_cart_t *cart, const char *order_id,
         const apr_array_header_t *left, apr_time_t now, apr_pool_t *pool),
        (done, repo, cart, order_id, left, now, pool))
WATCHED(carts, unclaim,
        (shop_cart_repo_t * repo, const char *user_id, const char *order_id, apr_pool_t *pool),
        (repo, user_id, order_id, pool))
WATCHED(coupons, redeem,
        (bool *redeemed, shop_coupon_repo_t *repo, const char *code, int64_t born,
         const char *user_id, int64_t limit, const char *order_id, apr_time_t now,
         apr_pool_t *pool),
        (redeemed, repo, code, born, user_id, limit, order_id, now, pool))
WATCHED(coupons, unredeem,
        (shop_coupon_repo_t * repo, const char *code, int64_t born, const char *user_id,
         const char *order_id, apr_pool_t *pool),
        (repo, code, born, user_id, order_id, pool))
WATCHED(orders, insert,
        (shop_order_insert_t * result, shop_order_repo_t *repo, const shop_order_t *order,
         apr_pool_t *pool),
        (result, repo, order, pool))
WATCHED(orders, tombstone,
        (shop_tombstone_t * result, shop_order_t **order, shop_order_repo_t *repo, const char *id,
         const char *user_id, apr_time_t now, apr_pool_t *pool),
        (result, order, repo, id, user_id, now, pool))
WATCHED(orders, move,
        (bool *done, shop_order_repo_t *repo, const char *id, shop_order_status_t from,
         shop_order_status_t to, int64_t rev, const shop_order_event_t *event,
         const char *tracking_number, apr_time_t now, apr_pool_t *pool),
        (done, repo, id, from, to, rev, event, tracking_number, now, pool))
WATCHED(orders, mark_returned,
        (shop_order_repo_t * repo, const char *id, const char *line, apr_pool_t *pool),
        (repo, id, line, pool))
WATCHED(orders, finish, (shop_order_repo_t * repo, const char *id, apr_pool_t *pool),
        (repo, id, pool))
SHOP_RESERVATION_CALLS(WATCHED, stock)
SHOP_RESERVATION_CALLS(WATCHED, coupon_uses)

#define WATCH(port, name) verify_shop->ports.port->name = port##_##name
#define WATCH_CALL(port, name, parameters, arguments) WATCH(port, name);

/* In place: an adapter keeps what it needs behind its port. */
static void watch(void)
{
    under.orders = *verify_shop->ports.orders;
    under.carts = *verify_shop->ports.carts;
    under.coupons = *verify_shop->ports.coupons;
    under.stock = *verify_shop->ports.stock;
    under.coupon_uses = *verify_shop->ports.coupon_uses;
    WATCH(carts, claim);
    WATCH(carts, ordered);
    WATCH(carts, unclaim);
    WATCH(coupons, redeem);
    WATCH(coupons, unredeem);
    WATCH(orders, insert);
    WATCH(orders, tombstone);
    WATCH(orders, move);
    WATCH(orders, mark_returned);
    WATCH(orders, finish);
    SHOP_RESERVATION_CALLS(WATCH_CALL, stock)
    SHOP_RESERVATION_CALLS(WATCH_CALL, coupon_uses)
    steps = 0;
}

static void every_step_between_is_clean(void)
{
    shop_order_t *order;
    bool replayed;

    verify_open_shop();
    watch();
    order = verify_place(USER(3), "TEN");
    T_TRUE(steps >= 8);
    T_OK(shop_order_cancel(&order, &verify_shop->ports, order, -1, USER(3), NULL, 0, t_pool));
    T_TRUE(steps >= 8 + 10);
    /* one line is there and the other is not: what was reserved goes back */
    sell_out = true;
    steps = 0;
    order_shop_fill(verify_shop, USER(4), 1, 1);
    T_ERR(order_shop_place(&order, &replayed, verify_shop, USER(4), NULL, "TEN", t_pool),
          OUT_OF_STOCK);
    sell_out = false;
    T_TRUE(steps >= 5);
}

/* An order of the lines of verify_plain, by another customer, whose process is killed behind the
 * take, or behind the insert. */
static void is_killed(const char *user_id, bool inserted)
{
    const shop_order_ports_t *ports = &verify_shop->ports;
    shop_order_insert_t result;
    shop_order_t *order = apr_pmemdup(t_pool, verify_plain, sizeof(*order));
    shop_cart_t *cart;
    bool claimed;
    int reserved;

    order_shop_fill(verify_shop, user_id, 2, 1);
    T_OK(ports->carts->find(&cart, ports->carts, user_id, t_pool));
    order->user_id = user_id;
    order->id = apr_psprintf(t_pool, "%.23s%d", user_id, inserted);
    order->number = apr_pstrcat(t_pool, "SH-", order->id, NULL);
    order->cart_gen = cart->gen;
    order->cart_slot = apr_psprintf(t_pool, "g:%d", (int)cart->gen);
    order->key_slot = apr_pstrcat(t_pool, "o:", order->id, NULL);
    cart->claim = apr_pcalloc(t_pool, sizeof(*cart->claim));
    *cart->claim = (shop_cart_claim_t){ .order_id = order->id,
                                        .at = SHOP_NOON,
                                        .rev = cart->rev + 1,
                                        .lines = cart->lines,
                                        .coupon_user_limit = -1 };
    T_OK(ports->carts->claim(&claimed, ports->carts, cart, cart->claim, t_pool));
    T_TRUE(claimed);
    const shop_reservation_t lines = shop_order_stock_lines(order, t_pool);
    T_OK(ports->stock->reserve(&reserved, ports->stock, &lines, SHOP_NOON, t_pool));
    T_INT(reserved, 2);
    if (inserted) {
        T_OK(ports->orders->insert(&result, ports->orders, order, t_pool));
        T_INT(result, SHOP_INSERT_DONE);
    }
}

static void every_step_of_the_reaper_is_clean(void)
{
    shop_reap_sums_t sums;

    verify_open_shop();
    watch();
    is_killed(USER(5), false);
    is_killed(USER(6), true);
    T_INT(order_shop_stock(verify_shop, 0), 100 - 2 - 2);
    verify_shop->clock.fixed += 3 * SHOP_ORDER_LEASE / 2;
    steps = 0;
    T_OK(shop_order_reap(&sums, &verify_shop->ports, t_pool));
    T_INT(sums.rolled_back, 1);
    T_INT(sums.completed, 1);
    T_TRUE(steps >= 4 + 3); /* tombstone, void, release, unclaim; tombstone, confirm, clear */
    T_INT(order_shop_stock(verify_shop, 0), 100 - 2);
    verify_shop->clock.fixed += SHOP_VERIFY_STUCK_AFTER;
    T_STR(verify_books(false).said, "");
}

/* ---- beside traffic ---- */

typedef struct buyer_t {
    pthread_t thread;
    int number;
} buyer_t;

static atomic_int buying;
static atomic_int placed_orders;

static void *buy(void *data)
{
    const buyer_t *buyer = data;
    apr_pool_t *pool;
    shop_cart_t *cart;

    for (int round = 0; round < ROUNDS; round++) {
        shop_order_t *order = NULL;
        shop_cart_repo_t *carts = verify_shop->ports.carts;
        const char *user_id;
        bool replayed;

        apr_pool_create(&pool, NULL);
        user_id = apr_psprintf(pool, "%024x", 0xa000 + buyer->number);
        carts->add(&cart, carts, user_id, verify_shop->products[round % 2], 1 + buyer->number % 2,
                   -1, SHOP_NOON, pool);
        if (order_shop_place(&order, &replayed, verify_shop, user_id, NULL, "TEN", pool)) {
            order_shop_place(&order, &replayed, verify_shop, user_id, NULL, NULL, pool);
        }
        if (order) {
            atomic_fetch_add(&placed_orders, 1);
        }
        if (order && (round + buyer->number) % 2) {
            shop_order_cancel(&order, &verify_shop->ports, order, -1, user_id, NULL, 0, pool);
        }
        if (round % 4 == 0) {
            (void)verify_move_stock(round % 2, 1, false, NULL, pool);
        }
        apr_pool_destroy(pool);
    }
    atomic_fetch_sub(&buying, 1);
    return NULL;
}

static void traffic_is_no_drift(void)
{
    buyer_t buyers[BUYERS];
    int runs = 0;
    verify_report_t report;
    shop_order_drops_t *drops;

    verify_shop = order_shop(100000, 30);
    verify_shop->ports.drops = drops = shop_order_drops_create(1, t_pool);
    atomic_store(&buying, BUYERS);
    atomic_store(&placed_orders, 0);
    for (int i = 0; i < BUYERS; i++) {
        buyers[i].number = i;
        pthread_create(&buyers[i].thread, NULL, buy, &buyers[i]);
    }
    for (; atomic_load(&buying); runs++) {
        report = verify_books(runs % 2); /* and nothing may be mended either */
        t_assert(!report.sums.drifts, __LINE__, __FILE__, "beside traffic: %s", report.said);
        if (runs % 3 == 2) { /* else the reservations of placed orders wait */
            T_OK(shop_order_drops_flush(drops, &verify_shop->ports, t_pool));
        }
    }
    for (int i = 0; i < BUYERS; i++) {
        pthread_join(buyers[i].thread, NULL);
    }
    T_TRUE(runs >= 3);
    T_STR(verify_books(false).said, "");
    T_OK(shop_order_drops_flush(drops, &verify_shop->ports, t_pool));
    T_TRUE(atomic_load(&placed_orders) > BUYERS);
    T_STR(verify_books(false).said, "");
}

/* ---- what moves just when it is judged or mended ---- */

static shop_verify_store_t real;
static int moved;

static shop_error_t *move_then_repair(bool *done, shop_verify_store_t *store,
                                      shop_verify_what_t what, const shop_verify_seen_t *seen,
                                      const shop_verify_value_t *values, int count,
                                      apr_pool_t *pool)
{
    if (!moved++) {
        T_OK(verify_move_stock(0, 3, false, NULL, pool));
    }
    return real.repair(done, store, what, seen, values, count, pool);
}

static void step_before_repair(shop_verify_store_t *store)
{
    real = *store;
    store->repair = move_then_repair;
}

static void a_repair_yields_to_what_moved(void)
{
    verify_report_t report;

    verify_open_shop();
    verify_plant("products", verify_oid(verify_shop->products[0]), "{\"$inc\": {\"stock\": 7}}");
    moved = 0;
    verify_step_in = step_before_repair;
    report = verify_books(true);
    verify_step_in = NULL;
    T_STR(report.said, "product stock");
    T_INT(moved, 2); /* refused once */
    T_INT(order_shop_stock(verify_shop, 0), 103);
    T_STR(verify_books(false).said, "");
}

static shop_error_t *read_then_move(shop_verify_reservable_t **object, shop_verify_store_t *store,
                                    shop_verify_what_t what, const char *id, apr_pool_t *pool)
{
    shop_error_t *err = real.read(object, store, what, id, pool);

    if (what == SHOP_VERIFY_UNITS) {
        T_OK(verify_move_stock(0, moved++ % 2 ? -1 : 1, false, NULL, pool));
    }
    return err;
}

static void step_behind_each_read(shop_verify_store_t *store)
{
    real = *store;
    store->read = read_then_move;
}

static void what_never_holds_still_is_not_judged(void)
{
    verify_report_t report;

    verify_open_shop();
    verify_plant("products", verify_oid(verify_shop->products[0]), "{\"$inc\": {\"stock\": 7}}");
    moved = 0;
    verify_step_in = step_behind_each_read;
    for (int repair = 0; repair < 2; repair++) {
        report = verify_books(repair);
        T_STR(report.said, "product busy!");
        T_INT(report.sums.drifts, 0);
        T_INT(report.sums.busy, 1);
    }
    verify_step_in = NULL;
    T_STR(verify_books(false).said, "product stock!");
}

const shop_test_t verify_traffic_tests[] = {
    SHOP_TEST(every_step_between_is_clean, "every state between two steps of an order is clean"),
    SHOP_TEST(every_step_of_the_reaper_is_clean,
              "every state between two steps of the reaper is clean"),
    SHOP_TEST(a_repair_yields_to_what_moved, "a repair yields to what moved in between"),
    SHOP_TEST(what_never_holds_still_is_not_judged, "what never holds still is not judged"),
    SHOP_TEST(traffic_is_no_drift, "traffic at the same time is no drift"),
    SHOP_TEST_END,
};
