/* SPDX-License-Identifier: MIT
 * Completes or undoes what crashed, paused or disconnected processes left. It finds unfinished
 * work by index and does not scan whole collections. Any number may run at once, because every step
 * may be repeated. Clocks only decide when it looks, never whether a step is correct. */
#include "order_reap.h"

#include "../base/log.h"
#include "order_abort.h"
#include "order_clean.h"
#include "order_reservation.h"
#include "order_restock.h"

#define BATCH 100

typedef struct reap_t {
    const shop_order_ports_t *ports;
    shop_reservations_t *reservations; /* whose leftovers are processed */
    apr_time_t now;
    shop_reap_sums_t *sums;
} reap_t;

/* Processes one leftover; *finished: nothing remains of it. */
typedef shop_error_t *(*finish_t)(bool *finished, const reap_t *reap, const void *item,
                                  apr_pool_t *pool);

/* A leftover that cannot be completed is logged and skipped. An unavailable store ends the run;
 * otherwise each of a hundred items would wait for it. */
static shop_error_t *finish_all(const reap_t *reap, const apr_array_header_t *items,
                                const char *what, finish_t finish, apr_pool_t *pool)
{
    for (int i = 0; i < items->nelts; i++) {
        apr_pool_t *item_pool;
        shop_error_t *err;
        bool finished = false;

        apr_pool_create(&item_pool, pool);
        err = finish(&finished, reap, APR_ARRAY_IDX(items, i, const void *), item_pool);
        if (err) {
            if (err->code == SHOP_UNAVAILABLE) {
                return err;
            }
            shop_log(SHOP_LOG_ERROR, SHOP_LOG_ORDER_STUCK, NULL, "%s: %s (%s)", what, err->detail,
                     err->cause ? err->cause : "no cause");
        }
        reap->sums->done += finished;
        reap->sums->left += !finished;
        apr_pool_destroy(item_pool);
    }
    return NULL;
}

static bool is_undecided(shop_order_status_t status)
{
    return status == SHOP_ORDER_PLACING || status == SHOP_ORDER_ABORTING;
}

static shop_error_t *finish_claim(bool *finished, const reap_t *reap, const void *item,
                                  apr_pool_t *pool)
{
    bool placed;

    SHOP_TRY(shop_order_resolve(finished, &placed, reap->ports, item, pool));
    reap->sums->completed += *finished && placed;
    reap->sums->rolled_back += *finished && !placed;
    return NULL;
}

static shop_error_t *finish_order(bool *finished, const reap_t *reap, const void *item,
                                  apr_pool_t *pool)
{
    const shop_order_t *order = item;

    switch (order->status) {
    case SHOP_ORDER_PLACING:
    case SHOP_ORDER_ABORTING: SHOP_TRY(shop_order_roll_back(reap->ports, order, pool)); break;
    case SHOP_ORDER_CANCELLING: SHOP_TRY(shop_order_restock(reap->ports, order, 0, pool)); break;
    case SHOP_ORDER_CANCELLED: SHOP_TRY(shop_order_drop_markers(reap->ports, order, pool)); break;
    default:
        if (!order->restocking && order->returned->nelts) { /* interrupted after its last line */
            SHOP_TRY(shop_order_drop_line_markers(reap->ports, order, pool));
        }
        SHOP_TRY(shop_order_clean(reap->ports, order, pool));
        if (order->restocking) {
            SHOP_TRY(shop_order_restock(reap->ports, order, 0, pool));
        }
        break;
    }
    *finished = true;
    if (is_undecided(order->status)) {
        reap->sums->rolled_back++;
    } else {
        reap->sums->completed++;
    }
    return NULL;
}

/* A reservation of the previous protocol. One whose order does not exist is of an order that is
 * being placed, or that its cart's claim leads to. */
static shop_error_t *finish_reservation(bool *finished, const reap_t *reap, const void *item,
                                        apr_pool_t *pool)
{
    const shop_leftover_t *left = item;
    const shop_reservation_t line = shop_order_left_line(left, pool);
    const shop_unit_orders_t unit = { left->id, &left->order_id, 1 };
    shop_reservations_t *reservations = reap->reservations;
    shop_order_repo_t *orders = reap->ports->orders;
    shop_order_t *order = NULL;

    SHOP_TRY(orders->find(&order, orders, left->order_id, pool));
    if (!order || is_undecided(order->status)) {
        return NULL;
    }
    *finished = true;
    return order->status == SHOP_ORDER_FAILED ? reservations->release(reservations, &line, pool)
                                              : reservations->confirm(reservations, &unit, 1, pool);
}

static shop_error_t *finish_marker(bool *finished, const reap_t *reap, const void *item,
                                   apr_pool_t *pool)
{
    const shop_leftover_t *left = item;
    const shop_reservation_t line = shop_order_left_line(left, pool);
    shop_order_repo_t *orders = reap->ports->orders;
    shop_order_t *order = NULL;

    SHOP_TRY(orders->find(&order, orders, left->order_id, pool));
    if (!order) {
        shop_log_seldom(SHOP_LOG_ERROR, SHOP_LOG_ORDER_STUCK,
                        "orphan entry in %s: order %s does not exist", left->id, left->order_id);
        return NULL;
    }
    if (shop_order_restocks(order)) { /* the marker still prevents a second restock */
        return NULL;
    }
    *finished = true;
    return reap->reservations->drop_markers(reap->reservations, &line, pool);
}

/* A redemption whose order was not placed or was cancelled is removed. Otherwise it is taken out of
 * the index, so that it is checked once only. */
static shop_error_t *finish_redemption(bool *finished, const reap_t *reap, const void *item,
                                       apr_pool_t *pool)
{
    const shop_leftover_t *left = item;
    shop_coupon_repo_t *coupons = reap->ports->coupons;
    shop_order_repo_t *orders = reap->ports->orders;
    shop_order_t *order = NULL;
    shop_tombstone_t result = SHOP_TOMBSTONE_PLACED;

    SHOP_TRY(orders->find_durable(&order, orders, left->user_id, left->order_id, pool));
    if (!order || !shop_order_status_name(order->status)) { /* or it may be placed any moment */
        SHOP_TRY(orders->tombstone(&result, &order, orders, left->order_id, left->user_id,
                                   reap->now, pool));
    }
    if (result == SHOP_TOMBSTONE_UNSEEN || (order && order->status == SHOP_ORDER_CANCELLING)) {
        return NULL;
    }
    *finished = true;
    return result == SHOP_TOMBSTONE_SET || order->status == SHOP_ORDER_CANCELLED
               ? coupons->drop_redemption(coupons, left->id, left->order_id, pool)
               : coupons->keep_redemption(coupons, left->id, left->order_id, pool);
}

static shop_error_t *sweep_reservations(reap_t *reap, shop_reservations_t *reservations,
                                        apr_time_t old, apr_pool_t *pool)
{
    apr_array_header_t *left;

    reap->reservations = reservations;
    SHOP_TRY(reservations->sweep(&left, reservations, SHOP_SWEEP_RESERVATIONS, old, BATCH, pool));
    SHOP_TRY(finish_all(reap, left, "an old reservation", finish_reservation, pool));
    SHOP_TRY(reservations->sweep(&left, reservations, SHOP_SWEEP_MARKERS, old, BATCH, pool));
    return finish_all(reap, left, "an old return marker", finish_marker, pool);
}

static shop_error_t *drop_voids(const reap_t *reap, apr_pool_t *pool)
{
    const shop_order_ports_t *ports = reap->ports;
    apr_time_t old = reap->now - SHOP_VOID_KEPT;

    SHOP_TRY(ports->stock->drop_voids(ports->stock, old, pool));
    return ports->coupon_uses->drop_voids(ports->coupon_uses, old, pool);
}

shop_error_t *shop_order_reap(shop_reap_sums_t *sums, const shop_order_ports_t *ports,
                              apr_pool_t *pool)
{
    reap_t reap = { .ports = ports, .now = ports->clock->now(ports->clock), .sums = sums };
    apr_time_t old = reap.now - 2 * SHOP_ORDER_LEASE;
    apr_array_header_t *left;

    *sums = (shop_reap_sums_t){ .done = 0 };
    SHOP_TRY(
        ports->carts->old_claims(&left, ports->carts, reap.now - SHOP_ORDER_LEASE, BATCH, pool));
    SHOP_TRY(finish_all(&reap, left, "an interrupted order", finish_claim, pool));
    SHOP_TRY(ports->orders->unfinished(&left, ports->orders, reap.now, BATCH, pool));
    SHOP_TRY(finish_all(&reap, left, "an unfinished order", finish_order, pool));
    SHOP_TRY(sweep_reservations(&reap, ports->stock, old, pool));
    SHOP_TRY(sweep_reservations(&reap, ports->coupon_uses, old, pool));
    SHOP_TRY(ports->coupons->old_redemptions(&left, ports->coupons, old, BATCH, pool));
    SHOP_TRY(finish_all(&reap, left, "an old redemption", finish_redemption, pool));
    return drop_voids(&reap, pool);
}
