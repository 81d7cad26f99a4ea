/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CART_CART_BSON_H
#define SHOP_CART_CART_BSON_H

#include "../drivers/mongo.h"
#include "cart.h"

/* doc NULL: a cart that was never edited. Everything but user_id is copied to pool. */
shop_cart_t *shop_cart_of_bson(const bson_t *doc, const char *user_id, apr_pool_t *pool);

#endif
