/* SPDX-License-Identifier: MIT
 * shopctl user create. */
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#include "mod_shop/accounts/accounts_module.h"
#include "mod_shop/base/clock.h"
#include "mod_shop/base/id.h"
#include "mod_shop/base/text.h"
#include "mod_shop/drivers/password.h"
#include "tools/shopctl.h"

static shop_error_t *check_names(shop_user_t *user, const shopctl_t *ctl)
{
    const char *username = shopctl_value(ctl, SHOPCTL_USERNAME);
    shop_error_t *err = NULL;
    apr_size_t length = shop_text_length(username);

    if (length < 2 || length > 64) {
        shop_error_violate(&err, ctl->pool, "--username", "length", "must have 2 to 64 characters");
    }
    shop_user_set_username(&err, user, "--username", shop_text_trim(username, ctl->pool),
                           ctl->pool);
    shop_user_set_email(&err, user, "--email",
                        shop_text_trim(shopctl_value(ctl, SHOPCTL_EMAIL), ctl->pool), ctl->pool);
    return err;
}

static shop_error_t *insert_user(const shop_app_t *app, shop_user_t *user, const char *password,
                                 apr_pool_t *pool)
{
    user->email_verified = true;
    user->created_at = user->updated_at = app->clock->now(app->clock);
    user->rev = 1;
    SHOP_TRY(shop_id_make(&user->id, pool));
    SHOP_TRY(shop_hasher_hash(&user->password_hash, app->hasher, password, pool));
    return app->accounts->accounts->insert(app->accounts->accounts, user, pool);
}

static int print_account(const shopctl_t *ctl, const shop_user_t *user, bool created)
{
    if (shopctl_value(ctl, SHOPCTL_JSON)) {
        shopctl_print_json(json_pack("{s:b, s:s, s:s, s:s, s:s}", "created", created, "id",
                                     user->id, "username", user->username, "email", user->email,
                                     "role", user->role));
    } else if (created) {
        printf("created %s %s\n", user->role, user->email);
    } else {
        printf("account %s exists\n", user->email);
    }
    return SHOPCTL_EXIT_DONE;
}

/* *status: of an account with this address, where --if-missing was given. false: there is none. */
static bool exists(int *status, const shopctl_t *ctl, const shop_app_t *app,
                   const shop_user_t *user)
{
    shop_account_repo_t *accounts = app->accounts->accounts;
    shop_user_t *found = NULL;
    shop_error_t *err;

    if (!shopctl_value(ctl, SHOPCTL_IF_MISSING)) {
        return false;
    }
    err = accounts->find_by_email(&found, accounts, user->email_key, ctl->pool);
    if (err) {
        *status = shopctl_fail(err);
    } else if (found && strcmp(found->role, user->role) != 0) {
        fprintf(stderr,
                "shopctl: account %s exists and has the role %s, not %s; nothing was changed\n",
                found->email, found->role, user->role);
        *status = SHOPCTL_EXIT_REFUSED;
    } else if (found) {
        *status = print_account(ctl, found, false);
    }
    return err || found;
}

static shop_error_t *check_password(const char *password, const shopctl_t *ctl)
{
    shop_error_t *err = NULL;

    shop_account_check_password(&err, "password", password, ctl->settings.password_min,
                                ctl->settings.password_max, ctl->pool);
    return err;
}

static int create(const shopctl_t *ctl, const shop_app_t *app, shop_user_t *user)
{
    const char *password = NULL;
    int status = shopctl_read_password(&password, ctl, check_password);
    shop_error_t *err;

    if (status) {
        return status;
    }
    err = insert_user(app, user, password, ctl->pool);
    if (err && err->code == SHOP_EMAIL_TAKEN && exists(&status, ctl, app, user)) {
        return status; /* made by another process in the meantime */
    }
    return err ? shopctl_fail(err) : print_account(ctl, user, true);
}

int shopctl_run_user_create(shopctl_t *ctl)
{
    shop_user_t user = { .role = shopctl_value(ctl, SHOPCTL_ADMIN) ? SHOP_ROLE_NAME_ADMIN
                                                                   : SHOP_ROLE_NAME_USER };
    shop_app_t *app;
    shop_error_t *err;
    int status;

    if (!shopctl_value(ctl, SHOPCTL_USERNAME) || !shopctl_value(ctl, SHOPCTL_EMAIL)) {
        return shopctl_complain(ctl, "user create needs --username and --email");
    }
    err = check_names(&user, ctl);
    if (err) {
        return shopctl_fail(err);
    }
    status = shopctl_open(&app, ctl);
    if (status || exists(&status, ctl, app, &user)) {
        return status;
    }
    return create(ctl, app, &user);
}
