/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_REFUND_H
#define SHOP_ORDERS_ORDER_REFUND_H

/* Refunds of an order. */

#include "order_ports.h"

typedef struct shop_refund_request_t {
    int64_t
        amount; /* minor units, at least 1; -1: the whole rest, and the order becomes refunded */
    bool restock;
    const char *reason;      /* NULL: none */
    const char *by;          /* user id */
    const char *key;         /* as in shop_refund_t; NULL: none was sent */
    const char *fingerprint; /* of method, route and body; NULL without a key */
    int64_t rev;             /* expected revision, or -1 for any */
    const char *note;        /* for the history if the order becomes refunded; NULL: none */
    apr_time_t deadline;     /* as in shop_order_request_t */
    /* Sets refund->reply and reply_size to the reply for the caller; NULL without a key. */
    shop_error_t *(*reply)(void *baton, const shop_order_t *order, shop_refund_t *refund,
                           apr_pool_t *pool);
    void *baton;
} shop_refund_request_t;

typedef enum { SHOP_REFUND_MADE, SHOP_REFUND_REPLAYED } shop_refund_outcome_t;

typedef struct shop_refunded_t {
    shop_refund_outcome_t outcome;
    shop_refund_t *refund; /* the new one, or that of an earlier request with the key */
    shop_order_t *order;   /* afterwards */
} shop_refunded_t;

/* Refunds a part of an order that was paid, once per key. An order that was cancelled after payment
 * stays cancelled; its lines are in stock already. seen: the order as read. With restock, lines
 * that were not returned yet are restocked, once for any number of refunds; the reaper completes
 * this if it is interrupted. *refunded is set only on success. NOT_FOUND, INVALID_TRANSITION (never
 * paid), REFUND_TOO_LARGE, PRECONDITION_FAILED (another revision than rev), CONFLICT (too many
 * refunds), IDEMPOTENCY_MISMATCH. UNAVAILABLE: the outcome may be unknown; repeat with the same
 * key. */
shop_error_t *shop_order_refund(shop_refunded_t *refunded, const shop_order_ports_t *ports,
                                const shop_order_t *seen, const shop_refund_request_t *request,
                                apr_pool_t *pool);

#endif
