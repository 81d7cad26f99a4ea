/* SPDX-License-Identifier: MIT
 * Cleanup after the commit: confirms the reservations and empties the cart. Idempotent; run by the
 * request that placed the order, by the customer's next request, or by the reaper. */
#include "order_clean.h"

#include "../base/testpoint.h"
#include "order_reservation.h"

shop_error_t *shop_order_clean(const shop_order_ports_t *ports, const shop_order_t *order,
                               apr_pool_t *pool)
{
    const shop_reservation_t lines = shop_order_stock_lines(order, pool);
    int count = order->items->nelts;
    const char **ids = apr_palloc(pool, sizeof(*ids) * (size_t)(count + 1));

    for (int i = 0; i < count; i++) {
        ids[i] = APR_ARRAY_IDX(order->items, i, shop_order_line_t *)->unit_id;
    }
    SHOP_TRY(ports->stock->confirm(ports->stock, &lines, pool));
    SHOP_TEST_POINT("cleaning.spent", pool);
    if (order->coupon_limited) {
        const shop_reservation_t use = shop_order_coupon_use(order, pool);

        SHOP_TRY(ports->coupon_uses->confirm(ports->coupon_uses, &use, pool));
    }
    SHOP_TRY(ports->carts->ordered(ports->carts, order->user_id, order->cart_gen, ids, count,
                                   ports->clock->now(ports->clock), pool));
    SHOP_TEST_POINT("cleaning.cart", pool);
    return ports->orders->finish(ports->orders, order->id, pool);
}
