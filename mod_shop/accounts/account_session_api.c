/* SPDX-License-Identifier: MIT
 * Login, refresh and logout. All refused logins have the same reply and take the same time, so they
 * reveal nothing about the account. */
#include "account_session_api.h"

#include <apr_strings.h>
#include <string.h>

#include "../base/log.h"
#include "../base/text.h"
#include "../drivers/password.h"
#include "../guard/guards.h"
#include "../http/route.h"
#include "../settings.h"
#include "account_session.h"
#include "accounts_module.h"

typedef struct login_t {
    const char *email;
    const char *password;
} login_t;

/* Reply to login and refresh. */
typedef struct tokens_t {
    const char *access_token;
    const char *refresh_token;
    const char *token_type;
    int64_t expires_in;
    int64_t refresh_expires_in;
    const shop_user_t *user;
} tokens_t;

static const shop_field_t login_fields[] = {
    SHOP_FIELD(login_t, email, EMAIL, SHOP_REQUIRED, 0, 254, "E-mail address of the account"),
    SHOP_FIELD(login_t, password, SECRET, SHOP_REQUIRED, 1, 1024, "Password of the account"),
    SHOP_FIELDS_END,
};

static const shop_field_t tokens_fields[] = {
    SHOP_FIELD(tokens_t, access_token, STRING, SHOP_REQUIRED, 0, 0,
               "Bearer token for all other routes"),
    SHOP_FIELD(tokens_t, refresh_token, STRING, SHOP_REQUIRED, 0, 0,
               "Bearer token for POST /auth/refresh, which replaces it"),
    SHOP_FIELD(tokens_t, token_type, STRING, SHOP_REQUIRED, 0, 0, "Always `Bearer`"),
    SHOP_FIELD(tokens_t, expires_in, INT, SHOP_REQUIRED, 0, 0,
               "Lifetime of the access token, seconds"),
    SHOP_FIELD(tokens_t, refresh_expires_in, INT, SHOP_REQUIRED, 0, 0,
               "Lifetime of the refresh token, seconds"),
    SHOP_FIELD_OBJECT_OF(tokens_t, user, SHOP_REQUIRED, shop_user_t, shop_user_fields,
                         "The user who signed in"),
    SHOP_FIELDS_END,
};

typedef struct revoked_reply_t {
    bool revoked;
} revoked_reply_t;

static const shop_field_t revoked_fields[] = {
    SHOP_FIELD(revoked_reply_t, revoked, BOOL, SHOP_REQUIRED, 0, 0, "Always true"),
    SHOP_FIELDS_END,
};

int shop_session_revocation_s(const shop_app_t *app)
{
    return app->settings->jwt_access_s + 2 * app->settings->jwt_leeway_s;
}

static shop_session_times_t times_of(const shop_app_t *app, const shop_req_t *req)
{
    shop_session_times_t times = { .now = req->now,
                                   .refresh_s = app->settings->jwt_refresh_s,
                                   .absolute_s = app->settings->jwt_absolute_s };

    return times;
}

/* Signs the session's pair of tokens and replies with it. */
static shop_error_t *answer_tokens(const shop_app_t *app, const shop_req_t *req, shop_res_t *res,
                                   const shop_session_grant_t *grant)
{
    apr_time_t wanted = grant->issued_at + apr_time_from_sec(app->settings->jwt_access_s);
    const shop_session_t *session = grant->session;
    shop_claims_t access = { .use = SHOP_TOKEN_ACCESS,
                             .subject = session->user_id,
                             .session = session->id,
                             .role = session->role,
                             .issued_at = grant->issued_at,
                             .expires_at =
                                 wanted < session->absolute_at ? wanted : session->absolute_at };
    shop_claims_t refresh = { .use = SHOP_TOKEN_REFRESH,
                              .subject = session->user_id,
                              .session = session->id,
                              .id = grant->refresh_id,
                              .issued_at = grant->issued_at,
                              .expires_at = session->expires_at };
    tokens_t reply = { .token_type = "Bearer", .user = grant->user };

    SHOP_TRY(shop_token_access_id(&access.id, grant->refresh_id, req->pool));
    SHOP_TRY(shop_token_sign(&reply.access_token, app->guards->tokens, &access, req->pool));
    SHOP_TRY(shop_token_sign(&reply.refresh_token, app->guards->tokens, &refresh, req->pool));
    reply.expires_in = apr_time_sec(access.expires_at - req->now);
    reply.refresh_expires_in = apr_time_sec(refresh.expires_at - req->now);
    return shop_res_object(res, 200, tokens_fields, &reply);
}

/* Replaces an outdated hash while the password is known. An error must not prevent the login: the
 * next login tries again. */
static void renew_hash(const shop_app_t *app, const shop_req_t *req, shop_user_t *user,
                       const char *password)
{
    shop_user_t better = *user;
    bool done = false;

    better.rev++;
    if (shop_hasher_hash(&better.password_hash, app->hasher, password, req->pool) ||
        app->accounts->accounts->update(&done, app->accounts->accounts, &better, req->pool)) {
        return;
    }
    if (done) {
        *user = better;
    }
}

static shop_error_t *refuse_login(const shop_attempts_t *attempts)
{
    SHOP_TRY(shop_attempts_failed(attempts));
    return shop_err(attempts->req->pool, INVALID_CREDENTIALS,
                    "the e-mail address or the password is wrong");
}

/* The account of an address. One made by an earlier version has that version's key until `shopctl
 * migrate` rewrites it, and for good where another account had the key already; the two differ
 * where the domain is written in other letters than ASCII. */
static shop_error_t *find_login(shop_user_t **user, shop_account_repo_t *repo, const char *email,
                                const char *key, apr_pool_t *pool)
{
    const char *old = shop_text_email_old_key(email, pool);
    shop_user_t *other = NULL;
    const char *found;

    *user = NULL;
    if (key) {
        SHOP_TRY(repo->find_by_email(user, repo, key, pool));
    }
    if (!old || (key && !strcmp(old, key)) || (*user && !strcmp((*user)->email, email))) {
        return NULL;
    }
    SHOP_TRY(repo->find_by_email(&other, repo, old, pool));
    found = other ? shop_text_email_key(other->email, pool) : NULL;
    if (other &&
        (!strcmp(other->email, email) || (!*user && key && found && !strcmp(found, key)))) {
        *user = other;
    }
    return NULL;
}

static shop_error_t *session_login(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    const login_t *login = req->record;
    const char *key = shop_text_email_key(login->email, req->pool);
    shop_session_times_t times = times_of(app, req);
    shop_session_grant_t grant = { 0 };
    shop_user_t *user = NULL;
    shop_attempts_t attempts;
    bool matches, rehash;

    shop_attempts_begin(&attempts, app->guards, req, "login", key ? key : login->email);
    SHOP_TRY(shop_attempts_check(&attempts));
    SHOP_TRY(find_login(&user, app->accounts->accounts, login->email, key, req->pool));
    SHOP_TRY(shop_hasher_verify(&matches, &rehash, app->hasher, user ? user->password_hash : NULL,
                                login->password, req->pool));
    if (!user || !matches || user->disabled) {
        return refuse_login(&attempts);
    }
    /* Checked again: concurrent attempts may have reached the limit. */
    SHOP_TRY(shop_attempts_check(&attempts));
    if (rehash) {
        renew_hash(app, req, user, login->password);
    }
    SHOP_TRY(shop_session_open(&grant, app->accounts->accounts, user, &times, req->pool));
    shop_attempts_reset(&attempts);
    return answer_tokens(app, req, res, &grant);
}

static shop_error_t *session_refresh(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    shop_session_times_t times = times_of(app, req);
    shop_session_grant_t grant = { 0 };
    shop_session_spend_t spend = {
        .session_id = req->caller.session_id,
        .user_id = req->caller.user_id,
        .refresh_id = req->caller.token_id,
        .grace_s = app->settings->jwt_reuse_grace_s,
    };
    shop_error_t *err;
    bool reused;

    SHOP_TRY(shop_token_next_ids(&spend.next_ids, app->guards->tokens, spend.session_id,
                                 spend.refresh_id, req->pool));
    err = shop_session_renew(&grant, &reused, app->accounts->accounts, &spend, &times, req->pool);
    if (reused) {
        shop_log(SHOP_LOG_WARN, SHOP_LOG_REFRESH_REUSED, req->id,
                 "refresh token reuse: user %s, client %s; the session was ended",
                 req->caller.user_id, req->client_ip ? req->client_ip : "unknown");
    }
    if (err && err->code == SHOP_TOKEN_REVOKED) {
        app->guards->revoked->add(app->guards->revoked, req->caller.session_id,
                                  shop_session_revocation_s(app), req->pool);
    }
    SHOP_TRY(err);
    return answer_tokens(app, req, res, &grant);
}

static shop_error_t *session_logout(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    static const char body[] = "{\"revoked\":true}";
    const char *id = req->caller.session_id;

    /* MongoDB first: the revocation in Redis may be lost, the one in MongoDB must not. */
    SHOP_TRY(app->accounts->accounts->session_revoke(app->accounts->accounts, id, req->pool));
    app->guards->revoked->add(app->guards->revoked, id, shop_session_revocation_s(app), req->pool);
    shop_res_bytes(res, 200, body, sizeof(body) - 1);
    return NULL;
}

static const shop_code_t login_errors[] = { SHOP_INVALID_CREDENTIALS, SHOP_RATE_LIMITED, SHOP_OK };
static const shop_code_t session_errors[] = { SHOP_TOKEN_REVOKED, SHOP_OK };

const shop_route_t shop_session_routes[] = {
    { .method = "POST",
      .path = "/auth/login",
      .handler = session_login,
      .operation = "login",
      .summary = "Sign in",
      .tag = "accounts",
      .access = SHOP_ACCESS_PUBLIC,
      .body = login_fields,
      .body_size = sizeof(login_t),
      .status = 200,
      .audience = SHOP_AUDIENCE_OWNER,
      .reply = tokens_fields,
      .errors = login_errors },
    { .method = "POST",
      .path = "/auth/refresh",
      .handler = session_refresh,
      .operation = "refresh",
      .summary = "Exchange a refresh token for new tokens",
      .tag = "accounts",
      .access = SHOP_ACCESS_REFRESH,
      .status = 200,
      .audience = SHOP_AUDIENCE_OWNER,
      .reply = tokens_fields,
      .errors = session_errors },
    { .method = "POST",
      .path = "/auth/logout",
      .handler = session_logout,
      .operation = "logout",
      .summary = "Sign out: end the session",
      .tag = "accounts",
      .access = SHOP_ACCESS_CUSTOMER,
      .status = 200,
      .audience = SHOP_AUDIENCE_OWNER,
      .reply = revoked_fields,
      .errors = session_errors },
    { .method = NULL },
};
