/* SPDX-License-Identifier: MIT */
#ifndef SHOP_AUDIT_VERIFY_COUPON_MONGO_H
#define SHOP_AUDIT_VERIFY_COUPON_MONGO_H

#include "../drivers/mongo.h"
#include "verify_store.h"

/* The port's read and count, of a coupon (a shop_verify_coupon_t). port, here and below: a
 * shop_verify_store_mongo_t. */
shop_error_t *shop_verify_read_coupon(shop_verify_reservable_t **out, shop_verify_store_t *port,
                                      const char *code, apr_pool_t *pool);
shop_error_t *shop_verify_count_coupon(shop_verify_reservable_t *coupon, shop_verify_store_t *port,
                                       apr_pool_t *pool);
/* Sets the port's functions for redemptions. */
void shop_verify_coupon_mongo(shop_verify_store_t *port);
/* The id, in pool, of the redemption for an order's coupon; NULL when the order has none. The only
 * code outside coupons/ that knows the form of these ids. */
const char *shop_verify_redemption_id(const bson_t *order, apr_pool_t *pool);

#endif
