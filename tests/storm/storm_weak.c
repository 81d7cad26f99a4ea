/* SPDX-License-Identifier: MIT
 * What the weakened protocols do in place of the code's: calls left out, sent with other arguments,
 * or taken for answered. */
#include "storm.h"

#include <apr_strings.h>

typedef shop_error_t *(*weaken_t)(storm_t *storm, storm_args_t *args, apr_pool_t *pool);

/* A restock: whatever back_rev is by now. */
static shop_error_t *any_back_rev(storm_t *storm, storm_args_t *args, apr_pool_t *pool)
{
    bool is_product = storm_product_of(args->lines[0].unit_id) >= 0;
    shop_reservations_t *reservations = is_product ? storm->real.stock : storm->real.coupon_uses;
    const shop_reservation_t asked = { args->order_id, args->user_id, args->lines, 1 };
    shop_unit_state_t state = { .back_rev = 0 };

    SHOP_TRY(reservations->states(&state, reservations, &asked, pool));
    args->back_rev = state.back_rev;
    return NULL;
}

/* A refund: whatever the order's rev is by now. */
static shop_error_t *any_rev(storm_t *storm, storm_args_t *args, apr_pool_t *pool)
{
    shop_order_t *order = NULL;

    SHOP_TRY(storm->real.orders->find(&order, storm->real.orders, args->order_id, pool));
    args->number = order ? order->rev : args->number;
    return NULL;
}

/* A claim: whatever the cart is by now. */
static shop_error_t *claim_any(storm_t *storm, storm_args_t *args, apr_pool_t *pool)
{
    shop_cart_claim_t *claim = apr_pmemdup(pool, args->claim, sizeof(*claim));
    shop_cart_t *cart;

    SHOP_TRY(storm->real.carts->find(&cart, storm->real.carts, args->user_id, pool));
    args->cart = cart;
    claim->rev = cart->rev + 1;
    args->claim = claim;
    return NULL;
}

/* The clearing: whatever the cart is by now, what the caller left is what is left. */
static shop_error_t *clear_any(storm_t *storm, storm_args_t *args, apr_pool_t *pool)
{
    shop_cart_t *cart;

    SHOP_TRY(storm->real.carts->find(&cart, storm->real.carts, args->user_id, pool));
    args->cart = cart;
    return NULL;
}

static shop_error_t *drop_all_voids(storm_t *storm, storm_args_t *args, apr_pool_t *pool)
{
    (void)pool;
    args->time = storm->clock.fixed;
    return NULL;
}

shop_error_t *storm_weaken(storm_t *storm, const storm_op_t *op, storm_args_t *args,
                           apr_pool_t *pool)
{
    static const struct {
        unsigned trait, weakness;
        weaken_t weaken;
    } table[] = {
        { STORM_FENCED, STORM_MARKER_ONLY, any_back_rev },
        { STORM_REV, STORM_ANY_REV, any_rev },
        { STORM_CLAIM, STORM_CLAIM_ANY, claim_any },
        { STORM_CLEAR, STORM_BLIND_CLEAR, clear_any },
        { STORM_DROP_VOIDS, STORM_EARLY_VOIDS, drop_all_voids },
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (op->traits & table[i].trait && storm->weakness & table[i].weakness) {
            SHOP_TRY(table[i].weaken(storm, args, pool));
        }
    }
    return NULL;
}

bool storm_leaves_out(const storm_t *storm, const storm_op_t *op, const storm_args_t *args)
{
    const storm_order_t *order = storm_order(storm, args->order_id);

    if (!(op->traits & STORM_VOID)) {
        return false;
    }
    return storm->weakness & STORM_NO_VOID ||
           (storm->weakness & STORM_BUYER_VOIDS && (!order || order->by != storm->running));
}

bool storm_is_swept(const storm_t *storm, const storm_op_t *op, const storm_args_t *args)
{
    if (op->traits & STORM_OPEN) {
        return !(storm->weakness & STORM_NO_REDEMPTION_SWEEP);
    }
    return args->sweep == SHOP_SWEEP_MARKERS ? !(storm->weakness & STORM_NO_MARKER_SWEEP)
                                             : storm->sweeps;
}

bool storm_pretends(const storm_t *storm, const storm_op_t *op, void *out, const storm_args_t *args)
{
    if (op->traits & STORM_ONCE && storm->weakness & STORM_TRUST_RESERVE) {
        if (op->traits & STORM_INT) {
            *(int *)out = args->count;
        } else {
            *(bool *)out = true;
        }
        return true;
    }
    if (op->traits & STORM_INSERT && storm->weakness & STORM_TRUST_INSERT) {
        *(shop_order_insert_t *)out = SHOP_INSERT_DONE;
        return true;
    }
    return false;
}
