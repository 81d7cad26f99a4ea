/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CART_CART_H
#define SHOP_CART_CART_H

/* A cart: lines of product and quantity; prices are always today's. Pure. */

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

typedef struct shop_cart_t {
    const char *user_id;
    int64_t gen;               /* rises only when the cart is ordered */
    int64_t rev;               /* rises with every edit */
    apr_array_header_t *lines; /* shop_cart_line_t *, in the order they were added */
    apr_time_t updated_at;     /* 0: never touched */
} shop_cart_t;

/* A line as shown and priced. */
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

/* The index of the line with the product, or -1. */
int shop_cart_place(const shop_cart_t *cart, const char *product_id);
/* That line, or NULL. */
const shop_cart_line_t *shop_cart_line(const shop_cart_t *cart, const char *product_id);

/* May a line of the product have so many units? VALIDATION_FAILED on /quantity above
 * SHOP_QUANTITY_MAX, OUT_OF_STOCK with `lines` above the stock. */
shop_error_t *shop_cart_may_hold(const shop_product_t *product, int64_t quantity, apr_pool_t *pool);

/* Prices the lines with the products given (array of shop_product_t *, any order).
 * AMOUNT_TOO_LARGE. Everything in pool. */
shop_error_t *shop_cart_price(shop_cart_view_t **view, const shop_cart_t *cart,
                              const apr_array_header_t *products, const char *currency,
                              apr_pool_t *pool);

#endif
