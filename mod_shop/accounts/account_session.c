/* SPDX-License-Identifier: MIT
 * Opening and renewing sessions. Must never leave a live refresh token behind that the session
 * document does not name: there is one document per family, and one compare-and-set turns it. */
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

/* The password was checked against a user read before the hash was computed, which takes long
 * enough for a password change or a ban to come between. */
static shop_error_t *confirm_user(shop_user_t **now, shop_account_repo_t *repo,
                                  const shop_user_t *user, const char *session_id, apr_pool_t *pool)
{
    SHOP_TRY(repo->find(now, repo, user->id, pool));
    if (*now && !(*now)->disabled && !strcmp((*now)->password_hash, user->password_hash)) {
        return NULL;
    }
    SHOP_TRY(repo->session_revoke(repo, session_id, pool));
    return shop_err(pool, INVALID_CREDENTIALS, "e-mail and password do not belong together");
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
    return NULL;
}

static shop_error_t *end_session(shop_account_repo_t *repo, const char *id, apr_pool_t *pool)
{
    SHOP_TRY(repo->session_revoke(repo, id, pool));
    return shop_err(pool, TOKEN_REVOKED, "the session was ended; sign in again");
}

shop_error_t *shop_session_renew(shop_session_grant_t *grant, bool *reused,
                                 shop_account_repo_t *repo, const char *id, const char *user_id,
                                 const char *refresh_id, const shop_session_times_t *times,
                                 apr_pool_t *pool)
{
    const char *old = digest(refresh_id, pool);
    shop_session_t *session;
    apr_time_t expires;
    bool rotated;

    *reused = false;
    SHOP_TRY(repo->session_find(&session, repo, id, pool));
    if (!session || !shop_session_is_live(session, times->now) ||
        strcmp(session->user_id, user_id) != 0) {
        return shop_err(pool, TOKEN_REVOKED, "the session was ended; sign in again");
    }
    if (strcmp(session->current, old) != 0) {
        *reused = true;
        return end_session(repo, id, pool);
    }
    SHOP_TRY(repo->find(&grant->user, repo, user_id, pool));
    if (!grant->user || grant->user->disabled) {
        return end_session(repo, id, pool);
    }
    SHOP_TRY(shop_id_secret(&grant->refresh_id, SECRET_BYTES, pool));
    expires = earlier(times->now + apr_time_from_sec(times->refresh_s), session->absolute_at);
    SHOP_TRY(repo->session_rotate(&rotated, repo, id, old, digest(grant->refresh_id, pool),
                                  grant->user->role, expires, pool));
    if (!rotated) {
        /* Somebody else spent this token between our read and now, or ended the session. */
        *reused = true;
        return end_session(repo, id, pool);
    }
    session->expires_at = expires;
    session->role = grant->user->role;
    grant->session = session;
    return NULL;
}
