/* SPDX-License-Identifier: MIT
 * Rolls back an order that was claimed and not committed. Each step deletes what it releases, so it
 * may be repeated and delayed without harm. The last step frees the two claims. */
#include "order_abort.h"

#include "../base/testpoint.h"
#include "order_reservation.h"

static shop_error_t *undo(const shop_order_ports_t *ports, const shop_order_t *order,
                          apr_pool_t *pool)
{
    const shop_reservation_t lines = shop_order_stock_lines(order, pool);
    bool done;

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
    /* Not done: another caller was first, so the order has failed already. */
    return ports->orders->move(&done, ports->orders, order->id, SHOP_ORDER_ABORTING,
                               SHOP_ORDER_FAILED, -1, NULL, NULL, ports->clock->now(ports->clock),
                               pool);
}

shop_error_t *shop_order_abort(const shop_order_ports_t *ports, const shop_order_t *order,
                               apr_pool_t *pool)
{
    shop_order_t *now = NULL;
    bool done;

    SHOP_TRY(ports->orders->move(&done, ports->orders, order->id, SHOP_ORDER_PLACING,
                                 SHOP_ORDER_ABORTING, -1, NULL, NULL,
                                 ports->clock->now(ports->clock), pool));
    SHOP_TEST_POINT("aborting.begun", pool);
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
    return undo(ports, order, pool);
}
