/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CATALOGUE_PRODUCT_MONGO_H
#define SHOP_CATALOGUE_PRODUCT_MONGO_H

/* The catalogue in MongoDB. Stored product:
 *   {_id, name, description, price, category, stock, image_url, featured, created_at, updated_at,
 *    deleted_at, rev,
 *    words, name_words, by_name, by_price, by_created      derived, for lists and search
 *    opened                                                stock at the beginning, for the audit
 *    holds: [{o, q, at}], backs: [{o, q, at}], back_rev    reservations
 *    moves: [{id, at, delta, stock_after?, reply?}], move_rev}   stock movements under way
 * and a document per movement in stock_movements:
 *   {_id, product, state: claimed | refused | applied, set, amount, reason, by, at, by_at,
 *    fp?,                                                  with an Idempotency-Key
 *    delta, stock_after?, reply?}                          once applied, as `moves` had them
 * Reads name the members they want, so that
 * nothing internal leaves. */

#include "../drivers/mongo.h"
#include "../store/reservation_mongo.h"
#include "product_repo.h"

/* Never fails; opens nothing. */
shop_product_repo_t *shop_product_repo_mongo(shop_mongo_t *mongo, apr_pool_t *pool);

extern const shop_mongo_index_t shop_product_indexes[];
/* A product's stock, as orders reserve it. */
extern const shop_reservable_t shop_stock_units;

/* ---- between the product_*_mongo.c files ---- */
#define SHOP_PRODUCTS_COLLECTION "products"
#define SHOP_MOVEMENTS_COLLECTION "stock_movements"

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
shop_error_t *shop_product_mongo_move(shop_stock_done_t *done, shop_product_repo_t *port,
                                      const shop_stock_request_t *request, apr_pool_t *pool);
/* What a movement did: written into `moves` by the commit, copied to the movement. */
#define SHOP_STOCK_AFTER_UNKNOWN (-1)
typedef struct shop_movement_effect_t {
    int64_t delta;
    int64_t stock_after; /* or SHOP_STOCK_AFTER_UNKNOWN */
    const char *reply;   /* NULL: had no key */
    apr_size_t reply_size;
} shop_movement_effect_t;
void shop_movement_append_effect(bson_t *doc, const shop_movement_effect_t *effect);
shop_movement_effect_t shop_movement_effect_of_bson(const bson_t *doc, apr_pool_t *pool);
shop_movement_t *shop_movement_of_bson(const bson_t *doc, apr_pool_t *pool);
shop_error_t *shop_product_mongo_movements(apr_array_header_t **movements, shop_list_end_t *end,
                                           shop_product_repo_t *port, const char *id,
                                           const shop_list_query_t *query, apr_pool_t *pool);

#endif
