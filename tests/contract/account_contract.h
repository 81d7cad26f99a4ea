/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_ACCOUNT_CONTRACT_H
#define SHOP_TESTS_ACCOUNT_CONTRACT_H

/* What every accounts store must do; run on the fake and on the real one. */

#include "mod_shop/accounts/account_repo.h"
#include "tests/kit/harness.h"

extern const shop_test_t shop_account_contract[];

/* Called by each test for an empty store living in t_pool. */
extern shop_account_repo_t *(*shop_account_contract_store)(void);

#endif
