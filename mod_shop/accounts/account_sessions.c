/* SPDX-License-Identifier: MIT
 * The guards' view of a session. */
#include "account_sessions.h"

static shop_error_t *read_session(shop_session_state_t **state, const shop_session_reader_t *reader,
                                  const char *session_id, apr_time_t now, apr_pool_t *pool)
{
    shop_account_repo_t *repo = reader->store;
    shop_session_t *session;

    *state = NULL;
    SHOP_TRY(repo->session_find(&session, repo, session_id, pool));
    if (session) {
        *state = apr_pcalloc(pool, sizeof(**state));
        (*state)->user_id = session->user_id;
        (*state)->role = session->role;
        (*state)->ended =
            session->revoked || session->expires_at <= now || session->absolute_at <= now;
    }
    return NULL;
}

const shop_session_reader_t *shop_account_session_reader(shop_account_repo_t *repo,
                                                         apr_pool_t *pool)
{
    shop_session_reader_t *reader = apr_pcalloc(pool, sizeof(*reader));

    reader->read = read_session;
    reader->store = repo;
    return reader;
}
