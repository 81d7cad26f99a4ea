/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_PORTS_H
#define SHOP_ORDERS_ORDER_PORTS_H

/* The use cases around an order and the ports they need. No step needs more than one document's
 * atomicity; every step but the takes may be sent again. UNAVAILABLE also means "outcome unknown":
 * the reaper finishes or undoes whatever is left. */

#include "../base/clock.h"
#include "../cart/cart_repo.h"
#include "../catalogue/product_repo.h"
#include "../coupons/coupon_repo.h"
#include "../store/reservation.h"
#include "order_repo.h"

typedef struct shop_order_ports_t {
    shop_order_repo_t *orders;
    shop_cart_repo_t *carts;
    shop_product_repo_t *products;    /* are priced */
    shop_reservations_t *stock;       /* units of products */
    shop_coupon_repo_t *coupons;      /* their terms, and what each customer used */
    shop_reservations_t *coupon_uses; /* of coupons with a limit */
    const shop_clock_t *clock;
    const char *currency;
    int currency_exponent;
    shop_rounding_t rounding; /* of discounts; only pricing looks at it */
} shop_order_ports_t;

/* ---- pricing: order_quote.c ---- */
typedef struct shop_order_quote_t {
    shop_order_t *order;    /* items by unit id, sums, cart_gen, the coupon's terms; no id yet */
    shop_coupon_t *coupon;  /* as read; NULL when none was named or found */
    shop_error_t *refusal;  /* why the coupon does not apply, NULL: it does, or none was named */
    shop_error_t *shortage; /* OUT_OF_STOCK naming every short line, or NULL */
} shop_order_quote_t;

/* Prices the user's cart with today's prices and the coupon (NULL: none). Writes nothing: cart,
 * products and coupon are read once each. */
shop_error_t *shop_order_price(shop_order_quote_t *quote, const shop_order_ports_t *ports,
                               const char *user_id, const char *coupon_code, apr_pool_t *pool);
/* The same for people: also says when the user has no use of the coupon left. */
shop_error_t *shop_order_quote(shop_order_quote_t *quote, const shop_order_ports_t *ports,
                               const char *user_id, const char *coupon_code, apr_pool_t *pool);
/* OUT_OF_STOCK with `lines`; call shop_order_short for each line, then use *err. */
void shop_order_short(shop_error_t **err, const char *unit_id, int64_t requested, int64_t available,
                      apr_pool_t *pool);

/* ---- placing: order_place.c ---- */
typedef struct shop_order_request_t {
    const char *user_id;
    const char *key_slot;    /* of the Idempotency-Key; NULL: none was sent */
    const char *fingerprint; /* of method, route and body */
    const shop_address_t *shipping_address;
    const char *payment_method;
    const char *coupon_code; /* NULL: none */
    int64_t expected_total;  /* -1: none */
    apr_time_t deadline;     /* monotonic; 0: none. After it no new step begins */
    /* Asked once the key turned out to be new, before anything is read or written; NULL: nobody. */
    shop_error_t *(*admit)(void *baton, apr_pool_t *pool);
    /* Sets order->reply and reply_size to what the customer will be answered. */
    shop_error_t *(*reply)(void *baton, shop_order_t *order, apr_pool_t *pool);
    void *baton;
} shop_order_request_t;

/* *replayed: the key was known, and (*order)->reply is what was answered then. *claimed: an order
 * was claimed, so stock of *order's products may have moved, whatever came of it. */
shop_error_t *shop_order_place(shop_order_t **order, bool *replayed, bool *claimed,
                               const shop_order_ports_t *ports, const shop_order_request_t *request,
                               apr_pool_t *pool);
/* Drops the holds of a committed order and empties its cart; any number of times. */
shop_error_t *shop_order_clean(const shop_order_ports_t *ports, const shop_order_t *order,
                               apr_pool_t *pool);

/* ---- aborting: order_abort.c ---- */
/* placing -> aborting -> failed, everything taken given back. NULL only when that is complete. */
shop_error_t *shop_order_abort(const shop_order_ports_t *ports, const shop_order_t *order,
                               apr_pool_t *pool);

/* ---- cancelling: order_cancel.c ---- */
/* To cancelled, with stock and coupon given back exactly once; goes on with one that is being
 * cancelled. rev -1: any, else
 * PRECONDITION_FAILED when the order is another by now. *order: afterwards. INVALID_TRANSITION. */
shop_error_t *shop_order_cancel(shop_order_t **order, const shop_order_ports_t *ports,
                                const shop_order_t *seen, int64_t rev, const char *by,
                                const char *note, apr_time_t deadline, apr_pool_t *pool);
/* Goes on giving back for an order that is cancelling or restocking; any number of times and
 * callers. */
shop_error_t *shop_order_give_back(const shop_order_ports_t *ports, const shop_order_t *order,
                                   apr_time_t deadline, apr_pool_t *pool);
/* The markers of an order that is cancelled are dropped and nothing is left to do. */
shop_error_t *shop_order_forget(const shop_order_ports_t *ports, const shop_order_t *order,
                                apr_pool_t *pool);
/* The markers of its lines only: of an order whose goods came back by a refund. Any time after its
 * lines were recorded as returned. */
shop_error_t *shop_order_forget_lines(const shop_order_ports_t *ports, const shop_order_t *order,
                                      apr_pool_t *pool);
/* Any other arrow but to refunded. As shop_order_cancel otherwise. tracking_number: NULL leaves it,
 * "" removes it. */
shop_error_t *shop_order_advance(shop_order_t **order, const shop_order_ports_t *ports,
                                 const shop_order_t *seen, shop_order_status_t to, int64_t rev,
                                 const char *by, const char *note, const char *tracking_number,
                                 apr_pool_t *pool);

/* Changes the tracking number (NULL: leaves it, "": removes it) and the note of the latest event of
 * the history (likewise); the status stays. As shop_order_advance otherwise. */
shop_error_t *shop_order_correct(shop_order_t **order, const shop_order_ports_t *ports,
                                 const shop_order_t *seen, int64_t rev, const char *tracking_number,
                                 const char *note, apr_pool_t *pool);

/* ---- refunds: order_refund.c ---- */
typedef struct shop_refund_request_t {
    int64_t amount; /* minor units, at least 1; -1: all that is left, and the order is refunded */
    bool restock;
    const char *reason;      /* NULL: none */
    const char *by;          /* user id */
    const char *key;         /* as in shop_refund_t; NULL: none was sent */
    const char *fingerprint; /* of method, route and body; NULL without a key */
    int64_t rev;             /* -1: any, else PRECONDITION_FAILED when the order is another */
    const char *note;        /* for the history, when the order becomes refunded; NULL: none */
    apr_time_t deadline;     /* as in shop_order_request_t */
    /* Sets refund->reply and reply_size to what the caller will be answered; NULL without a key. */
    shop_error_t *(*reply)(void *baton, const shop_order_t *order, shop_refund_t *refund,
                           apr_pool_t *pool);
    void *baton;
} shop_refund_request_t;

/* Pays back a part of an order that was paid (one that was cancelled after that too, which stays
 * cancelled and whose goods are in stock again already), once for each key: the refund and what is
 * left are one update. *order: afterwards. *refund: the one made or, *replayed, the one of the
 * key's first time; NULL when nothing was left of an order that was to be refunded. With restock
 * the order's lines that are not in stock again go back, once however many refunds ask for it; what
 * cannot be given back at once is left to the reaper. INVALID_TRANSITION (never paid),
 * REFUND_TOO_LARGE, IDEMPOTENCY_MISMATCH. UNAVAILABLE: the outcome may be unknown; repeat with the
 * same key. */
shop_error_t *shop_order_refund(shop_refund_t **refund, bool *replayed, shop_order_t **order,
                                const shop_order_ports_t *ports, const shop_order_t *seen,
                                const shop_refund_request_t *request, apr_pool_t *pool);

/* ---- the reaper: order_reap.c ---- */
/* One turn: a bounded batch of unfinished orders past their lease, old holds, redemptions and
 * returns. *done: how many things were settled. Any number may run at once. An error means that
 * the store is away; what could not be settled for another reason is logged and left. */
shop_error_t *shop_order_reap(const shop_order_ports_t *ports, int *done, apr_pool_t *pool);

#endif
