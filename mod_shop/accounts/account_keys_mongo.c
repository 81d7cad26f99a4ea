/* SPDX-License-Identifier: MIT
 * The keys of accounts that an earlier version stored: the accounts' part of the stage
 * SHOP_STAGE_KEYS (store/schema.h). email_key and username_key become what this version computes.
 * The version before signs in with either form. Where another account has the key already, both
 * stay as they are, and the line that is said names their ids. */
#include <apr_strings.h>
#include <string.h>

#include "../base/text.h"
#include "../drivers/mongo.h"
#include "../store/migrate.h"
#include "../store/walk_mongo.h"
#include "account.h"

#define BEFORE "keys_before"

/* A text of an account and the key that it is compared by. */
typedef struct kind_t {
    const char *text, *key, *noun;
    const char *(*now)(const char *text, apr_pool_t *pool); /* NULL or "": no key of this version */
    const char *(*earlier)(const char *text, apr_pool_t *pool);
} kind_t;

static const kind_t kinds[] = {
    { "email", "email_key", "e-mail address", shop_text_email_key, shop_text_email_old_key },
    { "username", "username_key", "username", shop_text_username_key, shop_text_fold },
};
#define KINDS (int)(sizeof(kinds) / sizeof(kinds[0]))

/* One key of one account, and what it is to be. */
typedef struct change_t {
    const kind_t *kind;
    const char *id, *text;
    const char *from, *to;
} change_t;

typedef enum { REWRITE_AND_KEEP, REWRITE, RESTORE } task_t;

typedef struct keys_t {
    shop_mongo_t *mongo;
    task_t task;
    apr_array_header_t *changes; /* change_t of this batch; NULL: none yet */
    apr_array_header_t *taken;   /* change_t of this turn, refused for another account's key */
    int written;                 /* in this turn */
} keys_t;

/* *to: what the key is to be; NULL: as it is. */
static const char *wanted(const keys_t *keys, const kind_t *kind, const bson_t *doc,
                          const char *text, const char *key, apr_pool_t *pool)
{
    const char *now = kind->now(text, pool);
    const char *before, *earlier;
    bson_t kept;

    now = now && *now ? now : key;
    if (keys->task != RESTORE) {
        return strcmp(now, key) != 0 ? now : NULL;
    }
    before = shop_bson_child(&kept, doc, BEFORE) ? shop_bson_string(&kept, kind->key, pool) : NULL;
    earlier = kind->earlier(text, pool);
    return before && earlier && !strcmp(before, earlier) && !strcmp(now, key) ? before : NULL;
}

static shop_error_t *look(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    keys_t *keys = baton;

    for (int i = 0; i < KINDS; i++) {
        change_t change = { .kind = &kinds[i],
                            .id = shop_bson_oid(doc, "_id", pool),
                            .text = shop_bson_string(doc, kinds[i].text, pool),
                            .from = shop_bson_string(doc, kinds[i].key, pool) };

        if (change.text && change.from) {
            change.to = wanted(keys, change.kind, doc, change.text, change.from, pool);
        }
        if (change.to) {
            keys->changes =
                keys->changes ? keys->changes : apr_array_make(pool, 16, sizeof(change_t));
            APR_ARRAY_PUSH(keys->changes, change_t) = change;
        }
    }
    return NULL;
}

static bson_t *update_of(const keys_t *keys, const change_t *change, apr_pool_t *pool)
{
    const char *kept = apr_pstrcat(pool, BEFORE ".", change->kind->key, NULL);
    bson_t *update = bson_new(), part;

    BSON_APPEND_DOCUMENT_BEGIN(update, "$set", &part);
    bson_append_utf8(&part, change->kind->key, -1, change->to, -1);
    if (keys->task == REWRITE_AND_KEEP) {
        bson_append_utf8(&part, kept, -1, change->from, -1);
    }
    bson_append_document_end(update, &part);
    if (keys->task == RESTORE) {
        BSON_APPEND_DOCUMENT_BEGIN(update, "$unset", &part);
        bson_append_int32(&part, kept, -1, 1);
        bson_append_document_end(update, &part);
    }
    /* Who read the account before may not write the key that he read. */
    BSON_APPEND_DOCUMENT_BEGIN(update, "$inc", &part);
    BSON_APPEND_INT64(&part, "rev", 1);
    bson_append_document_end(update, &part);
    return update;
}

static shop_error_t *write_one(const char **duplicate, keys_t *keys, const change_t *change,
                               apr_pool_t *pool)
{
    bson_t *filter = bson_new();
    bson_t *update = update_of(keys, change, pool);
    int64_t matched = 0;
    shop_error_t *err;

    shop_bson_append_oid(filter, "_id", change->id);
    bson_append_utf8(filter, change->kind->text, -1, change->text, -1);
    bson_append_utf8(filter, change->kind->key, -1, change->from, -1);
    err = shop_mongo_update(&matched, duplicate, keys->mongo, shop_user_record.collection, filter,
                            update, NULL, SHOP_MONGO_MAJORITY, pool);
    bson_destroy(filter);
    bson_destroy(update);
    keys->written += matched > 0;
    return err;
}

static shop_error_t *write_batch(void *baton, apr_pool_t *pool)
{
    keys_t *keys = baton;
    const apr_array_header_t *changes = keys->changes;

    keys->changes = NULL;
    for (int i = 0; changes && i < changes->nelts; i++) {
        change_t change = APR_ARRAY_IDX(changes, i, change_t);
        const char *duplicate = NULL;

        SHOP_TRY(write_one(&duplicate, keys, &change, pool));
        if (duplicate) {
            change.id = apr_pstrdup(keys->taken->pool, change.id);
            change.to = apr_pstrdup(keys->taken->pool, change.to);
            change.text = change.from = NULL;
            APR_ARRAY_PUSH(keys->taken, change_t) = change;
        }
    }
    return NULL;
}

static shop_error_t *say_taken(const shop_migration_t *migration, const change_t *change,
                               apr_pool_t *pool)
{
    bson_t *filter = bson_new(), *opts = BCON_NEW("projection", "{", "_id", BCON_INT32(1), "}");
    const bson_t *doc = NULL;
    shop_error_t *err;

    bson_append_utf8(filter, change->kind->key, -1, change->to, -1);
    err = shop_mongo_find_one(&doc, migration->mongo, shop_user_record.collection, filter, opts,
                              pool);
    bson_destroy(filter);
    bson_destroy(opts);
    if (!err) {
        const char *other = doc ? shop_bson_oid(doc, "_id", pool) : NULL;

        shop_migration_say(migration, pool, "accounts %s and %s have one %s: both stay as they are",
                           change->id, other ? other : "(gone)", change->kind->noun);
    }
    return err;
}

/* A key may be free only after another account got its own, so turns are made until one changes
 * nothing; what was refused in the last turn is refused for good. */
static shop_error_t *rewrite(const shop_migration_t *migration, task_t task, apr_pool_t *pool)
{
    static const char *const members[] = { "email",        "email_key", "username",
                                           "username_key", BEFORE,      NULL };
    keys_t keys = { .mongo = migration->mongo,
                    .task = task,
                    .taken = apr_array_make(pool, 8, sizeof(change_t)) };
    shop_walk_t walk = { .mongo = migration->mongo,
                         .collection = shop_user_record.collection,
                         .members = members,
                         .each = look,
                         .flush = write_batch,
                         .baton = &keys };
    int all = 0;

    do {
        keys.written = 0;
        apr_array_clear(keys.taken);
        SHOP_TRY(shop_walk(&walk, pool));
        all += keys.written;
    } while (keys.written && keys.taken->nelts);
    if (all) {
        shop_migration_say(migration, pool, "keys of accounts %s: %d",
                           task == RESTORE ? "restored" : "rewritten", all);
    }
    for (int i = 0; i < keys.taken->nelts; i++) {
        SHOP_TRY(say_taken(migration, &APR_ARRAY_IDX(keys.taken, i, change_t), pool));
    }
    return NULL;
}

static shop_error_t *remove_before(const shop_migration_t *migration, apr_pool_t *pool)
{
    bson_t *filter = BCON_NEW(BEFORE, "{", "$exists", BCON_BOOL(true), "}");
    bson_t *update = BCON_NEW("$unset", "{", BEFORE, BCON_INT32(1), "}");
    int64_t matched;
    shop_error_t *err =
        shop_mongo_update_all(&matched, migration->mongo, shop_user_record.collection, filter,
                              update, SHOP_MONGO_MAJORITY, pool);

    bson_destroy(filter);
    bson_destroy(update);
    return err;
}

/* Rewrites the keys, and keeps the earlier ones in keys_before. */
static shop_error_t *up(const shop_migration_t *migration, apr_pool_t *pool)
{
    return rewrite(migration, REWRITE_AND_KEEP, pool);
}

/* Restores the earlier keys of accounts whose address or name is still the one they are of. */
static shop_error_t *down(const shop_migration_t *migration, apr_pool_t *pool)
{
    SHOP_TRY(rewrite(migration, RESTORE, pool));
    return remove_before(migration, pool);
}

/* As up, for what was written since; then removes keys_before. */
static shop_error_t *finish(const shop_migration_t *migration, apr_pool_t *pool)
{
    SHOP_TRY(rewrite(migration, REWRITE, pool));
    return remove_before(migration, pool);
}

const shop_stage_part_t shop_account_keys = { up, down, finish };
