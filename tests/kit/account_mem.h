/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_ACCOUNT_MEM_H
#define SHOP_TESTS_ACCOUNT_MEM_H

/* Users and sessions in memory, for tests. One lock around everything, so it is atomic. */

#include "mod_shop/accounts/account_repo.h"

shop_account_repo_t *shop_account_repo_mem(apr_pool_t *pool);

/* Until switched off every call answers UNAVAILABLE. */
void shop_account_mem_away(shop_account_repo_t *repo, bool away);
/* Calls answered so far; tests compare two readings. */
int shop_account_mem_calls(const shop_account_repo_t *repo);

#endif
