/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_H
#define SHOP_ORDERS_ORDER_H

/* An order: statuses, transitions, totals. No I/O. Amounts are in minor units of `currency`. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/error.h"

#define SHOP_ORDER_LEASE apr_time_from_sec(30)
/* Maximum number of refunds of an order; its document contains them. */
#define SHOP_REFUNDS_MAX 100

typedef enum {
    SHOP_ORDER_PLACING,  /* internal: claimed, not committed */
    SHOP_ORDER_ABORTING, /* internal: releasing its reservations */
    SHOP_ORDER_FAILED,   /* internal: was not placed */
    SHOP_ORDER_PENDING,
    SHOP_ORDER_PAID,
    SHOP_ORDER_PROCESSING,
    SHOP_ORDER_SHIPPED,
    SHOP_ORDER_DELIVERED,
    SHOP_ORDER_CANCELLING, /* shown as cancelled */
    SHOP_ORDER_CANCELLED,
    SHOP_ORDER_REFUNDED,
    SHOP_ORDER_STATUS_COUNT
} shop_order_status_t;

typedef struct shop_address_t {
    const char *street, *city, *state, *country, *zip_code;
} shop_address_t;

typedef struct shop_order_line_t {
    const char *unit_id; /* of stock: today the product's id */
    const char *name;
    int64_t price; /* of one unit; frozen */
    int64_t quantity;
    int64_t line_total; /* price * quantity */
    int64_t discount;   /* its share of the order's discount (largest remainder) */
} shop_order_line_t;

typedef struct shop_order_event_t {
    const char *status; /* public name */
    apr_time_t at;
    const char *by;   /* user id, or "system" */
    const char *note; /* NULL when none */
} shop_order_event_t;

/* A refund. Stored in the order's document, so that the refund and the refunded sum change in one
 * atomic update. */
typedef struct shop_refund_t {
    const char *id;
    int64_t amount;
    bool restock;       /* the order's lines return to stock */
    const char *reason; /* NULL: none given */
    const char *by;     /* user id of the admin */
    apr_time_t at;
    const char *key;         /* "<user>:<Idempotency-Key>"; NULL: none was sent */
    const char *fingerprint; /* of method, route and body; NULL without a key */
    const char *reply;       /* stored reply bytes; NULL without a key */
    apr_size_t reply_size;
} shop_refund_t;

typedef struct shop_order_t {
    const char *id;
    const char *number;
    const char *user_id;
    shop_order_status_t status;
    apr_array_header_t *items; /* shop_order_line_t *, by unit id */
    int64_t subtotal, discount, total;
    const char *currency;
    const char *coupon_code;   /* NULL: none */
    bool coupon_limited;       /* uses a limit shared by all customers */
    int64_t coupon_user_limit; /* -1: no redemption */
    int64_t coupon_terms_rev;
    int64_t coupon_born; /* identifies one of several coupons that had this code */
    shop_address_t *shipping_address;
    const char *payment_method;
    const char *tracking_number; /* NULL: none */
    apr_array_header_t *history; /* shop_order_event_t *, oldest first */
    int64_t refunded;            /* sum of refunds */
    apr_array_header_t *refunds; /* shop_refund_t *, oldest first */
    apr_time_t created_at, updated_at;
    int64_t rev;

    /* protocol */
    int64_t cart_gen;
    const char *cart_slot; /* "g:<gen>", or "o:<id>" once failed */
    const char *key_slot;  /* "k:<Idempotency-Key>" or "o:<id>" */
    const char *fingerprint;
    apr_time_t lease_at;          /* after it the reaper takes over */
    bool unfinished;              /* cleanup, rollback or restocking is left */
    bool restocking;              /* restocking of a refund is in progress */
    apr_array_header_t *returned; /* const char *: unit ids (and "coupon") that were restocked */
    const char *reply;            /* stored reply bytes, NULL until committed */
    apr_size_t reply_size;
} shop_order_t;

/* Public name; "cancelled" for CANCELLING, NULL for the internal three. */
const char *shop_order_status_name(shop_order_status_t status);
/* The stored name; every status has one. */
const char *shop_order_status_stored(shop_order_status_t status);
/* -1 when unknown. */
int shop_order_status_of_stored(const char *name);
int shop_order_status_of_name(const char *name);
/* Is the transition from a to b allowed by PATCH or cancel? */
bool shop_order_may(shop_order_status_t from, shop_order_status_t to);
/* Is it paid and not cancelled? (paid ... refunded) */
bool shop_order_is_paid(shop_order_status_t status);
/* The amount that can still be refunded, minor units: the total minus earlier refunds if the order
 * was paid, even if it was cancelled afterwards; else 0. */
int64_t shop_order_refundable(const shop_order_t *order);
/* Is restocking of its lines in progress (cancelling, or a refund with restock)? */
bool shop_order_restocks(const shop_order_t *order);
/* Public names of the statuses that can follow (array of const char *). */
apr_array_header_t *shop_order_next(shop_order_status_t status, apr_pool_t *pool);

/* Fills line_total, subtotal, total and splits the discount over the lines by largest remainder,
 * so that the shares sum to it. AMOUNT_TOO_LARGE. */
shop_error_t *shop_order_total(shop_order_t *order, int64_t discount, apr_pool_t *pool);

#endif
