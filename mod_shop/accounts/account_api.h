/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ACCOUNTS_ACCOUNT_API_H
#define SHOP_ACCOUNTS_ACCOUNT_API_H

/* What the files of the accounts' HTTP interface share. */

#include "../app.h"
#include "../drivers/password.h"
#include "../guard/guards.h"
#include "../http/route.h"
#include "../settings.h"
#include "accounts_module.h"

/* Bodies. */
typedef struct shop_account_login_t {
    const char *email;
    const char *password;
} shop_account_login_t;

/* Reply to login and refresh. */
typedef struct shop_account_tokens_t {
    const char *access_token;
    const char *refresh_token;
    const char *token_type;
    int64_t expires_in;
    int64_t refresh_expires_in;
    const shop_user_t *user;
} shop_account_tokens_t;

extern const shop_field_t shop_account_tokens_fields[];

shop_error_t *shop_account_login(const shop_app_t *app, shop_req_t *req, shop_res_t *res);
shop_error_t *shop_account_refresh(const shop_app_t *app, shop_req_t *req, shop_res_t *res);
shop_error_t *shop_account_logout(const shop_app_t *app, shop_req_t *req, shop_res_t *res);

/* Longest time an access token issued until now can live: how long a verdict is kept. */
int shop_account_verdict_s(const shop_app_t *app);

#endif
