/* SPDX-License-Identifier: MIT
 * Authentication by bearer token (RFC 6750 section 2.1). Fails closed: when it cannot be
 * determined whether the session has ended, the reply is 503. */
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "../http/route.h"
#include "guards.h"

static bool is_bearer(const char *credentials)
{
    return !strncasecmp(credentials, "Bearer", 6) && strchr(" ,", credentials[6]);
}

/* The text after the next comma outside of quoted strings (parameters of Digest hold both), or
 * NULL. */
static const char *next_element(const char *at)
{
    bool quoted = false;

    for (; *at && (quoted || *at != ','); at++) {
        if (*at == '\\' && quoted && at[1]) {
            at++;
        } else if (*at == '"') {
            quoted = !quoted;
        }
    }
    return *at ? at + 1 + strspn(at + 1, " \t") : NULL;
}

/* httpd joins repeated fields with a comma, and no token has one. So a comma after Bearer, or
 * Bearer after a comma, means that the field was repeated. */
static bool is_repeated(const char *value)
{
    const char *element = value;

    if (is_bearer(value)) {
        return strchr(value, ',') != NULL;
    }
    do {
        element = next_element(element);
    } while (element && !is_bearer(element));
    return element != NULL;
}

/* *token NULL: no bearer token was sent. */
static shop_error_t *bearer_of(const char **token, const shop_req_t *req)
{
    const char *value = shop_req_header(req, "Authorization");
    apr_size_t length;

    *token = NULL;
    if (!value) {
        return NULL;
    }
    if (is_repeated(value)) {
        return shop_err(req->pool, BAD_REQUEST, "send exactly one Authorization header field");
    }
    if (!is_bearer(value)) {
        return NULL;
    }
    value += 6;
    while (*value == ' ') {
        value++;
    }
    length = strlen(value);
    while (length && apr_isspace(value[length - 1])) {
        length--;
    }
    if (length) {
        *token = apr_pstrmemdup(req->pool, value, length);
    }
    return NULL;
}

static shop_role_t role_of(const char *name)
{
    if (name && !strcmp(name, "admin")) {
        return SHOP_ROLE_ADMIN;
    }
    return name && !strcmp(name, "user") ? SHOP_ROLE_USER : SHOP_ROLE_NONE;
}

static shop_error_t *session_ended(apr_pool_t *pool)
{
    return shop_err(pool, TOKEN_REVOKED, "the session was ended; sign in again");
}

/* One read of the primary: role and end are those of the session, not of the token. */
static shop_error_t *role_in_store(shop_role_t *role, const shop_guards_t *ports,
                                   const shop_claims_t *claims, const shop_req_t *req)
{
    shop_session_state_t *session;

    SHOP_TRY(
        ports->sessions->read(&session, ports->sessions, claims->session, req->now, req->pool));
    if (!session || session->ended || strcmp(session->user_id, claims->subject) != 0) {
        return session_ended(req->pool);
    }
    *role = role_of(session->role);
    return NULL;
}

static bool only_reads(const shop_req_t *req)
{
    return (!strcmp(req->method, "GET") || !strcmp(req->method, "HEAD")) &&
           req->route->access != SHOP_ACCESS_ADMIN;
}

static shop_error_t *role_now(shop_role_t *role, const shop_guards_t *ports,
                              const shop_claims_t *claims, const shop_req_t *req)
{
    if (only_reads(req)) {
        switch (ports->revoked->lookup(ports->revoked, claims->session, req->pool)) {
        case SHOP_REVOKED_YES: return session_ended(req->pool);
        case SHOP_REVOKED_NO: *role = role_of(claims->role); return NULL;
        case SHOP_REVOKED_UNKNOWN: break;
        }
    }
    return role_in_store(role, ports, claims, req);
}

/* The caller that a token identifies. TOKEN_*; UNAVAILABLE. */
static shop_error_t *caller_of(shop_caller_t *caller, const shop_guards_t *ports,
                               const shop_req_t *req, const char *token)
{
    bool refresh = req->route->access == SHOP_ACCESS_REFRESH;
    shop_role_t role = SHOP_ROLE_NONE;
    shop_claims_t *claims;

    SHOP_TRY(shop_token_verify(&claims, ports->tokens, token,
                               refresh ? SHOP_TOKEN_REFRESH : SHOP_TOKEN_ACCESS, req->now,
                               req->pool));
    if (!refresh) {
        SHOP_TRY(role_now(&role, ports, claims, req));
    }
    *caller = (shop_caller_t){ .role = role,
                               .user_id = claims->subject,
                               .session_id = claims->session,
                               .token_id = claims->id,
                               .token_expires = claims->expires_at };
    return NULL;
}

shop_error_t *shop_guard_authn(const shop_guards_t *ports, shop_req_t *req, shop_res_t *res)
{
    shop_access_t access = req->route->access;
    const char *token;
    shop_error_t *err;

    (void)res;
    memset(&req->caller, 0, sizeof(req->caller));
    if (access == SHOP_ACCESS_PUBLIC || access == SHOP_ACCESS_UNSET) {
        return NULL;
    }
    SHOP_TRY(bearer_of(&token, req));
    if (!token) {
        return access == SHOP_ACCESS_OPTIONAL
                   ? NULL
                   : shop_err(req->pool, TOKEN_MISSING, "send Authorization: Bearer <%s token>",
                              access == SHOP_ACCESS_REFRESH ? "refresh" : "access");
    }
    err = caller_of(&req->caller, ports, req, token);
    if (err && access == SHOP_ACCESS_OPTIONAL && shop_code_status(err->code) == 401) {
        /* The token of a session that is over must not keep anybody from what needs none. */
        req->caller.refused = err;
        return NULL;
    }
    return err;
}
