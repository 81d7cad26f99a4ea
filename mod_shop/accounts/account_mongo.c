/* SPDX-License-Identifier: MIT
 * Users and sessions in MongoDB: collections users, sessions and meta. Uniqueness is the indexes'
 * business; a session is one document, so ending it cannot race with renewing it. */
#include "account_mongo.h"

#include <string.h>

#include "../base/id.h"

#define USERS "users"
#define SESSIONS "sessions"
#define META "meta"
#define EMAIL_INDEX "users_email_key"
#define USERNAME_INDEX "users_username_key"
#define BOOTSTRAP "bootstrap"

const shop_mongo_index_t shop_account_indexes[] = {
    { .collection = USERS, .name = EMAIL_INDEX, .keys = "email_key:1", .unique = true },
    { .collection = USERS, .name = USERNAME_INDEX, .keys = "username_key:1", .unique = true },
    { .collection = USERS, .name = "users_role", .keys = "role:1" },
    { .collection = SESSIONS, .name = "sessions_user", .keys = "user_id:1" },
    { .collection = NULL },
};

typedef struct account_mongo_t {
    shop_account_repo_t port;
    shop_mongo_t *mongo;
} account_mongo_t;

static shop_mongo_t *mongo_of(shop_account_repo_t *repo)
{
    return ((account_mongo_t *)repo)->mongo;
}

static void append_text(bson_t *doc, const char *name, const char *value)
{
    bson_append_utf8(doc, name, -1, value, -1);
}

/* ---- users ---- */

/* What update() replaces; insert() adds the rest. */
static void append_user(bson_t *doc, const shop_user_t *user)
{
    append_text(doc, "username", user->username);
    append_text(doc, "username_key", user->username_key);
    append_text(doc, "email", user->email);
    append_text(doc, "email_key", user->email_key);
    append_text(doc, "password_hash", user->password_hash);
    append_text(doc, "role", user->role);
    BSON_APPEND_BOOL(doc, "email_verified", user->email_verified);
    BSON_APPEND_BOOL(doc, "disabled", user->disabled);
    shop_bson_append_time(doc, "updated_at", user->updated_at);
    BSON_APPEND_INT64(doc, "rev", user->rev);
}

static shop_error_t *user_of(shop_user_t **out, const bson_t *doc, apr_pool_t *pool)
{
    shop_user_t *user;

    *out = NULL;
    if (!doc) {
        return NULL;
    }
    user = apr_pcalloc(pool, sizeof(*user));
    user->id = shop_bson_oid(doc, "_id", pool);
    user->username = shop_bson_string(doc, "username", pool);
    user->username_key = shop_bson_string(doc, "username_key", pool);
    user->email = shop_bson_string(doc, "email", pool);
    user->email_key = shop_bson_string(doc, "email_key", pool);
    user->password_hash = shop_bson_string(doc, "password_hash", pool);
    user->role = shop_bson_string(doc, "role", pool);
    user->email_verified = shop_bson_bool(doc, "email_verified");
    user->disabled = shop_bson_bool(doc, "disabled");
    user->created_at = shop_bson_time(doc, "created_at");
    user->updated_at = shop_bson_time(doc, "updated_at");
    user->rev = shop_bson_int(doc, "rev", 0);
    if (!user->id || !user->username || !user->username_key || !user->email || !user->email_key ||
        !user->password_hash || !user->role) {
        return shop_error_cause(shop_err(pool, INTERNAL, "an account cannot be read"), pool,
                                "user %s lacks a member", user->id ? user->id : "without _id");
    }
    *out = user;
    return NULL;
}

/* The index stands in the server's text before the values, which are the client's. */
static shop_error_t *taken(const char *duplicate, apr_pool_t *pool)
{
    const char *email = strstr(duplicate, EMAIL_INDEX);
    const char *username = strstr(duplicate, USERNAME_INDEX);

    if (email && (!username || email < username)) {
        return shop_err(pool, EMAIL_TAKEN, "an account with this e-mail address exists");
    }
    if (username) {
        return shop_err(pool, USERNAME_TAKEN, "an account with this username exists");
    }
    return shop_error_cause(shop_err(pool, INTERNAL, "the account could not be stored"), pool, "%s",
                            duplicate);
}

static shop_error_t *mongo_insert(shop_account_repo_t *repo, const shop_user_t *user,
                                  apr_pool_t *pool)
{
    bson_t doc = BSON_INITIALIZER;
    const char *duplicate = NULL;
    shop_error_t *err;

    shop_bson_append_oid(&doc, "_id", user->id);
    append_user(&doc, user);
    shop_bson_append_time(&doc, "created_at", user->created_at);
    err = shop_mongo_insert(&duplicate, mongo_of(repo), USERS, &doc, SHOP_MONGO_MAJORITY, pool);
    bson_destroy(&doc);
    return err || !duplicate ? err : taken(duplicate, pool);
}

static shop_error_t *find_user(shop_user_t **user, shop_account_repo_t *repo, const bson_t *filter,
                               apr_pool_t *pool)
{
    const bson_t *doc = NULL;

    *user = NULL;
    SHOP_TRY(shop_mongo_find_one(&doc, mongo_of(repo), USERS, filter, NULL, pool));
    return user_of(user, doc, pool);
}

static shop_error_t *mongo_find(shop_user_t **user, shop_account_repo_t *repo, const char *id,
                                apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER;
    shop_error_t *err;

    shop_bson_append_oid(&filter, "_id", id);
    err = find_user(user, repo, &filter, pool);
    bson_destroy(&filter);
    return err;
}

static shop_error_t *mongo_find_by_email(shop_user_t **user, shop_account_repo_t *repo,
                                         const char *email_key, apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER;
    shop_error_t *err;

    append_text(&filter, "email_key", email_key);
    err = find_user(user, repo, &filter, pool);
    bson_destroy(&filter);
    return err;
}

static shop_error_t *mongo_update(bool *done, shop_account_repo_t *repo, const shop_user_t *user,
                                  apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER, update = BSON_INITIALIZER, set;
    const char *duplicate = NULL;
    int64_t matched = 0;
    shop_error_t *err;

    shop_bson_append_oid(&filter, "_id", user->id);
    BSON_APPEND_INT64(&filter, "rev", user->rev - 1);
    BSON_APPEND_DOCUMENT_BEGIN(&update, "$set", &set);
    append_user(&set, user);
    bson_append_document_end(&update, &set);
    err = shop_mongo_update(&matched, &duplicate, mongo_of(repo), USERS, &filter, &update, NULL,
                            SHOP_MONGO_MAJORITY, pool);
    bson_destroy(&filter);
    bson_destroy(&update);
    *done = !err && !duplicate && matched == 1;
    return err || !duplicate ? err : taken(duplicate, pool);
}

/* ---- the first admin ---- */

static shop_error_t *any_admin(bool *found, shop_account_repo_t *repo, apr_pool_t *pool)
{
    bson_t *filter = BCON_NEW("role", BCON_UTF8(SHOP_ROLE_NAME_ADMIN));
    bson_t *opts = BCON_NEW("projection", "{", "_id", BCON_INT32(1), "}");
    const bson_t *doc = NULL;
    shop_error_t *err = shop_mongo_find_one(&doc, mongo_of(repo), USERS, filter, opts, pool);

    bson_destroy(filter);
    bson_destroy(opts);
    *found = doc != NULL;
    return err;
}

static shop_error_t *mongo_claim_bootstrap(bool *claimed, shop_account_repo_t *repo,
                                           apr_pool_t *pool)
{
    const char *duplicate = NULL;
    bool admin;
    bson_t *doc;
    shop_error_t *err;

    *claimed = false;
    SHOP_TRY(any_admin(&admin, repo, pool));
    if (admin) {
        return NULL;
    }
    doc = BCON_NEW("_id", BCON_UTF8(BOOTSTRAP));
    shop_bson_append_time(doc, "at", apr_time_now());
    err = shop_mongo_insert(&duplicate, mongo_of(repo), META, doc, SHOP_MONGO_MAJORITY, pool);
    bson_destroy(doc);
    *claimed = !err && !duplicate;
    return err;
}

static shop_error_t *mongo_release_bootstrap(shop_account_repo_t *repo, apr_pool_t *pool)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(BOOTSTRAP));
    int64_t deleted;
    shop_error_t *err =
        shop_mongo_delete(&deleted, mongo_of(repo), META, filter, SHOP_MONGO_MAJORITY, pool);

    bson_destroy(filter);
    return err;
}

/* ---- sessions ---- */

static shop_error_t *mongo_session_insert(shop_account_repo_t *repo, const shop_session_t *session,
                                          apr_pool_t *pool)
{
    bson_t doc = BSON_INITIALIZER;
    const char *duplicate = NULL;
    shop_error_t *err;

    append_text(&doc, "_id", session->id);
    shop_bson_append_oid(&doc, "user_id", session->user_id);
    append_text(&doc, "role", session->role);
    append_text(&doc, "current", session->current);
    if (session->previous) {
        append_text(&doc, "previous", session->previous);
    }
    shop_bson_append_time(&doc, "created_at", session->created_at);
    shop_bson_append_time(&doc, "expires_at", session->expires_at);
    shop_bson_append_time(&doc, "absolute_at", session->absolute_at);
    BSON_APPEND_BOOL(&doc, "revoked", session->revoked);
    err = shop_mongo_insert(&duplicate, mongo_of(repo), SESSIONS, &doc, SHOP_MONGO_MAJORITY, pool);
    bson_destroy(&doc);
    return err || !duplicate ? err : shop_err(pool, INTERNAL, "a session exists twice");
}

/* Anything but a plain false is an end: a damaged document must not let anybody in. */
static bool is_revoked(const bson_t *doc)
{
    bson_iter_t iter;

    return !bson_iter_init_find(&iter, doc, "revoked") || !BSON_ITER_HOLDS_BOOL(&iter) ||
           bson_iter_bool(&iter);
}

static shop_error_t *session_of(shop_session_t **out, const bson_t *doc, apr_pool_t *pool)
{
    shop_session_t *session = apr_pcalloc(pool, sizeof(*session));

    session->id = shop_bson_string(doc, "_id", pool);
    session->user_id = shop_bson_oid(doc, "user_id", pool);
    session->role = shop_bson_string(doc, "role", pool);
    session->current = shop_bson_string(doc, "current", pool);
    session->previous = shop_bson_string(doc, "previous", pool);
    session->created_at = shop_bson_time(doc, "created_at");
    session->expires_at = shop_bson_time(doc, "expires_at");
    session->absolute_at = shop_bson_time(doc, "absolute_at");
    session->revoked = is_revoked(doc);
    if (!session->id || !session->user_id || !session->role || !session->current) {
        return shop_error_cause(shop_err(pool, INTERNAL, "a session cannot be read"), pool,
                                "a session document lacks a member");
    }
    *out = session;
    return NULL;
}

static shop_error_t *mongo_session_find(shop_session_t **session, shop_account_repo_t *repo,
                                        const char *id, apr_pool_t *pool)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(id));
    const bson_t *doc = NULL;
    shop_error_t *err = shop_mongo_find_one(&doc, mongo_of(repo), SESSIONS, filter, NULL, pool);

    bson_destroy(filter);
    *session = NULL;
    return err || !doc ? err : session_of(session, doc, pool);
}

static shop_error_t *mongo_session_rotate(bool *rotated, shop_account_repo_t *repo, const char *id,
                                          const char *old, const char *next, const char *role,
                                          apr_time_t expires_at, apr_pool_t *pool)
{
    bson_t *filter =
        BCON_NEW("_id", BCON_UTF8(id), "current", BCON_UTF8(old), "revoked", BCON_BOOL(false));
    bson_t update = BSON_INITIALIZER, set;
    int64_t matched = 0;
    shop_error_t *err;

    BSON_APPEND_DOCUMENT_BEGIN(&update, "$set", &set);
    append_text(&set, "current", next);
    append_text(&set, "previous", old);
    append_text(&set, "role", role);
    shop_bson_append_time(&set, "expires_at", expires_at);
    bson_append_document_end(&update, &set);
    err = shop_mongo_update(&matched, NULL, mongo_of(repo), SESSIONS, filter, &update, NULL,
                            SHOP_MONGO_MAJORITY, pool);
    bson_destroy(filter);
    bson_destroy(&update);
    *rotated = !err && matched == 1;
    return err;
}

static shop_error_t *mongo_session_revoke(shop_account_repo_t *repo, const char *id,
                                          apr_pool_t *pool)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(id));
    bson_t *update = BCON_NEW("$set", "{", "revoked", BCON_BOOL(true), "}");
    int64_t matched = 0;
    shop_error_t *err = shop_mongo_update(&matched, NULL, mongo_of(repo), SESSIONS, filter, update,
                                          NULL, SHOP_MONGO_MAJORITY, pool);

    bson_destroy(filter);
    bson_destroy(update);
    return err;
}

static shop_error_t *collect_id(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    apr_array_header_t *ids = baton;
    const char *id = shop_bson_string(doc, "_id", pool);

    if (id) {
        APR_ARRAY_PUSH(ids, const char *) = id;
    }
    return NULL;
}

/* Ended first and listed after, by a mark of this call: a session opened in between is either
 * ended and listed or younger than the call. */
static shop_error_t *mongo_session_revoke_user(apr_array_header_t **ids, shop_account_repo_t *repo,
                                               const char *user_id, const char *except_id,
                                               apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER, marked = BSON_INITIALIZER;
    bson_t *update = NULL, *opts = BCON_NEW("projection", "{", "_id", BCON_INT32(1), "}");
    const char *mark;
    int64_t matched;
    shop_error_t *err = shop_id_secret(&mark, 16, pool);

    if (err) {
        goto cleanup;
    }
    shop_bson_append_oid(&filter, "user_id", user_id);
    BSON_APPEND_BOOL(&filter, "revoked", false);
    if (except_id) {
        BCON_APPEND(&filter, "_id", "{", "$ne", BCON_UTF8(except_id), "}");
    }
    update = BCON_NEW("$set", "{", "revoked", BCON_BOOL(true), "ended_by", BCON_UTF8(mark), "}");
    err = shop_mongo_update_all(&matched, mongo_of(repo), SESSIONS, &filter, update,
                                SHOP_MONGO_MAJORITY, pool);
    if (err) {
        goto cleanup;
    }
    *ids = apr_array_make(pool, 4, sizeof(const char *));
    shop_bson_append_oid(&marked, "user_id", user_id);
    append_text(&marked, "ended_by", mark);
    err = shop_mongo_find(mongo_of(repo), SESSIONS, &marked, opts, collect_id, *ids, pool);
cleanup:
    bson_destroy(&filter);
    bson_destroy(&marked);
    bson_destroy(update);
    bson_destroy(opts);
    return err;
}

shop_account_repo_t *shop_account_repo_mongo(shop_mongo_t *mongo, apr_pool_t *pool)
{
    account_mongo_t *repo = apr_pcalloc(pool, sizeof(*repo));

    repo->mongo = mongo;
    repo->port.insert = mongo_insert;
    repo->port.find = mongo_find;
    repo->port.find_by_email = mongo_find_by_email;
    repo->port.update = mongo_update;
    repo->port.claim_bootstrap = mongo_claim_bootstrap;
    repo->port.release_bootstrap = mongo_release_bootstrap;
    repo->port.session_insert = mongo_session_insert;
    repo->port.session_find = mongo_session_find;
    repo->port.session_rotate = mongo_session_rotate;
    repo->port.session_revoke = mongo_session_revoke;
    repo->port.session_revoke_user = mongo_session_revoke_user;
    return &repo->port;
}
