/* SPDX-License-Identifier: MIT
 * Places an order: claim, reserve, commit, clear. docs/orders.md explains the protocol. A refusal
 * is sent after the abort: a retry must not meet its own claim. */
#include "order_place.h"

#include <apr_strings.h>
#include <string.h>

#include "../base/id.h"
#include "../base/log.h"
#include "../base/money.h"
#include "../base/testpoint.h"
#include "order_abort.h"
#include "order_clean.h"
#include "order_place_inner.h"

#define COMMIT_TRIES 8
/* Attempts to price and claim; each fails only when the cart changes at the same time. */
#define CART_TRIES 16
/* Attempts to reserve; each fails only when a price or a coupon is edited at the same time. */
#define PRICE_TRIES 8

/* How one attempt ended; everything else is an error. */
typedef enum {
    ATTEMPT_PLACED,
    ATTEMPT_REPLAYED, /* another request with the key placed an order */
    ATTEMPT_AGAIN     /* what stood in the way is gone */
} attempt_t;

/* ---- pricing and claiming ---- */

/* Why the cart cannot be ordered as it was read, or NULL. */
static shop_error_t *refusal_of(const shop_place_t *place, const shop_order_quote_t *quote)
{
    const shop_order_request_t *request = place->request;

    if (!quote->order->items->nelts) {
        return shop_err(place->pool, CART_EMPTY, "there is nothing in the cart");
    }
    if (quote->refusal && quote->refusal->code == SHOP_COUPON_NOT_APPLICABLE) {
        return quote->refusal;
    }
    if (quote->shortage || quote->refusal) {
        return quote->shortage ? quote->shortage : quote->refusal;
    }
    if (request->expected_total >= 0 && request->expected_total != quote->order->total) {
        return shop_err(
            place->pool, TOTAL_CHANGED, "the total is %s %s by now",
            shop_money_text(quote->order->total, place->ports->currency_exponent, place->pool),
            quote->order->currency);
    }
    return NULL;
}

/* Before a refusal is sent: the customer's own other request may have been its cause. *known: the
 * order that has the key by now. *changed: the cart is another by now, or claimed. */
static shop_error_t *look_again(shop_order_t **known, bool *changed, const shop_place_t *place)
{
    const shop_order_ports_t *ports = place->ports;
    shop_cart_t *cart;

    *changed = false;
    SHOP_TRY(shop_place_find_known(known, place));
    if (!*known) {
        SHOP_TRY(ports->carts->find(&cart, ports->carts, place->request->user_id, place->pool));
        *changed = cart->claim || !shop_cart_is_same(cart, place->cart);
    }
    return NULL;
}

static shop_error_t *fill(const shop_place_t *place)
{
    shop_order_t *order = place->order;
    const shop_order_request_t *request = place->request;

    SHOP_TRY(shop_id_make(&order->id, place->pool));
    SHOP_TRY(shop_id_order_number(&order->number, place->pool));
    order->shipping_address =
        apr_pmemdup(place->pool, request->shipping_address, sizeof(*request->shipping_address));
    order->payment_method = request->payment_method;
    order->returned = apr_array_make(place->pool, 1, sizeof(const char *));
    order->cart_slot = apr_psprintf(place->pool, "g:%" APR_INT64_T_FMT, order->cart_gen);
    order->key_slot =
        request->key_slot ? request->key_slot : apr_pstrcat(place->pool, "o:", order->id, NULL);
    order->fingerprint = request->fingerprint;
    return NULL;
}

/* Prices the cart once. *refusal: why it cannot be ordered. Neither that nor an error: place->order
 * is ready to be claimed, or, with a claim in place->cart, the cart is another order's. */
static shop_error_t *price(shop_error_t **refusal, shop_place_t *place)
{
    const shop_order_request_t *request = place->request;
    shop_order_quote_t quote;
    shop_error_t *err =
        shop_order_price(&quote, place->ports, request->user_id, request->coupon_code, place->pool);

    *refusal = NULL;
    if (err && err->code != SHOP_AMOUNT_TOO_LARGE) {
        return err;
    }
    place->cart = quote.cart;
    place->order = quote.order;
    if (!place->cart->claim) {
        *refusal = err ? err : refusal_of(place, &quote);
    }
    return NULL;
}

/* One attempt to claim the priced cart. */
static shop_error_t *claim(bool *claimed, shop_place_t *place)
{
    SHOP_TRY(fill(place));
    SHOP_TRY(shop_place_claim(claimed, place));
    if (*claimed) { /* also when a step after the claim fails */
        place->placed->claimed = place->order;
    }
    return NULL;
}

/* Prices and claims the cart. Neither *claimed nor an error: the key is known. */
static shop_error_t *price_and_claim(bool *claimed, shop_place_t *place)
{
    for (int turn = 0; turn < CART_TRIES; turn++) {
        shop_error_t *refusal;
        shop_order_t *known;
        bool changed = true;

        SHOP_TRY(shop_place_in_time(place));
        SHOP_TRY(price(&refusal, place));
        if (place->cart->claim) {
            SHOP_TRY(shop_place_meet_claim(place));
        } else if (!refusal) {
            SHOP_TRY(claim(claimed, place));
            if (*claimed) {
                return NULL;
            }
        }
        SHOP_TRY(look_again(&known, &changed, place));
        if (known) {
            return shop_place_answer_known(place, known);
        }
        if (refusal && !changed) {
            return refusal;
        }
    }
    return shop_place_busy(place->pool, "the cart keeps changing");
}

/* ---- the commit ---- */

static shop_error_t *prepare_commit(const shop_place_t *place)
{
    shop_order_t *order = place->order;
    apr_time_t now = place->ports->clock->now(place->ports->clock);
    shop_order_event_t *event = apr_pcalloc(place->pool, sizeof(*event));

    event->status = shop_order_status_name(SHOP_ORDER_PENDING);
    event->at = now;
    event->by = order->user_id;
    order->history = apr_array_make(place->pool, 4, sizeof(shop_order_event_t *));
    APR_ARRAY_PUSH(order->history, shop_order_event_t *) = event;
    order->status = SHOP_ORDER_PENDING;
    order->created_at = order->updated_at = now;
    order->rev = 1;
    return place->request->reply(place->request->baton, order, place->pool);
}

static shop_error_t *take_another_number(const shop_place_t *place)
{
    SHOP_TRY(shop_id_order_number(&place->order->number, place->pool));
    return place->request->reply(place->request->baton, place->order, place->pool);
}

/* Waits before the next attempt to insert. false: there is none, or it would come too late. */
static bool wait_to_insert(const shop_place_t *place, int turn)
{
    apr_time_t pause = SHOP_PLACE_PAUSE << turn, deadline = place->request->deadline;

    if (turn + 1 == COMMIT_TRIES || (deadline && shop_clock_monotonic() + pause >= deadline)) {
        return false;
    }
    shop_clock_pause(place->ports->clock, pause);
    return true;
}

/* While the outcome is unknown, the same document is sent again until the deadline. After that
 * nothing is changed, because the order may be placed. */
static shop_error_t *insert(shop_order_insert_t *result, const shop_place_t *place)
{
    const shop_order_ports_t *ports = place->ports;

    for (int turn = 0; turn < COMMIT_TRIES && !(turn && shop_place_is_late(place)); turn++) {
        shop_error_t *err = ports->orders->insert(result, ports->orders, place->order, place->pool);

        if (err && err->code != SHOP_UNAVAILABLE) {
            return err;
        }
        if (!err && *result != SHOP_INSERT_NUMBER) {
            return NULL;
        }
        if (!err) {
            SHOP_TRY(take_another_number(place));
        } else if (!wait_to_insert(place, turn)) {
            break;
        }
    }
    shop_log(SHOP_LOG_WARN, SHOP_LOG_ORDER_UNKNOWN, NULL,
             "order %s: commit outcome unknown; shop-reaper will complete or undo it",
             place->order->id);
    return shop_place_busy(place->pool, "the commit's outcome is unknown");
}

/* ---- undoing ---- */

/* Undoes the claimed order and passes the reason on; when that fails, 503. Past the deadline it is
 * left to the reaper. */
static shop_error_t *give_up(const shop_place_t *place, shop_error_t *reason)
{
    shop_error_t *stuck =
        shop_place_is_late(place)
            ? reason
            : shop_order_abort(place->ports, place->order, place->may_be_late, place->pool);

    if (stuck) {
        shop_log(SHOP_LOG_WARN, SHOP_LOG_ORDER_UNKNOWN, NULL,
                 "order %s: rollback failed (%s); shop-reaper will repeat it", place->order->id,
                 stuck->cause ? stuck->cause : stuck->detail);
        return shop_place_busy(place->pool, stuck->cause ? stuck->cause : stuck->detail);
    }
    return reason->code == SHOP_UNAVAILABLE
               ? shop_place_busy(place->pool, reason->cause ? reason->cause : reason->detail)
               : reason;
}

/* Another order has one of the slots. A copy of the insert may still be on its way, and whoever has
 * the slot may give it up, so the tombstone comes first. */
static shop_error_t *yield(attempt_t *attempt, shop_place_t *place)
{
    const shop_order_ports_t *ports = place->ports;
    shop_order_t *order = NULL;
    shop_tombstone_t result;

    SHOP_TRY(ports->orders->tombstone(&result, &order, ports->orders, place->order->id,
                                      place->order->user_id, ports->clock->now(ports->clock),
                                      place->pool));
    if (result == SHOP_TOMBSTONE_PLACED) { /* the late copy was first */
        *attempt = ATTEMPT_PLACED;
        return NULL;
    }
    if (result == SHOP_TOMBSTONE_UNSEEN) {
        return shop_place_busy(place->pool, "the commit's outcome is unknown");
    }
    SHOP_TRY(shop_order_abort(ports, place->order, place->may_be_late, place->pool));
    SHOP_TRY(shop_place_answer_slot(place));
    *attempt = place->placed->outcome == SHOP_ORDER_REPLAYED ? ATTEMPT_REPLAYED : ATTEMPT_AGAIN;
    return NULL;
}

/* ---- all of it ---- */

/* May the claimed order be undone and begun again? A price or the coupon's terms changed after they
 * were read; the next attempt checks expected_total. */
static bool may_price_again(const shop_error_t *err, const shop_place_t *place)
{
    return err->code == SHOP_TOTAL_CHANGED && !shop_place_is_late(place);
}

/* The order is undone. A request with the key may have placed its order between the reads of key
 * and cart, and what is short is short because of it: then its reply is the answer. */
static shop_error_t *refuse(attempt_t *attempt, const shop_place_t *place, shop_error_t *reason)
{
    shop_order_t *known = NULL;

    if (reason->code != SHOP_UNAVAILABLE) {
        SHOP_TRY(shop_place_find_known(&known, place));
    }
    *attempt = ATTEMPT_REPLAYED;
    return known ? shop_place_answer_known(place, known) : reason;
}

/* After the claim. */
static shop_error_t *reserve_and_commit(attempt_t *attempt, shop_place_t *place)
{
    shop_order_insert_t result = SHOP_INSERT_DONE;
    shop_error_t *err = shop_place_reserve(place);

    if (!err) {
        err = shop_place_in_time(place);
    }
    if (!err) {
        err = prepare_commit(place);
    }
    if (err) {
        bool again = may_price_again(err, place);

        err = give_up(place, err);
        *attempt = ATTEMPT_AGAIN;
        return again && err->code == SHOP_TOTAL_CHANGED ? NULL : refuse(attempt, place, err);
    }
    SHOP_TEST_POINT("placing.sealed", place->pool);
    SHOP_TRY(insert(&result, place));
    *attempt = ATTEMPT_PLACED;
    if (result == SHOP_INSERT_GIVEN_UP) {
        return give_up(place, shop_place_busy(place->pool, "the order was given up by the reaper"));
    }
    return result == SHOP_INSERT_SLOT ? yield(attempt, place) : NULL;
}

/* Begins again when a price has changed, or another order was in the way and is no more. */
static shop_error_t *place_once(shop_place_t *place)
{
    for (int turn = 0; turn < PRICE_TRIES; turn++) {
        attempt_t attempt = ATTEMPT_AGAIN;
        bool claimed = false;

        place->may_be_late = false;
        SHOP_TRY(price_and_claim(&claimed, place));
        if (!claimed) {
            return NULL; /* replayed */
        }
        SHOP_TRY(reserve_and_commit(&attempt, place));
        if (attempt == ATTEMPT_REPLAYED) {
            return NULL;
        }
        if (attempt == ATTEMPT_PLACED) {
            place->placed->outcome = SHOP_ORDER_PLACED;
            place->placed->order = place->order;
            return NULL;
        }
    }
    return shop_place_busy(place->pool, "the price or the coupon keeps changing");
}

static shop_error_t *clear_and_confirm(const shop_place_t *place)
{
    const shop_order_ports_t *ports = place->ports;

    SHOP_TEST_POINT("placing.committed", place->pool);
    if (ports->drops) {
        shop_order_drops_add(ports->drops, place->order);
    } else {
        SHOP_TRY(shop_place_in_time(place));
        SHOP_TRY(shop_order_confirm(ports, place->order, place->pool));
    }
    SHOP_TRY(shop_place_in_time(place));
    return shop_order_clear_cart(ports, place->order, place->cart, place->pool);
}

/* The order is placed; the cart's claim is the record of what remains. */
static void clean(const shop_place_t *place)
{
    shop_error_t *left = clear_and_confirm(place);

    if (left) {
        shop_log(SHOP_LOG_WARN, SHOP_LOG_ORDER_CLEANUP, NULL, "order %s: cleanup pending: %s",
                 place->order->id, left->cause ? left->cause : left->detail);
    }
}

shop_error_t *shop_order_place(shop_order_placed_t *placed, const shop_order_ports_t *ports,
                               const shop_order_request_t *request, apr_pool_t *pool)
{
    shop_place_t place = { .ports = ports, .request = request, .placed = placed, .pool = pool };
    shop_order_t *known = NULL;

    *placed = (shop_order_placed_t){ .outcome = SHOP_ORDER_NOT_PLACED };
    SHOP_TRY(shop_place_find_known(&known, &place));
    if (known) {
        return shop_place_answer_known(&place, known);
    }
    if (request->admit) {
        SHOP_TRY(request->admit(request->baton, pool));
    }
    SHOP_TRY(place_once(&place));
    if (placed->outcome == SHOP_ORDER_REPLAYED) {
        return NULL;
    }
    clean(&place);
    return NULL;
}
