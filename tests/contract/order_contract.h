/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_ORDER_CONTRACT_H
#define SHOP_TESTS_ORDER_CONTRACT_H

/* What every order store must do; run on the fake and on the real one. */

#include "mod_shop/orders/order_repo.h"
#include "tests/kit/harness.h"

extern const shop_test_t shop_order_contract[];

/* Called by each test for an empty store living in t_pool. */
extern shop_order_repo_t *(*shop_order_contract_store)(void);

#endif
