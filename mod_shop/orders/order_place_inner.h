/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_PLACE_INNER_H
#define SHOP_ORDERS_ORDER_PLACE_INNER_H

/* Shared by order_place*.c; not for other files. */

#include "order_place.h"
#include "order_quote.h"

#define SHOP_PLACE_RETRY_AFTER 2 /* seconds: most causes of contention are over by then */
#define SHOP_PLACE_PAUSE apr_time_from_msec(25)

typedef struct shop_place_t {
    const shop_order_ports_t *ports;
    const shop_order_request_t *request;
    shop_order_placed_t *placed;
    shop_order_t *order; /* the order being placed */
    shop_cart_t *cart;   /* as it was read; once claimed, as the claim left it */
    bool may_be_late;    /* a reserve whose outcome is unknown may still arrive */
    apr_pool_t *pool;
} shop_place_t;

/* ---- order_place_inner.c ---- */

/* UNAVAILABLE with Retry-After: nothing was placed, or nobody knows. */
shop_error_t *shop_place_busy(apr_pool_t *pool, const char *cause);
bool shop_place_is_late(const shop_place_t *place);
/* UNAVAILABLE once the deadline has passed. */
shop_error_t *shop_place_in_time(const shop_place_t *place);

/* ---- order_place_claim.c ---- */

/* The order with this request's key; NULL: none, or the request has no key. */
shop_error_t *shop_place_find_known(shop_order_t **known, const shop_place_t *place);
/* The answer to a request whose key has an order: REPLAYED with its stored reply, or
 * IDEMPOTENCY_MISMATCH, IDEMPOTENCY_IN_PROGRESS. */
shop_error_t *shop_place_answer_known(const shop_place_t *place, shop_order_t *known);
/* The cart that was read has a claim. NULL: it had; read the cart again. */
shop_error_t *shop_place_meet_claim(const shop_place_t *place);
/* Claims the cart as it was read. *claimed false: it is another by now. Sets place->cart to the
 * claimed one. */
shop_error_t *shop_place_claim(bool *claimed, shop_place_t *place);
/* Another order has the cart_slot or the key_slot. As answer_known when it has the key; else
 * ORDER_IN_PROGRESS, or NULL: it was completed or undone, begin again. */
shop_error_t *shop_place_answer_slot(const shop_place_t *place);

/* ---- order_place_reserve.c ---- */

/* Reserves the lines and the coupon's use, each once. An error: the order must be aborted. */
shop_error_t *shop_place_reserve(shop_place_t *place);

#endif
