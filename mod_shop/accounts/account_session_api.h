/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ACCOUNTS_ACCOUNT_SESSION_API_H
#define SHOP_ACCOUNTS_ACCOUNT_SESSION_API_H

/* What the sessions' handlers lend the accounts'. */

#include "../app.h"

/* The longest time, in seconds, that an access token issued until now is accepted: how long a
 * revocation is kept. Never fails. */
int shop_session_revocation_s(const shop_app_t *app);

#endif
