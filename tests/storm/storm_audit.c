/* SPDX-License-Identifier: MIT
 * What must hold when a storm is over, whatever happened in it. */
#include "storm.h"

#include <apr_strings.h>
#include <string.h>

#include "mod_shop/orders/order_quote.h"

#define TURNS 60
#define ALL 100 /* more than any list here holds */

bool storm_is_there(storm_t *storm, const shop_error_t *err)
{
    if (err) {
        storm_bad(storm, "store away", "%s (%s)", err->detail, err->cause ? err->cause : "");
    }
    return !err;
}

/* ---- coming to rest ---- */

/* False: the store is away. */
static bool take_turn(storm_t *storm, int *done, apr_time_t later)
{
    shop_reap_sums_t sums;

    storm->clock.fixed += later;
    storm->tick += later / STORM_TICK;
    storm_late(storm, true);
    for (int i = 0; i < STORM_PROCESSES - 1; i++) {
        shop_order_ports_t *ports = &storm->processes[i];

        if (!storm_is_there(storm, shop_order_drops_flush(ports->drops, ports, storm->pool))) {
            return false;
        }
    }
    if (!storm_is_there(storm, shop_order_reap(&sums, &storm->ports, storm->pool))) {
        return false;
    }
    *done = sums.done;
    storm_trace(storm, "completed %d", sums.done);
    return true;
}

void storm_rest(storm_t *storm)
{
    int done = 1;

    for (int turn = 0; turn < TURNS && (done || storm->late->nelts); turn++) {
        if (!take_turn(storm, &done, 3 * SHOP_ORDER_LEASE)) {
            return;
        }
    }
    if (!done) { /* voids go when they are old enough */
        take_turn(storm, &done, SHOP_VOID_KEPT + apr_time_from_sec(1));
    }
    if (done) {
        storm_bad(storm, "never at rest", "%d things in the last turn", done);
    }
}

static bool stands(const shop_order_t *order)
{
    return order && shop_order_status_name(order->status) &&
           order->status != SHOP_ORDER_CANCELLED && order->status != SHOP_ORDER_CANCELLING;
}

bool storm_was_placed(const shop_order_t *order)
{
    return order && shop_order_status_name(order->status);
}

void storm_say(storm_t *storm, storm_books_t *books, const char *text)
{
    books->state = apr_pstrcat(storm->pool, books->state, text, "\n", NULL);
}

/* ---- orders ---- */

static void audit_order(storm_t *storm, storm_books_t *books, int at)
{
    const shop_order_t *order = books->orders[at];

    if (!order) {
        storm_say(storm, books, apr_psprintf(storm->pool, "o%d was never placed", at));
        return;
    }
    storm_say(storm, books,
              apr_psprintf(storm->pool, "o%d u%d %s of generation %d, total %d%s", at,
                           storm_user_of(order->user_id), shop_order_status_stored(order->status),
                           (int)order->cart_gen, (int)order->total,
                           storm_was_placed(order) ? storm_audit_refunds(storm, at, order) : ""));
    if (order->unfinished || order->restocking || order->status == SHOP_ORDER_PLACING ||
        order->status == SHOP_ORDER_ABORTING || order->status == SHOP_ORDER_CANCELLING) {
        storm_bad(storm, "stuck", "o%d is %s", at, shop_order_status_stored(order->status));
    }
    if (order->status == SHOP_ORDER_FAILED &&
        (strncmp(order->cart_slot, "o:", 2) != 0 || strncmp(order->key_slot, "o:", 2) != 0)) {
        storm_bad(storm, "claim kept", "o%d failed and has %s, %s", at, order->cart_slot,
                  order->key_slot);
    }
    if (!stands(order)) {
        return;
    }
    for (int i = 0; i < order->items->nelts; i++) {
        const shop_order_line_t *line = APR_ARRAY_IDX(order->items, i, shop_order_line_t *);

        if (!storm_is_returned(order, line->unit_id)) {
            books->sold[storm_product_of(line->unit_id)] += line->quantity;
        }
    }
    if (order->coupon_code) {
        books->used[storm_user_of(order->user_id)]++;
        books->uses++;
    }
}

static bool audit_orders(storm_t *storm, storm_books_t *books)
{
    shop_order_repo_t *orders = storm->real.orders;

    books->orders =
        apr_pcalloc(storm->pool, sizeof(*books->orders) * (apr_size_t)(storm->orders->nelts + 1));
    for (int i = 0; i < storm->orders->nelts; i++) {
        const char *id = APR_ARRAY_IDX(storm->orders, i, storm_order_t).id;

        if (!storm_is_there(storm, orders->find(&books->orders[i], orders, id, storm->pool))) {
            return false;
        }
        audit_order(storm, books, i);
        for (int k = 0; k < i; k++) {
            if (storm_was_placed(books->orders[i]) && storm_was_placed(books->orders[k]) &&
                books->orders[i]->cart_gen == books->orders[k]->cart_gen &&
                !strcmp(books->orders[i]->user_id, books->orders[k]->user_id)) {
                storm_bad(storm, "two orders of one cart", "o%d and o%d", k, i);
            }
        }
    }
    return true;
}

/* ---- reservations and voids ---- */

/* What names the order in one kind of units. */
static bool audit_holds(storm_t *storm, storm_books_t *books, int at, shop_reservations_t *of,
                        const shop_reservation_t *asked)
{
    shop_unit_state_t states[STORM_PRODUCTS];

    if (!storm_is_there(storm, of->states(states, of, asked, storm->pool))) {
        return false;
    }
    for (int i = 0; i < asked->count; i++) {
        if (states[i].voided) {
            storm_bad(storm, "void left", "%s of o%d", asked->lines[i].unit_id, at);
        }
        if (states[i].reserved && !storm_was_placed(books->orders[at])) {
            storm_bad(storm, "reservation left", "%s of o%d", asked->lines[i].unit_id, at);
        }
        books->unconfirmed += states[i].reserved;
    }
    return true;
}

/* Before anybody orders again: a reservation may only be left of a placed order, by a cleaner that
 * crashed; its units are sold. */
static bool audit_all_holds(storm_t *storm, storm_books_t *books)
{
    shop_reservation_line_t lines[STORM_PRODUCTS];
    const shop_reservation_line_t use = { STORM_CODE, 1, 0 };

    for (int i = 0; i < STORM_PRODUCTS; i++) {
        lines[i] = (shop_reservation_line_t){ storm_product_id(i, storm->pool), 1, 0 };
    }
    for (int i = 0; i < storm->orders->nelts; i++) {
        const char *id = APR_ARRAY_IDX(storm->orders, i, storm_order_t).id;
        const shop_reservation_t of = { id, NULL, lines, STORM_PRODUCTS };
        const shop_reservation_t coupon = { id, NULL, &use, 1 };

        if (!audit_holds(storm, books, i, storm->real.stock, &of) ||
            !audit_holds(storm, books, i, storm->real.coupon_uses, &coupon)) {
            return false;
        }
    }
    storm_say(storm, books,
              apr_psprintf(storm->pool, "%d reservations of placed orders", books->unconfirmed));
    if (books->unconfirmed > storm->lost * (STORM_PRODUCTS + 1)) {
        storm_bad(storm, "reservation left", "%d of placed orders, and %d orders were lost",
                  books->unconfirmed, storm->lost);
    }
    return true;
}

static shop_error_t *visit(storm_t *storm)
{
    const char *user = storm_user_id(STORM_USERS, storm->pool);
    const shop_order_ports_t *ports = &storm->processes[0];
    shop_cart_repo_t *carts = storm->real.carts;
    shop_order_quote_t quote;
    shop_cart_t *cart;

    for (int i = 0; i < STORM_PRODUCTS; i++) {
        SHOP_TRY(carts->add(&cart, carts, user, storm_product_id(i, storm->pool), 1, -1,
                            storm->clock.fixed, storm->pool));
    }
    SHOP_TRY(shop_order_price(&quote, ports, user, STORM_CODE, storm->pool));
    return shop_order_drops_flush(ports->drops, ports, storm->pool);
}

/* ---- stock and coupon ---- */

static bool audit_products(storm_t *storm, storm_books_t *books)
{
    shop_reservations_t *stock = storm->real.stock;
    shop_unit_state_t states[STORM_PRODUCTS];
    apr_array_header_t *markers;

    if (!storm_is_there(storm, storm_stock(states, storm, storm->pool)) ||
        !storm_is_there(storm, stock->sweep(&markers, stock, SHOP_SWEEP_MARKERS, storm->clock.fixed,
                                            ALL, storm->pool))) {
        return false;
    }
    for (int i = 0; i < STORM_PRODUCTS; i++) {
        int64_t all = states[i].available + books->sold[i];

        storm_say(storm, books,
                  apr_psprintf(storm->pool, "p%d stock %d, %d reservations", i,
                               (int)states[i].available, states[i].reservations));
        if (all != STORM_STOCK || states[i].available < 0) {
            storm_bad(storm, all > STORM_STOCK ? "oversold" : "stock lost",
                      "p%d: %d left and %d sold of %d", i, (int)states[i].available,
                      (int)books->sold[i], STORM_STOCK);
        }
        if (states[i].reservations) {
            storm_bad(storm, "reservation left", "p%d: %d", i, states[i].reservations);
        }
    }
    if (markers->nelts) {
        storm_bad(storm, "marker left", "%d of products", markers->nelts);
    }
    return true;
}

static bool audit_coupon(storm_t *storm, storm_books_t *books)
{
    const shop_reservation_line_t line = { STORM_CODE, 1, 0 };
    const shop_reservation_t asked = { STORM_NOBODY, NULL, &line, 1 };
    shop_coupon_repo_t *coupons = storm->real.coupons;
    shop_reservations_t *uses = storm->real.coupon_uses;
    shop_unit_state_t state;
    apr_array_header_t *markers, *open;

    if (!storm_is_there(storm, uses->states(&state, uses, &asked, storm->pool)) ||
        !storm_is_there(storm, uses->sweep(&markers, uses, SHOP_SWEEP_MARKERS, storm->clock.fixed,
                                           ALL, storm->pool)) ||
        !storm_is_there(storm, coupons->old_redemptions(&open, coupons, storm->clock.fixed, ALL,
                                                        storm->pool))) {
        return false;
    }
    storm_say(storm, books,
              apr_psprintf(storm->pool,
                           "coupon %d left, %d reservations, %d markers, %d open redemptions",
                           (int)state.available, state.reservations, markers->nelts, open->nelts));
    if (state.available + books->uses != STORM_USES) {
        storm_bad(storm,
                  state.available + books->uses > STORM_USES ? "coupon overused"
                                                             : "coupon use lost",
                  "%d left and %d used of %d", (int)state.available, (int)books->uses, STORM_USES);
    }
    if (state.reservations || markers->nelts || open->nelts) {
        storm_bad(storm, "coupon leftover", "%d reservations, %d markers, %d open redemptions",
                  state.reservations, markers->nelts, open->nelts);
    }
    return true;
}

void storm_audit(storm_t *storm)
{
    storm_books_t books = { .state = "" };
    bool there = audit_orders(storm, &books) && audit_all_holds(storm, &books) &&
                 storm_is_there(storm, visit(storm)) && audit_products(storm, &books) &&
                 audit_coupon(storm, &books) && storm_audit_carts(storm, &books) &&
                 storm_audit_answers(storm, &books);

    (void)there;
    storm->state = books.state;
}
