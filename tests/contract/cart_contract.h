/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_CART_CONTRACT_H
#define SHOP_TESTS_CART_CONTRACT_H

/* What every cart store must do; run on the fake and on the real one. */

#include "mod_shop/cart/cart_repo.h"
#include "tests/kit/harness.h"

extern const shop_test_t shop_cart_contract[];

/* Called by each test for an empty store living in t_pool. */
extern shop_cart_repo_t *(*shop_cart_contract_store)(void);

#endif
