/* SPDX-License-Identifier: MIT */
#ifndef SHOP_COUPONS_COUPON_MONGO_H
#define SHOP_COUPONS_COUPON_MONGO_H

/* Coupons in MongoDB. A coupon document is a shop_coupon_record, with holds, voids, backs and
 * back_rev for the reservations of its uses; remaining exists only with a usage_limit. redemption:
 * {_id: "CODE:born:user", uses: [order], open: [{o, at}]}; orders in uses count towards the limit;
 * orders in open have not been checked by the reaper. */

#include "../drivers/mongo.h"
#include "../store/reservation_mongo.h"
#include "coupon_repo.h"

/* Never fails. No I/O. */
shop_coupon_repo_t *shop_coupon_repo_mongo(shop_mongo_t *mongo, apr_pool_t *pool);

extern const shop_mongo_index_t shop_coupon_indexes[];
/* The reservations of uses of coupons with a limit. */
extern const shop_reservable_t shop_coupon_uses;

/* ---- between the coupon_*_mongo.c files ---- */
#define SHOP_COUPONS_COLLECTION "coupons"
#define SHOP_REDEMPTIONS_COLLECTION "redemptions"

typedef struct shop_coupon_repo_mongo_t {
    shop_coupon_repo_t port; /* first, so that a pointer to it is a pointer to this */
    shop_mongo_t *mongo;
    shop_record_store_t *terms;
} shop_coupon_repo_mongo_t;

/* Sets the redemption functions of the port. */
void shop_coupon_mongo_redeem(shop_coupon_repo_t *port);

#endif
