/* SPDX-License-Identifier: MIT
 * What follows the commit: the cart, and the completion of orders whose process was interrupted.
 * Idempotent; run by the request that placed the order, by its customer's next request, or by the
 * reaper. */
#include "order_clean.h"

#include <apr_strings.h>
#include <string.h>

#include "../base/testpoint.h"
#include "order_abort.h"
#include "order_reservation.h"

/* An attempt fails only when the customer edits the cart at the same moment. */
#define CLEAR_TURNS 16

static int64_t ordered_of(const shop_order_t *order, const char *unit_id)
{
    for (int i = 0; i < order->items->nelts; i++) {
        const shop_order_line_t *line = APR_ARRAY_IDX(order->items, i, shop_order_line_t *);

        if (!strcmp(line->unit_id, unit_id)) {
            return line->quantity;
        }
    }
    return 0;
}

/* Of the product's earlier lines in the cart. */
static int64_t before_line(const shop_cart_t *cart, int place)
{
    const char *id = APR_ARRAY_IDX(cart->lines, place, shop_cart_line_t *)->product_id;
    int64_t sum = 0;

    for (int i = 0; i < place; i++) {
        const shop_cart_line_t *line = APR_ARRAY_IDX(cart->lines, i, shop_cart_line_t *);

        sum += strcmp(line->product_id, id) ? 0 : line->quantity;
    }
    return sum;
}

/* The lines of the cart without what was ordered. */
static apr_array_header_t *lines_left(const shop_cart_t *cart, const shop_order_t *order,
                                      apr_pool_t *pool)
{
    apr_array_header_t *left = apr_array_make(pool, 4, sizeof(shop_cart_line_t *));

    for (int i = 0; i < cart->lines->nelts; i++) {
        const shop_cart_line_t *line = APR_ARRAY_IDX(cart->lines, i, shop_cart_line_t *);
        int64_t ordered = ordered_of(order, line->product_id) - before_line(cart, i);
        shop_cart_line_t *rest;

        if (ordered >= line->quantity) {
            continue;
        }
        rest = apr_pmemdup(pool, line, sizeof(*line));
        rest->quantity -= ordered > 0 ? ordered : 0;
        APR_ARRAY_PUSH(left, shop_cart_line_t *) = rest;
    }
    return left;
}

shop_error_t *shop_order_clear_cart(const shop_order_ports_t *ports, const shop_order_t *order,
                                    const shop_cart_t *seen, apr_pool_t *pool)
{
    shop_cart_repo_t *carts = ports->carts;

    for (int turn = 0; turn < CLEAR_TURNS; turn++) {
        const shop_cart_t *cart = seen;
        shop_cart_t *read;
        bool done = false;

        seen = NULL;
        if (!cart) {
            SHOP_TRY(carts->find(&read, carts, order->user_id, pool));
            cart = read;
        }
        if (cart->gen != order->cart_gen) { /* cleared: by another, or by a process that knows no
                                               claims and left ours */
            return cart->claim && !strcmp(cart->claim->order_id, order->id)
                       ? carts->unclaim(carts, order->user_id, order->id, pool)
                       : NULL;
        }
        SHOP_TRY(carts->ordered(&done, carts, cart, order->id, lines_left(cart, order, pool),
                                ports->clock->now(ports->clock), pool));
        if (done) {
            SHOP_TEST_POINT("cleaning.cart", pool);
            return NULL;
        }
    }
    /* Not UNAVAILABLE, which would end the reaper's run: other carts are not concerned. */
    return shop_error_cause(shop_err(pool, CONFLICT, "the cart keeps changing"), pool,
                            "the cart of order %s keeps changing", order->id);
}

shop_error_t *shop_order_confirm(const shop_order_ports_t *ports, const shop_order_t *order,
                                 apr_pool_t *pool)
{
    int count = order->items->nelts;
    shop_unit_orders_t *units = apr_pcalloc(pool, sizeof(*units) * (size_t)(count + 1));

    for (int i = 0; i < count; i++) {
        units[i] =
            (shop_unit_orders_t){ APR_ARRAY_IDX(order->items, i, shop_order_line_t *)->unit_id,
                                  &order->id, 1 };
    }
    SHOP_TRY(ports->stock->confirm(ports->stock, units, count, pool));
    SHOP_TEST_POINT("cleaning.spent", pool);
    if (order->coupon_limited) {
        const shop_unit_orders_t use = { order->coupon_code, &order->id, 1 };

        SHOP_TRY(ports->coupon_uses->confirm(ports->coupon_uses, &use, 1, pool));
    }
    return NULL;
}

shop_error_t *shop_order_clean(const shop_order_ports_t *ports, const shop_order_t *order,
                               apr_pool_t *pool)
{
    SHOP_TRY(shop_order_confirm(ports, order, pool));
    SHOP_TRY(shop_order_clear_cart(ports, order, NULL, pool));
    return order->unfinished ? ports->orders->finish(ports->orders, order->id, pool) : NULL;
}

shop_error_t *shop_order_resolve(bool *resolved, bool *placed, const shop_order_ports_t *ports,
                                 const shop_cart_t *cart, apr_pool_t *pool)
{
    shop_order_t *order = NULL;
    shop_tombstone_t result;

    *resolved = *placed = false;
    SHOP_TRY(ports->orders->tombstone(&result, &order, ports->orders, cart->claim->order_id,
                                      cart->user_id, ports->clock->now(ports->clock), pool));
    SHOP_TEST_POINT("resolving.decided", pool);
    if (result == SHOP_TOMBSTONE_UNSEEN) {
        return NULL;
    }
    *placed = result == SHOP_TOMBSTONE_PLACED;
    SHOP_TRY(*placed ? shop_order_clean(ports, order, pool)
                     : shop_order_abort(ports, shop_order_of_claim(cart, pool), true, pool));
    *resolved = true;
    return NULL;
}
