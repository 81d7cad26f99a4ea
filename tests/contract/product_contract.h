/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_PRODUCT_CONTRACT_H
#define SHOP_TESTS_PRODUCT_CONTRACT_H

/* What every catalogue store must do; run on the fake and on the real one. */

#include "mod_shop/catalogue/product_repo.h"
#include "mod_shop/store/reservation.h"
#include "tests/kit/harness.h"

extern const shop_test_t shop_product_contract[]; /* one product, lists */

/* Called by each test for an empty store living in t_pool. */
extern shop_product_repo_t *(*shop_product_contract_store)(void);
/* The stock of its products, as orders reserve it. */
extern shop_reservations_t *(*shop_product_contract_stock)(shop_product_repo_t *repo);

/* A product nobody has changed yet: id ends in n, 10.00, category "Things", stock 5. */
shop_product_t *shop_product_made(int n, const char *name);
const char *shop_product_test_id(int n);

#endif
