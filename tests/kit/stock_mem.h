/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_STOCK_MEM_H
#define SHOP_TESTS_STOCK_MEM_H

/* Changes of stock in memory, for tests, over a fake catalogue and under its lock. */

#include "mod_shop/inventory/stock_repo.h"
#include "tests/kit/product_mem.h"

/* products: of shop_product_repo_mem. */
shop_stock_repo_t *shop_stock_repo_mem(shop_product_repo_t *products, apr_pool_t *pool);

#endif
