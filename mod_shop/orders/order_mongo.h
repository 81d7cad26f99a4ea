/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_MONGO_H
#define SHOP_ORDERS_ORDER_MONGO_H

/* Orders in MongoDB; the document is described in order_bson.h. */

#include "../infra/mongo.h"
#include "order_repo.h"

/* Never fails; opens nothing. */
shop_order_repo_t *shop_order_repo_mongo(shop_mongo_t *mongo, apr_pool_t *pool);

extern const shop_mongo_index_t shop_order_indexes[];

#endif
