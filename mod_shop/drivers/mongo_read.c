/* SPDX-License-Identifier: MIT
 * Reads. When a connection was stale (the server was restarted), the read is sent once more on
 * another one. After a timeout it is not, so that the caller does not wait twice. */
#include <apr_strings.h>
#include <string.h>

#include "mongo_inner.h"

/* A find or an aggregate. */
typedef struct query_t {
    const char *collection;
    const bson_t *filter;   /* find */
    const bson_t *pipeline; /* aggregate */
    const bson_t *opts;
    const mongoc_read_prefs_t *prefs;
    shop_mongo_each_t each;
    void *baton;
    apr_pool_t *pool;
    bool began;            /* each was called, so the read must not be repeated */
    shop_error_t *refused; /* error that each returned */
} query_t;

static mongoc_cursor_t *open_cursor(const query_t *query, mongoc_collection_t *collection)
{
    return query->pipeline ? mongoc_collection_aggregate(collection, MONGOC_QUERY_NONE,
                                                         query->pipeline, query->opts, query->prefs)
                           : mongoc_collection_find_with_opts(collection, query->filter,
                                                              query->opts, query->prefs);
}

/* true: done, or each returned an error; false: *error. */
static bool walk(bson_error_t *error, query_t *query, mongoc_collection_t *collection)
{
    mongoc_cursor_t *cursor = open_cursor(query, collection);
    const bson_t *doc;
    bool failed;

    while (!query->refused && mongoc_cursor_next(cursor, &doc)) {
        query->began = true;
        query->refused = query->each(query->baton, doc, query->pool);
    }
    failed = !query->refused && mongoc_cursor_error(cursor, error);
    mongoc_cursor_destroy(cursor);
    return !failed;
}

static shop_error_t *run(query_t *query, shop_mongo_t *mongo)
{
    shop_error_t *err;
    bool again = true;

    for (;;) {
        shop_mongo_loan_t loan;
        bson_error_t error = { 0 };
        bool done;

        SHOP_TRY(shop_mongo_borrow(&loan, mongo, query->collection, query->pool));
        done = walk(&error, query, loan.collection);
        again = again && !done && !query->began && shop_mongo_broke_early(&loan, &error);
        err = shop_mongo_return(&loan, done ? NULL : &error, query->pool);
        if (!again) {
            return err ? err : query->refused;
        }
        again = false;
    }
}

/* *doc: the first document of a reply to find, NULL when there is none. false: invalid reply. */
static bool take_first(const bson_t **doc, bson_error_t *error, const bson_t *reply,
                       apr_pool_t *pool)
{
    bson_t cursor, batch, first;

    if (!shop_bson_child(&cursor, reply, "cursor") ||
        !shop_bson_child(&batch, &cursor, "firstBatch")) {
        bson_set_error(error, MONGOC_ERROR_CURSOR, MONGOC_ERROR_CURSOR_INVALID_CURSOR,
                       "a reply to find without documents");
        return false;
    }
    if (shop_bson_child(&first, &batch, "0")) {
        *doc = shop_mongo_copy(&first, pool);
    }
    return true;
}

/* The find command itself: for one document, the driver's cursor would copy the options twice and
 * look the server up twice, which is half the cost of a short read. */
shop_error_t *shop_mongo_find_one(const bson_t **doc, shop_mongo_t *mongo, const char *collection,
                                  const bson_t *filter, const bson_t *opts, apr_pool_t *pool)
{
    bson_t command = BSON_INITIALIZER;
    shop_error_t *err = NULL;
    bool again = true;

    *doc = NULL;
    BSON_APPEND_UTF8(&command, "find", collection);
    BSON_APPEND_DOCUMENT(&command, "filter", filter);
    if (opts) {
        bson_concat(&command, opts);
    }
    BSON_APPEND_INT64(&command, "limit", 1);
    BSON_APPEND_BOOL(&command, "singleBatch", true);
    for (int turn = 0; turn < 2 && again; turn++) {
        shop_mongo_loan_t loan;
        bson_error_t error = { 0 };
        bson_t reply;
        bool done;

        again = false;
        err = shop_mongo_borrow(&loan, mongo, NULL, pool);
        if (!err) {
            done = mongoc_client_read_command_with_opts(loan.client, mongo->database, &command,
                                                        mongo->primary, NULL, &reply, &error) &&
                   take_first(doc, &error, &reply, pool);
            bson_destroy(&reply);
            again = !done && shop_mongo_broke_early(&loan, &error);
            err = shop_mongo_return(&loan, done ? NULL : &error, pool);
        }
    }
    bson_destroy(&command);
    return err;
}

shop_error_t *shop_mongo_find(shop_mongo_t *mongo, const char *collection, const bson_t *filter,
                              const bson_t *opts, shop_mongo_each_t each, void *baton,
                              apr_pool_t *pool)
{
    query_t query = { .collection = collection,
                      .filter = filter,
                      .opts = opts,
                      .prefs = mongo->primary,
                      .each = each,
                      .baton = baton,
                      .pool = pool };

    return run(&query, mongo);
}

shop_error_t *shop_mongo_aggregate(shop_mongo_t *mongo, const char *collection,
                                   const bson_t *pipeline, shop_mongo_each_t each, void *baton,
                                   apr_pool_t *pool)
{
    query_t query = { .collection = collection,
                      .pipeline = pipeline,
                      .prefs = mongo->primary,
                      .each = each,
                      .baton = baton,
                      .pool = pool };

    return run(&query, mongo);
}

shop_error_t *shop_mongo_count_documents(int64_t *count, shop_mongo_t *mongo,
                                         const char *collection, const bson_t *filter,
                                         const char *hint, int64_t limit, apr_pool_t *pool)
{
    bson_t *opts = bson_new();
    shop_error_t *err = NULL;
    bool again = true;

    if (limit > 0) {
        BSON_APPEND_INT64(opts, "limit", limit);
    }
    if (hint) {
        BSON_APPEND_UTF8(opts, "hint", hint);
    }
    for (int turn = 0; turn < 2 && again; turn++) {
        shop_mongo_loan_t loan;
        bson_error_t error = { 0 };

        again = false;
        err = shop_mongo_borrow(&loan, mongo, collection, pool);
        if (!err) {
            *count = mongoc_collection_count_documents(loan.collection, filter, opts,
                                                       mongo->primary, NULL, &error);
            again = *count < 0 && shop_mongo_broke_early(&loan, &error);
            err = shop_mongo_return(&loan, *count < 0 ? &error : NULL, pool);
        }
    }
    bson_destroy(opts);
    return err;
}

shop_error_t *shop_mongo_is_empty(bool *empty, shop_mongo_t *mongo, apr_pool_t *pool)
{
    shop_mongo_loan_t loan;
    bson_error_t error = { 0 };
    mongoc_database_t *database;
    char **names;
    bool done;

    *empty = false;
    SHOP_TRY(shop_mongo_borrow(&loan, mongo, NULL, pool));
    database = mongoc_client_get_database(loan.client, mongo->database);
    names = mongoc_database_get_collection_names_with_opts(database, NULL, &error);
    done = names != NULL;
    *empty = done && !*names;
    bson_strfreev(names);
    mongoc_database_destroy(database);
    return shop_mongo_return(&loan, done ? NULL : &error, pool);
}
