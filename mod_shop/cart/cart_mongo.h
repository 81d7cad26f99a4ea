/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CART_CART_MONGO_H
#define SHOP_CART_CART_MONGO_H

/* Carts in MongoDB, one document each:
 *   {_id: user, gen, rev, lines: [{product, q}], updated_at,
 *    ordering: {o, at, rev, key?, lines: [{product, q}], coupon?: {code, born, limited,
 *    user_limit}}?}
 * ordering is the claim of the order that is being placed (shop_cart_claim_t; o: its id). Edits do
 * not touch it. */

#include "../drivers/mongo.h"
#include "cart_repo.h"

typedef struct shop_cart_repo_mongo_t {
    shop_cart_repo_t port; /* first, so that a pointer to it is a pointer to this */
    shop_mongo_t *mongo;
} shop_cart_repo_mongo_t;

#define SHOP_CARTS_COLLECTION "carts"

/* Never fails. No I/O. */
shop_cart_repo_t *shop_cart_repo_mongo(shop_mongo_t *mongo, apr_pool_t *pool);

/* Sets the port's functions of the order protocol: cart_claim_mongo.c. */
void shop_cart_mongo_claims(shop_cart_repo_t *port);

/* Carts are found by _id; the index is for those with a claim. */
extern const shop_mongo_index_t shop_cart_indexes[];

#endif
