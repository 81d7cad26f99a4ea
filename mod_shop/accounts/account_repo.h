/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ACCOUNTS_ACCOUNT_REPO_H
#define SHOP_ACCOUNTS_ACCOUNT_REPO_H

/* Port: users and sessions. Results in pool. Errors of all: UNAVAILABLE, INTERNAL. Thread-safe. */

#include "account.h"

typedef struct shop_account_repo_t shop_account_repo_t;

/* Changes of a session when its refresh token is exchanged. */
typedef struct shop_rotation_t {
    const char *old, *next; /* digests of the refresh tokens' ids */
    const char *role;
    apr_time_t rotated_at, expires_at;
} shop_rotation_t;

struct shop_account_repo_t {
    /* EMAIL_TAKEN, USERNAME_TAKEN. */
    shop_error_t *(*insert)(shop_account_repo_t *repo, const shop_user_t *user, apr_pool_t *pool);
    /* *user is NULL when it does not exist. */
    shop_error_t *(*find)(shop_user_t **user, shop_account_repo_t *repo, const char *id,
                          apr_pool_t *pool);
    shop_error_t *(*find_by_email)(shop_user_t **user, shop_account_repo_t *repo,
                                   const char *email_key, apr_pool_t *pool);
    /* Replaces username, e-mail, verification, password hash, role and disabled if the stored rev
     * is user->rev - 1; otherwise *done is false. EMAIL_TAKEN, USERNAME_TAKEN. */
    shop_error_t *(*update)(bool *done, shop_account_repo_t *repo, const shop_user_t *user,
                            apr_pool_t *pool);
    /* true once in the life of a shop: the right to create the first admin with the bootstrap
     * token. Also false when an admin exists. */
    shop_error_t *(*claim_bootstrap)(bool *claimed, shop_account_repo_t *repo, apr_pool_t *pool);
    /* Releases the right. Only for the caller that claimed it, and only when its account was
     * certainly not created (name or address taken). */
    shop_error_t *(*release_bootstrap)(shop_account_repo_t *repo, apr_pool_t *pool);

    shop_error_t *(*session_insert)(shop_account_repo_t *repo, const shop_session_t *session,
                                    apr_pool_t *pool);
    /* *session is NULL when it does not exist. Reads from the primary. */
    shop_error_t *(*session_find)(shop_session_t **session, shop_account_repo_t *repo,
                                  const char *id, apr_pool_t *pool);
    /* One compare-and-set: {id, current: old, not revoked} -> previous: old and the rest of the
     * rotation. *rotated false when nothing matched. */
    shop_error_t *(*session_rotate)(bool *rotated, shop_account_repo_t *repo, const char *id,
                                    const shop_rotation_t *rotation, apr_pool_t *pool);
    /* Acknowledged by a majority. Idempotent. */
    shop_error_t *(*session_revoke)(shop_account_repo_t *repo, const char *id, apr_pool_t *pool);
    /* Revokes every session of the user except except_id (may be NULL). *ids: those ended (const
     * char *). */
    shop_error_t *(*session_revoke_user)(apr_array_header_t **ids, shop_account_repo_t *repo,
                                         const char *user_id, const char *except_id,
                                         apr_pool_t *pool);
};

#endif
