/* SPDX-License-Identifier: MIT
 * Reserving, and why it did not succeed. Each reserve is sent once for an order: one that arrives
 * twice, or late, would reserve for an order that has been given up. */
#include "../base/testpoint.h"
#include "order_place_inner.h"
#include "order_reservation.h"

/* The order was given up by the reaper: its twin may be placed by now, so the customer must not be
 * told that something is short. */
static shop_error_t *given_up(const shop_place_t *place)
{
    return shop_place_busy(place->pool, "the order was given up by the reaper meanwhile");
}

/* Why one line was not reserved, or NULL: the stock is short, or no longer. */
static shop_error_t *why_not_line(const shop_unit_state_t *state,
                                  const shop_reservation_line_t *line, apr_pool_t *pool)
{
    if (!state->exists) {
        return shop_err(pool, PRODUCT_UNAVAILABLE, "product %s was withdrawn", line->unit_id);
    }
    if (state->terms != line->terms) {
        return shop_err(pool, TOTAL_CHANGED, "the price of product %s changed", line->unit_id);
    }
    return NULL;
}

static bool has_void(const shop_unit_state_t *states, int count)
{
    for (int i = 0; i < count; i++) {
        if (states[i].voided) {
            return true;
        }
    }
    return false;
}

/* A unit has as many reservations as it may have. */
static shop_error_t *too_many(const shop_place_t *place)
{
    if (place->ports->drops) {
        shop_order_drops_hurry(place->ports->drops);
    }
    return shop_place_busy(place->pool, "a product or the coupon has too many reservations");
}

/* Fewer lines were reserved than sent: finds the reason. */
static shop_error_t *why_not_reserved(const shop_place_t *place, const shop_reservation_t *wanted)
{
    const shop_order_ports_t *ports = place->ports;
    shop_unit_state_t *states = apr_pcalloc(place->pool, sizeof(*states) * (size_t)wanted->count);
    shop_error_t *shortage = NULL;
    bool full = false;

    SHOP_TRY(ports->stock->states(states, ports->stock, wanted, place->pool));
    if (has_void(states, wanted->count)) {
        return given_up(place);
    }
    for (int i = 0; i < wanted->count; i++) {
        const shop_reservation_line_t *line = &wanted->lines[i];

        if (states[i].reserved) {
            continue;
        }
        SHOP_TRY(why_not_line(&states[i], line, place->pool));
        if (states[i].available < line->quantity) {
            shop_order_short(&shortage, line->unit_id, line->quantity,
                             states[i].available > 0 ? states[i].available : 0, place->pool);
        }
        full = full || states[i].reservations >= SHOP_RESERVATIONS_MAX;
    }
    if (shortage) {
        return shortage;
    }
    return full ? too_many(place)
                : shop_place_busy(place->pool, "what was short a moment ago is there again");
}

/* Its outcome is unknown: it may be applied later. */
static shop_error_t *note_late(shop_place_t *place, shop_error_t *err)
{
    place->may_be_late = place->may_be_late || (err && err->code == SHOP_UNAVAILABLE);
    return err;
}

/* As its caller sees it: at a test point that fails, the reply is lost. */
static shop_error_t *send_stock(int *reserved, const shop_place_t *place,
                                const shop_reservation_t *wanted)
{
    const shop_order_ports_t *ports = place->ports;

    SHOP_TRY(ports->stock->reserve(reserved, ports->stock, wanted, ports->clock->now(ports->clock),
                                   place->pool));
    SHOP_TEST_POINT("placing.taken", place->pool);
    return NULL;
}

static shop_error_t *reserve_stock(shop_place_t *place)
{
    const shop_reservation_t wanted = shop_order_stock_lines(place->order, place->pool);
    int reserved = 0;

    SHOP_TRY(shop_place_in_time(place));
    SHOP_TRY(note_late(place, send_stock(&reserved, place, &wanted)));
    return reserved == wanted.count ? NULL : why_not_reserved(place, &wanted);
}

static shop_error_t *why_no_use(const shop_place_t *place, const shop_reservation_t *wanted)
{
    const shop_order_ports_t *ports = place->ports;
    const shop_order_t *order = place->order;
    shop_unit_state_t state = { .exists = false };

    SHOP_TRY(ports->coupon_uses->states(&state, ports->coupon_uses, wanted, place->pool));
    if (state.voided) {
        return given_up(place);
    }
    if (!state.exists) {
        return shop_coupon_refuse("unknown", "the coupon was withdrawn", place->pool);
    }
    if (state.terms != order->coupon_terms_rev) {
        return shop_err(place->pool, TOTAL_CHANGED, "the coupon changed while it was used");
    }
    if (state.available == 0) {
        return shop_err(place->pool, COUPON_EXHAUSTED, "coupon %s is used up", order->coupon_code);
    }
    return state.reservations >= SHOP_RESERVATIONS_MAX
               ? too_many(place)
               : shop_place_busy(place->pool, "what was used up a moment ago is there again");
}

/* The order may have been given up after its stock was reserved, and its twin may have redeemed. */
static shop_error_t *not_given_up(const shop_place_t *place)
{
    shop_reservations_t *stock = place->ports->stock;
    const shop_reservation_t lines = shop_order_stock_lines(place->order, place->pool);
    shop_unit_state_t *states = apr_pcalloc(place->pool, sizeof(*states) * (size_t)lines.count);

    SHOP_TRY(stock->states(states, stock, &lines, place->pool));
    return has_void(states, lines.count) ? given_up(place) : NULL;
}

static shop_error_t *redeem_coupon(const shop_place_t *place)
{
    const shop_order_ports_t *ports = place->ports;
    const shop_order_t *order = place->order;
    bool redeemed = true;

    SHOP_TRY(shop_place_in_time(place));
    SHOP_TRY(ports->coupons->redeem(&redeemed, ports->coupons, order->coupon_code,
                                    order->coupon_born, order->user_id, order->coupon_user_limit,
                                    order->id, ports->clock->now(ports->clock), place->pool));
    if (!redeemed) {
        SHOP_TRY(not_given_up(place));
        return shop_coupon_refuse("user_limit", "you have used this coupon before", place->pool);
    }
    SHOP_TEST_POINT("placing.redeemed", place->pool);
    return NULL;
}

static shop_error_t *send_coupon_use(int *reserved, const shop_place_t *place,
                                     const shop_reservation_t *wanted)
{
    const shop_order_ports_t *ports = place->ports;

    SHOP_TRY(ports->coupon_uses->reserve(reserved, ports->coupon_uses, wanted,
                                         ports->clock->now(ports->clock), place->pool));
    if (*reserved == wanted->count) {
        SHOP_TEST_POINT("placing.coupon_taken", place->pool);
    }
    return NULL;
}

static shop_error_t *reserve_coupon_use(shop_place_t *place)
{
    const shop_reservation_t wanted = shop_order_coupon_use(place->order, place->pool);
    int reserved = 0;

    SHOP_TRY(shop_place_in_time(place));
    SHOP_TRY(note_late(place, send_coupon_use(&reserved, place, &wanted)));
    return reserved == wanted.count ? NULL : why_no_use(place, &wanted);
}

shop_error_t *shop_place_reserve(shop_place_t *place)
{
    SHOP_TRY(reserve_stock(place));
    if (place->order->coupon_user_limit >= 0) {
        SHOP_TRY(redeem_coupon(place));
    }
    return place->order->coupon_limited ? reserve_coupon_use(place) : NULL;
}
