/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CATALOGUE_PRODUCT_BSON_H
#define SHOP_CATALOGUE_PRODUCT_BSON_H

/* A product's document, for the adapters of the catalogue and of inventory/, whose unit is the same
 * document. Members: product_mongo.h. */

#include "../drivers/mongo.h"
#include "product.h"

#define SHOP_PRODUCTS_COLLECTION "products"

/* The shown members of a document that was read with them. In pool. */
shop_product_t *shop_product_of_bson(const bson_t *doc, apr_pool_t *pool);
/* A shop_mongo_each_t: baton is the array of shop_product_t * to append to. */
shop_error_t *shop_product_collect(void *baton, const bson_t *doc, apr_pool_t *pool);
/* Appends the shown members, each with 1. */
void shop_product_members(bson_t *fields);
/* Appends "projection": the shown members. */
void shop_product_project(bson_t *opts);
/* {_id, deleted_at: null}: a product that is still there. The caller destroys it. */
bson_t *shop_product_filter(const char *id);

#endif
