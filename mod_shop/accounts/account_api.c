/* SPDX-License-Identifier: MIT
 * Handlers of registration, profile and password. Replies must not contain a password hash or a
 * key. */
#include <apr_strings.h>
#include <string.h>

#include "../app.h"
#include "../base/id.h"
#include "../base/text_pattern.h"
#include "../drivers/password.h"
#include "../guard/guards.h"
#include "../http/change.h"
#include "../http/etag.h"
#include "../http/route.h"
#include "../settings.h"
#include "account_session_api.h"
#include "accounts_module.h"

typedef struct registration_t {
    const char *username;
    const char *email;
    const char *password;
    const char *role;
} registration_t;

/* The table has the widest bounds that a shop can configure; the configured ones are checked
 * afterwards. */
static const shop_field_t registration_fields[] = {
    SHOP_FIELD_PATTERN(registration_t, username, SHOP_REQUIRED | SHOP_TRIMMED, 2, 64,
                       "Name shown to other users: " SHOP_USERNAME_HELP,
                       SHOP_TEXT_USERNAME_PATTERN),
    SHOP_FIELD(registration_t, email, EMAIL, SHOP_REQUIRED, 0, 254,
               "E-mail address for signing in"),
    SHOP_FIELD(registration_t, password, SECRET, SHOP_REQUIRED | SHOP_NEW_PASSWORD, 1, 1024,
               "Length by ShopPasswordPolicy. Common passwords are refused."),
    SHOP_FIELD_ENUM_OF(registration_t, role, 0, shop_role_names,
                       "`admin` requires an admin's access token or X-Shop-Bootstrap-Token"),
    SHOP_FIELDS_END,
};

typedef struct password_change_t {
    const char *current_password;
    const char *new_password;
} password_change_t;

static const shop_field_t password_fields[] = {
    SHOP_FIELD(password_change_t, current_password, SECRET, SHOP_REQUIRED, 1, 1024,
               "Present password"),
    SHOP_FIELD(password_change_t, new_password, SECRET, SHOP_REQUIRED | SHOP_NEW_PASSWORD, 1, 1024,
               "Length by ShopPasswordPolicy. Common passwords are refused."),
    SHOP_FIELDS_END,
};

/* ---- registration ---- */

/* Constant-time comparison of the digests of both. */
static bool same_secret(const char *a, const char *b, apr_pool_t *pool)
{
    const char *x = shop_id_sha256(a, strlen(a), pool);
    const char *y = shop_id_sha256(b, strlen(b), pool);
    unsigned char differs = 0;

    for (int i = 0; i < 64; i++) {
        differs = (unsigned char)(differs | (x[i] ^ y[i]));
    }
    return differs == 0;
}

/* May the caller create an account with this role? *claim: only if no admin exists, which the store
 * decides. The role is never silently changed to "user", because the client would take the account
 * for an admin. */
static shop_error_t *decide_role(bool *claim, const shop_app_t *app, const shop_req_t *req,
                                 const char *role)
{
    const char *sent = shop_req_header(req, "X-Shop-Bootstrap-Token");
    const char *secret = app->settings->bootstrap_token;

    *claim = false;
    if (!role || !strcmp(role, SHOP_ROLE_NAME_USER) || app->settings->open_admin ||
        req->caller.role == SHOP_ROLE_ADMIN) {
        return NULL;
    }
    if (sent && secret && *secret && same_secret(sent, secret, req->pool)) {
        *claim = true;
        return NULL;
    }
    SHOP_TRY(req->caller.refused);
    return shop_err(req->pool, ROLE_NOT_ALLOWED, "you may not make an admin account");
}

static shop_error_t *make_user(shop_user_t *user, const shop_app_t *app, const shop_req_t *req,
                               const registration_t *form)
{
    const shop_settings_t *settings = app->settings;
    shop_error_t *err = NULL;

    shop_user_set_username(&err, user, "/username", form->username, req->pool);
    shop_user_set_email(&err, user, "/email", form->email, req->pool);
    shop_account_check_password(&err, "/password", form->password, settings->password_min,
                                settings->password_max, req->pool);
    SHOP_TRY(err);
    user->role = form->role ? form->role : SHOP_ROLE_NAME_USER;
    user->created_at = req->now;
    user->updated_at = req->now;
    user->rev = 1;
    return shop_id_make(&user->id, req->pool);
}

static shop_error_t *insert_claiming(const shop_app_t *app, const shop_req_t *req,
                                     const shop_user_t *user)
{
    shop_account_repo_t *repo = app->accounts->accounts;
    shop_error_t *err;
    bool claimed;

    SHOP_TRY(repo->claim_bootstrap(&claimed, repo, req->pool));
    if (!claimed) {
        return shop_err(req->pool, ROLE_NOT_ALLOWED, "there is an admin already");
    }
    err = repo->insert(repo, user, req->pool);
    if (err && (err->code == SHOP_EMAIL_TAKEN || err->code == SHOP_USERNAME_TAKEN)) {
        SHOP_TRY(repo->release_bootstrap(repo, req->pool));
    }
    return err;
}

static shop_error_t *account_register(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    const registration_t *form = req->record;
    shop_user_t user = { 0 };
    bool claim;

    SHOP_TRY(decide_role(&claim, app, req, form->role));
    SHOP_TRY(make_user(&user, app, req, form));
    SHOP_TRY(shop_hasher_hash(&user.password_hash, app->hasher, form->password, req->pool));
    SHOP_TRY(claim ? insert_claiming(app, req, &user)
                   : app->accounts->accounts->insert(app->accounts->accounts, &user, req->pool));
    shop_res_location(res, req, "/users/%s", user.id);
    return shop_res_object(res, 201, shop_user_fields, &user);
}

/* ---- profile ---- */

/* The caller's account. If it was deleted or disabled, the caller's sessions have ended. */
static shop_error_t *find_me(shop_user_t **user, const shop_app_t *app, const shop_req_t *req)
{
    SHOP_TRY(app->accounts->accounts->find(user, app->accounts->accounts, req->caller.user_id,
                                           req->pool));
    if (!*user || (*user)->disabled) {
        return shop_err(req->pool, TOKEN_REVOKED, "the account was closed");
    }
    return NULL;
}

static shop_error_t *account_me(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    shop_user_t *user;

    SHOP_TRY(find_me(&user, app, req));
    return shop_res_object(res, 200, shop_user_fields, user);
}

/* Not shop_req_merge: a name must be set together with its key. */
static shop_error_t *apply_profile(shop_user_t *user, const shop_req_t *req)
{
    const shop_user_t *form = req->record;
    shop_error_t *err = NULL;

    if (form->username) {
        shop_user_set_username(&err, user, "/username", form->username, req->pool);
    }
    if (form->email) {
        shop_user_set_email(&err, user, "/email", form->email, req->pool);
    }
    user->updated_at = req->now;
    user->rev++;
    return err;
}

typedef struct profile_change_t {
    const shop_app_t *app;
    const shop_req_t *req;
    const shop_res_t *res;
    shop_user_t *user;
} profile_change_t;

static shop_error_t *edit_once(bool *done, void *baton)
{
    profile_change_t *change = baton;
    const shop_req_t *req = change->req;
    shop_account_repo_t *repo = change->app->accounts->accounts;

    SHOP_TRY(find_me(&change->user, change->app, req));
    SHOP_TRY(shop_etag_if_match(
        req, shop_res_object_etag(change->res, shop_user_fields, change->user, req->pool), false));
    *done = !req->present;
    if (*done) {
        return NULL;
    }
    SHOP_TRY(apply_profile(change->user, req));
    return repo->update(done, repo, change->user, req->pool);
}

static shop_error_t *account_edit(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    profile_change_t change = { .app = app, .req = req, .res = res };

    SHOP_TRY(shop_change(edit_once, &change, req, "account"));
    return shop_res_object(res, 200, shop_user_fields, change.user);
}

/* ---- password ---- */

static shop_error_t *check_current(const shop_app_t *app, const shop_req_t *req,
                                   const shop_user_t *user, const char *password)
{
    shop_error_t *err = NULL;
    shop_attempts_t attempts;
    bool matches, rehash;

    /* A stolen access token must not allow guessing of the password. */
    shop_attempts_begin(&attempts, app->guards, req, "password", user->id);
    SHOP_TRY(shop_attempts_check(&attempts));
    SHOP_TRY(shop_hasher_verify(&matches, &rehash, app->hasher, user->password_hash, password,
                                req->pool));
    if (!matches) {
        SHOP_TRY(shop_attempts_failed(&attempts));
        shop_error_violate(&err, req->pool, "/current_password", "wrong",
                           "is not the password in force");
        return err;
    }
    SHOP_TRY(shop_attempts_check(&attempts));
    shop_attempts_reset(&attempts);
    return NULL;
}

static shop_error_t *end_other_sessions(const shop_app_t *app, const shop_req_t *req)
{
    apr_array_header_t *ids;

    SHOP_TRY(app->accounts->accounts->session_revoke_user(
        &ids, app->accounts->accounts, req->caller.user_id, req->caller.session_id, req->pool));
    for (int i = 0; i < ids->nelts; i++) {
        app->guards->revoked->add(app->guards->revoked, APR_ARRAY_IDX(ids, i, const char *),
                                  shop_session_revocation_s(app), req->pool);
    }
    return NULL;
}

static shop_error_t *account_password(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    const password_change_t *form = req->record;
    shop_error_t *err = NULL;
    shop_user_t *user;
    bool done;

    shop_account_check_password(&err, "/new_password", form->new_password,
                                app->settings->password_min, app->settings->password_max,
                                req->pool);
    SHOP_TRY(err);
    SHOP_TRY(find_me(&user, app, req));
    SHOP_TRY(check_current(app, req, user, form->current_password));
    SHOP_TRY(shop_hasher_hash(&user->password_hash, app->hasher, form->new_password, req->pool));
    user->updated_at = req->now;
    user->rev++;
    SHOP_TRY(app->accounts->accounts->update(&done, app->accounts->accounts, user, req->pool));
    if (!done) {
        return shop_err(req->pool, CONFLICT, "the account changed at the same moment; try again");
    }
    err = end_other_sessions(app, req);
    if (err) {
        err->detail = "the password was changed, but the other sessions could not be ended; "
                      "repeat with the new password as the current one";
        return err;
    }
    return shop_res_object(res, 200, shop_user_fields, user);
}

/* ---- routes ---- */

static const shop_code_t register_errors[] = { SHOP_ROLE_NOT_ALLOWED, SHOP_EMAIL_TAKEN,
                                               SHOP_USERNAME_TAKEN, SHOP_OK };
static const shop_code_t session_errors[] = { SHOP_TOKEN_REVOKED, SHOP_OK };
static const shop_code_t edit_errors[] = { SHOP_EMAIL_TAKEN, SHOP_USERNAME_TAKEN, SHOP_CONFLICT,
                                           SHOP_PRECONDITION_FAILED, SHOP_OK };
static const shop_code_t password_errors[] = { SHOP_CONFLICT, SHOP_RATE_LIMITED, SHOP_OK };

const shop_route_t shop_account_routes[] = {
    { .method = "POST",
      .path = "/auth/register",
      .handler = account_register,
      .operation = "register",
      .summary = "Register an account",
      .tag = "accounts",
      .access = SHOP_ACCESS_OPTIONAL,
      .body = registration_fields,
      .body_size = sizeof(registration_t),
      .status = 201,
      .audience = SHOP_AUDIENCE_OWNER,
      .reply = shop_user_fields,
      .errors = register_errors },
    { .method = "GET",
      .path = "/auth/me",
      .handler = account_me,
      .operation = "showMe",
      .summary = "Get the caller's account",
      .tag = "accounts",
      .access = SHOP_ACCESS_CUSTOMER,
      .status = 200,
      .audience = SHOP_AUDIENCE_OWNER,
      .reply = shop_user_fields,
      .errors = session_errors },
    { .method = "PATCH",
      .path = "/auth/me",
      .handler = account_edit,
      .operation = "editMe",
      .summary = "Change the username or e-mail address",
      .tag = "accounts",
      .access = SHOP_ACCESS_CUSTOMER,
      .if_match = true,
      .body = shop_user_fields,
      .body_size = sizeof(shop_user_t),
      .partial = true,
      .status = 200,
      .audience = SHOP_AUDIENCE_OWNER,
      .reply = shop_user_fields,
      .errors = edit_errors },
    { .method = "POST",
      .path = "/auth/me/password",
      .handler = account_password,
      .operation = "changePassword",
      .summary = "Change the password and end all other sessions",
      .tag = "accounts",
      .access = SHOP_ACCESS_CUSTOMER,
      .body = password_fields,
      .body_size = sizeof(password_change_t),
      .status = 200,
      .audience = SHOP_AUDIENCE_OWNER,
      .reply = shop_user_fields,
      .errors = password_errors },
    { .method = NULL },
};
