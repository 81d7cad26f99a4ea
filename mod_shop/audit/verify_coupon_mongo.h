/* SPDX-License-Identifier: MIT */
#ifndef SHOP_AUDIT_VERIFY_COUPON_MONGO_H
#define SHOP_AUDIT_VERIFY_COUPON_MONGO_H

#include "../drivers/mongo.h"
#include "verify_store.h"

/* Fills in what reads coupons and their redemptions. port: a shop_verify_store_mongo_t. */
void shop_verify_coupon_mongo(shop_verify_store_t *port);
/* The id, in pool, of the redemption that names the uses of an order's coupon; NULL when the order
 * has none. The one place that must know how coupons/ makes these ids. */
const char *shop_verify_redemption_id(const bson_t *order, apr_pool_t *pool);

#endif
