/* SPDX-License-Identifier: MIT
 * Opening and renewing sessions. A valid refresh token must always be recorded in its session
 * document: there is one document per token family, and one compare-and-set rotates it. */
#include "account_session.h"

#include <string.h>

#include "../base/id.h"

enum { SECRET_BYTES = 16 };

static const char *digest(const char *refresh_id, apr_pool_t *pool)
{
    return shop_id_sha256(refresh_id, strlen(refresh_id), pool);
}

static apr_time_t earlier(apr_time_t a, apr_time_t b)
{
    return a < b ? a : b;
}

/* Hashing the password takes long enough for a password change or a ban after the user was read. */
static shop_error_t *confirm_user(shop_user_t **now, shop_account_repo_t *repo,
                                  const shop_user_t *user, const char *session_id, apr_pool_t *pool)
{
    SHOP_TRY(repo->find(now, repo, user->id, pool));
    if (*now && !(*now)->disabled && !strcmp((*now)->password_hash, user->password_hash)) {
        return NULL;
    }
    SHOP_TRY(repo->session_revoke(repo, session_id, pool));
    return shop_err(pool, INVALID_CREDENTIALS, "the e-mail address or the password is wrong");
}

shop_error_t *shop_session_open(shop_session_grant_t *grant, shop_account_repo_t *repo,
                                const shop_user_t *user, const shop_session_times_t *times,
                                apr_pool_t *pool)
{
    shop_session_t *session = apr_pcalloc(pool, sizeof(*session));

    SHOP_TRY(shop_id_secret(&session->id, SECRET_BYTES, pool));
    SHOP_TRY(shop_id_secret(&grant->refresh_id, SECRET_BYTES, pool));
    session->user_id = user->id;
    session->role = user->role;
    session->current = digest(grant->refresh_id, pool);
    session->created_at = times->now;
    session->absolute_at = times->now + apr_time_from_sec(times->absolute_s);
    session->expires_at =
        earlier(times->now + apr_time_from_sec(times->refresh_s), session->absolute_at);
    SHOP_TRY(repo->session_insert(repo, session, pool));
    SHOP_TRY(confirm_user(&grant->user, repo, user, session->id, pool));
    grant->session = session;
    grant->issued_at = times->now;
    return NULL;
}

static shop_error_t *end_session(shop_account_repo_t *repo, const char *id, apr_pool_t *pool)
{
    SHOP_TRY(repo->session_revoke(repo, id, pool));
    return shop_err(pool, TOKEN_REVOKED, "the session was ended; sign in again");
}

/* The session of the token, if it is valid and belongs to the token's user. */
static shop_error_t *find_live(shop_session_t **session, shop_account_repo_t *repo,
                               const shop_session_spend_t *spend, apr_time_t now, apr_pool_t *pool)
{
    SHOP_TRY(repo->session_find(session, repo, spend->session_id, pool));
    if (!*session || !shop_session_is_live(*session, now) ||
        strcmp((*session)->user_id, spend->user_id) != 0) {
        return shop_err(pool, TOKEN_REVOKED, "the session was ended; sign in again");
    }
    return NULL;
}

static shop_error_t *find_owner(shop_user_t **user, shop_account_repo_t *repo,
                                const shop_session_spend_t *spend, apr_pool_t *pool)
{
    SHOP_TRY(repo->find(user, repo, spend->user_id, pool));
    return *user && !(*user)->disabled ? NULL : end_session(repo, spend->session_id, pool);
}

/* *rotated false: the session's refresh token has changed, or the session was ended. */
static shop_error_t *rotate(bool *rotated, shop_session_grant_t *grant, shop_account_repo_t *repo,
                            const shop_session_spend_t *spend, const shop_session_times_t *times,
                            apr_pool_t *pool)
{
    shop_session_t *session = grant->session;
    shop_rotation_t rotation = {
        .old = session->current,
        .next = digest(spend->next_ids[0], pool),
        .role = grant->user->role,
        .rotated_at = times->now,
        .expires_at =
            earlier(times->now + apr_time_from_sec(times->refresh_s), session->absolute_at),
    };

    SHOP_TRY(repo->session_rotate(rotated, repo, session->id, &rotation, pool));
    session->expires_at = rotation.expires_at;
    session->role = rotation.role;
    grant->refresh_id = spend->next_ids[0];
    grant->issued_at = rotation.rotated_at;
    return NULL;
}

/* Rebuilds what the token was exchanged for. true: with this host's keys the result is the refresh
 * token recorded in the session. */
static bool repeat(shop_session_grant_t *grant, const shop_session_spend_t *spend, apr_pool_t *pool)
{
    grant->issued_at = grant->session->rotated_at;
    for (const char *const *id = spend->next_ids; *id; id++) {
        const char *next = digest(*id, pool);

        if (!strcmp(next, grant->session->current)) {
            grant->refresh_id = *id;
            return true;
        }
    }
    return false;
}

shop_error_t *shop_session_renew(shop_session_grant_t *grant, bool *reused,
                                 shop_account_repo_t *repo, const shop_session_spend_t *spend,
                                 const shop_session_times_t *times, apr_pool_t *pool)
{
    const char *old = digest(spend->refresh_id, pool);
    bool rotated = false;

    *reused = false;
    SHOP_TRY(find_live(&grant->session, repo, spend, times->now, pool));
    if (!strcmp(grant->session->current, old)) {
        SHOP_TRY(find_owner(&grant->user, repo, spend, pool));
        SHOP_TRY(rotate(&rotated, grant, repo, spend, times, pool));
        if (rotated) {
            return NULL;
        }
        /* A concurrent request used this token, or ended the session, after it was read. */
        if (spend->grace_s) {
            SHOP_TRY(find_live(&grant->session, repo, spend, times->now, pool));
        }
    }
    if (shop_session_may_repeat(grant->session, old, times->now, spend->grace_s) &&
        repeat(grant, spend, pool)) {
        return find_owner(&grant->user, repo, spend, pool);
    }
    *reused = true;
    return end_session(repo, spend->session_id, pool);
}
