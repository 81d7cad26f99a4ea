/* SPDX-License-Identifier: MIT */
#ifndef SHOP_COUPONS_COUPON_MONGO_H
#define SHOP_COUPONS_COUPON_MONGO_H

/* Coupons in MongoDB. Stored coupon:
 *   {_id: CODE, discount_percent, valid_from, valid_until, min_purchase, max_discount?,
 *    usage_limit?, usage_limit_per_user?, terms_rev, born, rev, created_at, updated_at,
 *    remaining?                                            only with a usage_limit
 *    holds: [{o, at}], backs: [{o, at}], back_rev}         the order protocol
 * redemption: {_id: "CODE:born:user", uses: [order], open: [{o, at}]}; what is in uses counts
 * against the limit, what is in open has not been looked at by the reaper. */

#include "../drivers/mongo.h"
#include "coupon_repo.h"

/* Never fails; opens nothing. */
shop_coupon_repo_t *shop_coupon_repo_mongo(shop_mongo_t *mongo, apr_pool_t *pool);

extern const shop_mongo_index_t shop_coupon_indexes[];

/* ---- between the coupon_*_mongo.c files ---- */
#define SHOP_COUPONS_COLLECTION "coupons"
#define SHOP_REDEMPTIONS_COLLECTION "redemptions"

typedef struct shop_coupon_repo_mongo_t {
    shop_coupon_repo_t port; /* first, so that a pointer to it is a pointer to this */
    shop_mongo_t *mongo;
} shop_coupon_repo_mongo_t;

/* Fill in what an order does with a coupon and with its redemptions. */
void shop_coupon_mongo_use(shop_coupon_repo_t *port);
void shop_coupon_mongo_redeem(shop_coupon_repo_t *port);
/* A shop_mongo_each_t over documents with `field` [{o, at}]: baton is a shop_coupon_leftovers_t. */
typedef struct shop_coupon_leftovers_t {
    apr_array_header_t *left; /* shop_leftover_t * */
    const char *field;
    apr_time_t before;
    int limit;
} shop_coupon_leftovers_t;
shop_error_t *shop_coupon_leftovers(void *baton, const bson_t *doc, apr_pool_t *pool);

#endif
