/* SPDX-License-Identifier: MIT
 * Restocking compares the units' return revisions and is recorded line by line in the order, so
 * that it takes effect once even if messages are lost, repeated or late. */
#include "order_restock.h"

#include <string.h>

#include "../base/testpoint.h"
#include "order_reservation.h"

#define RESTOCK_TURNS 64
#define COUPON_LINE "coupon" /* in `returned`, beside the unit ids */

static bool is_returned(const shop_order_t *order, const char *line)
{
    for (int i = 0; i < order->returned->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(order->returned, i, const char *), line)) {
            return true;
        }
    }
    return false;
}

static bool has_coupon_use(const shop_order_t *order)
{
    return order->coupon_limited || order->coupon_user_limit >= 0;
}

/* Recorded only now that a marker, or the restock just done, names the order. */
static shop_error_t *return_line(int *left, const shop_order_ports_t *ports,
                                 const shop_order_t *order, const shop_unit_state_t *state,
                                 const shop_reservation_line_t *line, apr_pool_t *pool)
{
    bool done = state->restocked || !state->exists; /* a deleted product has no stock */

    if (!done) {
        SHOP_TRY(ports->stock->restock(&done, ports->stock, order->id, line, state->back_rev,
                                       ports->clock->now(ports->clock), pool));
        SHOP_TEST_POINT("cancelling.given", pool);
    }
    if (!done) { /* another restock came first: read again */
        ++*left;
        return NULL;
    }
    return ports->orders->mark_returned(ports->orders, order->id, line->unit_id, pool);
}

static shop_error_t *return_coupon(int *left, const shop_order_ports_t *ports,
                                   const shop_order_t *order, const shop_unit_state_t *state,
                                   apr_pool_t *pool)
{
    /* another `born`: the coupon was deleted and its code created again, so there is no use to
     * restock */
    bool done = !order->coupon_limited || state->restocked || !state->exists ||
                state->born != order->coupon_born;

    if (!done) {
        const shop_reservation_t use = shop_order_coupon_use(order, pool);

        SHOP_TRY(ports->coupon_uses->restock(&done, ports->coupon_uses, order->id, use.lines,
                                             state->back_rev, ports->clock->now(ports->clock),
                                             pool));
    }
    if (!done) {
        ++*left;
        return NULL;
    }
    if (order->coupon_user_limit >= 0) {
        SHOP_TRY(ports->coupons->unredeem(ports->coupons, order->coupon_code, order->coupon_born,
                                          order->user_id, order->id, pool));
    }
    return ports->orders->mark_returned(ports->orders, order->id, COUPON_LINE, pool);
}

/* One turn: the products and the coupon are read FIRST and the order after them. *left: lines that
 * another turn must look at; -1: the order is not restocked any more. *status: the order's. */
static shop_error_t *return_lines(int *left, shop_order_status_t *status,
                                  const shop_order_ports_t *ports, const shop_order_t *seen,
                                  apr_pool_t *pool)
{
    const shop_reservation_t lines = shop_order_stock_lines(seen, pool);
    shop_unit_state_t *states = apr_pcalloc(pool, sizeof(*states) * (size_t)(lines.count + 1));
    shop_unit_state_t coupon = { .exists = false };
    shop_order_t *order = NULL;

    *left = 0;
    SHOP_TRY(ports->stock->states(states, ports->stock, &lines, pool));
    if (seen->coupon_limited) {
        const shop_reservation_t use = shop_order_coupon_use(seen, pool);

        SHOP_TRY(ports->coupon_uses->states(&coupon, ports->coupon_uses, &use, pool));
    }
    SHOP_TRY(ports->orders->find(&order, ports->orders, seen->id, pool));
    if (!order || !shop_order_restocks(order)) {
        *left = -1;
        return NULL;
    }
    *status = order->status;
    for (int i = 0; i < lines.count; i++) {
        if (!is_returned(order, lines.lines[i].unit_id)) {
            SHOP_TRY(return_line(left, ports, order, &states[i], &lines.lines[i], pool));
        }
    }
    /* a refund does not restock the coupon */
    if (order->status == SHOP_ORDER_CANCELLING && has_coupon_use(order) &&
        !is_returned(order, COUPON_LINE)) {
        SHOP_TRY(return_coupon(left, ports, order, &coupon, pool));
    }
    return NULL;
}

shop_error_t *shop_order_drop_line_markers(const shop_order_ports_t *ports,
                                           const shop_order_t *order, apr_pool_t *pool)
{
    const shop_reservation_t lines = shop_order_stock_lines(order, pool);

    return ports->stock->drop_markers(ports->stock, &lines, pool);
}

shop_error_t *shop_order_drop_markers(const shop_order_ports_t *ports, const shop_order_t *order,
                                      apr_pool_t *pool)
{
    SHOP_TRY(shop_order_drop_line_markers(ports, order, pool));
    if (order->coupon_limited) {
        const shop_reservation_t use = shop_order_coupon_use(order, pool);

        SHOP_TRY(ports->coupon_uses->drop_markers(ports->coupon_uses, &use, pool));
    }
    return ports->orders->finish(ports->orders, order->id, pool);
}

/* Every line is restocked. If the status did not change, another caller was first. A refund drops
 * the markers of the lines only: the order may be cancelling by now, and then the coupon's marker
 * prevents its use from being restocked twice. */
static shop_error_t *end_restocking(const shop_order_ports_t *ports, const shop_order_t *order,
                                    shop_order_status_t status, apr_pool_t *pool)
{
    bool done;

    if (status == SHOP_ORDER_CANCELLING) {
        SHOP_TRY(ports->orders->move(&done, ports->orders, order->id, SHOP_ORDER_CANCELLING,
                                     SHOP_ORDER_CANCELLED, -1, NULL, NULL,
                                     ports->clock->now(ports->clock), pool));
        SHOP_TEST_POINT("cancelling.cancelled", pool);
        return shop_order_drop_markers(ports, order, pool);
    }
    SHOP_TRY(ports->orders->restocked(ports->orders, order->id, pool));
    SHOP_TEST_POINT("cancelling.cancelled", pool);
    SHOP_TRY(shop_order_drop_line_markers(ports, order, pool));
    return ports->orders->finish(ports->orders, order->id, pool);
}

shop_error_t *shop_order_restock(const shop_order_ports_t *ports, const shop_order_t *order,
                                 apr_time_t deadline, apr_pool_t *pool)
{
    apr_pool_t *turn_pool;
    shop_error_t *err = NULL;
    shop_order_status_t status = order->status;
    int left = 1;

    for (int turn = 0; turn < RESTOCK_TURNS && left > 0 && !err; turn++) {
        if (deadline && shop_clock_monotonic() >= deadline) {
            break;
        }
        apr_pool_create(&turn_pool, pool);
        err = return_lines(&left, &status, ports, order, turn_pool);
        if (!err) {
            apr_pool_destroy(turn_pool); /* an error lives in it */
        }
    }
    if (err) {
        return err;
    }
    if (left > 0) {
        return shop_error_cause(shop_err(pool, UNAVAILABLE, "restocking is incomplete"), pool,
                                "order %s: %d lines not restocked in time", order->id, left);
    }
    if (left < 0) {
        return NULL;
    }
    SHOP_TEST_POINT("cancelling.returned", pool);
    return end_restocking(ports, order, status, pool);
}
