/* SPDX-License-Identifier: MIT
 * Reads. A read that met a connection which had died meanwhile (the store was restarted) is sent
 * again once, on another one; one that took long is not, or the caller would wait twice. */
#include <apr_strings.h>
#include <string.h>

#include "mongo_inner.h"

/* One read in all its forms. */
typedef struct query_t {
    const char *collection;
    const bson_t *filter;   /* find */
    const bson_t *pipeline; /* aggregate */
    const bson_t *opts;
    mongoc_read_prefs_t *prefs;
    shop_mongo_each_t each;
    void *baton;
    apr_pool_t *pool;
    bool began;            /* a document was handed out: must not start over */
    shop_error_t *refused; /* what each answered */
} query_t;

static mongoc_cursor_t *open_cursor(const query_t *query, mongoc_collection_t *collection)
{
    return query->pipeline ? mongoc_collection_aggregate(collection, MONGOC_QUERY_NONE,
                                                         query->pipeline, query->opts, query->prefs)
                           : mongoc_collection_find_with_opts(collection, query->filter,
                                                              query->opts, query->prefs);
}

/* true: done (or each refused); false: *error says why. */
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

/* "readPreference" among the options is ours: the driver takes it beside them. */
static mongoc_read_prefs_t *take_preference(bson_t *rest, const bson_t *opts)
{
    bson_iter_t iter;
    const char *mode = "";

    if (opts && bson_iter_init_find(&iter, opts, "readPreference") && BSON_ITER_HOLDS_UTF8(&iter)) {
        mode = bson_iter_utf8(&iter, NULL);
    }
    if (opts) {
        bson_copy_to_excluding_noinit(opts, rest, "readPreference", NULL);
    }
    return mongoc_read_prefs_new(!strcmp(mode, "secondaryPreferred")
                                     ? MONGOC_READ_SECONDARY_PREFERRED
                                     : MONGOC_READ_PRIMARY);
}

static shop_error_t *find(shop_mongo_t *mongo, const char *collection, const bson_t *filter,
                          const bson_t *opts, bool single, shop_mongo_each_t each, void *baton,
                          apr_pool_t *pool)
{
    bson_t rest = BSON_INITIALIZER;
    query_t query = { .collection = collection,
                      .filter = filter,
                      .opts = &rest,
                      .each = each,
                      .baton = baton,
                      .pool = pool };
    shop_error_t *err;

    query.prefs = take_preference(&rest, opts);
    if (single) {
        bson_append_int64(&rest, "limit", -1, 1);
        bson_append_bool(&rest, "singleBatch", -1, true);
    }
    err = run(&query, mongo);
    mongoc_read_prefs_destroy(query.prefs);
    bson_destroy(&rest);
    return err;
}

static shop_error_t *keep_one(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    *(const bson_t **)baton = shop_mongo_copy(doc, pool);
    return NULL;
}

shop_error_t *shop_mongo_find_one(const bson_t **doc, shop_mongo_t *mongo, const char *collection,
                                  const bson_t *filter, const bson_t *opts, apr_pool_t *pool)
{
    *doc = NULL;
    return find(mongo, collection, filter, opts, true, keep_one, (void *)doc, pool);
}

shop_error_t *shop_mongo_find(shop_mongo_t *mongo, const char *collection, const bson_t *filter,
                              const bson_t *opts, shop_mongo_each_t each, void *baton,
                              apr_pool_t *pool)
{
    return find(mongo, collection, filter, opts, false, each, baton, pool);
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
