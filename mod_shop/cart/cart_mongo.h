/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CART_CART_MONGO_H
#define SHOP_CART_CART_MONGO_H

/* Carts in MongoDB: {_id: user, gen, rev, lines: [{product, q}], updated_at}, one document each. */

#include "../drivers/mongo.h"
#include "cart_repo.h"

/* Never fails. No I/O. */
shop_cart_repo_t *shop_cart_repo_mongo(shop_mongo_t *mongo, apr_pool_t *pool);

/* Empty: carts are found by _id. */
extern const shop_mongo_index_t shop_cart_indexes[];

#endif
