/* SPDX-License-Identifier: MIT
 * Undoes an order that was claimed and not committed. Every step consumes what it gives back, so
 * any number of callers at any delay do no harm; only the last step frees the two claims. */
#include "../base/testpoint.h"
#include "order_ports.h"

shop_take_t *shop_order_takes(const shop_order_t *order, apr_pool_t *pool)
{
    shop_take_t *takes = apr_pcalloc(pool, sizeof(*takes) * (size_t)(order->items->nelts + 1));

    for (int i = 0; i < order->items->nelts; i++) {
        const shop_order_line_t *line = APR_ARRAY_IDX(order->items, i, shop_order_line_t *);

        takes[i] = (shop_take_t){ line->product_id, line->quantity, line->price };
    }
    return takes;
}

static shop_error_t *undo(const shop_order_ports_t *ports, const shop_order_t *order,
                          apr_pool_t *pool)
{
    bool done;

    SHOP_TRY(ports->products->release(ports->products, order->id, shop_order_takes(order, pool),
                                      order->items->nelts, pool));
    SHOP_TEST_POINT("aborting.released", pool);
    if (order->coupon_limited) {
        SHOP_TRY(ports->coupons->release(ports->coupons, order->coupon_code, order->id, pool));
    }
    if (order->coupon_user_limit >= 0) {
        SHOP_TRY(ports->coupons->unredeem(ports->coupons, order->coupon_code, order->coupon_born,
                                          order->user_id, order->id, pool));
    }
    SHOP_TEST_POINT("aborting.undone", pool);
    /* Not done means that somebody else was quicker: then it is failed already. */
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
            return shop_error_cause(shop_err(pool, UNAVAILABLE, "the order is in another's hands"),
                                    pool, "order %s cannot be aborted, it is %s", order->id,
                                    now ? shop_order_status_stored(now->status) : "not there");
        }
    }
    return undo(ports, order, pool);
}
