/* SPDX-License-Identifier: MIT
 * The claim: which of several requests may order a cart, and what the others are told. */
#include <apr_strings.h>
#include <string.h>

#include "../base/log.h"
#include "../base/testpoint.h"
#include "order_abort.h"
#include "order_clean.h"
#include "order_place_inner.h"

#define CLAIM_TRIES 3

/* Best effort: a placed order whose cleanup was interrupted would block its customer's next one
 * until the reaper runs. */
static void clean_left(const shop_place_t *place, const shop_order_t *left)
{
    shop_error_t *err = shop_order_clean(place->ports, left, place->pool);

    if (err) {
        shop_log(SHOP_LOG_WARN, SHOP_LOG_ORDER_CLEANUP, NULL, "order %s: cleanup pending: %s",
                 left->id, err->cause ? err->cause : err->detail);
    }
}

static shop_error_t *wait_for(shop_error_t *err)
{
    err->retry_after = SHOP_PLACE_RETRY_AFTER;
    return err;
}

static shop_error_t *key_in_progress(const shop_place_t *place)
{
    return wait_for(shop_err(place->pool, IDEMPOTENCY_IN_PROGRESS,
                             "a request with this Idempotency-Key is still running"));
}

static shop_error_t *order_in_progress(const shop_place_t *place)
{
    return wait_for(
        shop_err(place->pool, ORDER_IN_PROGRESS, "this cart is being ordered by another request"));
}

shop_error_t *shop_place_find_known(shop_order_t **known, const shop_place_t *place)
{
    shop_order_repo_t *orders = place->ports->orders;

    *known = NULL;
    if (!place->request->key_slot) {
        return NULL;
    }
    return orders->find_by_key(known, orders, place->request->user_id, place->request->key_slot,
                               place->pool);
}

/* The first request may have been interrupted after the commit: then its cart still has its claim.
 */
static void clean_known(const shop_place_t *place, const shop_order_t *known)
{
    shop_cart_repo_t *carts = place->ports->carts;
    shop_cart_t *cart;
    shop_error_t *err = carts->find(&cart, carts, known->user_id, place->pool);

    if ((known->unfinished && !shop_order_restocks(known)) ||
        (!err && cart->claim && !strcmp(cart->claim->order_id, known->id))) {
        clean_left(place, known);
    }
}

shop_error_t *shop_place_answer_known(const shop_place_t *place, shop_order_t *known)
{
    if (strcmp(known->fingerprint ? known->fingerprint : "", place->request->fingerprint) != 0) {
        return shop_err(place->pool, IDEMPOTENCY_MISMATCH,
                        "this Idempotency-Key was used for another request");
    }
    if (!shop_order_status_name(known->status) || !known->reply) { /* of the previous protocol */
        return key_in_progress(place);
    }
    clean_known(place, known);
    place->placed->outcome = SHOP_ORDER_REPLAYED;
    place->placed->order = known;
    return NULL;
}

static bool has_our_key(const shop_place_t *place, const shop_cart_claim_t *claim)
{
    return place->request->key_slot && claim->key_slot &&
           !strcmp(claim->key_slot, place->request->key_slot);
}

/* The cart could not be cleared for all its edits: the customer asks again. */
static shop_error_t *busy_if_cart_changes(const shop_place_t *place, shop_error_t *err)
{
    return err && err->code == SHOP_CONFLICT ? shop_place_busy(place->pool, err->cause) : err;
}

shop_error_t *shop_place_meet_claim(const shop_place_t *place)
{
    const shop_order_ports_t *ports = place->ports;
    const shop_cart_claim_t *claim = place->cart->claim;
    shop_order_t *other = NULL;
    bool resolved = false, was_placed;

    SHOP_TRY(ports->orders->find_durable(&other, ports->orders, place->request->user_id,
                                         claim->order_id, place->pool));
    if (other && shop_order_status_name(other->status)) {
        return busy_if_cart_changes(place, shop_order_clean(ports, other, place->pool));
    }
    if (claim->at + SHOP_ORDER_LEASE <= ports->clock->now(ports->clock)) {
        SHOP_TRY(busy_if_cart_changes(
            place, shop_order_resolve(&resolved, &was_placed, ports, place->cart, place->pool)));
    }
    if (resolved) {
        return NULL;
    }
    return has_our_key(place, claim) ? key_in_progress(place) : order_in_progress(place);
}

static shop_cart_claim_t *make_claim(const shop_place_t *place)
{
    const shop_order_t *order = place->order;
    shop_cart_claim_t *claim = apr_pcalloc(place->pool, sizeof(*claim));

    claim->order_id = order->id;
    claim->at = place->ports->clock->now(place->ports->clock);
    claim->rev = place->cart->rev + 1;
    claim->key_slot = place->request->key_slot;
    claim->lines = apr_array_make(place->pool, order->items->nelts + 1, sizeof(shop_cart_line_t *));
    for (int i = 0; i < order->items->nelts; i++) {
        const shop_order_line_t *item = APR_ARRAY_IDX(order->items, i, shop_order_line_t *);
        shop_cart_line_t *line = apr_pcalloc(place->pool, sizeof(*line));

        line->product_id = item->unit_id;
        line->quantity = item->quantity;
        APR_ARRAY_PUSH(claim->lines, shop_cart_line_t *) = line;
    }
    claim->coupon_code = order->coupon_code;
    claim->coupon_born = order->coupon_born;
    claim->coupon_limited = order->coupon_limited;
    claim->coupon_user_limit = order->coupon_user_limit;
    return claim;
}

/* The claim was sent more than once, so an earlier copy may be the one that is stored. */
static shop_error_t *is_ours(bool *ours, const shop_place_t *place)
{
    const shop_order_ports_t *ports = place->ports;
    shop_cart_t *cart;

    SHOP_TRY(ports->carts->find(&cart, ports->carts, place->request->user_id, place->pool));
    *ours = cart->claim && !strcmp(cart->claim->order_id, place->order->id);
    return NULL;
}

static shop_error_t *send_claim(bool *claimed, const shop_place_t *place,
                                const shop_cart_claim_t *claim)
{
    shop_cart_repo_t *carts = place->ports->carts;
    shop_error_t *err = NULL;
    int turn;

    for (turn = 0; turn < CLAIM_TRIES; turn++) {
        SHOP_TRY(shop_place_in_time(place));
        err = carts->claim(claimed, carts, place->cart, claim, place->pool);
        if (!err || err->code != SHOP_UNAVAILABLE) {
            break;
        }
    }
    if (!err && !*claimed && turn > 0) {
        err = is_ours(claimed, place);
    }
    if (err && err->code == SHOP_UNAVAILABLE) {
        shop_log(SHOP_LOG_WARN, SHOP_LOG_ORDER_UNKNOWN, NULL, "order %s: claim outcome unknown: %s",
                 place->order->id, err->cause ? err->cause : err->detail);
        return shop_place_busy(place->pool, "the claim's outcome is unknown");
    }
    return err;
}

shop_error_t *shop_place_claim(bool *claimed, shop_place_t *place)
{
    shop_cart_claim_t *claim = make_claim(place);

    SHOP_TEST_POINT("placing.begun", place->pool);
    SHOP_TRY(place->ports->orders->may_insert(place->ports->orders, place->pool));
    SHOP_TRY(send_claim(claimed, place, claim));
    if (*claimed) {
        place->cart = apr_pmemdup(place->pool, place->cart, sizeof(*place->cart));
        place->cart->claim = claim;
        place->cart->rev = claim->rev;
        SHOP_TEST_POINT("placing.claimed", place->pool);
    }
    return NULL;
}

/* An order of the previous protocol, which holds its cart by the slot alone, or one whose claim is
 * gone. */
static shop_error_t *resolve_slot(const shop_place_t *place)
{
    const shop_order_ports_t *ports = place->ports;
    shop_order_t *other = NULL;

    SHOP_TRY(ports->orders->find_by_cart(&other, ports->orders, place->request->user_id,
                                         place->order->cart_slot, place->pool));
    if (!other) {
        return NULL;
    }
    if (shop_order_status_name(other->status)) {
        /* also if marked finished: an election may have rolled back the update of its cart */
        clean_left(place, other);
        return NULL;
    }
    return other->lease_at < ports->clock->now(ports->clock)
               ? shop_order_roll_back(ports, other, place->pool)
               : order_in_progress(place);
}

shop_error_t *shop_place_answer_slot(const shop_place_t *place)
{
    shop_order_t *known;

    SHOP_TRY(shop_place_find_known(&known, place));
    return known ? shop_place_answer_known(place, known) : resolve_slot(place);
}
