/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CART_CART_H
#define SHOP_CART_CART_H

/* A cart: lines of product and quantity. Prices are always the current ones. No I/O. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/error.h"
#include "../catalogue/product.h"

#define SHOP_CART_LINES_MAX 100
#define SHOP_QUANTITY_MAX INT64_C(10000)

typedef struct shop_cart_line_t {
    const char *product_id;
    int64_t quantity;
} shop_cart_line_t;

/* The claim of an order that is being placed, and all that is needed to complete or undo it. */
typedef struct shop_cart_claim_t {
    const char *order_id;
    apr_time_t at;
    int64_t rev;               /* the cart's once it was claimed */
    const char *key_slot;      /* "k:<Idempotency-Key>"; NULL: none was sent */
    apr_array_header_t *lines; /* shop_cart_line_t *: what is ordered, each unit once */
    const char *coupon_code;   /* NULL: none */
    int64_t coupon_born;
    bool coupon_limited;
    int64_t coupon_user_limit; /* -1: no redemption */
} shop_cart_claim_t;

typedef struct shop_cart_t {
    const char *user_id;
    int64_t gen;               /* cart generation: one higher after each order */
    int64_t rev;               /* one higher after each change of the document */
    shop_cart_claim_t *claim;  /* NULL: none */
    apr_array_header_t *lines; /* shop_cart_line_t *, in the order they were added */
    apr_time_t updated_at;     /* 0: never edited */
} shop_cart_t;

/* A line with the product's data and its price. */
typedef struct shop_cart_item_t {
    const char *product_id;
    const char *name;
    int64_t price;
    int64_t quantity;
    int64_t line_total;
    int64_t available; /* the product's stock */
} shop_cart_item_t;

typedef struct shop_cart_view_t {
    apr_array_header_t *items; /* shop_cart_item_t *; lines of deleted products are left out */
    int64_t item_count;        /* units */
    int64_t total;
    const char *currency;
    apr_time_t updated_at;
} shop_cart_view_t;

/* Index of the product's line, or -1. */
int shop_cart_place(const shop_cart_t *cart, const char *product_id);
/* The product's line, or NULL. */
const shop_cart_line_t *shop_cart_line(const shop_cart_t *cart, const char *product_id);

/* Do gen, rev and lines agree? The rev alone may, after an election took an edit back. */
bool shop_cart_is_same(const shop_cart_t *a, const shop_cart_t *b);

/* Checks the quantity of a line. VALIDATION_FAILED on /quantity above SHOP_QUANTITY_MAX,
 * OUT_OF_STOCK with `lines` above the stock. */
shop_error_t *shop_cart_may_hold(const shop_product_t *product, int64_t quantity, apr_pool_t *pool);

/* Computes prices and totals of the lines from products (array of shop_product_t *, in any order).
 * AMOUNT_TOO_LARGE on overflow. Everything is in pool. */
shop_error_t *shop_cart_price(shop_cart_view_t **view, const shop_cart_t *cart,
                              const apr_array_header_t *products, const char *currency,
                              apr_pool_t *pool);

#endif
