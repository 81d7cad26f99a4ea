/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_QUOTE_H
#define SHOP_ORDERS_ORDER_QUOTE_H

/* Pricing a cart. */

#include "order_ports.h"

typedef struct shop_order_quote_t {
    shop_cart_t *cart;     /* as read, with a claim of its own if there is one */
    shop_order_t *order;   /* items by unit id, sums, cart_gen, the coupon's terms; no id yet */
    shop_coupon_t *coupon; /* as read; NULL when no code was given or found */
    shop_error_t
        *refusal; /* why the coupon does not apply; NULL: it applies, or no code was given */
    shop_error_t *shortage; /* OUT_OF_STOCK naming every short line, or NULL */
} shop_order_quote_t;

/* Computes the price of the user's cart with current prices and the coupon (NULL: none). Writes
 * nothing: cart, products and coupon are read once each. What is seen of old reservations on the
 * way goes to ports->drops. */
shop_error_t *shop_order_price(shop_order_quote_t *quote, const shop_order_ports_t *ports,
                               const char *user_id, const char *coupon_code, apr_pool_t *pool);
/* The same for POST /cart/quote: also reports when the user has no use of the coupon left. */
shop_error_t *shop_order_quote(shop_order_quote_t *quote, const shop_order_ports_t *ports,
                               const char *user_id, const char *coupon_code, apr_pool_t *pool);
/* OUT_OF_STOCK with `lines`; call shop_order_short for each line, then use *err. */
void shop_order_short(shop_error_t **err, const char *unit_id, int64_t requested, int64_t available,
                      apr_pool_t *pool);

#endif
