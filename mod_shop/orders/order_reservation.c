/* SPDX-License-Identifier: MIT
 * Makes reservation lines from orders and leftovers. */
#include "order_reservation.h"

static shop_reservation_t make(const char *order_id, const char *user_id, int count,
                               shop_reservation_line_t **lines, apr_pool_t *pool)
{
    *lines = apr_pcalloc(pool, sizeof(**lines) * (size_t)(count + 1));
    return (shop_reservation_t){ order_id, user_id, *lines, count };
}

shop_reservation_t shop_order_stock_lines(const shop_order_t *order, apr_pool_t *pool)
{
    shop_reservation_line_t *lines;
    shop_reservation_t reservation =
        make(order->id, order->user_id, order->items->nelts, &lines, pool);

    for (int i = 0; i < order->items->nelts; i++) {
        const shop_order_line_t *line = APR_ARRAY_IDX(order->items, i, shop_order_line_t *);

        lines[i] = (shop_reservation_line_t){ line->unit_id, line->quantity, line->price };
    }
    return reservation;
}

shop_reservation_t shop_order_coupon_use(const shop_order_t *order, apr_pool_t *pool)
{
    shop_reservation_line_t *lines;
    shop_reservation_t reservation = make(order->id, order->user_id, 1, &lines, pool);

    lines[0] = (shop_reservation_line_t){ order->coupon_code, 1, order->coupon_terms_rev };
    return reservation;
}

shop_reservation_t shop_order_left_line(const shop_leftover_t *left, apr_pool_t *pool)
{
    shop_reservation_line_t *lines;
    shop_reservation_t reservation = make(left->order_id, left->user_id, 1, &lines, pool);

    lines[0] = (shop_reservation_line_t){ left->id, left->quantity, 0 };
    return reservation;
}
