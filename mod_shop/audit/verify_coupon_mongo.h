/* SPDX-License-Identifier: MIT */
#ifndef SHOP_AUDIT_VERIFY_COUPON_MONGO_H
#define SHOP_AUDIT_VERIFY_COUPON_MONGO_H

#include "../drivers/mongo.h"
#include "verify_store.h"

/* Sets the port's functions for coupons and redemptions. port: a shop_verify_store_mongo_t. */
void shop_verify_coupon_mongo(shop_verify_store_t *port);
/* The id, in pool, of the redemption for an order's coupon; NULL when the order has none. The only
 * code outside coupons/ that knows the form of these ids. */
const char *shop_verify_redemption_id(const bson_t *order, apr_pool_t *pool);

#endif
