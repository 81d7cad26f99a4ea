/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CATALOGUE_PRODUCT_LIST_MONGO_H
#define SHOP_CATALOGUE_PRODUCT_LIST_MONGO_H

/* Lists of the catalogue in MongoDB, for product_mongo.c. */

#include "../drivers/mongo.h"
#include "product.h"

/* Which members of the stored documents lists go by: see shop_product_repo_mongo(). */
typedef struct shop_product_forms_t {
    bool keyed;   /* categories are compared by category_key, else byte by byte */
    bool flagged; /* what is sold out is found by its flag, else by its stock */
} shop_product_forms_t;

/* Implements the port's list (product_repo.h). */
shop_error_t *shop_product_mongo_list(apr_array_header_t **products, shop_list_end_t *end,
                                      shop_mongo_t *mongo, const shop_product_query_t *query,
                                      shop_product_forms_t forms, apr_pool_t *pool);
/* The first command of a list, for tests that explain it. The caller destroys both. */
void shop_product_mongo_plan(bson_t **filter, bson_t **opts, const shop_product_query_t *query,
                             shop_product_forms_t forms, apr_pool_t *pool);

#endif
