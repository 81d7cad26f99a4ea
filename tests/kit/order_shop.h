/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_ORDER_SHOP_H
#define SHOP_TESTS_ORDER_SHOP_H

/* A shop of fakes for the tests of orders, and what must hold in it whatever happened. */

#include "mod_shop/orders/order_abort.h"
#include "mod_shop/orders/order_cancel.h"
#include "mod_shop/orders/order_clean.h"
#include "mod_shop/orders/order_place.h"
#include "mod_shop/orders/order_quote.h"
#include "mod_shop/orders/order_reap.h"
#include "mod_shop/orders/order_refund.h"
#include "tests/kit/harness.h"

#define SHOP_NOON apr_time_from_sec(1790000000)
#define USER(n) apr_psprintf(t_pool, "%024x", 0xa000 + (n))

typedef struct order_shop_t {
    shop_order_ports_t ports;
    shop_clock_t clock;
    const char *products[2]; /* 1000 and 250 minor units each */
    int64_t stock;           /* of each at the beginning */
    int64_t uses;            /* of coupon TEN at the beginning */
} order_shop_t;

/* Where the ports come from: fakes, unless a contract test puts a real, empty store here. */
extern shop_order_ports_t (*order_shop_ports)(void);
/* Is the previous protocol in use too? Read by order_shop_ports. */
extern bool order_shop_claims_open;
/* How many threads race (at most 100). */
extern int order_shop_threads;
/* The expected_total of each placing; -1: none. */
extern int64_t order_shop_expected_total;

/* Fakes, two products of `stock` units, coupon TEN (10 percent, `uses` in all, one per user). */
order_shop_t *order_shop(int64_t stock, int64_t uses);
/* From now on reservations are confirmed behind the reply, by order_shop_settle(). Again: as after
 * a process has died, what waits is lost. */
void order_shop_queue(order_shop_t *shop);
void order_shop_fill(order_shop_t *shop, const char *user_id, int64_t first, int64_t second);
/* Places in pool what the user's cart holds. */
shop_error_t *order_shop_place(shop_order_t **order, bool *replayed, const order_shop_t *shop,
                               const char *user_id, const char *key, const char *coupon,
                               apr_pool_t *pool);
int64_t order_shop_stock(const order_shop_t *shop, int product);
/* The uses of coupon TEN, as an order sees them. */
shop_unit_state_t order_shop_coupon(const order_shop_t *shop, const char *order_id);
/* Moves the clock on, reaps until nothing is left, and where reservations are confirmed behind the
 * reply prices both products and the coupon for somebody else and does what waits then. */
void order_shop_settle(order_shop_t *shop);
/* stock + sold == initial, uses likewise, no hold, no back, nothing unfinished, no cart claimed.
 * users: USER(0) .. USER(users - 1). */
void order_shop_audit(const order_shop_t *shop, int users, const char *when);

#endif
