/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CART_CART_PRODUCTS_API_H
#define SHOP_CART_CART_PRODUCTS_API_H

/* The products that a cart shows, as fresh as in catalogue replies. Orders do not use this: they
 * read products from the store. */

#include <apr_tables.h>

#include "../app.h"

/* *products: array of shop_product_t * in pool, those of ids (const char *) that exist, with id,
 * name, price and stock only. Fresh ones come from this child's cache, the others from the store
 * with one command. UNAVAILABLE, INTERNAL. */
shop_error_t *shop_cart_products(apr_array_header_t **products, const shop_app_t *app,
                                 const apr_array_header_t *ids, apr_pool_t *pool);

#endif
