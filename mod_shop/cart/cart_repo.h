/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CART_CART_REPO_H
#define SHOP_CART_CART_REPO_H

/* Port: one cart per user. Results are in pool. Each change is one atomic update, so that
 * concurrent changes add up. Errors of all: UNAVAILABLE, INTERNAL. */

#include "cart.h"

typedef struct shop_cart_repo_t shop_cart_repo_t;
struct shop_cart_repo_t {
    /* *cart is never NULL: a user without a document has an empty cart with gen 0. Reads from the
     * primary. */
    shop_error_t *(*find)(shop_cart_t **cart, shop_cart_repo_t *repo, const char *user_id,
                          apr_pool_t *pool);
    /* Adds to the line or appends it. place: index of the line when the caller read the cart, -1:
     * none; only a hint that saves a command. *cart: the cart after the change. CART_FULL for the
     * 101st line; VALIDATION_FAILED when the line would exceed SHOP_QUANTITY_MAX. */
    shop_error_t *(*add)(shop_cart_t **cart, shop_cart_repo_t *repo, const char *user_id,
                         const char *product_id, int64_t quantity, int place, apr_time_t now,
                         apr_pool_t *pool);
    /* NOT_FOUND when the cart has no such line. */
    shop_error_t *(*set)(shop_cart_t **cart, shop_cart_repo_t *repo, const char *user_id,
                         const char *product_id, int64_t quantity, apr_time_t now,
                         apr_pool_t *pool);
    /* NOT_FOUND when the cart has no such line. */
    shop_error_t *(*remove)(shop_cart_t **cart, shop_cart_repo_t *repo, const char *user_id,
                            const char *product_id, apr_time_t now, apr_pool_t *pool);
    shop_error_t *(*clear)(shop_cart_t **cart, shop_cart_repo_t *repo, const char *user_id,
                           apr_time_t now, apr_pool_t *pool);
    /* For If-Match: sets the line (quantity > 0), removes it (quantity 0) or clears the cart
     * (product_id NULL). CONFLICT if the stored rev differs from rev. NOT_FOUND as above. */
    shop_error_t *(*edit)(shop_cart_t **cart, shop_cart_repo_t *repo, const char *user_id,
                          const char *product_id, int64_t quantity, int64_t rev, apr_time_t now,
                          apr_pool_t *pool);

    /* ---- the order protocol ---- */
    /* Stores the claim where gen, rev and lines are still those of cart and there is no claim;
     * raises rev to claim->rev. The lines too, because an edit that an election takes back may have
     * had the rev that a later one has. *claimed false: the cart is another by now, or an earlier
     * copy of this command was applied: read it. May be sent again. Acknowledged by a majority. */
    shop_error_t *(*claim)(bool *claimed, shop_cart_repo_t *repo, const shop_cart_t *cart,
                           const shop_cart_claim_t *claim, apr_pool_t *pool);
    /* The order is placed: where gen, rev, lines and claim are still those of cart (its claim may
     * be NULL, or another order's), sets the lines to left, raises gen and rev, and removes the
     * claim if it is order_id's. *done false: the cart is another by now. Acknowledged by one node
     * if the claim is order_id's, since it comes back with what an election takes back; else by a
     * majority. */
    shop_error_t *(*ordered)(bool *done, shop_cart_repo_t *repo, const shop_cart_t *cart,
                             const char *order_id, const apr_array_header_t *left, apr_time_t now,
                             apr_pool_t *pool);
    /* Removes the claim of order_id and raises rev. Any number of times. By one node. */
    shop_error_t *(*unclaim)(shop_cart_repo_t *repo, const char *user_id, const char *order_id,
                             apr_pool_t *pool);
    /* Carts claimed before `before`, at most limit, oldest first: array of shop_cart_t *. By
     * index. */
    shop_error_t *(*old_claims)(apr_array_header_t **carts, shop_cart_repo_t *repo,
                                apr_time_t before, int limit, apr_pool_t *pool);
};

#endif
