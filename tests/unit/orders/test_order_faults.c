/* SPDX-License-Identifier: MIT
 * Every call that placing, aborting and cancelling make fails in turn: before it is applied, after
 * it was applied (a lost reply), or as the last one of a process that dies. Whatever happens, the
 * reaper, and where reservations are confirmed behind the reply whoever prices their products next,
 * brings stock, coupon, cart and orders back into one story. */
#include "tests/kit/order_shop.h"
#include "tests/kit/reservation_calls.h"
#include "order_tests.h"

typedef enum { BEFORE, AFTER, DEAD, MODES } fault_t;

static const char *const mode_names[MODES] = { "not applied", "reply lost", "process died" };

static struct {
    fault_t mode;
    int at;      /* the call that fails, from 1; 0: none */
    int step;    /* calls so far */
    int reprice; /* so often the second product's price changes just before it is reserved */
    order_shop_t *shop;
    shop_order_repo_t orders;
    shop_product_repo_t products;
    shop_cart_repo_t carts;
    shop_coupon_repo_t coupons;
    shop_reservations_t stock, coupon_uses;
} fault;

static shop_error_t *away(apr_pool_t *pool)
{
    return shop_err(pool, UNAVAILABLE, "the store is away");
}

static bool fails_before(void)
{
    fault.step++;
    return fault.at && ((fault.mode == BEFORE && fault.step == fault.at) ||
                        (fault.mode == DEAD && fault.step >= fault.at));
}

static bool fails_after(void)
{
    return fault.at && fault.mode == AFTER && fault.step == fault.at;
}

/* FAULTY(port, name, (parameters), (arguments)): a function that fails as told. */
#define FAULTY(port, name, parameters, arguments) \
    static shop_error_t *port##_##name parameters \
    {                                             \
        shop_error_t *err;                        \
                                                  \
        if (fails_before()) {                     \
            return away(pool);                    \
        }                                         \
        err = fault.port.name arguments;          \
        return fails_after() ? away(pool) : err;  \
    }

FAULTY(orders, insert,
       (shop_order_insert_t * result, shop_order_repo_t *repo, const shop_order_t *order,
        apr_pool_t *pool),
       (result, repo, order, pool))
FAULTY(orders, tombstone,
       (shop_tombstone_t * result, shop_order_t **order, shop_order_repo_t *repo, const char *id,
        const char *user_id, apr_time_t now, apr_pool_t *pool),
       (result, order, repo, id, user_id, now, pool))
FAULTY(orders, find_durable,
       (shop_order_t * *order, shop_order_repo_t *repo, const char *user_id, const char *id,
        apr_pool_t *pool),
       (order, repo, user_id, id, pool))
FAULTY(orders, find,
       (shop_order_t * *order, shop_order_repo_t *repo, const char *id, apr_pool_t *pool),
       (order, repo, id, pool))
FAULTY(orders, find_by_key,
       (shop_order_t * *order, shop_order_repo_t *repo, const char *user_id, const char *key_slot,
        apr_pool_t *pool),
       (order, repo, user_id, key_slot, pool))
FAULTY(orders, move,
       (bool *done, shop_order_repo_t *repo, const char *id, shop_order_status_t from,
        shop_order_status_t to, int64_t rev, const shop_order_event_t *event,
        const char *tracking_number, apr_time_t now, apr_pool_t *pool),
       (done, repo, id, from, to, rev, event, tracking_number, now, pool))
FAULTY(orders, find_by_cart,
       (shop_order_t * *order, shop_order_repo_t *repo, const char *user_id, const char *cart_slot,
        apr_pool_t *pool),
       (order, repo, user_id, cart_slot, pool))
FAULTY(orders, refund,
       (bool *done, shop_order_repo_t *repo, const char *id, int64_t rev,
        const shop_refund_t *refund, shop_order_status_t status, const shop_order_event_t *event,
        apr_pool_t *pool),
       (done, repo, id, rev, refund, status, event, pool))
FAULTY(orders, restocked, (shop_order_repo_t * repo, const char *id, apr_pool_t *pool),
       (repo, id, pool))
FAULTY(orders, mark_returned,
       (shop_order_repo_t * repo, const char *id, const char *line, apr_pool_t *pool),
       (repo, id, line, pool))
FAULTY(orders, finish, (shop_order_repo_t * repo, const char *id, apr_pool_t *pool),
       (repo, id, pool))
FAULTY(carts, find,
       (shop_cart_t * *cart, shop_cart_repo_t *repo, const char *user_id, apr_pool_t *pool),
       (cart, repo, user_id, pool))
FAULTY(carts, claim,
       (bool *claimed, shop_cart_repo_t *repo, const shop_cart_t *cart,
        const shop_cart_claim_t *claim, apr_pool_t *pool),
       (claimed, repo, cart, claim, pool))
FAULTY(carts, ordered,
       (bool *done, shop_cart_repo_t *repo, const shop_cart_t *cart, const char *order_id,
        const apr_array_header_t *left, apr_time_t now, apr_pool_t *pool),
       (done, repo, cart, order_id, left, now, pool))
FAULTY(carts, unclaim,
       (shop_cart_repo_t * repo, const char *user_id, const char *order_id, apr_pool_t *pool),
       (repo, user_id, order_id, pool))
FAULTY(products, find_to_order,
       (apr_array_header_t * *products, apr_array_header_t **stale, int *most,
        shop_product_repo_t *repo, const char *const *ids, int count, apr_time_t before,
        apr_pool_t *pool),
       (products, stale, most, repo, ids, count, before, pool))
SHOP_RESERVATION_CALLS_BUT_RESERVE(FAULTY, stock)
FAULTY(coupons, find_to_order,
       (shop_coupon_t * *coupon, apr_array_header_t **stale, shop_coupon_repo_t *repo,
        const char *code, apr_time_t before, apr_pool_t *pool),
       (coupon, stale, repo, code, before, pool))
SHOP_RESERVATION_CALLS(FAULTY, coupon_uses)
FAULTY(coupons, redeem,
       (bool *redeemed, shop_coupon_repo_t *repo, const char *code, int64_t born,
        const char *user_id, int64_t limit, const char *order_id, apr_time_t now, apr_pool_t *pool),
       (redeemed, repo, code, born, user_id, limit, order_id, now, pool))
FAULTY(coupons, unredeem,
       (shop_coupon_repo_t * repo, const char *code, int64_t born, const char *user_id,
        const char *order_id, apr_pool_t *pool),
       (repo, code, born, user_id, order_id, pool))

static void change_price(apr_pool_t *pool)
{
    shop_product_t *product = NULL;
    bool done;

    fault.reprice--;
    fault.products.find(&product, fault.shop->ports.products, fault.shop->products[1], pool);
    product->price += 1;
    product->rev++;
    fault.products.update(&done, fault.shop->ports.products, product, pool);
}

static shop_error_t *stock_reserve(int *reserved, shop_reservations_t *repo,
                                   const shop_reservation_t *wanted, apr_time_t now,
                                   apr_pool_t *pool)
{
    shop_error_t *err;

    if (fails_before()) {
        return away(pool);
    }
    if (fault.reprice) {
        change_price(pool);
    }
    err = fault.stock.reserve(reserved, repo, wanted, now, pool);
    return fails_after() ? away(pool) : err;
}

static void make_faulty(order_shop_t *shop, fault_t mode, int at, int reprice)
{
    shop_order_ports_t *ports = &shop->ports;

    memset(&fault, 0, sizeof(fault));
    fault.mode = mode;
    fault.at = at;
    fault.reprice = reprice;
    fault.shop = shop;
    fault.orders = *ports->orders;
    fault.products = *ports->products;
    fault.carts = *ports->carts;
    fault.coupons = *ports->coupons;
    fault.stock = *ports->stock;
    fault.coupon_uses = *ports->coupon_uses;
#define WRAP(port, name) ports->port->name = port##_##name;
    WRAP(orders, insert)
    WRAP(orders, tombstone)
    WRAP(orders, find_durable)
    WRAP(orders, find)
    WRAP(orders, find_by_key)
    WRAP(orders, find_by_cart)
    WRAP(orders, refund)
    WRAP(orders, restocked)
    WRAP(orders, move)
    WRAP(orders, mark_returned)
    WRAP(orders, finish)
    WRAP(carts, find)
    WRAP(carts, claim)
    WRAP(carts, ordered)
    WRAP(carts, unclaim)
    WRAP(products, find_to_order)
    WRAP(coupons, find_to_order)
    WRAP(coupons, redeem)
    WRAP(coupons, unredeem)
#undef WRAP
#define WRAP(port, name, parameters, arguments) ports->port->name = port##_##name;
    SHOP_RESERVATION_CALLS(WRAP, stock)
    SHOP_RESERVATION_CALLS(WRAP, coupon_uses)
#undef WRAP
}

/* What is done while the store fails. */
typedef enum { PLACE, ABORT, CANCEL, REFUND } act_t;

static const char *const act_names[] = { "placing", "aborting", "cancelling", "refunding" };

static shop_error_t *refund_reply(void *baton, const shop_order_t *order, shop_refund_t *refund,
                                  apr_pool_t *pool)
{
    (void)baton;
    refund->reply = apr_psprintf(pool, "refund %s of %s", refund->id, order->number);
    refund->reply_size = strlen(refund->reply);
    return NULL;
}

/* Half of the order's total, and the goods. *reply: what the customer is told, NULL: nothing. */
static shop_error_t *pay_back(const char **reply, const order_shop_t *shop,
                              const shop_order_t *order)
{
    shop_refund_request_t request = { .amount = order->total / 2,
                                      .restock = true,
                                      .by = USER(99),
                                      .key = "admin:k",
                                      .fingerprint = "half",
                                      .rev = -1,
                                      .reply = refund_reply };
    shop_refunded_t refunded;
    shop_error_t *err = shop_order_refund(&refunded, &shop->ports, order, &request, t_pool);

    *reply = err ? NULL : refunded.refund->reply;
    return err;
}

/* One key paid back once, and told the same each time. */
static void audit_refund(order_shop_t *shop, const shop_order_t *order, const char *reply,
                         const char *when)
{
    shop_order_t *found = NULL;
    const char *again = NULL;
    shop_error_t *err;

    T_OK(shop->ports.orders->find(&found, shop->ports.orders, order->id, t_pool));
    err = pay_back(&again, shop, found);
    t_assert(!err, __LINE__, __FILE__, "%s: the same refund again is %s", when,
             err ? shop_code_name(err->code) : "");
    if (reply && again) {
        T_STR(again, reply);
    }
    T_OK(shop->ports.orders->find(&found, shop->ports.orders, order->id, t_pool));
    t_assert(found->refunds->nelts == 1 && found->refunded == order->total / 2, __LINE__, __FILE__,
             "%s: %d refunds of %d in all", when, found->refunds->nelts, (int)found->refunded);
    T_INT(found->status, SHOP_ORDER_PAID);
    order_shop_settle(shop);
    order_shop_audit(shop, 1, when);
    T_INT(order_shop_stock(shop, 0), 10);
}

/* Does the act with the call `at` failing; the order was placed before, unless placing is it. */
static shop_error_t *act_on(order_shop_t *shop, act_t act, int at, shop_order_t *order,
                            const char **reply)
{
    shop_order_t *again;
    shop_error_t *err;

    if (act == REFUND) {
        T_OK(shop_order_advance(&order, &shop->ports, order, SHOP_ORDER_PAID, -1, USER(99), NULL,
                                NULL, t_pool));
    }
    fault.step = 0;
    fault.at = at;
    err = act == CANCEL
              ? shop_order_cancel(&again, &shop->ports, order, -1, USER(0), NULL, 0, t_pool)
              : pay_back(reply, shop, order);
    return err;
}

/* What is done behind the reply, where it is. A process that dies loses what waits. */
static void do_behind(order_shop_t *shop)
{
    if (shop->ports.drops) {
        (void)shop_order_drops_flush(shop->ports.drops, &shop->ports, t_pool);
    }
    if (shop->ports.drops && fault.mode == DEAD) {
        order_shop_queue(shop);
    }
}

/* *last: nothing failed, so no further call can. */
static void run(fault_t mode, int at, act_t act, bool queued, bool *last)
{
    order_shop_t *shop = order_shop(10, 5);
    const char *when =
        apr_psprintf(t_pool, "%s, %s at call %d", act_names[act], mode_names[mode], at);
    shop_order_t *order = NULL, *found = NULL, *again = NULL;
    const char *reply = NULL;
    bool replayed, later = act == CANCEL || act == REFUND;
    shop_error_t *err;

    if (queued) {
        order_shop_queue(shop);
    }
    order_shop_fill(shop, USER(0), 2, 1);
    make_faulty(shop, mode, later ? 0 : at, act == ABORT);
    err = order_shop_place(&order, &replayed, shop, USER(0), "k:a", "TEN", t_pool);
    if (later && T_OK(err)) {
        fault.orders.find(&found, shop->ports.orders, order->id, t_pool);
        err = act_on(shop, act, at, found, &reply);
    }
    do_behind(shop);
    *last = fault.step < at;
    fault.at = 0; /* the store is back */
    fault.reprice = 0;
    t_assert(!err || err->code == SHOP_UNAVAILABLE || err->code == SHOP_TOTAL_CHANGED, __LINE__,
             __FILE__, "%s: answered %s", when, err ? shop_code_name(err->code) : "success");
    order_shop_settle(shop);
    order_shop_audit(shop, 1, when);
    if (order) {
        T_OK(shop->ports.orders->find(&found, shop->ports.orders, order->id, t_pool));
        t_assert(found && shop_order_status_name(found->status), __LINE__, __FILE__,
                 "%s: an acknowledged order is gone", when);
    }
    if (act == REFUND) {
        audit_refund(shop, found, reply, when);
    }
    err = order_shop_place(&again, &replayed, shop, USER(0), "k:a", "TEN", t_pool);
    t_assert(!err, __LINE__, __FILE__, "%s: the same request again is %s", when,
             err ? shop_code_name(err->code) : "");
    if (order && again) {
        T_STR(again->id, order->id);
    }
    if (queued) {
        order_shop_settle(shop);
    }
    order_shop_audit(shop, 1, when);
}

static void all_faults(act_t act, bool queued, int at_least)
{
    for (fault_t mode = BEFORE; mode < MODES; mode++) {
        bool last = false;
        int at = 0;

        while (!last && at < 100) {
            run(mode, ++at, act, queued, &last);
        }
        t_assert(last && at > at_least, __LINE__, __FILE__, "%s: only %d calls", mode_names[mode],
                 at);
    }
}

static void placing_survives_every_fault(void)
{
    all_faults(PLACE, false, 11);
}

static void placing_survives_every_fault_behind_the_reply(void)
{
    all_faults(PLACE, true, 11);
}

static void aborting_survives_every_fault(void)
{
    all_faults(ABORT, false, 10);
}

static void cancelling_survives_every_fault(void)
{
    all_faults(CANCEL, false, 12);
}

static void refunding_survives_every_fault(void)
{
    all_faults(REFUND, false, 8);
}

static void placing_costs_what_it_may(void)
{
    static const struct {
        const char *key, *coupon;
        int calls;
    } table[] = { { NULL, NULL, 6 }, { "k:a", NULL, 7 }, { NULL, "TEN", 9 } };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        order_shop_t *shop = order_shop(10, 5);
        shop_order_t *order;
        bool replayed;

        order_shop_queue(shop);
        order_shop_fill(shop, USER(0), 2, 1);
        make_faulty(shop, BEFORE, 0, 0);
        T_OK(order_shop_place(&order, &replayed, shop, USER(0), table[i].key, table[i].coupon,
                              t_pool));
        T_INT(fault.step, table[i].calls);
    }
}

/* What the customer agreed to is today's price, or the total that he named. */
static void an_edit_beside_an_order_is_priced_again(void)
{
    static const struct {
        int edits;
        int64_t expected, total;
        shop_code_t code;
    } table[] = { { 1, -1, 2251, SHOP_OK },
                  { 5, -1, 2255, SHOP_OK },
                  { 1, 2250, 0, SHOP_TOTAL_CHANGED },
                  { 100, -1, 0, SHOP_UNAVAILABLE } };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        order_shop_t *shop = order_shop(10, 5);
        shop_order_t *order = NULL;
        shop_error_t *err;
        bool replayed;

        order_shop_fill(shop, USER(0), 2, 1);
        make_faulty(shop, BEFORE, 0, table[i].edits);
        order_shop_expected_total = table[i].expected;
        err = order_shop_place(&order, &replayed, shop, USER(0), "k:a", NULL, t_pool);
        order_shop_expected_total = -1;
        T_INT(err ? err->code : SHOP_OK, table[i].code);
        if (!err && order) {
            T_INT(order->total, table[i].total);
        }
        fault.reprice = 0;
        order_shop_settle(shop);
        order_shop_audit(shop, 1, "after edits of a price");
        T_INT(order_shop_stock(shop, 0), err ? 10 : 8);
    }
}

/* A use of the coupon and three units of the first product. */
static void reserve_late(const order_shop_t *shop, const char *user_id, int reserved)
{
    const shop_order_ports_t *ports = &shop->ports;
    shop_reservation_line_t line = { shop->products[0], 3, 1000 }, use = { "TEN", 1, 1 };
    shop_reservation_t lines = { "c00000000000000000000001", user_id, &line, 1 };
    int done = -1;
    bool yes;

    T_OK(ports->stock->reserve(&done, ports->stock, &lines, shop->clock.fixed, t_pool));
    T_INT(done, reserved);
    T_OK(ports->coupons->redeem(&yes, ports->coupons, "TEN", 1, USER(0), 1, lines.order_id,
                                shop->clock.fixed, t_pool));
    lines.lines = &use;
    T_OK(ports->coupon_uses->reserve(&done, ports->coupon_uses, &lines, shop->clock.fixed, t_pool));
    T_INT(done, reserved);
    T_INT(order_shop_stock(shop, 0), reserved ? 7 : 10);
}

/* Reservations that were made long after their order, of the previous protocol, had failed. */
static void late_reservations_are_swept(void)
{
    order_shop_t *shop;
    shop_order_ports_t *ports;
    shop_order_insert_t result;
    shop_order_t claim = { .id = "c00000000000000000000001",
                           .number = "SH-0000-0001",
                           .user_id = USER(0),
                           .status = SHOP_ORDER_PLACING,
                           .currency = "USD",
                           .payment_method = "paypal",
                           .cart_slot = "g:0",
                           .key_slot = "k:a",
                           .fingerprint = "none",
                           .coupon_user_limit = 1,
                           .coupon_code = "TEN",
                           .coupon_limited = true,
                           .unfinished = true,
                           .lease_at = SHOP_NOON + SHOP_ORDER_LEASE };

    claim.shipping_address = &(shop_address_t){ "1 Main St", "Town", "", "US", "12345" };
    claim.items = claim.history = claim.returned = apr_array_make(t_pool, 1, sizeof(void *));
    order_shop_claims_open = true;
    shop = order_shop(10, 5);
    order_shop_claims_open = false;
    ports = &shop->ports;
    T_OK(ports->orders->insert(&result, ports->orders, &claim, t_pool));
    T_OK(shop_order_roll_back(ports, &claim, t_pool));
    reserve_late(shop, NULL, 1);
    order_shop_settle(shop);
    order_shop_audit(shop, 1, "after late reservations");
}

/* Of an order that was given up. In time they find a void; later ones are seen by whoever prices
 * their units next. A redemption is found by the reaper. */
static void late_reservations_of_what_was_given_up_take_nothing(void)
{
    order_shop_t *shop = order_shop(10, 5);
    shop_order_ports_t *ports = &shop->ports;
    shop_cart_claim_t claim = { .order_id = "c00000000000000000000001",
                                .at = SHOP_NOON,
                                .rev = 2,
                                .coupon_code = "TEN",
                                .coupon_born = 1,
                                .coupon_limited = true,
                                .coupon_user_limit = 1 };
    shop_cart_t *cart;
    bool claimed;

    order_shop_queue(shop);
    order_shop_fill(shop, USER(0), 3, 0);
    T_OK(ports->carts->find(&cart, ports->carts, USER(0), t_pool));
    claim.lines = cart->lines;
    T_OK(ports->carts->claim(&claimed, ports->carts, cart, &claim, t_pool));
    T_TRUE(claimed);
    order_shop_settle(shop); /* three leases: resolved; the voids are kept */
    order_shop_audit(shop, 1, "after it was given up");
    reserve_late(shop, USER(0), 0);
    order_shop_settle(shop);
    order_shop_audit(shop, 1, "after reservations that came late");
    shop->clock.fixed += SHOP_VOID_KEPT;
    order_shop_settle(shop);
    reserve_late(shop, USER(0), 1); /* the voids are gone */
    order_shop_settle(shop);
    order_shop_audit(shop, 1, "after reservations that came too late");
}

const shop_test_t order_fault_tests[] = {
    SHOP_TEST(placing_survives_every_fault, "placing survives a fault at each call"),
    SHOP_TEST(placing_survives_every_fault_behind_the_reply,
              "placing survives a fault at each call, also of those behind the reply"),
    SHOP_TEST(aborting_survives_every_fault, "aborting survives a fault at each call"),
    SHOP_TEST(cancelling_survives_every_fault, "cancelling survives a fault at each call"),
    SHOP_TEST(refunding_survives_every_fault, "a refund survives a fault at each call"),
    SHOP_TEST(placing_costs_what_it_may, "placing makes 6 calls, 7 with a key, 9 with a coupon"),
    SHOP_TEST(an_edit_beside_an_order_is_priced_again,
              "a price that changes beside an order is priced again, within bounds"),
    SHOP_TEST(late_reservations_are_swept,
              "reservations that arrive after the order failed are swept"),
    SHOP_TEST(late_reservations_of_what_was_given_up_take_nothing,
              "reservations that arrive after the order was given up take nothing"),
    SHOP_TEST_END,
};
SHOP_SUITE("orders under faults", order_fault_tests)
