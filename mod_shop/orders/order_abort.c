/* SPDX-License-Identifier: MIT
 * Undoes an order that was claimed and not placed. Each step deletes what it releases, so it may be
 * repeated and delayed without harm. The claim goes last: it is the record of what there is to do.
 */
#include "order_abort.h"

#include "../base/testpoint.h"
#include "order_reservation.h"

shop_order_t *shop_order_of_claim(const shop_cart_t *cart, apr_pool_t *pool)
{
    const shop_cart_claim_t *claim = cart->claim;
    shop_order_t *order = apr_pcalloc(pool, sizeof(*order));

    order->id = claim->order_id;
    order->user_id = cart->user_id;
    order->cart_gen = cart->gen;
    order->items = apr_array_make(pool, claim->lines->nelts + 1, sizeof(shop_order_line_t *));
    for (int i = 0; i < claim->lines->nelts; i++) {
        const shop_cart_line_t *claimed = APR_ARRAY_IDX(claim->lines, i, shop_cart_line_t *);
        shop_order_line_t *line = apr_pcalloc(pool, sizeof(*line));

        line->unit_id = claimed->product_id;
        line->quantity = claimed->quantity;
        APR_ARRAY_PUSH(order->items, shop_order_line_t *) = line;
    }
    order->coupon_code = claim->coupon_code;
    order->coupon_born = claim->coupon_born;
    order->coupon_limited = claim->coupon_limited;
    order->coupon_user_limit = claim->coupon_user_limit;
    return order;
}

/* Acknowledged before anything is released: a reserve that arrives later does not match, one that
 * arrived before is released. */
static shop_error_t *void_units(const shop_order_ports_t *ports, const shop_order_t *order,
                                apr_pool_t *pool)
{
    const shop_reservation_t lines = shop_order_stock_lines(order, pool);
    apr_time_t now = ports->clock->now(ports->clock);

    SHOP_TRY(ports->stock->void_order(ports->stock, &lines, now, pool));
    if (order->coupon_limited) {
        const shop_reservation_t use = shop_order_coupon_use(order, pool);

        SHOP_TRY(ports->coupon_uses->void_order(ports->coupon_uses, &use, now, pool));
    }
    SHOP_TEST_POINT("aborting.voided", pool);
    return NULL;
}

static shop_error_t *release(const shop_order_ports_t *ports, const shop_order_t *order,
                             apr_pool_t *pool)
{
    const shop_reservation_t lines = shop_order_stock_lines(order, pool);

    SHOP_TRY(ports->stock->release(ports->stock, &lines, pool));
    SHOP_TEST_POINT("aborting.released", pool);
    if (order->coupon_limited) {
        const shop_reservation_t use = shop_order_coupon_use(order, pool);

        SHOP_TRY(ports->coupon_uses->release(ports->coupon_uses, &use, pool));
    }
    if (order->coupon_user_limit >= 0) {
        SHOP_TRY(ports->coupons->unredeem(ports->coupons, order->coupon_code, order->coupon_born,
                                          order->user_id, order->id, pool));
    }
    SHOP_TEST_POINT("aborting.undone", pool);
    return NULL;
}

shop_error_t *shop_order_abort(const shop_order_ports_t *ports, const shop_order_t *order,
                               bool may_be_late, apr_pool_t *pool)
{
    SHOP_TEST_POINT("aborting.begun", pool);
    if (may_be_late) {
        SHOP_TRY(void_units(ports, order, pool));
    }
    SHOP_TRY(release(ports, order, pool));
    return ports->carts->unclaim(ports->carts, order->user_id, order->id, pool);
}

shop_error_t *shop_order_roll_back(const shop_order_ports_t *ports, const shop_order_t *order,
                                   apr_pool_t *pool)
{
    shop_order_t *now = NULL;
    bool done;

    SHOP_TRY(ports->orders->move(&done, ports->orders, order->id, SHOP_ORDER_PLACING,
                                 SHOP_ORDER_ABORTING, -1, NULL, NULL,
                                 ports->clock->now(ports->clock), pool));
    if (!done) {
        SHOP_TRY(ports->orders->find(&now, ports->orders, order->id, pool));
        if (now && now->status == SHOP_ORDER_FAILED) {
            return NULL;
        }
        if (!now || now->status != SHOP_ORDER_ABORTING) {
            return shop_error_cause(
                shop_err(pool, UNAVAILABLE, "the order is being processed by another request"),
                pool, "order %s cannot be aborted, it is %s", order->id,
                now ? shop_order_status_stored(now->status) : "not there");
        }
    }
    SHOP_TRY(release(ports, order, pool));
    /* Not done: another caller was first, so the order has failed already. */
    return ports->orders->move(&done, ports->orders, order->id, SHOP_ORDER_ABORTING,
                               SHOP_ORDER_FAILED, -1, NULL, NULL, ports->clock->now(ports->clock),
                               pool);
}
