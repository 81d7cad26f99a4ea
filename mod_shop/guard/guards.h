/* SPDX-License-Identifier: MIT */
#ifndef SHOP_GUARD_GUARDS_H
#define SHOP_GUARD_GUARDS_H

/* The ports of the guards: everything that they need of a shop. The app sets them once per child; a
 * test sets those that its guards use. Read-only afterwards, so all threads share them. */

#include "../http/res.h"
#include "../settings.h"
#include "limiter.h"
#include "rate.h"
#include "token.h"

/* A session as it is in the store now. It is authoritative, not the token. */
typedef struct shop_session_state_t {
    const char *user_id;
    const char *role; /* "user" or "admin" */
    bool ended;       /* revoked or expired */
} shop_session_state_t;

/* Port: reads one session from the primary. */
typedef struct shop_session_reader_t shop_session_reader_t;
struct shop_session_reader_t {
    /* *state NULL: there is no such session. In pool. UNAVAILABLE. */
    shop_error_t *(*read)(shop_session_state_t **state, const shop_session_reader_t *reader,
                          const char *session_id, apr_time_t now, apr_pool_t *pool);
    void *store; /* of the implementation */
};

/* Port: can this process work with the database as it was migrated? */
typedef struct shop_schema_gate_t shop_schema_gate_t;
struct shop_schema_gate_t {
    /* UNAVAILABLE: it cannot; the cause names the command to run. Reads the store only until the
     * schema version is known. */
    shop_error_t *(*check)(shop_schema_gate_t *gate, apr_pool_t *pool);
};

typedef struct shop_guards_t {
    const shop_settings_t *settings;
    const shop_tokens_t *tokens;
    const shop_session_reader_t *sessions;
    shop_revoked_t *revoked;            /* ended sessions; the store is authoritative */
    shop_limiter_t *limiter;            /* counts failed attempts, each at once */
    shop_limiter_t *rate_limiter;       /* counts requests, with leased permits */
    const shop_rate_rule_t *rate_rules; /* one per settings->rates */
    shop_schema_gate_t *schema;         /* NULL: not checked */
} shop_guards_t;

/* ---- the guards, in the order in which the app runs them ---- */
/* Rate limits: policies by address run before the token is verified, policies by user after. They
 * set RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers). RATE_LIMITED. */
shop_error_t *shop_guard_rate_ip(const shop_guards_t *ports, shop_req_t *req, shop_res_t *res);
shop_error_t *shop_guard_rate_user(const shop_guards_t *ports, shop_req_t *req, shop_res_t *res);

/* Refuses everything but health checks while the schema version does not match. */
shop_error_t *shop_guard_schema(const shop_guards_t *ports, shop_req_t *req, shop_res_t *res);

/* Authentication: sets req->caller from the bearer token, by the route's access rule. TOKEN_*;
 * UNAVAILABLE when neither Redis nor the store can say whether the session has ended (fail
 * closed). Writes and admin routes always read the session from the store. BAD_REQUEST when
 * Authorization is repeated or a list. */
shop_error_t *shop_guard_authn(const shop_guards_t *ports, shop_req_t *req, shop_res_t *res);
/* Authorisation: the caller's role against the route's. FORBIDDEN, also for a route without a
 * rule. */
shop_error_t *shop_guard_access(const shop_guards_t *ports, shop_req_t *req, shop_res_t *res);

/* Failed attempts at a secret. An attempt can only succeed while fewer failures than the limit have
 * been counted, also when attempts run concurrently. */
typedef struct shop_attempts_t {
    const shop_guards_t *ports;
    const shop_req_t *req;
    const char *account; /* limiter key of the account */
    const char *address; /* limiter key of the client's address */
} shop_attempts_t;

/* kind: "login", "password". what: identifies the account; hashed, so that keys hold no personal
 * data. */
void shop_attempts_begin(shop_attempts_t *attempts, const shop_guards_t *ports,
                         const shop_req_t *req, const char *kind, const char *what);
/* RATE_LIMITED when the limit is reached. */
shop_error_t *shop_attempts_check(const shop_attempts_t *attempts);
/* Counts a failure. RATE_LIMITED when it exceeds the limit. */
shop_error_t *shop_attempts_failed(const shop_attempts_t *attempts);
/* After a success: the account's failures no longer count. */
void shop_attempts_reset(const shop_attempts_t *attempts);

#endif
