/* SPDX-License-Identifier: MIT */
#ifndef SHOP_COUPONS_COUPON_REPO_H
#define SHOP_COUPONS_COUPON_REPO_H

/* Port: coupons and what each customer used of them. Every update is one atomic update of one
 * document. What orders reserve of a limit for all customers is store/reservation.h. Results in
 * pool. UNAVAILABLE when the store is away, INTERNAL for the unexpected. */

#include "../base/cursor.h"
#include "../store/reservation.h"
#include "coupon.h"

typedef struct shop_coupon_repo_t shop_coupon_repo_t;
struct shop_coupon_repo_t {
    /* COUPON_EXISTS. coupon->terms_rev must rise over earlier coupons of this code: the caller
     * sets it to the time. It is also where born starts and stays. */
    shop_error_t *(*insert)(shop_coupon_repo_t *repo, const shop_coupon_t *coupon,
                            apr_pool_t *pool);
    shop_error_t *(*find)(shop_coupon_t **coupon, shop_coupon_repo_t *repo, const char *code,
                          apr_pool_t *pool);
    /* By code. */
    shop_error_t *(*list)(apr_array_header_t **coupons, shop_list_end_t *end,
                          shop_coupon_repo_t *repo, const shop_list_query_t *query,
                          apr_pool_t *pool);
    /* Terms where rev is still coupon->rev - 1. A limit before and after: coupon->remaining is -1
     * and remaining moves by limit_delta (atomic; refused when it would fall below 0:
     * COUPON_LIMIT). A new limit: coupon->remaining is where it starts. */
    shop_error_t *(*update)(bool *done, shop_coupon_repo_t *repo, const shop_coupon_t *coupon,
                            int64_t limit_delta, apr_pool_t *pool);
    /* The redemptions stay: the orders that stand still have them. */
    shop_error_t *(*remove)(bool *done, shop_coupon_repo_t *repo, const char *code, int64_t rev,
                            apr_pool_t *pool);

    /* ---- the order protocol: what each customer used ---- */
    /* Redemption for coupons with a limit per user: one document "CODE:born:user" that names the
     * orders using it; born parts the coupon from earlier and later ones of its code. *redeemed
     * false: the user has none left. Idempotent per order. */
    shop_error_t *(*redeem)(bool *redeemed, shop_coupon_repo_t *repo, const char *code,
                            int64_t born, const char *user_id, int64_t limit, const char *order_id,
                            apr_time_t now, apr_pool_t *pool);
    /* Deletes the order's redemption (by order id). Any number of times. */
    shop_error_t *(*unredeem)(shop_coupon_repo_t *repo, const char *code, int64_t born,
                              const char *user_id, const char *order_id, apr_pool_t *pool);
    /* How many uses of the coupon the user has. */
    shop_error_t *(*uses)(int64_t *uses, shop_coupon_repo_t *repo, const char *code, int64_t born,
                          const char *user_id, apr_pool_t *pool);
    /* Redemptions older than before that nobody has looked at, by index. */
    shop_error_t *(*old_redemptions)(apr_array_header_t **left, shop_coupon_repo_t *repo,
                                     apr_time_t before, int limit, apr_pool_t *pool);
    /* The order of a redemption found by old_redemptions never was (it goes) or stands (it stays
     * and leaves the index). id: the leftover's. */
    shop_error_t *(*drop_redemption)(shop_coupon_repo_t *repo, const char *id, const char *order_id,
                                     apr_pool_t *pool);
    shop_error_t *(*keep_redemption)(shop_coupon_repo_t *repo, const char *id, const char *order_id,
                                     apr_pool_t *pool);
};

#endif
