/* SPDX-License-Identifier: MIT
 * Writes. Each is sent once. The driver's retryable writes are off unless the URI turns them on;
 * they are safe, because the server detects the duplicate. A lost reply and a write concern timeout
 * are the same error: UNAVAILABLE, outcome unknown. */
#include <apr_strings.h>

#include "mongo_inner.h"

/* The caller's options and the write concern, in a document the caller destroys. */
static bson_t *write_options(shop_mongo_t *mongo, const bson_t *opts, shop_mongo_concern_t concern)
{
    bson_t *all = opts ? bson_copy(opts) : bson_new();

    mongoc_write_concern_append(concern == SHOP_MONGO_MAJORITY ? mongo->majority : mongo->one, all);
    return all;
}

/* Moves a duplicate key out of the error, when the caller asked for it. */
static bool took_duplicate(const char **duplicate, const bson_error_t *error, apr_pool_t *pool)
{
    if (!duplicate || error->code != MONGOC_ERROR_DUPLICATE_KEY ||
        error->domain == MONGOC_ERROR_WRITE_CONCERN) {
        return false;
    }
    *duplicate = apr_pstrdup(pool, error->message);
    return true;
}

shop_error_t *shop_mongo_insert(const char **duplicate, shop_mongo_t *mongo, const char *collection,
                                const bson_t *doc, shop_mongo_concern_t concern, apr_pool_t *pool)
{
    shop_mongo_loan_t loan;
    bson_error_t error = { 0 };
    bson_t *opts;
    bool done;

    if (duplicate) {
        *duplicate = NULL;
    }
    SHOP_TRY(shop_mongo_check_unique(mongo, collection, pool));
    SHOP_TRY(shop_mongo_borrow(&loan, mongo, collection, pool));
    opts = write_options(mongo, NULL, concern);
    done = mongoc_collection_insert_one(loan.collection, doc, opts, NULL, &error) ||
           took_duplicate(duplicate, &error, pool);
    bson_destroy(opts);
    return shop_mongo_return(&loan, done ? NULL : &error, pool);
}

shop_error_t *shop_mongo_insert_batch(shop_mongo_t *mongo, const char *collection,
                                      const bson_t *const *docs, int count,
                                      shop_mongo_concern_t concern, apr_pool_t *pool)
{
    shop_mongo_loan_t loan;
    bson_error_t error = { 0 };
    const char *duplicate = NULL;
    shop_error_t *err;
    bson_t *opts;
    bool done;

    SHOP_TRY(shop_mongo_borrow(&loan, mongo, collection, pool));
    opts = write_options(mongo, NULL, concern);
    done = mongoc_collection_insert_many(loan.collection, (const bson_t **)docs, (size_t)count,
                                         opts, NULL, &error);
    bson_destroy(opts);
    if (!done && took_duplicate(&duplicate, &error, pool)) {
        done = true;
    }
    err = shop_mongo_return(&loan, done ? NULL : &error, pool);
    return !err && duplicate
               ? shop_error_cause(shop_err(pool, CONFLICT, "a key is taken"), pool, "%s", duplicate)
               : err;
}

typedef bool (*update_call_t)(mongoc_collection_t *, const bson_t *, const bson_t *, const bson_t *,
                              bson_t *, bson_error_t *);

static shop_error_t *update(update_call_t call, int64_t *matched, const char **duplicate,
                            shop_mongo_t *mongo, const char *collection, const bson_t *filter,
                            const bson_t *change, const bson_t *given, shop_mongo_concern_t concern,
                            apr_pool_t *pool)
{
    shop_mongo_loan_t loan;
    bson_error_t error = { 0 };
    bson_t *opts;
    bson_t reply;
    bool done;

    if (matched) {
        *matched = 0;
    }
    if (duplicate) {
        *duplicate = NULL;
        SHOP_TRY(shop_mongo_check_unique(mongo, collection, pool));
    }
    SHOP_TRY(shop_mongo_borrow(&loan, mongo, collection, pool));
    opts = write_options(mongo, given, concern);
    done = call(loan.collection, filter, change, opts, &reply, &error);
    if (matched) {
        *matched = shop_bson_int(&reply, "matchedCount", 0);
    }
    done = done || took_duplicate(duplicate, &error, pool);
    bson_destroy(&reply);
    bson_destroy(opts);
    return shop_mongo_return(&loan, done ? NULL : &error, pool);
}

shop_error_t *shop_mongo_update(int64_t *matched, const char **duplicate, shop_mongo_t *mongo,
                                const char *collection, const bson_t *filter, const bson_t *change,
                                const bson_t *opts, shop_mongo_concern_t concern, apr_pool_t *pool)
{
    return update(mongoc_collection_update_one, matched, duplicate, mongo, collection, filter,
                  change, opts, concern, pool);
}

shop_error_t *shop_mongo_update_all(int64_t *matched, shop_mongo_t *mongo, const char *collection,
                                    const bson_t *filter, const bson_t *change,
                                    shop_mongo_concern_t concern, apr_pool_t *pool)
{
    return update(mongoc_collection_update_many, matched, NULL, mongo, collection, filter, change,
                  NULL, concern, pool);
}

/* Statements of one kind in an unordered bulk leave as one command up to the server's limit of
 * 100,000; a cart has a hundred lines. */
static bool run_batch(int64_t *matched, bson_error_t *error, mongoc_bulk_operation_t *bulk,
                      const bson_t *const *filters, const bson_t *const *updates, int count)
{
    bson_t reply;
    bool done;

    for (int i = 0; i < count; i++) {
        if (!mongoc_bulk_operation_update_one_with_opts(bulk, filters[i], updates[i], NULL,
                                                        error)) {
            return false;
        }
    }
    done = mongoc_bulk_operation_execute(bulk, &reply, error) != 0;
    *matched = shop_bson_int(&reply, "nMatched", 0);
    bson_destroy(&reply);
    return done;
}

shop_error_t *shop_mongo_update_batch(int64_t *matched, shop_mongo_t *mongo, const char *collection,
                                      const bson_t *const *filters, const bson_t *const *updates,
                                      int count, shop_mongo_concern_t concern, apr_pool_t *pool)
{
    shop_mongo_loan_t loan;
    bson_error_t error = { 0 };
    mongoc_bulk_operation_t *bulk;
    bson_t *opts;
    bool done;

    *matched = 0;
    if (count == 0) {
        return NULL;
    }
    SHOP_TRY(shop_mongo_borrow(&loan, mongo, collection, pool));
    opts = write_options(mongo, NULL, concern);
    bson_append_bool(opts, "ordered", -1, false);
    bulk = mongoc_collection_create_bulk_operation_with_opts(loan.collection, opts);
    done = run_batch(matched, &error, bulk, filters, updates, count);
    mongoc_bulk_operation_destroy(bulk);
    bson_destroy(opts);
    return shop_mongo_return(&loan, done ? NULL : &error, pool);
}

/* The document of a findAndModify reply; false when the reply says that the write is not yet
 * acknowledged as wanted, which the driver lets pass in this form. */
static bool take_value(const bson_t **doc, bson_error_t *error, const bson_t *reply,
                       apr_pool_t *pool)
{
    bson_t value;
    bson_iter_t iter;

    if (bson_iter_init_find(&iter, reply, "writeConcernError")) {
        bson_set_error(error, MONGOC_ERROR_WRITE_CONCERN, MONGOC_ERROR_WRITE_CONCERN_ERROR,
                       "write concern error in findAndModify");
        return false;
    }
    if (bson_iter_init_find(&iter, reply, "value") && BSON_ITER_HOLDS_DOCUMENT(&iter) &&
        shop_bson_child(&value, reply, "value")) {
        *doc = shop_mongo_copy(&value, pool);
    }
    return true;
}

static mongoc_find_and_modify_opts_t *modify_options(shop_mongo_t *mongo, const bson_t *change,
                                                     const bson_t *fields, bool upsert,
                                                     shop_mongo_concern_t concern)
{
    mongoc_find_and_modify_opts_t *opts = mongoc_find_and_modify_opts_new();
    bson_t *extra = write_options(mongo, NULL, concern);

    mongoc_find_and_modify_opts_set_update(opts, change);
    mongoc_find_and_modify_opts_set_flags(opts, upsert ? MONGOC_FIND_AND_MODIFY_UPSERT |
                                                             MONGOC_FIND_AND_MODIFY_RETURN_NEW
                                                       : MONGOC_FIND_AND_MODIFY_RETURN_NEW);
    if (fields) {
        mongoc_find_and_modify_opts_set_fields(opts, fields);
    }
    mongoc_find_and_modify_opts_append(opts, extra);
    bson_destroy(extra);
    return opts;
}

shop_error_t *shop_mongo_modify(const bson_t **doc, const char **duplicate, shop_mongo_t *mongo,
                                const char *collection, const bson_t *filter, const bson_t *change,
                                const bson_t *fields, bool upsert, shop_mongo_concern_t concern,
                                apr_pool_t *pool)
{
    shop_mongo_loan_t loan;
    bson_error_t error = { 0 };
    mongoc_find_and_modify_opts_t *opts;
    bson_t reply;
    bool done;

    *doc = NULL;
    if (duplicate) {
        *duplicate = NULL;
    }
    if (duplicate || upsert) {
        SHOP_TRY(shop_mongo_check_unique(mongo, collection, pool));
    }
    SHOP_TRY(shop_mongo_borrow(&loan, mongo, collection, pool));
    opts = modify_options(mongo, change, fields, upsert, concern);
    done =
        mongoc_collection_find_and_modify_with_opts(loan.collection, filter, opts, &reply, &error);
    done = done ? take_value(doc, &error, &reply, pool) : took_duplicate(duplicate, &error, pool);
    bson_destroy(&reply);
    mongoc_find_and_modify_opts_destroy(opts);
    return shop_mongo_return(&loan, done ? NULL : &error, pool);
}

shop_error_t *shop_mongo_delete(int64_t *deleted, shop_mongo_t *mongo, const char *collection,
                                const bson_t *filter, shop_mongo_concern_t concern,
                                apr_pool_t *pool)
{
    shop_mongo_loan_t loan;
    bson_error_t error = { 0 };
    bson_t *opts;
    bson_t reply;
    bool done;

    if (deleted) {
        *deleted = 0;
    }
    SHOP_TRY(shop_mongo_borrow(&loan, mongo, collection, pool));
    opts = write_options(mongo, NULL, concern);
    done = mongoc_collection_delete_many(loan.collection, filter, opts, &reply, &error);
    if (deleted) {
        *deleted = shop_bson_int(&reply, "deletedCount", 0);
    }
    bson_destroy(&reply);
    bson_destroy(opts);
    return shop_mongo_return(&loan, done ? NULL : &error, pool);
}
