/* SPDX-License-Identifier: MIT */
#ifndef SHOP_AUDIT_VERIFY_CART_MONGO_H
#define SHOP_AUDIT_VERIFY_CART_MONGO_H

#include "verify_store.h"

/* Sets the port's functions for claims of carts. port: a shop_verify_store_mongo_t. */
void shop_verify_cart_mongo(shop_verify_store_t *port);

#endif
