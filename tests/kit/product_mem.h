/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_PRODUCT_MEM_H
#define SHOP_TESTS_PRODUCT_MEM_H

/* The catalogue in memory, for tests: one lock around everything, so it is atomic. */

#include "mod_shop/catalogue/product_repo.h"
#include "tests/kit/reservation_mem.h"

shop_product_repo_t *shop_product_repo_mem(apr_pool_t *pool);
/* Its stock, as orders reserve it. */
shop_reservations_t *shop_product_mem_stock(const shop_product_repo_t *repo);

/* Until switched off every call answers UNAVAILABLE. */
void shop_product_mem_away(shop_product_repo_t *repo, bool away);
/* Calls answered so far; tests compare two readings. */
int shop_product_mem_calls(const shop_product_repo_t *repo);

/* ---- for the fake that moves the stock, under the lock of shop_product_mem_stock ---- */

/* The product itself, with the stock that its unit has; NULL: none, or deleted. */
shop_product_t *shop_product_mem_seek(const shop_product_repo_t *repo, const char *id);

#endif
