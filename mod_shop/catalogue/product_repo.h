/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CATALOGUE_PRODUCT_REPO_H
#define SHOP_CATALOGUE_PRODUCT_REPO_H

/* Port: the catalogue. Stock is changed through inventory/stock_repo.h and store/reservation.h.
 * Results are in pool. Errors of all: UNAVAILABLE, INTERNAL. Every change is one atomic update of
 * one document. Ids are 24 hex digits. */

#include "product.h"

typedef struct shop_product_repo_t shop_product_repo_t;
struct shop_product_repo_t {
    shop_error_t *(*insert)(shop_product_repo_t *repo, const shop_product_t *product,
                            apr_pool_t *pool);
    /* *product is NULL when it does not exist or was deleted. */
    shop_error_t *(*find)(shop_product_t **product, shop_product_repo_t *repo, const char *id,
                          apr_pool_t *pool);
    /* Those of ids that exist, any order: one command. Array of shop_product_t *. */
    shop_error_t *(*find_many)(apr_array_header_t **products, shop_product_repo_t *repo,
                               const char *const *ids, int count, apr_pool_t *pool);
    /* For placing an order: as find_many, and what is seen of the reservations on the way: *stale,
     * those made before `before` (shop_leftover_t *); *most: the number of reservations of the
     * product that has most. One command. */
    shop_error_t *(*find_to_order)(apr_array_header_t **products, apr_array_header_t **stale,
                                   int *most, shop_product_repo_t *repo, const char *const *ids,
                                   int count, apr_time_t before, apr_pool_t *pool);
    shop_error_t *(*list)(apr_array_header_t **products, shop_list_end_t *end,
                          shop_product_repo_t *repo, const shop_product_query_t *query,
                          apr_pool_t *pool);
    /* Stores everything except the stock if the stored rev is product->rev - 1. */
    shop_error_t *(*update)(bool *done, shop_product_repo_t *repo, const shop_product_t *product,
                            apr_pool_t *pool);
    /* Marks the product deleted if the stored rev is rev. */
    shop_error_t *(*remove)(bool *done, shop_product_repo_t *repo, const char *id, int64_t rev,
                            apr_time_t now, apr_pool_t *pool);
    /* Array of shop_category_t *, by name. */
    shop_error_t *(*categories)(apr_array_header_t **categories, shop_product_repo_t *repo,
                                apr_pool_t *pool);
};

#endif
