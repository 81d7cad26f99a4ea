/* SPDX-License-Identifier: MIT
 * Placing, replaying, cancelling and reaping on the fakes, one after the other. */
#include "tests/kit/order_shop.h"
#include "order_tests.h"

#include <jansson.h>

static shop_order_t *order;
static bool replayed;

static void an_order_takes_the_whole_cart(void)
{
    order_shop_t *shop = order_shop(10, 5);
    shop_cart_t *cart;

    order_shop_fill(shop, USER(0), 2, 3);
    T_OK(order_shop_place(&order, &replayed, shop, USER(0), NULL, "ten", t_pool));
    T_INT(order->status, SHOP_ORDER_PENDING);
    T_INT(order->subtotal, 2750);
    T_INT(order->discount, 275);
    T_INT(order->total, 2475);
    T_STR(order->coupon_code, "TEN");
    T_TRUE(!replayed);
    T_INT(order_shop_stock(shop, 0), 8);
    T_INT(order_shop_stock(shop, 1), 7);
    T_OK(shop->ports.carts->find(&cart, shop->ports.carts, USER(0), t_pool));
    T_INT(cart->lines->nelts, 0);
    T_INT(cart->gen, 1);
    T_ERR(order_shop_place(&order, &replayed, shop, USER(0), NULL, NULL, t_pool), CART_EMPTY);
    order_shop_audit(shop, 1, "after one order");
}

static void a_known_key_gets_the_same_bytes(void)
{
    order_shop_t *shop = order_shop(10, 5);
    shop_order_t *first;

    order_shop_fill(shop, USER(0), 1, 0);
    T_OK(order_shop_place(&first, &replayed, shop, USER(0), "k:a", NULL, t_pool));
    order_shop_fill(shop, USER(0), 1, 0); /* another cart by now, and still the first order */
    T_OK(order_shop_place(&order, &replayed, shop, USER(0), "k:a", NULL, t_pool));
    T_TRUE(replayed);
    T_STR(order->id, first->id);
    T_INT(order->reply_size, first->reply_size);
    T_TRUE(!memcmp(order->reply, first->reply, first->reply_size));
    T_ERR(order_shop_place(&order, &replayed, shop, USER(0), "k:a", "TEN", t_pool),
          IDEMPOTENCY_MISMATCH);
    order_shop_fill(shop, USER(1), 1, 0);
    T_OK(order_shop_place(&order, &replayed, shop, USER(1), "k:a", NULL, t_pool));
    T_TRUE(!replayed);
    order_shop_audit(shop, 2, "after a replay");
}

/* An order of the previous protocol, which is its claim; test_order_claims.c has those of carts. */
static void a_running_claim_says_so(void)
{
    order_shop_t *shop = order_shop(10, 5);
    shop_order_t claim = { .id = "c00000000000000000000001",
                           .number = "SH-0000-0001",
                           .user_id = USER(0),
                           .status = SHOP_ORDER_PLACING,
                           .currency = "USD",
                           .payment_method = "paypal",
                           .cart_slot = "g:0",
                           .key_slot = "k:a",
                           .fingerprint = "none",
                           .coupon_user_limit = -1,
                           .unfinished = true,
                           .lease_at = SHOP_NOON + SHOP_ORDER_LEASE };
    shop_order_insert_t result;

    claim.shipping_address = &(shop_address_t){ "1 Main St", "Town", "", "US", "12345" };
    claim.items = claim.history = claim.returned = apr_array_make(t_pool, 1, sizeof(void *));
    T_OK(shop->ports.orders->insert(&result, shop->ports.orders, &claim, t_pool));
    T_INT(result, SHOP_INSERT_DONE);
    order_shop_fill(shop, USER(0), 1, 0);
    T_ERR(order_shop_place(&order, &replayed, shop, USER(0), "k:a", NULL, t_pool),
          IDEMPOTENCY_IN_PROGRESS);
    T_ERR(order_shop_place(&order, &replayed, shop, USER(0), NULL, NULL, t_pool),
          ORDER_IN_PROGRESS);
    T_ERR(order_shop_place(&order, &replayed, shop, USER(0), "k:b", NULL, t_pool),
          ORDER_IN_PROGRESS);
    order_shop_settle(shop); /* the lease is over: the claim is undone and frees cart and key */
    T_OK(order_shop_place(&order, &replayed, shop, USER(0), "k:a", NULL, t_pool));
    order_shop_audit(shop, 1, "after a stale claim");
}

static void every_short_line_is_named_and_the_retry_is_free(void)
{
    order_shop_t *shop = order_shop(4, 5);
    shop_error_t *err;
    json_t *lines;

    order_shop_fill(shop, USER(0), 5, 9);
    err = order_shop_place(&order, &replayed, shop, USER(0), "k:a", NULL, t_pool);
    T_ERR(err, OUT_OF_STOCK);
    lines = json_object_get(err->extra, "lines");
    T_INT(json_array_size(lines), 2);
    T_STR(json_string_value(json_object_get(json_array_get(lines, 0), "product_id")),
          shop->products[0]);
    T_INT(json_integer_value(json_object_get(json_array_get(lines, 1), "requested")), 9);
    T_INT(json_integer_value(json_object_get(json_array_get(lines, 1), "available")), 4);
    order_shop_audit(shop, 1, "after a shortage");
}

static void a_coupon_has_its_limits(void)
{
    order_shop_t *shop = order_shop(10, 1);
    shop_error_t *err;

    order_shop_fill(shop, USER(0), 1, 0);
    T_OK(order_shop_place(&order, &replayed, shop, USER(0), NULL, "TEN", t_pool));
    order_shop_fill(shop, USER(1), 1, 0);
    T_ERR(order_shop_place(&order, &replayed, shop, USER(1), NULL, "TEN", t_pool),
          COUPON_EXHAUSTED);
    err = order_shop_place(&order, &replayed, shop, USER(1), NULL, "nothing", t_pool);
    T_ERR(err, COUPON_NOT_APPLICABLE);
    T_STR(json_string_value(json_object_get(err->extra, "reason")), "unknown");
    T_OK(order_shop_place(&order, &replayed, shop, USER(1), NULL, NULL, t_pool));
    order_shop_audit(shop, 2, "after the last use");
}

static void one_use_per_customer(void)
{
    order_shop_t *shop = order_shop(10, 5);
    shop_order_quote_t quote;
    shop_error_t *err;

    order_shop_fill(shop, USER(0), 1, 0);
    T_OK(order_shop_place(&order, &replayed, shop, USER(0), NULL, "TEN", t_pool));
    order_shop_fill(shop, USER(0), 1, 0);
    T_OK(shop_order_quote(&quote, &shop->ports, USER(0), "ten", t_pool));
    T_ERR(quote.refusal, COUPON_NOT_APPLICABLE);
    T_INT(quote.order->total, 1000);
    err = order_shop_place(&order, &replayed, shop, USER(0), NULL, "TEN", t_pool);
    T_ERR(err, COUPON_NOT_APPLICABLE);
    T_STR(json_string_value(json_object_get(err->extra, "reason")), "user_limit");
    order_shop_audit(shop, 1, "after the second use"); /* the abort was complete */
}

static void a_cancelled_order_gives_everything_back_once(void)
{
    order_shop_t *shop = order_shop(10, 5);
    shop_order_t *cancelled, *stale;

    order_shop_fill(shop, USER(0), 4, 2);
    T_OK(order_shop_place(&order, &replayed, shop, USER(0), NULL, "TEN", t_pool));
    T_OK(shop->ports.orders->find(&stale, shop->ports.orders, order->id, t_pool));
    T_OK(shop_order_cancel(&cancelled, &shop->ports, stale, -1, USER(0), NULL, 0, t_pool));
    T_INT(cancelled->status, SHOP_ORDER_CANCELLED);
    T_INT(cancelled->history->nelts, 2);
    T_INT(order_shop_stock(shop, 0), 10);
    T_INT(order_shop_stock(shop, 1), 10);
    T_ERR(shop_order_cancel(&cancelled, &shop->ports, stale, -1, USER(0), NULL, 0, t_pool),
          INVALID_TRANSITION);
    order_shop_settle(shop);
    order_shop_audit(shop, 1, "after a cancel");
    order_shop_fill(shop, USER(0), 1, 0);
    T_OK(order_shop_place(&order, &replayed, shop, USER(0), NULL, "TEN", t_pool));
}

static void a_deleted_coupon_made_anew_gets_nothing_back(void)
{
    order_shop_t *shop = order_shop(10, 5);
    shop_coupon_repo_t *coupons = shop->ports.coupons;
    shop_coupon_t *ten;
    shop_order_t *cancelled;
    bool done;

    order_shop_fill(shop, USER(0), 1, 0);
    T_OK(order_shop_place(&order, &replayed, shop, USER(0), NULL, "TEN", t_pool));
    T_OK(coupons->find(&ten, coupons, "TEN", t_pool));
    T_OK(coupons->remove(&done, coupons, "TEN", 1, t_pool));
    ten->terms_rev = 1000;
    ten->remaining = 5;
    T_OK(coupons->insert(coupons, ten, t_pool));
    T_OK(shop->ports.orders->find(&order, shop->ports.orders, order->id, t_pool));
    T_OK(shop_order_cancel(&cancelled, &shop->ports, order, -1, USER(0), NULL, 0, t_pool));
    T_INT(order_shop_coupon(shop, order->id).available, 5);
}

static int64_t uses_of(const order_shop_t *shop, int64_t born)
{
    int64_t uses;

    T_OK(shop->ports.coupons->uses(&uses, shop->ports.coupons, "TEN", born, USER(0), t_pool));
    return uses;
}

/* One use per customer: the new coupon of the code knows nothing of the old one's, and an order of
 * the old one that is cancelled takes back the old use only. */
static void a_deleted_coupon_made_anew_may_be_used_again(void)
{
    order_shop_t *shop = order_shop(10, 5);
    shop_coupon_repo_t *coupons = shop->ports.coupons;
    shop_coupon_t *ten;
    shop_order_quote_t quote;
    shop_order_t *cancelled, *old;
    bool done;

    order_shop_fill(shop, USER(0), 1, 0);
    T_OK(order_shop_place(&old, &replayed, shop, USER(0), NULL, "TEN", t_pool));
    T_OK(coupons->find(&ten, coupons, "TEN", t_pool));
    T_OK(coupons->remove(&done, coupons, "TEN", 1, t_pool));
    T_INT(uses_of(shop, ten->born), 1); /* the order stands, so its redemption does */
    ten->terms_rev = 1000;
    T_OK(coupons->insert(coupons, ten, t_pool));
    order_shop_fill(shop, USER(0), 1, 0);
    T_OK(shop_order_quote(&quote, &shop->ports, USER(0), "TEN", t_pool));
    T_OK(quote.refusal);
    T_OK(order_shop_place(&order, &replayed, shop, USER(0), NULL, "TEN", t_pool));
    T_INT(order->coupon_born, 1000);
    T_OK(shop->ports.orders->find(&old, shop->ports.orders, old->id, t_pool));
    T_OK(shop_order_cancel(&cancelled, &shop->ports, old, -1, USER(0), NULL, 0, t_pool));
    T_INT(uses_of(shop, 1), 0);
    T_INT(uses_of(shop, 1000), 1);
}

static void an_order_advances_by_its_revision(void)
{
    order_shop_t *shop = order_shop(10, 5);
    shop_order_t *now;

    order_shop_fill(shop, USER(0), 1, 0);
    T_OK(order_shop_place(&order, &replayed, shop, USER(0), NULL, NULL, t_pool));
    T_OK(shop->ports.orders->find(&order, shop->ports.orders, order->id, t_pool));
    T_OK(shop_order_advance(&now, &shop->ports, order, SHOP_ORDER_PAID, order->rev, "admin",
                            "by wire", NULL, t_pool));
    T_INT(now->status, SHOP_ORDER_PAID);
    T_ERR(shop_order_cancel(&now, &shop->ports, order, order->rev, "admin", NULL, 0, t_pool),
          PRECONDITION_FAILED);
    T_ERR(shop_order_advance(&now, &shop->ports, order, SHOP_ORDER_SHIPPED, -1, "admin", NULL, NULL,
                             t_pool),
          INVALID_TRANSITION);
    T_OK(shop_order_advance(&now, &shop->ports, now, SHOP_ORDER_REFUNDED, -1, "admin", NULL, NULL,
                            t_pool));
    T_INT(order_shop_stock(shop, 0), 9); /* a refund restocks nothing */
}

/* ---- a cancel in the middle of a refund ---- */

static struct {
    shop_order_ports_t ports;
    shop_order_repo_t orders;
} intruded;

/* Just before the refund is done with its goods: the order is cancelled, the coupon's use is given
 * back, and whoever did it dies before the order says so. */
static shop_error_t *cancel_and_die(shop_order_repo_t *repo, const char *id, apr_pool_t *pool)
{
    const shop_order_ports_t *ports = &intruded.ports;
    const shop_reservation_line_t use = { "TEN", 1, 1 };
    const shop_reservation_t asked = { id, NULL, &use, 1 };
    shop_unit_state_t coupon;
    bool done = false;

    T_OK(intruded.orders.move(&done, repo, id, SHOP_ORDER_PAID, SHOP_ORDER_CANCELLING, -1, NULL,
                              NULL, ports->clock->now(ports->clock), pool));
    T_TRUE(done);
    T_OK(ports->coupon_uses->states(&coupon, ports->coupon_uses, &asked, pool));
    T_OK(ports->coupon_uses->restock(&done, ports->coupon_uses, id, &use, coupon.back_rev,
                                     ports->clock->now(ports->clock), pool));
    T_TRUE(done);
    return intruded.orders.restocked(repo, id, pool);
}

static void a_refund_leaves_the_coupons_marker_to_the_cancel(void)
{
    order_shop_t *shop = order_shop(10, 5);
    shop_refund_request_t request = { .amount = 1, .restock = true, .by = USER(99), .rev = -1 };
    shop_refunded_t refunded;

    order_shop_fill(shop, USER(0), 2, 1);
    T_OK(order_shop_place(&order, &replayed, shop, USER(0), NULL, "TEN", t_pool));
    T_OK(shop->ports.orders->find(&order, shop->ports.orders, order->id, t_pool));
    T_OK(shop_order_advance(&order, &shop->ports, order, SHOP_ORDER_PAID, -1, USER(99), NULL, NULL,
                            t_pool));
    intruded.ports = shop->ports;
    intruded.orders = *shop->ports.orders;
    shop->ports.orders->restocked = cancel_and_die;
    T_OK(shop_order_refund(&refunded, &shop->ports, order, &request, t_pool));
    shop->ports.orders->restocked = intruded.orders.restocked;
    order_shop_settle(shop);
    order_shop_audit(shop, 1, "after a cancel within a refund");
}

const shop_test_t order_place_tests[] = {
    SHOP_TEST(an_order_takes_the_whole_cart, "an order takes the whole cart and empties it"),
    SHOP_TEST(a_known_key_gets_the_same_bytes, "a known key gets the same bytes, another body 422"),
    SHOP_TEST(a_running_claim_says_so, "a cart or key being ordered is 409 until the lease ends"),
    SHOP_TEST(every_short_line_is_named_and_the_retry_is_free, "a shortage names every short line"),
    SHOP_TEST(a_coupon_has_its_limits, "a coupon's last use is the last"),
    SHOP_TEST(one_use_per_customer, "a customer's second use is refused and takes nothing"),
    SHOP_TEST(a_cancelled_order_gives_everything_back_once, "a cancel gives back exactly once"),
    SHOP_TEST(a_deleted_coupon_made_anew_gets_nothing_back,
              "a coupon made anew is not owed its predecessor's uses"),
    SHOP_TEST(a_deleted_coupon_made_anew_may_be_used_again,
              "a coupon made anew may be used again, and keeps its uses"),
    SHOP_TEST(an_order_advances_by_its_revision, "a stale revision moves nothing"),
    SHOP_TEST(a_refund_leaves_the_coupons_marker_to_the_cancel,
              "a refund leaves the coupon's marker to the cancel"),
    SHOP_TEST_END,
};
SHOP_SUITE("placing and cancelling", order_place_tests)
