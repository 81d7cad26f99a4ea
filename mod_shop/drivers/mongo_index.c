/* SPDX-License-Identifier: MIT
 * Indexes. `shopctl migrate` creates them; a child only checks that the unique ones exist, because
 * correctness depends on them. */
#include <apr_strings.h>
#include <string.h>

#include "../base/log.h"
#include "mongo_inner.h"

/* "user:1,cart_slot:-1" as a key document. */
static bson_t *keys_of(const char *keys, apr_pool_t *pool)
{
    bson_t *doc = bson_new();
    char *rest = apr_pstrdup(pool, keys);

    while (*rest) {
        char *end = rest + strcspn(rest, ",");
        char *colon = rest + strcspn(rest, ":");
        char *next = *end ? end + 1 : end;

        *end = '\0';
        if (colon < end) {
            *colon = '\0';
            bson_append_int32(doc, rest, -1, colon[1] == '-' ? -1 : 1);
        }
        rest = next;
    }
    return doc;
}

/* A filter that cannot be parsed is sent as it is and the server rejects it: without the filter the
 * index would cover all documents. */
static void append_only(bson_t *item, const char *only)
{
    bson_t *documents = bson_new_from_json((const uint8_t *)only, -1, NULL);

    if (documents) {
        bson_append_document(item, "partialFilterExpression", -1, documents);
        bson_destroy(documents);
    } else {
        bson_append_utf8(item, "partialFilterExpression", -1, only, -1);
    }
}

static bson_t *create_command(const shop_mongo_index_t *index, apr_pool_t *pool)
{
    bson_t *command = bson_new();
    bson_t *keys = keys_of(index->keys, pool);
    bson_t list;
    bson_t item;

    bson_append_utf8(command, "createIndexes", -1, index->collection, -1);
    bson_append_array_begin(command, "indexes", -1, &list);
    bson_append_document_begin(&list, "0", -1, &item);
    bson_append_document(&item, "key", -1, keys);
    bson_append_utf8(&item, "name", -1, index->name, -1);
    if (index->unique) {
        bson_append_bool(&item, "unique", -1, true);
    }
    if (index->sparse) {
        bson_append_bool(&item, "sparse", -1, true);
    }
    if (index->only) {
        append_only(&item, index->only);
    }
    bson_append_document_end(&list, &item);
    bson_append_array_end(command, &list);
    bson_destroy(keys);
    return command;
}

/* What the server says, and before it what an administrator can do about it. */
static const char *remedy_of(const shop_mongo_index_t *index, const bson_error_t *error,
                             apr_pool_t *pool)
{
    enum { OPTIONS_CONFLICT = 85, KEYS_CONFLICT = 86, DUPLICATE_KEY = 11000 }; /* of the server */

    switch (error->code) {
    case DUPLICATE_KEY:
        return "two documents have the same value: change or delete one of them, then run this "
               "again; ";
    case OPTIONS_CONFLICT:
    case KEYS_CONFLICT:
        return apr_psprintf(pool,
                            "another index is in its place: look with db.%s.getIndexes(), drop "
                            "that one with db.%s.dropIndex(NAME), then run this again; ",
                            index->collection, index->collection);
    default: return "";
    }
}

static shop_error_t *create(shop_mongo_t *mongo, const shop_mongo_index_t *index, apr_pool_t *pool)
{
    shop_mongo_loan_t loan;
    bson_error_t error = { 0 };
    bson_t *command;
    bool done;
    shop_error_t *err;

    SHOP_TRY(shop_mongo_borrow(&loan, mongo, NULL, pool));
    command = create_command(index, pool);
    done = mongoc_client_write_command_with_opts(loan.client, mongo->database, command, NULL, NULL,
                                                 &error);
    bson_destroy(command);
    err = shop_mongo_return(&loan, done ? NULL : &error, pool);
    return err ? shop_error_cause(err, pool, "index %s of %s: %s%s", index->name, index->collection,
                                  remedy_of(index, &error, pool), err->cause)
               : NULL;
}

/* When the server rejects an index that is not unique (Amazon DocumentDB before 5 has no partial
 * indexes), only speed is lost: a warning is logged and the others are created. */
shop_error_t *shop_mongo_ensure_indexes(shop_mongo_t *mongo, const shop_mongo_index_t *indexes,
                                        apr_pool_t *pool)
{
    for (const shop_mongo_index_t *index = indexes; index->collection; index++) {
        shop_error_t *err = create(mongo, index, pool);

        if (err && (index->unique || err->code != SHOP_INTERNAL)) {
            return err;
        }
        if (err) {
            shop_log(SHOP_LOG_WARN, SHOP_LOG_MONGO_ERROR, NULL,
                     "index not created, lists are slower: %s", err->cause);
        }
    }
    return NULL;
}

shop_error_t *shop_mongo_drop_index(shop_mongo_t *mongo, const char *collection, const char *name,
                                    apr_pool_t *pool)
{
    enum { NAMESPACE_NOT_FOUND = 26, INDEX_NOT_FOUND = 27 }; /* of the server */
    bson_t *command = BCON_NEW("dropIndexes", BCON_UTF8(collection), "index", BCON_UTF8(name));
    shop_mongo_loan_t loan;
    bson_error_t error = { 0 };
    bool done;
    shop_error_t *err = shop_mongo_borrow(&loan, mongo, NULL, pool);

    if (!err) {
        done = mongoc_client_write_command_with_opts(loan.client, mongo->database, command, NULL,
                                                     NULL, &error) ||
               error.code == INDEX_NOT_FOUND || error.code == NAMESPACE_NOT_FOUND;
        err = shop_mongo_return(&loan, done ? NULL : &error, pool);
    }
    bson_destroy(command);
    return err;
}

shop_error_t *shop_mongo_drop_indexes(shop_mongo_t *mongo, const char *collection,
                                      const char *const *names, apr_pool_t *pool)
{
    for (; *names; names++) {
        SHOP_TRY(shop_mongo_drop_index(mongo, collection, *names, pool));
    }
    return NULL;
}

static bool same_keys(const bson_t *wanted, const bson_t *found)
{
    bson_iter_t left;
    bson_iter_t right;

    if (!bson_iter_init(&left, wanted) || !bson_iter_init(&right, found)) {
        return false;
    }
    while (bson_iter_next(&left)) {
        /* The shell writes 1 as a double. */
        if (!bson_iter_next(&right) || strcmp(bson_iter_key(&left), bson_iter_key(&right)) ||
            bson_iter_as_int64(&left) != bson_iter_as_int64(&right)) {
            return false;
        }
    }
    return !bson_iter_next(&right);
}

/* Compares the definition, not the name: an index of the same name that is not unique, or that
 * covers only some documents, does not enforce uniqueness. */
static bool serves(const shop_mongo_index_t *index, const bson_t *wanted, const bson_t *found)
{
    bson_t keys;

    return shop_bson_child(&keys, found, "key") && same_keys(wanted, &keys) &&
           shop_bson_bool(found, "unique") && shop_bson_bool(found, "sparse") == index->sparse &&
           !bson_has_field(found, "partialFilterExpression");
}

static shop_error_t *look(bool *there, shop_mongo_t *mongo, const shop_mongo_index_t *index,
                          apr_pool_t *pool)
{
    shop_mongo_loan_t loan;
    bson_error_t error = { 0 };
    const bson_t *doc;
    bson_t *wanted;
    mongoc_cursor_t *cursor;
    bool failed;

    *there = false;
    SHOP_TRY(shop_mongo_borrow(&loan, mongo, index->collection, pool));
    wanted = keys_of(index->keys, pool);
    cursor = mongoc_collection_find_indexes_with_opts(loan.collection, NULL);
    while (mongoc_cursor_next(cursor, &doc)) {
        *there = *there || serves(index, wanted, doc);
    }
    failed = mongoc_cursor_error(cursor, &error);
    mongoc_cursor_destroy(cursor);
    bson_destroy(wanted);
    return shop_mongo_return(&loan, failed ? &error : NULL, pool);
}

shop_error_t *shop_mongo_index_names(apr_array_header_t *names, shop_mongo_t *mongo,
                                     const char *collection, apr_pool_t *pool)
{
    shop_mongo_loan_t loan;
    bson_error_t error = { 0 };
    const bson_t *doc;
    mongoc_cursor_t *cursor;
    bool failed;

    SHOP_TRY(shop_mongo_borrow(&loan, mongo, collection, pool));
    cursor = mongoc_collection_find_indexes_with_opts(loan.collection, NULL);
    while (mongoc_cursor_next(cursor, &doc)) {
        const char *name = shop_bson_string(doc, "name", pool);

        if (name) {
            APR_ARRAY_PUSH(names, const char *) = name;
        }
    }
    failed = mongoc_cursor_error(cursor, &error);
    mongoc_cursor_destroy(cursor);
    return shop_mongo_return(&loan, failed ? &error : NULL, pool);
}

static shop_error_t *look_at_all(const char **missing, shop_mongo_t *mongo,
                                 const shop_mongo_index_t *indexes, apr_pool_t *pool)
{
    *missing = NULL;
    for (const shop_mongo_index_t *index = indexes; index->collection; index++) {
        bool there = true;

        if (index->unique) {
            SHOP_TRY(look(&there, mongo, index, pool));
        }
        if (!there) {
            *missing = index->name;
            return NULL;
        }
    }
    return NULL;
}

shop_error_t *shop_mongo_check_indexes(const char **missing, shop_mongo_t *mongo,
                                       const shop_mongo_index_t *indexes, apr_pool_t *pool)
{
    int before = shop_mongo_count();
    shop_error_t *err = look_at_all(missing, mongo, indexes, pool);

    shop_mongo_recount(before);
    return err;
}

void shop_mongo_log_missing(const char *index)
{
    shop_log_seldom(SHOP_LOG_ERROR, SHOP_LOG_INDEX_MISSING,
                    "unique index %s is missing; run " SHOP_SAY_MIGRATE, index);
}
