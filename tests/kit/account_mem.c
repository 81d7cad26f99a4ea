/* SPDX-License-Identifier: MIT
 * The accounts' port over two hash tables. Records are copied in and out, as a store would. */
#include "tests/kit/account_mem.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <string.h>

typedef struct account_mem_t {
    shop_account_repo_t port;
    apr_pool_t *pool;
    apr_thread_mutex_t *lock;
    apr_hash_t *users;    /* id -> shop_user_t */
    apr_hash_t *sessions; /* id -> shop_session_t */
    bool bootstrap_claimed;
    bool away;
    int calls;
} account_mem_t;

/* Locks; UNAVAILABLE (and not locked) when the store plays dead. */
static shop_error_t *enter(account_mem_t **mem, shop_account_repo_t *repo, apr_pool_t *pool)
{
    *mem = (account_mem_t *)repo;
    apr_thread_mutex_lock((*mem)->lock);
    (*mem)->calls++;
    if ((*mem)->away) {
        apr_thread_mutex_unlock((*mem)->lock);
        return shop_err(pool, UNAVAILABLE, "the store is away");
    }
    return NULL;
}

static shop_error_t *leave(account_mem_t *mem, shop_error_t *err)
{
    apr_thread_mutex_unlock(mem->lock);
    return err;
}

static shop_user_t *copy_user(const shop_user_t *from, apr_pool_t *pool)
{
    shop_user_t *user = apr_pmemdup(pool, from, sizeof(*from));

    user->id = apr_pstrdup(pool, from->id);
    user->username = apr_pstrdup(pool, from->username);
    user->username_key = apr_pstrdup(pool, from->username_key);
    user->email = apr_pstrdup(pool, from->email);
    user->email_key = apr_pstrdup(pool, from->email_key);
    user->password_hash = apr_pstrdup(pool, from->password_hash);
    user->role = apr_pstrdup(pool, from->role);
    return user;
}

static shop_session_t *copy_session(const shop_session_t *from, apr_pool_t *pool)
{
    shop_session_t *session = apr_pmemdup(pool, from, sizeof(*from));

    session->id = apr_pstrdup(pool, from->id);
    session->user_id = apr_pstrdup(pool, from->user_id);
    session->role = apr_pstrdup(pool, from->role);
    session->current = apr_pstrdup(pool, from->current);
    session->previous = apr_pstrdup(pool, from->previous);
    return session;
}

/* Is a key of user taken by somebody else? */
static shop_error_t *clash(account_mem_t *mem, const shop_user_t *user, apr_pool_t *pool)
{
    for (apr_hash_index_t *i = apr_hash_first(pool, mem->users); i; i = apr_hash_next(i)) {
        void *value;
        const shop_user_t *other;

        apr_hash_this(i, NULL, NULL, &value);
        other = value;
        if (!strcmp(other->id, user->id)) {
            continue;
        }
        if (!strcmp(other->email_key, user->email_key)) {
            return shop_err(pool, EMAIL_TAKEN, "an account with this e-mail address exists");
        }
        if (!strcmp(other->username_key, user->username_key)) {
            return shop_err(pool, USERNAME_TAKEN, "an account with this username exists");
        }
    }
    return NULL;
}

static void put_user(account_mem_t *mem, const shop_user_t *user)
{
    shop_user_t *kept = copy_user(user, mem->pool);

    apr_hash_set(mem->users, kept->id, APR_HASH_KEY_STRING, kept);
}

static shop_error_t *mem_insert(shop_account_repo_t *repo, const shop_user_t *user,
                                apr_pool_t *pool)
{
    account_mem_t *mem;
    shop_error_t *err;

    SHOP_TRY(enter(&mem, repo, pool));
    err = clash(mem, user, pool);
    if (!err) {
        put_user(mem, user);
    }
    return leave(mem, err);
}

static shop_error_t *mem_find(shop_user_t **user, shop_account_repo_t *repo, const char *id,
                              apr_pool_t *pool)
{
    account_mem_t *mem;
    const shop_user_t *kept;

    SHOP_TRY(enter(&mem, repo, pool));
    kept = apr_hash_get(mem->users, id, APR_HASH_KEY_STRING);
    *user = kept ? copy_user(kept, pool) : NULL;
    return leave(mem, NULL);
}

static shop_error_t *mem_find_by_email(shop_user_t **user, shop_account_repo_t *repo,
                                       const char *email_key, apr_pool_t *pool)
{
    account_mem_t *mem;

    SHOP_TRY(enter(&mem, repo, pool));
    *user = NULL;
    for (apr_hash_index_t *i = apr_hash_first(pool, mem->users); i; i = apr_hash_next(i)) {
        void *value;

        apr_hash_this(i, NULL, NULL, &value);
        if (!strcmp(((const shop_user_t *)value)->email_key, email_key)) {
            *user = copy_user(value, pool);
        }
    }
    return leave(mem, NULL);
}

static shop_error_t *mem_update(bool *done, shop_account_repo_t *repo, const shop_user_t *user,
                                apr_pool_t *pool)
{
    account_mem_t *mem;
    const shop_user_t *kept;
    shop_error_t *err = NULL;

    *done = false;
    SHOP_TRY(enter(&mem, repo, pool));
    kept = apr_hash_get(mem->users, user->id, APR_HASH_KEY_STRING);
    if (kept && kept->rev == user->rev - 1) {
        err = clash(mem, user, pool);
        if (!err) {
            put_user(mem, user);
            *done = true;
        }
    }
    return leave(mem, err);
}

static shop_error_t *mem_claim_bootstrap(bool *claimed, shop_account_repo_t *repo, apr_pool_t *pool)
{
    account_mem_t *mem;

    SHOP_TRY(enter(&mem, repo, pool));
    *claimed = !mem->bootstrap_claimed;
    for (apr_hash_index_t *i = apr_hash_first(pool, mem->users); i; i = apr_hash_next(i)) {
        void *value;

        apr_hash_this(i, NULL, NULL, &value);
        if (!strcmp(((const shop_user_t *)value)->role, "admin")) {
            *claimed = false;
        }
    }
    mem->bootstrap_claimed = mem->bootstrap_claimed || *claimed;
    return leave(mem, NULL);
}

static shop_error_t *mem_release_bootstrap(shop_account_repo_t *repo, apr_pool_t *pool)
{
    account_mem_t *mem;

    SHOP_TRY(enter(&mem, repo, pool));
    mem->bootstrap_claimed = false;
    return leave(mem, NULL);
}

static shop_error_t *mem_session_insert(shop_account_repo_t *repo, const shop_session_t *session,
                                        apr_pool_t *pool)
{
    account_mem_t *mem;
    shop_session_t *kept;

    SHOP_TRY(enter(&mem, repo, pool));
    kept = copy_session(session, mem->pool);
    apr_hash_set(mem->sessions, kept->id, APR_HASH_KEY_STRING, kept);
    return leave(mem, NULL);
}

static shop_error_t *mem_session_find(shop_session_t **session, shop_account_repo_t *repo,
                                      const char *id, apr_pool_t *pool)
{
    account_mem_t *mem;
    const shop_session_t *kept;

    SHOP_TRY(enter(&mem, repo, pool));
    kept = apr_hash_get(mem->sessions, id, APR_HASH_KEY_STRING);
    *session = kept ? copy_session(kept, pool) : NULL;
    return leave(mem, NULL);
}

static shop_error_t *mem_session_rotate(bool *rotated, shop_account_repo_t *repo, const char *id,
                                        const shop_rotation_t *rotation, apr_pool_t *pool)
{
    account_mem_t *mem;
    shop_session_t *kept;

    *rotated = false;
    SHOP_TRY(enter(&mem, repo, pool));
    kept = apr_hash_get(mem->sessions, id, APR_HASH_KEY_STRING);
    if (kept && !kept->revoked && !strcmp(kept->current, rotation->old)) {
        kept->previous = kept->current;
        kept->current = apr_pstrdup(mem->pool, rotation->next);
        kept->role = apr_pstrdup(mem->pool, rotation->role);
        kept->rotated_at = rotation->rotated_at;
        kept->expires_at = rotation->expires_at;
        *rotated = true;
    }
    return leave(mem, NULL);
}

static shop_error_t *mem_session_revoke(shop_account_repo_t *repo, const char *id, apr_pool_t *pool)
{
    account_mem_t *mem;
    shop_session_t *kept;

    SHOP_TRY(enter(&mem, repo, pool));
    kept = apr_hash_get(mem->sessions, id, APR_HASH_KEY_STRING);
    if (kept) {
        kept->revoked = true;
    }
    return leave(mem, NULL);
}

static shop_error_t *mem_session_revoke_user(apr_array_header_t **ids, shop_account_repo_t *repo,
                                             const char *user_id, const char *except_id,
                                             apr_pool_t *pool)
{
    account_mem_t *mem;

    SHOP_TRY(enter(&mem, repo, pool));
    *ids = apr_array_make(pool, 4, sizeof(const char *));
    for (apr_hash_index_t *i = apr_hash_first(pool, mem->sessions); i; i = apr_hash_next(i)) {
        void *value;
        shop_session_t *kept;

        apr_hash_this(i, NULL, NULL, &value);
        kept = value;
        if (!kept->revoked && !strcmp(kept->user_id, user_id) &&
            (!except_id || strcmp(kept->id, except_id) != 0)) {
            kept->revoked = true;
            APR_ARRAY_PUSH(*ids, const char *) = apr_pstrdup(pool, kept->id);
        }
    }
    return leave(mem, NULL);
}

void shop_account_mem_away(shop_account_repo_t *repo, bool away)
{
    ((account_mem_t *)repo)->away = away;
}

int shop_account_mem_calls(const shop_account_repo_t *repo)
{
    return ((const account_mem_t *)repo)->calls;
}

shop_account_repo_t *shop_account_repo_mem(apr_pool_t *pool)
{
    account_mem_t *mem = apr_pcalloc(pool, sizeof(*mem));

    /* A pool of its own: only the lock's holder allocates from it. */
    apr_pool_create(&mem->pool, pool);
    apr_thread_mutex_create(&mem->lock, APR_THREAD_MUTEX_DEFAULT, pool);
    mem->users = apr_hash_make(mem->pool);
    mem->sessions = apr_hash_make(mem->pool);
    mem->port.insert = mem_insert;
    mem->port.find = mem_find;
    mem->port.find_by_email = mem_find_by_email;
    mem->port.update = mem_update;
    mem->port.claim_bootstrap = mem_claim_bootstrap;
    mem->port.release_bootstrap = mem_release_bootstrap;
    mem->port.session_insert = mem_session_insert;
    mem->port.session_find = mem_session_find;
    mem->port.session_rotate = mem_session_rotate;
    mem->port.session_revoke = mem_session_revoke;
    mem->port.session_revoke_user = mem_session_revoke_user;
    return &mem->port;
}
