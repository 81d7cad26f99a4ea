/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ACCOUNTS_ACCOUNT_REPO_H
#define SHOP_ACCOUNTS_ACCOUNT_REPO_H

/* Port: where users and sessions are kept. All functions: results in pool; UNAVAILABLE when the
 * store is away; INTERNAL for everything unexpected. Safe to call from many threads. */

#include "account.h"

typedef struct shop_account_repo_t shop_account_repo_t;

/* What exchanging a refresh token changes in its session. */
typedef struct shop_rotation_t {
    const char *old, *next; /* digests of the refresh tokens' ids */
    const char *role;
    apr_time_t rotated_at, expires_at;
} shop_rotation_t;

struct shop_account_repo_t {
    /* EMAIL_TAKEN, USERNAME_TAKEN. */
    shop_error_t *(*insert)(shop_account_repo_t *repo, const shop_user_t *user, apr_pool_t *pool);
    /* *user is NULL when there is none. */
    shop_error_t *(*find)(shop_user_t **user, shop_account_repo_t *repo, const char *id,
                          apr_pool_t *pool);
    shop_error_t *(*find_by_email)(shop_user_t **user, shop_account_repo_t *repo,
                                   const char *email_key, apr_pool_t *pool);
    /* Replaces username, e-mail, verification, password hash, role, disabled where rev is still
     * user->rev - 1. *done false when it was not. EMAIL_TAKEN, USERNAME_TAKEN. */
    shop_error_t *(*update)(bool *done, shop_account_repo_t *repo, const shop_user_t *user,
                            apr_pool_t *pool);
    /* true once in the life of the shop: the right to make the first admin by bootstrap token.
     * false also when any admin exists. */
    shop_error_t *(*claim_bootstrap)(bool *claimed, shop_account_repo_t *repo, apr_pool_t *pool);
    /* Gives a claimed right back: only for the claimant, and only when its account was certainly
     * not made (a name was taken). */
    shop_error_t *(*release_bootstrap)(shop_account_repo_t *repo, apr_pool_t *pool);

    shop_error_t *(*session_insert)(shop_account_repo_t *repo, const shop_session_t *session,
                                    apr_pool_t *pool);
    /* *session NULL when there is none. Reads the primary. */
    shop_error_t *(*session_find)(shop_session_t **session, shop_account_repo_t *repo,
                                  const char *id, apr_pool_t *pool);
    /* One compare-and-set: {id, current: old, not revoked} -> previous: old and the rest of the
     * rotation. *rotated false when nothing matched. */
    shop_error_t *(*session_rotate)(bool *rotated, shop_account_repo_t *repo, const char *id,
                                    const shop_rotation_t *rotation, apr_pool_t *pool);
    /* Majority-acknowledged; revoking twice is fine. */
    shop_error_t *(*session_revoke)(shop_account_repo_t *repo, const char *id, apr_pool_t *pool);
    /* Every session of the user but except_id (may be NULL). *ids: those ended (const char *). */
    shop_error_t *(*session_revoke_user)(apr_array_header_t **ids, shop_account_repo_t *repo,
                                         const char *user_id, const char *except_id,
                                         apr_pool_t *pool);
};

#endif
