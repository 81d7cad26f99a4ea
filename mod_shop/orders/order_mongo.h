/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_MONGO_H
#define SHOP_ORDERS_ORDER_MONGO_H

/* Orders in MongoDB; the document is described in order_bson.h. */

#include <stdatomic.h>

#include "../drivers/mongo.h"
#include "order_repo.h"

typedef struct shop_order_repo_mongo_t {
    shop_order_repo_t port;
    shop_mongo_t *mongo;
} shop_order_repo_mongo_t;

#define SHOP_ORDERS_COLLECTION "orders"

/* Never fails. No I/O. */
shop_order_repo_t *shop_order_repo_mongo(shop_mongo_t *mongo, apr_pool_t *pool);

/* Sets the port's functions that decide whether an order is placed: order_insert_mongo.c. */
void shop_order_mongo_inserts(shop_order_repo_t *port);
/* Sets the port's function for corrections: order_correct_mongo.c. */
void shop_order_mongo_corrections(shop_order_repo_t *port);
/* Sets the port's functions for refunds: order_refund_mongo.c. */
void shop_order_mongo_refunds(shop_order_repo_t *port);

extern const shop_mongo_index_t shop_order_indexes[];

#endif
