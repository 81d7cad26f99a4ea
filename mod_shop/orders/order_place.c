/* SPDX-License-Identifier: MIT
 * Places an order: claim, reserve, commit, clean. Reserving is sent once; if its outcome is unknown
 * the order is aborted. A refusal is sent after the abort: a retry must not meet its own claim. */
#include <string.h>
#include <apr_strings.h>

#include "../base/id.h"
#include "../base/log.h"
#include "../base/money.h"
#include "../base/testpoint.h"
#include "order_abort.h"
#include "order_clean.h"
#include "order_place.h"
#include "order_quote.h"
#include "order_reservation.h"

#define RETRY_AFTER 2 /* seconds: most causes of contention are over by then */
#define CLAIM_TRIES 3
#define COMMIT_TRIES 8
#define PRICE_TRIES \
    8 /* attempts; each fails only when a price or a coupon is edited at the same time */
#define PAUSE apr_time_from_msec(25)

typedef struct place_t {
    const shop_order_ports_t *ports;
    const shop_order_request_t *request;
    shop_order_placed_t *placed;
    shop_order_t *order; /* the order being placed */
    apr_pool_t *pool;
} place_t;

static shop_error_t *busy(apr_pool_t *pool, const char *cause)
{
    shop_error_t *err =
        shop_err(pool, UNAVAILABLE, "the order could not be placed now; repeat the request");

    err->retry_after = RETRY_AFTER;
    return shop_error_cause(err, pool, "%s", cause);
}

static bool is_late(const place_t *place)
{
    return place->request->deadline && shop_clock_monotonic() >= place->request->deadline;
}

static shop_error_t *in_time(const place_t *place)
{
    return is_late(place) ? busy(place->pool, "the deadline passed while placing") : NULL;
}

/* ---- the claim ---- */

/* A committed order whose cleanup was interrupted would block its customer's next order until the
 * reaper runs. Best effort: the order is placed whether or not this succeeds. */
static void clean_left(const place_t *place, const shop_order_t *left)
{
    shop_error_t *err = shop_order_clean(place->ports, left, place->pool);

    if (err) {
        shop_log(SHOP_LOG_WARN, SHOP_LOG_ORDER_CLEANUP, NULL, "order %s: cleanup pending: %s",
                 left->id, err->cause ? err->cause : err->detail);
    }
}

static shop_error_t *answer_known(const place_t *place, shop_order_t *known)
{
    if (strcmp(known->fingerprint ? known->fingerprint : "", place->request->fingerprint) != 0) {
        return shop_err(place->pool, IDEMPOTENCY_MISMATCH,
                        "this Idempotency-Key was used for another request");
    }
    if (!shop_order_status_name(known->status) || !known->reply) {
        shop_error_t *err = shop_err(place->pool, IDEMPOTENCY_IN_PROGRESS,
                                     "a request with this Idempotency-Key is still running");

        err->retry_after = RETRY_AFTER;
        return err;
    }
    if (known->unfinished && !shop_order_restocks(known)) {
        clean_left(place, known);
    }
    place->placed->outcome = SHOP_ORDER_REPLAYED;
    place->placed->order = known;
    return NULL;
}

/* The order with this request's key; NULL: none, or the request has no key. */
static shop_error_t *find_known(shop_order_t **known, const place_t *place)
{
    shop_order_repo_t *orders = place->ports->orders;

    *known = NULL;
    if (!place->request->key_slot) {
        return NULL;
    }
    return orders->find_by_key(known, orders, place->request->user_id, place->request->key_slot,
                               place->pool);
}

/* Another order has claimed the cart. *again: that order has released the cart or never will need
 * it, so the cart is read again; the reaper would do the same later. */
static shop_error_t *resolve_cart_owner(bool *again, const place_t *place)
{
    const shop_order_ports_t *ports = place->ports;
    shop_order_t *other = NULL;

    SHOP_TRY(ports->orders->find_by_cart(&other, ports->orders, place->request->user_id,
                                         place->order->cart_slot, place->pool));
    *again = true;
    if (other && shop_order_status_name(other->status)) {
        /* also if marked finished: an election may have rolled back the update of its cart */
        clean_left(place, other);
    } else if (other && other->lease_at < ports->clock->now(ports->clock)) {
        SHOP_TRY(shop_order_abort(ports, other, place->pool));
    } else {
        *again = !other;
    }
    return NULL;
}

/* Another order has one of the two slots. *again as above. */
static shop_error_t *answer_duplicate(bool *again, const place_t *place)
{
    shop_order_t *known;
    bool may_repeat = !*again;

    *again = false;
    SHOP_TRY(find_known(&known, place));
    if (known) {
        return answer_known(place, known);
    }
    if (may_repeat) {
        SHOP_TRY(resolve_cart_owner(again, place));
    }
    return *again ? NULL
                  : shop_err(place->pool, ORDER_IN_PROGRESS,
                             "this cart is being ordered by another request");
}

/* The same id may be sent again: if the reply to the claim was lost, the second insert counts as
 * success. */
static shop_error_t *claim(bool *claimed, const place_t *place)
{
    const shop_order_ports_t *ports = place->ports;
    shop_error_t *err = NULL;

    SHOP_TEST_POINT("placing.begun", place->pool);
    for (int turn = 0; turn < CLAIM_TRIES; turn++) {
        SHOP_TRY(in_time(place));
        err = ports->orders->claim(claimed, ports->orders, place->order, place->pool);
        if (!err) {
            break;
        }
        if (err->code == SHOP_CONFLICT) { /* another order has this number */
            SHOP_TRY(shop_id_order_number(&place->order->number, place->pool));
        } else if (err->code != SHOP_UNAVAILABLE) {
            return err;
        }
    }
    if (err) {
        shop_log(SHOP_LOG_WARN, SHOP_LOG_ORDER_UNKNOWN, NULL, "order %s: claim outcome unknown: %s",
                 place->order->id, err->cause ? err->cause : err->detail);
        return busy(place->pool, "the claim's outcome is unknown");
    }
    SHOP_TEST_POINT("placing.claimed", place->pool);
    return NULL;
}

/* ---- reserving ---- */

/* Fewer lines were reserved than sent: finds the reason for each. */
static shop_error_t *why_not_reserved(const place_t *place, const shop_reservation_t *wanted)
{
    const shop_order_ports_t *ports = place->ports;
    shop_unit_state_t *states = apr_pcalloc(place->pool, sizeof(*states) * (size_t)wanted->count);
    shop_error_t *shortage = NULL;
    bool full = false;

    SHOP_TRY(ports->stock->states(states, ports->stock, wanted, place->pool));
    for (int i = 0; i < wanted->count; i++) {
        const shop_reservation_line_t *line = &wanted->lines[i];

        if (states[i].reserved) {
            continue;
        }
        if (!states[i].exists) {
            return shop_err(place->pool, PRODUCT_UNAVAILABLE, "product %s was withdrawn",
                            line->unit_id);
        }
        if (states[i].terms != line->terms) {
            return shop_err(place->pool, TOTAL_CHANGED, "the price of product %s changed",
                            line->unit_id);
        }
        if (states[i].available < line->quantity) {
            shop_order_short(&shortage, line->unit_id, line->quantity,
                             states[i].available > 0 ? states[i].available : 0, place->pool);
        }
        full = full || states[i].reservations >= SHOP_RESERVATIONS_MAX;
    }
    if (shortage) {
        return shortage;
    }
    return busy(place->pool, full ? "a product has too many reservations"
                                  : "what was short a moment ago is there again");
}

static shop_error_t *reserve_stock(const place_t *place)
{
    const shop_order_ports_t *ports = place->ports;
    const shop_reservation_t wanted = shop_order_stock_lines(place->order, place->pool);
    int reserved = 0;

    SHOP_TRY(in_time(place));
    SHOP_TRY(ports->stock->reserve(&reserved, ports->stock, &wanted,
                                   ports->clock->now(ports->clock), place->pool));
    SHOP_TEST_POINT("placing.taken", place->pool);
    return reserved == wanted.count ? NULL : why_not_reserved(place, &wanted);
}

static shop_error_t *why_no_use(const place_t *place, const shop_reservation_t *wanted)
{
    const shop_order_ports_t *ports = place->ports;
    const shop_order_t *order = place->order;
    shop_unit_state_t state = { .exists = false };

    SHOP_TRY(ports->coupon_uses->states(&state, ports->coupon_uses, wanted, place->pool));
    if (!state.exists) {
        return shop_coupon_refuse("unknown", "the coupon was withdrawn", place->pool);
    }
    if (state.terms != order->coupon_terms_rev) {
        return shop_err(place->pool, TOTAL_CHANGED, "the coupon changed while it was used");
    }
    if (state.available == 0) {
        return shop_err(place->pool, COUPON_EXHAUSTED, "coupon %s is used up", order->coupon_code);
    }
    return busy(place->pool, "the coupon has too many reservations, or is free again");
}

static shop_error_t *redeem_coupon(const place_t *place)
{
    const shop_order_ports_t *ports = place->ports;
    const shop_order_t *order = place->order;
    bool redeemed = true;

    SHOP_TRY(in_time(place));
    SHOP_TRY(ports->coupons->redeem(&redeemed, ports->coupons, order->coupon_code,
                                    order->coupon_born, order->user_id, order->coupon_user_limit,
                                    order->id, ports->clock->now(ports->clock), place->pool));
    if (!redeemed) {
        return shop_coupon_refuse("user_limit", "you have used this coupon before", place->pool);
    }
    SHOP_TEST_POINT("placing.redeemed", place->pool);
    return NULL;
}

static shop_error_t *reserve_coupon_use(const place_t *place)
{
    const shop_order_ports_t *ports = place->ports;
    const shop_reservation_t wanted = shop_order_coupon_use(place->order, place->pool);
    int reserved = 0;

    SHOP_TRY(in_time(place));
    SHOP_TRY(ports->coupon_uses->reserve(&reserved, ports->coupon_uses, &wanted,
                                         ports->clock->now(ports->clock), place->pool));
    if (reserved != wanted.count) {
        return why_no_use(place, &wanted);
    }
    SHOP_TEST_POINT("placing.coupon_taken", place->pool);
    return NULL;
}

static shop_error_t *reserve(const place_t *place)
{
    SHOP_TRY(reserve_stock(place));
    if (place->order->coupon_user_limit >= 0) {
        SHOP_TRY(redeem_coupon(place));
    }
    return place->order->coupon_limited ? reserve_coupon_use(place) : NULL;
}

/* ---- the commit ---- */

static shop_error_t *prepare_commit(const place_t *place)
{
    shop_order_t *order = place->order;
    apr_time_t now = place->ports->clock->now(place->ports->clock);
    shop_order_event_t *event = apr_pcalloc(place->pool, sizeof(*event));

    event->status = shop_order_status_name(SHOP_ORDER_PENDING);
    event->at = now;
    event->by = order->user_id;
    APR_ARRAY_PUSH(order->history, shop_order_event_t *) = event;
    order->status = SHOP_ORDER_PENDING;
    order->created_at = order->updated_at = now;
    order->rev = 1;
    return place->request->reply(place->request->baton, order, place->pool);
}

/* When the outcome is unknown, the same update is sent again until the deadline. After that nothing
 * is changed, because the order may be placed. */
static shop_error_t *commit(const place_t *place)
{
    const shop_order_ports_t *ports = place->ports;
    bool sent = false;

    for (int turn = 0; turn < COMMIT_TRIES && !is_late(place); turn++) {
        bool done = false;
        shop_error_t *err = ports->orders->commit(&done, ports->orders, place->order, place->pool);

        sent = true;
        if (!err) {
            return done ? NULL : busy(place->pool, "the order was aborted by the reaper meanwhile");
        }
        if (err->code != SHOP_UNAVAILABLE) {
            return err;
        }
        shop_clock_pause(ports->clock, PAUSE << turn);
    }
    if (!sent) {
        return busy(place->pool, "the deadline passed before the commit");
    }
    shop_log(SHOP_LOG_WARN, SHOP_LOG_ORDER_UNKNOWN, NULL,
             "order %s: commit outcome unknown; shop-reaper will complete or roll it back",
             place->order->id);
    return busy(place->pool, "the commit's outcome is unknown");
}

/* ---- all of it ---- */

static shop_error_t *price(const place_t *place, shop_order_quote_t *quote)
{
    const shop_order_request_t *request = place->request;

    SHOP_TRY(
        shop_order_price(quote, place->ports, request->user_id, request->coupon_code, place->pool));
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

static shop_error_t *fill(place_t *place)
{
    shop_order_t *order = place->order;
    const shop_order_request_t *request = place->request;
    apr_time_t now = place->ports->clock->now(place->ports->clock);

    SHOP_TRY(shop_id_make(&order->id, place->pool));
    SHOP_TRY(shop_id_order_number(&order->number, place->pool));
    order->status = SHOP_ORDER_PLACING;
    order->shipping_address =
        apr_pmemdup(place->pool, request->shipping_address, sizeof(*request->shipping_address));
    order->payment_method = request->payment_method;
    order->history = apr_array_make(place->pool, 4, sizeof(shop_order_event_t *));
    order->returned = apr_array_make(place->pool, 1, sizeof(const char *));
    order->created_at = order->updated_at = now;
    order->cart_slot = apr_psprintf(place->pool, "g:%" APR_INT64_T_FMT, order->cart_gen);
    order->key_slot =
        request->key_slot ? request->key_slot : apr_pstrcat(place->pool, "o:", order->id, NULL);
    order->fingerprint = request->fingerprint;
    order->lease_at = now + SHOP_ORDER_LEASE;
    order->unfinished = true;
    return NULL;
}

/* After the claim. */
static shop_error_t *reserve_and_commit(const place_t *place)
{
    const shop_order_ports_t *ports = place->ports;
    shop_error_t *err = reserve(place);

    if (!err) {
        err = in_time(place);
    }
    if (!err) {
        err = prepare_commit(place);
    }
    if (err) {
        shop_error_t *stuck =
            is_late(place) ? err : shop_order_abort(ports, place->order, place->pool);
        if (stuck) {
            shop_log(SHOP_LOG_WARN, SHOP_LOG_ORDER_UNKNOWN, NULL,
                     "order %s: rollback failed (%s); shop-reaper will repeat it", place->order->id,
                     stuck->cause ? stuck->cause : stuck->detail);
            return busy(place->pool, stuck->cause ? stuck->cause : stuck->detail);
        }
        return err->code == SHOP_UNAVAILABLE
                   ? busy(place->pool, err->cause ? err->cause : err->detail)
                   : err;
    }
    SHOP_TEST_POINT("placing.sealed", place->pool);
    return commit(place);
}

static shop_error_t *clean_if_time(const place_t *place)
{
    SHOP_TEST_POINT("placing.committed", place->pool);
    SHOP_TRY(in_time(place));
    return shop_order_clean(place->ports, place->order, place->pool);
}

/* Computes the prices and claims the cart. Neither *claimed nor an error: the key is known. */
static shop_error_t *price_and_claim(bool *claimed, place_t *place)
{
    shop_order_quote_t quote;
    shop_order_t *known = NULL;
    shop_error_t *err;
    bool again = false;

    do {
        shop_error_t *refusal = price(place, &quote);

        if (refusal) { /* the first request with this key may have caused it */
            SHOP_TRY(find_known(&known, place));
            return known ? answer_known(place, known) : refusal;
        }
        place->order = quote.order;
        SHOP_TRY(fill(place));
        err = claim(claimed, place);
        if (*claimed) { /* also when a step after the claim fails */
            place->placed->claimed = place->order;
        }
        SHOP_TRY(err);
        if (!*claimed) {
            SHOP_TRY(answer_duplicate(&again, place));
        }
    } while (again && !*claimed);
    return NULL;
}

/* The claimed order is rolled back because a price or the coupon's terms changed after they were
 * read. The next attempt checks expected_total; without it, the current price applies. */
static bool may_price_again(const shop_error_t *err, int turn, const place_t *place)
{
    return err && err->code == SHOP_TOTAL_CHANGED && turn < PRICE_TRIES && !is_late(place);
}

/* Computes the prices, claims, reserves and commits; starts again when a price has changed. */
static shop_error_t *place_once(place_t *place)
{
    shop_order_placed_t *placed = place->placed;

    for (int turn = 1;; turn++) {
        bool claimed = false;
        shop_error_t *err = price_and_claim(&claimed, place);

        if (err || !claimed) {
            return err;
        }
        err = reserve_and_commit(place);
        if (!err) {
            placed->outcome = SHOP_ORDER_PLACED;
            placed->order = place->order;
            return NULL;
        }
        if (!may_price_again(err, turn, place)) {
            return err->code == SHOP_TOTAL_CHANGED
                       ? busy(place->pool, "the price or the coupon keeps changing")
                       : err;
        }
    }
}

shop_error_t *shop_order_place(shop_order_placed_t *placed, const shop_order_ports_t *ports,
                               const shop_order_request_t *request, apr_pool_t *pool)
{
    place_t place = { .ports = ports, .request = request, .placed = placed, .pool = pool };
    shop_order_t *known = NULL;
    shop_error_t *left;

    *placed = (shop_order_placed_t){ .outcome = SHOP_ORDER_NOT_PLACED };
    SHOP_TRY(find_known(&known, &place));
    if (known) {
        return answer_known(&place, known);
    }
    if (request->admit) {
        SHOP_TRY(request->admit(request->baton, pool));
    }
    SHOP_TRY(place_once(&place));
    if (placed->outcome == SHOP_ORDER_REPLAYED) {
        return NULL;
    }
    left = clean_if_time(&place);
    if (left) { /* the order is placed; the reaper repeats the cleanup */
        shop_log(SHOP_LOG_WARN, SHOP_LOG_ORDER_CLEANUP, NULL, "order %s: cleanup pending: %s",
                 place.order->id, left->cause ? left->cause : left->detail);
    }
    return NULL;
}
