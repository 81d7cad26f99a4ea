/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_PLACE_H
#define SHOP_ORDERS_ORDER_PLACE_H

/* Placing an order: claim, reserve, commit, clean. */

#include "order_ports.h"

typedef struct shop_order_request_t {
    const char *user_id;
    const char *key_slot;    /* of the Idempotency-Key; NULL: none was sent */
    const char *fingerprint; /* of method, route and body */
    const shop_address_t *shipping_address;
    const char *payment_method;
    const char *coupon_code; /* NULL: none */
    int64_t expected_total;  /* -1: none */
    apr_time_t deadline;     /* monotonic; 0: none. No new step is begun after it */
    /* Called when the key is new, before anything is read or written; an error refuses the order.
     * May be NULL. */
    shop_error_t *(*admit)(void *baton, apr_pool_t *pool);
    /* Sets order->reply and reply_size to the reply for the customer. */
    shop_error_t *(*reply)(void *baton, shop_order_t *order, apr_pool_t *pool);
    void *baton;
} shop_order_request_t;

typedef enum {
    SHOP_ORDER_NOT_PLACED,
    SHOP_ORDER_PLACED,
    SHOP_ORDER_REPLAYED /* by an earlier request with the key, whose reply is in order->reply */
} shop_order_outcome_t;

typedef struct shop_order_placed_t {
    shop_order_outcome_t outcome;
    shop_order_t *order;         /* NULL with NOT_PLACED */
    const shop_order_t *claimed; /* by this request, so stock of its lines may have moved, whatever
                                    came of it; NULL: none was */
} shop_order_placed_t;

/* *placed is set also on errors: NOT_PLACED. When a price changes meanwhile, the order is priced
 * again; TOTAL_CHANGED if the total then differs from expected_total. CART_EMPTY, OUT_OF_STOCK,
 * PRODUCT_UNAVAILABLE, TOTAL_CHANGED, COUPON_EXHAUSTED, COUPON_NOT_APPLICABLE, AMOUNT_TOO_LARGE,
 * ORDER_IN_PROGRESS, IDEMPOTENCY_IN_PROGRESS, IDEMPOTENCY_MISMATCH, and what admit refuses. */
shop_error_t *shop_order_place(shop_order_placed_t *placed, const shop_order_ports_t *ports,
                               const shop_order_request_t *request, apr_pool_t *pool);

#endif
