/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CART_CART_PRODUCTS_API_H
#define SHOP_CART_CART_PRODUCTS_API_H

/* What a cart shows of products, as fresh as the catalogue shows them. An order reads its own. */

#include <apr_tables.h>

#include "../app.h"

/* *products: array of shop_product_t * in pool, those of ids (const char *) that exist, with id,
 * name, price and stock and nothing else. From this child's cache as far as nothing changed, the
 * others by one command to the store. UNAVAILABLE, INTERNAL. */
shop_error_t *shop_cart_products(apr_array_header_t **products, const shop_app_t *app,
                                 const apr_array_header_t *ids, apr_pool_t *pool);

#endif
