/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ACCOUNTS_ACCOUNTS_MODULE_H
#define SHOP_ACCOUNTS_ACCOUNTS_MODULE_H

/* Repositories of the accounts module; app->accounts points here. */

#include "account_repo.h"

typedef struct shop_accounts_repos_t {
    shop_account_repo_t *accounts; /* users and sessions */
} shop_accounts_repos_t;

#endif
