/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ACCOUNTS_ACCOUNT_SESSIONS_H
#define SHOP_ACCOUNTS_ACCOUNT_SESSIONS_H

/* What the guards ask of sessions, answered from the accounts' store. */

#include "../guard/guards.h"
#include "account_repo.h"

/* Reads one session by one command. Lives in pool; repo must outlive it. */
const shop_session_reader_t *shop_account_session_reader(shop_account_repo_t *repo,
                                                         apr_pool_t *pool);

#endif
