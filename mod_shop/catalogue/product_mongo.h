/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CATALOGUE_PRODUCT_MONGO_H
#define SHOP_CATALOGUE_PRODUCT_MONGO_H

/* The catalogue in MongoDB. Stored product:
 *   {_id, name, description, price, category, stock, image_url, featured, created_at, updated_at,
 *    deleted_at, rev,
 *    words, name_words, by_name, by_price, by_created      derived, for lists and search
 *    opened                                                stock at the beginning, for the audit
 *    holds, backs, back_rev                                reservations, see store/
 *    moves, move_rev}                                      stock movements under way, see
 * inventory/ Reads name the members they want, so that nothing internal leaves. */

#include "../drivers/mongo.h"
#include "product_repo.h"

/* Never fails; opens nothing. */
shop_product_repo_t *shop_product_repo_mongo(shop_mongo_t *mongo, apr_pool_t *pool);

extern const shop_mongo_index_t shop_product_indexes[];

/* ---- between the product_*_mongo.c files, and for inventory/, whose unit is the same document */
#define SHOP_PRODUCTS_COLLECTION "products"

typedef struct shop_product_repo_mongo_t {
    shop_product_repo_t port; /* first, so that a pointer to it is a pointer to this */
    shop_mongo_t *mongo;
} shop_product_repo_mongo_t;

shop_product_t *shop_product_of_bson(const bson_t *doc, apr_pool_t *pool);
/* A shop_mongo_each_t: baton is the array of shop_product_t * to append to. */
shop_error_t *shop_product_collect(void *baton, const bson_t *doc, apr_pool_t *pool);
/* Appends the shown members, each with 1. */
void shop_product_members(bson_t *fields);
/* Appends "projection": the shown members. */
void shop_product_project(bson_t *opts);
/* {_id, deleted_at: null}: a product that is still there. The caller destroys it. */
bson_t *shop_product_filter(const char *id);

shop_error_t *shop_product_mongo_list(apr_array_header_t **products, shop_list_end_t *end,
                                      shop_product_repo_t *port, const shop_product_query_t *query,
                                      apr_pool_t *pool);
/* The first command of a list, so that a test can ask the store to explain it. The caller destroys
 * both. */
void shop_product_mongo_plan(bson_t **filter, bson_t **opts, const shop_product_query_t *query,
                             apr_pool_t *pool);

#endif
