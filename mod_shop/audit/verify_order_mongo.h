/* SPDX-License-Identifier: MIT */
#ifndef SHOP_AUDIT_VERIFY_ORDER_MONGO_H
#define SHOP_AUDIT_VERIFY_ORDER_MONGO_H

#include "verify_store.h"

/* Sets the port's functions for orders and their statuses. port: a shop_verify_store_mongo_t. */
void shop_verify_order_mongo(shop_verify_store_t *port);

#endif
