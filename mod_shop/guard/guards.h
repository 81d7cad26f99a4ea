/* SPDX-License-Identifier: MIT */
#ifndef SHOP_GUARD_GUARDS_H
#define SHOP_GUARD_GUARDS_H

/* The ports of the guards: everything they ask of a shop. The app fills it once per child; a test
 * sets what its guards need. Read-only afterwards, so all threads share it. */

#include "../http/res.h"
#include "../settings.h"
#include "limiter.h"
#include "rate.h"
#include "token.h"

/* A session as the store has it now: authority is here, not in the token. */
typedef struct shop_session_state_t {
    const char *user_id;
    const char *role; /* "user" or "admin" */
    bool ended;       /* revoked, or past its time */
} shop_session_state_t;

/* Port: reads one session from the primary. */
typedef struct shop_session_reader_t shop_session_reader_t;
struct shop_session_reader_t {
    /* *state NULL: there is no such session. In pool. UNAVAILABLE when the store is away. */
    shop_error_t *(*read)(shop_session_state_t **state, const shop_session_reader_t *reader,
                          const char *session_id, apr_time_t now, apr_pool_t *pool);
    void *store; /* the implementation's */
};

typedef struct shop_guards_t {
    const shop_settings_t *settings;
    const shop_tokens_t *tokens;
    const shop_session_reader_t *sessions;
    shop_revoked_t *revoked;            /* fast look at ended sessions; the store is the truth */
    shop_limiter_t *limiter;            /* counts failures, each hit at once */
    shop_limiter_t *rate_limiter;       /* counts requests, by leases */
    const shop_rate_rule_t *rate_rules; /* one per settings->rates */
} shop_guards_t;

/* ---- the guards, in the order in which the app runs them ---- */
/* Guards: policies by address run before the token is looked at, policies by user after. Set
 * RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers) and answer RATE_LIMITED. */
shop_error_t *shop_guard_rate_ip(const shop_guards_t *ports, shop_req_t *req, shop_res_t *res);
shop_error_t *shop_guard_rate_user(const shop_guards_t *ports, shop_req_t *req, shop_res_t *res);

/* Guard: bearer token -> req->caller, by the route's access rule. 401s; UNAVAILABLE when neither
 * Redis nor the store can say whether the session lives (fail closed). Writes and admin routes
 * always read the session in the store. Authorization given twice or as a list: BAD_REQUEST. */
shop_error_t *shop_guard_authn(const shop_guards_t *ports, shop_req_t *req, shop_res_t *res);
/* Guard: the route's role. FORBIDDEN; a route without a rule is FORBIDDEN for everybody. */
shop_error_t *shop_guard_access(const shop_guards_t *ports, shop_req_t *req, shop_res_t *res);

/* Counted failures. A success is honoured only while fewer than the limit have been counted, also
 * when guesses run side by side. */
typedef struct shop_guesses_t {
    const shop_guards_t *ports;
    const shop_req_t *req;
    const char *account; /* key of what is guessed at */
    const char *address; /* key of who guesses */
} shop_guesses_t;

/* what names the account; it is hashed, so that keys hold nothing personal. */
void shop_guesses_begin(shop_guesses_t *guesses, const shop_guards_t *ports, const shop_req_t *req,
                        const char *kind, const char *what);
/* RATE_LIMITED when too many failures were counted. */
shop_error_t *shop_guesses_check(const shop_guesses_t *guesses);
/* Counts a failure; RATE_LIMITED when it was one too many, else NULL. */
shop_error_t *shop_guesses_failed(const shop_guesses_t *guesses);
void shop_guesses_forget(const shop_guesses_t *guesses);

#endif
