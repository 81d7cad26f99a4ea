/* SPDX-License-Identifier: MIT
 * Carts: those who go on changing them, what they put in, and elections, which take back what only
 * one node acknowledged. */
#include "storm.h"

#include <string.h>

#define EDITS 6
#define SET_PERCENT 35
#define REMOVE_PERCENT 10
#define QUANTITY_MAX 2
#define ELECTION_TICKS 120 /* a node that lags more than this is never elected */

/* ---- editors ---- */

/* A user whose cart is being ordered, if there is one: that is where an edit matters. */
static int choose_user(storm_t *storm)
{
    int any = (int)storm_random(storm, STORM_USERS);

    for (int i = storm->orders->nelts - 1; i >= 0; i--) {
        const storm_order_t *order = &APR_ARRAY_IDX(storm->orders, i, storm_order_t);

        if (order->claimed && !order->placed && order->claimed + 120 > storm->tick &&
            storm_chance(storm, 50)) {
            return order->user;
        }
    }
    return any;
}

/* Whatever comes of it: what was applied is counted when it is. */
static void edit(storm_worker_t *worker)
{
    storm_t *storm = worker->storm;
    shop_cart_repo_t *carts = storm->ports.carts;
    const char *user = storm_user_id(choose_user(storm), worker->pool);
    const char *product = storm_product_id((int)storm_random(storm, STORM_PRODUCTS), worker->pool);
    int64_t quantity = 1 + storm_random(storm, QUANTITY_MAX), what = storm_random(storm, 100);
    apr_time_t now = storm->clock.now(&storm->clock);
    shop_cart_t *cart;

    if (what < REMOVE_PERCENT) {
        carts->remove(&cart, carts, user, product, now, worker->pool);
    } else if (what < SET_PERCENT) {
        carts->set(&cart, carts, user, product, quantity, now, worker->pool);
    } else {
        carts->add(&cart, carts, user, product, quantity, -1, now, worker->pool);
    }
}

void storm_editor(storm_worker_t *worker)
{
    storm_t *storm = worker->storm;

    for (int i = 0; i < EDITS && !worker->crashed; i++) {
        storm_wait(worker, 5 + storm_random(storm, 90));
        if (!worker->crashed) {
            edit(worker);
        }
    }
}

/* ---- what is in a cart ---- */

static int64_t units_of(const shop_cart_t *cart, int product, apr_pool_t *pool)
{
    const shop_cart_line_t *line = shop_cart_line(cart, storm_product_id(product, pool));

    return line ? line->quantity : 0;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What the customer put in. Of what is being ordered he can take units out of the cart and not out
 * of the order; should it be placed, they are in it. */
static void count_edit(storm_t *storm, const shop_cart_t *before, const shop_cart_t *after,
                       apr_pool_t *pool)
{
    int user = storm_user_of(before->user_id);
    storm_order_t *order = before->claim ? storm_order(storm, before->claim->order_id) : NULL;

    for (int i = 0; user >= 0 && i < STORM_PRODUCTS; i++) {
        int64_t was = units_of(before, i, pool), is = units_of(after, i, pool);

        storm->put[user][i] += is - was;
        if (order) {
            order->taken_out[i] += least(was, order->ordered[i]) - least(is, order->ordered[i]);
        }
    }
}

/* ---- elections ---- */

/* Is this write acknowledged by one node? */
static bool is_by_one(const storm_t *storm, const storm_op_t *op, const storm_args_t *args)
{
    const shop_cart_claim_t *claim = args->cart ? args->cart->claim : NULL;

    if (op->traits & STORM_CLEAR) {
        return claim && !strcmp(claim->order_id, args->order_id);
    }
    return op->traits & STORM_BY_ONE ||
           (op->traits & STORM_CLAIM && storm->weakness & STORM_CLAIM_BY_ONE);
}

shop_error_t *storm_before_cart(storm_t *storm, shop_cart_t **cart, const storm_op_t *op,
                                const storm_args_t *args, apr_pool_t *pool)
{
    int user = op->traits & STORM_CART ? storm_user_of(args->user_id) : -1;
    storm_undo_t *undo;

    if (user < 0) {
        return NULL;
    }
    undo = &storm->undo[user];
    if (!is_by_one(storm, op, args)) {
        undo->cart = NULL;
    } else if (!undo->cart || undo->tick + ELECTION_TICKS < storm->tick) {
        undo->tick = storm->tick;
        SHOP_TRY(storm->store->save_cart(&undo->cart, &storm->real, args->user_id, storm->pool));
    }
    if (op->traits & STORM_EDIT) {
        SHOP_TRY(storm->real.carts->find(cart, storm->real.carts, args->user_id, pool));
    }
    return NULL;
}

shop_error_t *storm_after_cart(storm_t *storm, const shop_cart_t *before, const storm_op_t *op,
                               const storm_args_t *args, apr_pool_t *pool)
{
    shop_cart_t *after;

    if (!(op->traits & STORM_EDIT) || !before) {
        return NULL;
    }
    SHOP_TRY(storm->real.carts->find(&after, storm->real.carts, args->user_id, pool));
    count_edit(storm, before, after, pool);
    return NULL;
}

void storm_elect(storm_t *storm)
{
    for (int i = 0; i < STORM_USERS; i++) {
        storm_undo_t *undo = &storm->undo[i];

        if (undo->cart && undo->tick + ELECTION_TICKS >= storm->tick) {
            shop_error_t *err = storm->store->put_cart(&storm->real, storm_user_id(i, storm->pool),
                                                       undo->cart, storm->pool);

            storm_trace(storm, "an election takes back what u%d's cart is since %" APR_INT64_T_FMT,
                        i, undo->tick);
            if (err) {
                storm_bad(storm, "store away", "%s", err->cause ? err->cause : err->detail);
            }
        }
        undo->cart = NULL;
    }
    storm_elect_orders(storm);
}
