/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_STOCK_CONTRACT_H
#define SHOP_TESTS_STOCK_CONTRACT_H

/* What every store of stock movements must do; run on the fake and on the real one. */

#include "mod_shop/catalogue/product_repo.h"
#include "mod_shop/inventory/stock_repo.h"
#include "tests/kit/harness.h"

extern const shop_test_t shop_stock_contract[];

/* Called by each test for an empty store living in t_pool; *products: the catalogue beside it. */
extern shop_stock_repo_t *(*shop_stock_contract_store)(shop_product_repo_t **products);

/* A product nobody has changed yet: its id ends in n, 10.00, stock 5. */
shop_product_t *shop_stock_test_product(int n);
const char *shop_stock_test_id(int n);
/* The reply that the suite asks for; a shop_stock_request_t's. */
shop_error_t *shop_stock_test_reply(const char **bytes, apr_size_t *size, void *baton,
                                    const shop_product_t *after, apr_pool_t *pool);

#endif
