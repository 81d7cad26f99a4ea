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
    /* After an order: if the stored gen is gen, increments gen and rev and removes the ordered
     * products; lines added in the meantime stay. Idempotent. */
    shop_error_t *(*ordered)(shop_cart_repo_t *repo, const char *user_id, int64_t gen,
                             const char *const *product_ids, int count, apr_time_t now,
                             apr_pool_t *pool);
};

#endif
