/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ACCOUNTS_ACCOUNT_SESSION_API_H
#define SHOP_ACCOUNTS_ACCOUNT_SESSION_API_H

/* Function shared by the handlers of sessions and of accounts. */

#include "../app.h"

/* The longest time, in seconds, for which an access token issued so far is valid: a revocation is
 * stored for this time. Never fails. */
int shop_session_revocation_s(const shop_app_t *app);

#endif
