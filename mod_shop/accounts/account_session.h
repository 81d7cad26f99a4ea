/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ACCOUNTS_ACCOUNT_SESSION_H
#define SHOP_ACCOUNTS_ACCOUNT_SESSION_H

/* Opening a session after the password was verified, and exchanging its refresh token (RFC 9700
 * section 4.14: each use rotates, reuse ends the family; docs/adr/016). */

#include "account_repo.h"

typedef struct shop_session_times_t {
    apr_time_t now;
    int refresh_s;  /* life of a refresh token */
    int absolute_s; /* life of the family */
} shop_session_times_t;

/* A session, with the secret for its refresh token. */
typedef struct shop_session_grant_t {
    shop_session_t *session;
    shop_user_t *user;
    const char *refresh_id; /* jti */
    apr_time_t issued_at;   /* iat of the pair */
} shop_session_grant_t;

/* A refresh token that was sent to be exchanged. */
typedef struct shop_session_spend_t {
    const char *session_id, *user_id;
    const char *refresh_id; /* its jti */
    const char *const
        *next_ids; /* candidates for its successor, NULL-terminated: the first is used; the others
                      may have been used by another host or before a restart */
    int grace_s;   /* seconds during which it may be sent again, 0: none */
} shop_session_spend_t;

/* INVALID_CREDENTIALS when the user was disabled, deleted or given another password since
 * `user` was read: such a session must not outlive the change. */
shop_error_t *shop_session_open(shop_session_grant_t *grant, shop_account_repo_t *repo,
                                const shop_user_t *user, const shop_session_times_t *times,
                                apr_pool_t *pool);

/* Exchanges a refresh token. The last exchanged token, sent again within grace_s, gets the same
 * pair. TOKEN_REVOKED when the session has ended, or when the token was used before: then *reused
 * is true and the session has been ended. */
shop_error_t *shop_session_renew(shop_session_grant_t *grant, bool *reused,
                                 shop_account_repo_t *repo, const shop_session_spend_t *spend,
                                 const shop_session_times_t *times, apr_pool_t *pool);

#endif
