/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CATALOGUE_PRODUCT_MONGO_H
#define SHOP_CATALOGUE_PRODUCT_MONGO_H

/* The catalogue in MongoDB. Stored product:
 *   {_id, name, description, price, category, stock, image_url, featured, created_at, updated_at,
 *    deleted_at, rev,
 *    words, name_words, by_name, by_price, by_created,
 *    category_key                                          derived, for lists and search
 *    opened                                                stock at the beginning, for the audit
 *    sold_out                                              for lists; true only where stock <= 0:
 *                                                          what adds stock sets it false at once
 *    holds, voids, backs, back_rev                         reservations, see store/
 *    moves, move_rev}                                      stock movements, see inventory/
 * Reads name the members they want, so that nothing internal leaves. */

#include "../drivers/mongo.h"
#include "../store/schema.h"
#include "product_repo.h"

/* Never fails. No I/O. Until stage SHOP_STAGE_KEYS is finished, categories are compared byte by
 * byte, as processes of the version before do; then by their keys. Until SHOP_STAGE_CLAIMS is
 * finished, what is sold out is found by its stock; then by the flag sold_out. schema outlives
 * pool; NULL: every stage is finished. */
shop_product_repo_t *shop_product_repo_mongo(shop_mongo_t *mongo, const shop_schema_known_t *schema,
                                             apr_pool_t *pool);

extern const shop_mongo_index_t shop_product_indexes[];
/* Those of the version before; SHOP_STAGE_CLAIMS drops them when it is finished. */
extern const shop_mongo_index_t shop_product_indexes_before_claims[];

#endif
