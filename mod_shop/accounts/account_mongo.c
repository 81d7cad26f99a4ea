/* SPDX-License-Identifier: MIT
 * Users and sessions in MongoDB: their records, and operations that records do not offer. A session
 * is one document, so ending it cannot race with renewing it. */
#include "account_mongo.h"

#include "../base/id.h"
#include "../store/record_mongo.h"

#define USERS "users"
#define SESSIONS "sessions"
#define META "meta"
#define BOOTSTRAP "bootstrap"

const shop_mongo_index_t shop_account_indexes[] = {
    { .collection = USERS, .name = "users_role", .keys = "role:1" },
    { .collection = SESSIONS, .name = "sessions_user", .keys = "user_id:1" },
    { .collection = NULL },
};

typedef struct account_mongo_t {
    shop_account_repo_t port;
    shop_mongo_t *mongo;
    shop_record_store_t *users, *sessions;
} account_mongo_t;

static shop_mongo_t *mongo_of(shop_account_repo_t *repo)
{
    return ((account_mongo_t *)repo)->mongo;
}

/* ---- users ---- */

static shop_error_t *mongo_insert(shop_account_repo_t *repo, const shop_user_t *user,
                                  apr_pool_t *pool)
{
    shop_record_store_t *users = ((account_mongo_t *)repo)->users;

    return users->insert(users, user, pool);
}

static shop_error_t *mongo_find(shop_user_t **user, shop_account_repo_t *repo, const char *id,
                                apr_pool_t *pool)
{
    shop_record_store_t *users = ((account_mongo_t *)repo)->users;
    void *one = NULL;
    shop_error_t *err = users->find(&one, users, id, pool);

    *user = one;
    return err;
}

static shop_error_t *mongo_find_by_email(shop_user_t **user, shop_account_repo_t *repo,
                                         const char *email_key, apr_pool_t *pool)
{
    shop_record_store_t *users = ((account_mongo_t *)repo)->users;
    void *one = NULL;
    shop_error_t *err = users->find_by(&one, users, "email_key", email_key, pool);

    *user = one;
    return err;
}

static shop_error_t *mongo_update(bool *done, shop_account_repo_t *repo, const shop_user_t *user,
                                  apr_pool_t *pool)
{
    shop_record_store_t *users = ((account_mongo_t *)repo)->users;

    return users->update(done, users, user, pool);
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
    shop_record_store_t *sessions = ((account_mongo_t *)repo)->sessions;

    return sessions->insert(sessions, session, pool);
}

static shop_error_t *mongo_session_find(shop_session_t **session, shop_account_repo_t *repo,
                                        const char *id, apr_pool_t *pool)
{
    shop_record_store_t *sessions = ((account_mongo_t *)repo)->sessions;
    void *one = NULL;
    shop_error_t *err = sessions->find(&one, sessions, id, pool);

    *session = one;
    return err;
}

static shop_error_t *mongo_session_rotate(bool *rotated, shop_account_repo_t *repo, const char *id,
                                          const shop_rotation_t *rotation, apr_pool_t *pool)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(id), "current", BCON_UTF8(rotation->old), "revoked",
                              BCON_BOOL(false));
    bson_t *set = BCON_NEW("current", BCON_UTF8(rotation->next), "previous",
                           BCON_UTF8(rotation->old), "role", BCON_UTF8(rotation->role));
    bson_t *update;
    int64_t matched = 0;
    shop_error_t *err;

    shop_bson_append_time(set, "rotated_at", rotation->rotated_at);
    shop_bson_append_time(set, "expires_at", rotation->expires_at);
    update = BCON_NEW("$set", BCON_DOCUMENT(set));
    err = shop_mongo_update(&matched, NULL, mongo_of(repo), SESSIONS, filter, update, NULL,
                            SHOP_MONGO_MAJORITY, pool);
    bson_destroy(filter);
    bson_destroy(set);
    bson_destroy(update);
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

/* Ends the sessions with a mark of this call and lists them by the mark afterwards: a session
 * opened in between is either ended and listed, or newer than the call. */
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
    BSON_APPEND_UTF8(&marked, "ended_by", mark);
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
    repo->users = shop_record_mongo(&shop_user_record, mongo, pool);
    repo->sessions = shop_record_mongo(&shop_session_record, mongo, pool);
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
