/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_CART_MEM_H
#define SHOP_TESTS_CART_MEM_H

/* Carts in memory, for tests: one lock around everything, so it is atomic. */

#include "mod_shop/cart/cart_repo.h"

shop_cart_repo_t *shop_cart_repo_mem(apr_pool_t *pool);

/* The stored cart is this one from now on, its claim and revision too. */
shop_error_t *shop_cart_mem_put(shop_cart_repo_t *repo, const shop_cart_t *cart, apr_pool_t *pool);
/* Until switched off every call answers UNAVAILABLE. */
void shop_cart_mem_away(shop_cart_repo_t *repo, bool away);
/* Calls answered so far; tests compare two readings. */
int shop_cart_mem_calls(const shop_cart_repo_t *repo);

#endif
