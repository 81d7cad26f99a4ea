/* SPDX-License-Identifier: MIT */
#ifndef SHOP_COUPONS_COUPON_REPO_H
#define SHOP_COUPONS_COUPON_REPO_H

/* Port: coupons, and their redemptions by customers. Every change is one atomic update of one
 * document. Reservations of the limit for all customers are in store/reservation.h. Results are in
 * pool. Errors of all: UNAVAILABLE, INTERNAL. */

#include "../base/cursor.h"
#include "../store/reservation.h"
#include "coupon.h"

typedef struct shop_coupon_repo_t shop_coupon_repo_t;
struct shop_coupon_repo_t {
    /* COUPON_EXISTS. coupon->terms_rev must exceed that of earlier coupons with this code, so the
     * caller sets it to the time. born gets the same value and never changes. */
    shop_error_t *(*insert)(shop_coupon_repo_t *repo, const shop_coupon_t *coupon,
                            apr_pool_t *pool);
    shop_error_t *(*find)(shop_coupon_t **coupon, shop_coupon_repo_t *repo, const char *code,
                          apr_pool_t *pool);
    /* For placing an order: as find, with *stale as shop_product_repo_t.find_to_order. */
    shop_error_t *(*find_to_order)(shop_coupon_t **coupon, apr_array_header_t **stale,
                                   shop_coupon_repo_t *repo, const char *code, apr_time_t before,
                                   apr_pool_t *pool);
    /* By code. */
    shop_error_t *(*list)(apr_array_header_t **coupons, shop_list_end_t *end,
                          shop_coupon_repo_t *repo, const shop_list_query_t *query,
                          apr_pool_t *pool);
    /* Stores the terms if the stored rev is coupon->rev - 1. With a limit before and after,
     * coupon->remaining is -1 and the stored remaining changes by limit_delta, atomically;
     * COUPON_LIMIT if it would become negative. For a new limit, coupon->remaining is its initial
     * value. */
    shop_error_t *(*update)(bool *done, shop_coupon_repo_t *repo, const shop_coupon_t *coupon,
                            int64_t limit_delta, apr_pool_t *pool);
    /* Redemptions are kept, because existing orders refer to them. */
    shop_error_t *(*remove)(bool *done, shop_coupon_repo_t *repo, const char *code, int64_t rev,
                            apr_pool_t *pool);

    /* ---- the order protocol: what each customer used ---- */
    /* Redeems a coupon with a limit per user: adds the order to the document "CODE:born:user". born
     * distinguishes coupons that had the same code at different times. *redeemed false: the user's
     * limit is reached. Idempotent per order. */
    shop_error_t *(*redeem)(bool *redeemed, shop_coupon_repo_t *repo, const char *code,
                            int64_t born, const char *user_id, int64_t limit, const char *order_id,
                            apr_time_t now, apr_pool_t *pool);
    /* Removes the order's redemption. Idempotent. */
    shop_error_t *(*unredeem)(shop_coupon_repo_t *repo, const char *code, int64_t born,
                              const char *user_id, const char *order_id, apr_pool_t *pool);
    /* The user's number of uses of the coupon. */
    shop_error_t *(*uses)(int64_t *uses, shop_coupon_repo_t *repo, const char *code, int64_t born,
                          const char *user_id, apr_pool_t *pool);
    /* Redemptions older than before that were not checked yet; uses an index. */
    shop_error_t *(*old_redemptions)(apr_array_header_t **left, shop_coupon_repo_t *repo,
                                     apr_time_t before, int limit, apr_pool_t *pool);
    /* What was found about a redemption (id) from old_redemptions. drop: the order does not exist,
     * the redemption is removed. keep: the order exists, the redemption stays and counts as
     * checked. */
    shop_error_t *(*drop_redemption)(shop_coupon_repo_t *repo, const char *id, const char *order_id,
                                     apr_pool_t *pool);
    shop_error_t *(*keep_redemption)(shop_coupon_repo_t *repo, const char *id, const char *order_id,
                                     apr_pool_t *pool);
};

#endif
