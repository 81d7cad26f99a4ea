/* SPDX-License-Identifier: MIT */
#ifndef SHOP_INVENTORY_STOCK_MONGO_H
#define SHOP_INVENTORY_STOCK_MONGO_H

/* Stock in MongoDB. A unit is a product's document (catalogue/product_mongo.h); of it
 *   stock
 *   sold_out                                                    true only where stock <= 0
 *   holds: [{o, u, q, at}], voids: [{o, at}],
 *   backs: [{o, q, at}], back_rev                               reservations
 *   moves: [{id, at, delta, stock_after?, reply?}], move_rev    movements under way
 * and there is a document per movement in stock_movements:
 *   {_id, product, state: claimed | refused | applied, set, amount, reason, by, at, by_at,
 *    fp?,                                                  with an Idempotency-Key
 *    delta, stock_after?, reply?}                          once applied, as `moves` had them */

#include "../catalogue/product_bson.h"
#include "../store/reservation_mongo.h"
#include "stock_repo.h"

/* Never fails. No I/O. */
shop_stock_repo_t *shop_stock_repo_mongo(shop_mongo_t *mongo, apr_pool_t *pool);

extern const shop_mongo_index_t shop_stock_indexes[];
/* The reservations of stock. */
extern const shop_reservable_t shop_stock_units;

/* ---- between stock_mongo.c and movement_mongo.c ---- */
#define SHOP_MOVEMENTS_COLLECTION "stock_movements"

typedef struct shop_stock_repo_mongo_t {
    shop_stock_repo_t port; /* first, so that a pointer to it is a pointer to this */
    shop_mongo_t *mongo;
} shop_stock_repo_mongo_t;

/* The effect of a movement: stored in `moves` by the commit, later copied to the movement. */
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
shop_error_t *shop_movements_mongo(apr_array_header_t **movements, shop_list_end_t *end,
                                   shop_stock_repo_t *port, const char *unit_id,
                                   const shop_list_query_t *query, apr_pool_t *pool);

#endif
