/* SPDX-License-Identifier: MIT
 * What must hold when a storm is over, whatever happened in it. */
#include "storm.h"

#include <apr_strings.h>
#include <string.h>

#define TURNS 60
#define ALL 100 /* more than any list here holds */

/* False, and a bad run, when the store itself fails: then nothing more can be said. */
static bool is_there(storm_t *storm, const shop_error_t *err)
{
    if (err) {
        storm_bad(storm, "store away", "%s (%s)", err->detail, err->cause ? err->cause : "");
    }
    return !err;
}

void storm_settle(storm_t *storm)
{
    shop_reap_sums_t sums = { .done = 1 };

    for (int turn = 0; turn < TURNS && (sums.done || storm->late->nelts); turn++) {
        storm->clock.fixed += 3 * SHOP_ORDER_LEASE;
        storm_late(storm, true);
        if (!is_there(storm, shop_order_reap(&sums, &storm->ports, storm->pool))) {
            return;
        }
        storm_trace(storm, "settled %d", sums.done);
    }
    if (sums.done) {
        storm_bad(storm, "never settles", "%d things in the last turn", sums.done);
    }
}

typedef struct books_t {
    shop_order_t **orders; /* as storm->orders */
    int64_t sold[STORM_PRODUCTS];
    int64_t used[STORM_USERS]; /* coupons by standing orders */
    int64_t uses;
    const char *state;
} books_t;

static bool stands(const shop_order_t *order)
{
    return order && shop_order_status_name(order->status) &&
           order->status != SHOP_ORDER_CANCELLED && order->status != SHOP_ORDER_CANCELLING;
}

static bool was_placed(const shop_order_t *order)
{
    return order && shop_order_status_name(order->status);
}

static void say(storm_t *storm, books_t *books, const char *text)
{
    books->state = apr_pstrcat(storm->pool, books->state, text, "\n", NULL);
}

/* ---- orders ---- */

static void audit_order(storm_t *storm, books_t *books, int at)
{
    const shop_order_t *order = books->orders[at];

    if (!order) {
        say(storm, books, apr_psprintf(storm->pool, "o%d was never claimed", at));
        return;
    }
    say(storm, books,
        apr_psprintf(storm->pool, "o%d u%d %s of generation %d, total %d%s", at,
                     storm_user_of(order->user_id), shop_order_status_stored(order->status),
                     (int)order->cart_gen, (int)order->total,
                     was_placed(order) ? storm_audit_refunds(storm, at, order) : ""));
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

static bool audit_orders(storm_t *storm, books_t *books)
{
    shop_order_repo_t *orders = storm->real.orders;

    books->orders =
        apr_pcalloc(storm->pool, sizeof(*books->orders) * (apr_size_t)(storm->orders->nelts + 1));
    for (int i = 0; i < storm->orders->nelts; i++) {
        const char *id = APR_ARRAY_IDX(storm->orders, i, storm_order_t).id;

        if (!is_there(storm, orders->find(&books->orders[i], orders, id, storm->pool))) {
            return false;
        }
        audit_order(storm, books, i);
        for (int k = 0; k < i; k++) {
            if (was_placed(books->orders[i]) && was_placed(books->orders[k]) &&
                books->orders[i]->cart_gen == books->orders[k]->cart_gen &&
                !strcmp(books->orders[i]->user_id, books->orders[k]->user_id)) {
                storm_bad(storm, "two orders of one cart", "o%d and o%d", k, i);
            }
        }
    }
    return true;
}

/* ---- stock and coupon ---- */

static bool audit_products(storm_t *storm, books_t *books)
{
    shop_reservations_t *stock = storm->real.stock;
    shop_unit_state_t states[STORM_PRODUCTS];
    apr_array_header_t *markers;

    if (!is_there(storm, storm_stock(states, storm, storm->pool)) ||
        !is_there(storm, stock->sweep(&markers, stock, SHOP_SWEEP_MARKERS, storm->clock.fixed, ALL,
                                      storm->pool))) {
        return false;
    }
    for (int i = 0; i < STORM_PRODUCTS; i++) {
        int64_t all = states[i].available + books->sold[i];

        say(storm, books,
            apr_psprintf(storm->pool, "p%d stock %d, %d reservations", i, (int)states[i].available,
                         states[i].reservations));
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

static bool audit_coupon(storm_t *storm, books_t *books)
{
    const shop_reservation_line_t line = { STORM_CODE, 1, 0 };
    const shop_reservation_t asked = { STORM_NOBODY, &line, 1 };
    shop_coupon_repo_t *coupons = storm->real.coupons;
    shop_reservations_t *uses = storm->real.coupon_uses;
    shop_unit_state_t state;
    apr_array_header_t *markers, *open;

    if (!is_there(storm, uses->states(&state, uses, &asked, storm->pool)) ||
        !is_there(storm, uses->sweep(&markers, uses, SHOP_SWEEP_MARKERS, storm->clock.fixed, ALL,
                                     storm->pool)) ||
        !is_there(storm,
                  coupons->old_redemptions(&open, coupons, storm->clock.fixed, ALL, storm->pool))) {
        return false;
    }
    say(storm, books,
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

/* ---- users ---- */

static bool audit_user(storm_t *storm, books_t *books, int user)
{
    const char *id = storm_user_id(user, storm->pool);
    shop_cart_t *cart;
    int64_t uses, placed = 0;

    if (!is_there(storm, storm->real.coupons->uses(&uses, storm->real.coupons, STORM_CODE, 1, id,
                                                   storm->pool)) ||
        !is_there(storm, storm->real.carts->find(&cart, storm->real.carts, id, storm->pool))) {
        return false;
    }
    say(storm, books,
        apr_psprintf(storm->pool, "u%d %d redemptions, cart of generation %d, %d lines", user,
                     (int)uses, (int)cart->gen, cart->lines->nelts));
    if (uses != books->used[user] || uses > 1) {
        storm_bad(storm, "coupon per user", "u%d: %d redemptions for %d standing orders", user,
                  (int)uses, (int)books->used[user]);
    }
    for (int i = 0; i < storm->orders->nelts; i++) {
        const shop_order_t *order = books->orders[i];

        if (was_placed(order) && !strcmp(order->user_id, id)) {
            placed++;
            if (cart->gen <= order->cart_gen) {
                storm_bad(storm, "cart not cleared", "u%d of o%d", user, i);
            }
        }
    }
    if (cart->gen > placed) { /* then lines left it that nobody had ordered */
        storm_bad(storm, "cart cleared twice", "u%d: generation %d after %d orders", user,
                  (int)cart->gen, (int)placed);
    }
    return true;
}

/* ---- what people were told ---- */

static void audit_answer(storm_t *storm, const books_t *books, const storm_answer_t *answer)
{
    int at = storm_order_of(storm, answer->order_id);
    const shop_order_t *order = at < 0 ? NULL : books->orders[at];

    if (!was_placed(order)) {
        storm_bad(storm, "acknowledged order lost", "o%d", at);
    } else if (!answer->reply && order->status != SHOP_ORDER_CANCELLED) {
        storm_bad(storm, "acknowledged cancelling lost", "o%d", at);
    }
}

/* The same key of the same user: the same order and the same bytes. */
static bool differs(const storm_answer_t *a, const storm_answer_t *b)
{
    return a->key && b->key && a->user == b->user && !strcmp(a->key, b->key) &&
           (strcmp(a->order_id, b->order_id) != 0 || strcmp(a->reply, b->reply) != 0);
}

static bool audit_answers(storm_t *storm, const books_t *books)
{
    for (int i = 0; i < storm->answers->nelts; i++) {
        const storm_answer_t *answer = &APR_ARRAY_IDX(storm->answers, i, storm_answer_t);
        shop_order_t *stored = NULL;

        audit_answer(storm, books, answer);
        for (int k = 0; k < i; k++) {
            if (differs(answer, &APR_ARRAY_IDX(storm->answers, k, storm_answer_t))) {
                storm_bad(storm, "one key, two answers", "u%d %s", answer->user, answer->key);
            }
        }
        if (!answer->key) {
            continue;
        }
        if (!is_there(storm,
                      storm->real.orders->find_by_key(&stored, storm->real.orders,
                                                      storm_user_id(answer->user, storm->pool),
                                                      answer->key, storm->pool))) {
            return false;
        }
        if (!stored || strcmp(stored->id, answer->order_id) != 0 ||
            strlen(answer->reply) != stored->reply_size ||
            memcmp(answer->reply, stored->reply, stored->reply_size) != 0) {
            storm_bad(storm, "one key, two answers", "u%d %s: not what is stored", answer->user,
                      answer->key);
        }
    }
    for (int i = 0; i < storm->refunded->nelts; i++) {
        const storm_refunded_t *told = &APR_ARRAY_IDX(storm->refunded, i, storm_refunded_t);
        int at = storm_order_of(storm, told->order_id);

        storm_audit_refunded(storm, told, at < 0 ? NULL : books->orders[at]);
    }
    return true;
}

void storm_audit(storm_t *storm)
{
    books_t books = { .state = "" };
    bool there =
        audit_orders(storm, &books) && audit_products(storm, &books) && audit_coupon(storm, &books);

    for (int user = 0; there && user < STORM_USERS; user++) {
        there = audit_user(storm, &books, user);
    }
    if (there) {
        audit_answers(storm, &books);
    }
    storm->state = books.state;
}
