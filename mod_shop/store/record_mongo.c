/* SPDX-License-Identifier: MIT
 * Records in MongoDB: each operation is one command. A page of a list is one range of one index, in
 * its order: _id, or by_<row>, which ends in the identifier, so there are no ties. */
#include "record_mongo.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "record_bson.h"

typedef struct record_mongo_t {
    shop_record_store_t port; /* first, so that a pointer to it is a pointer to this */
    shop_mongo_t *mongo;
} record_mongo_t;

static shop_mongo_t *mongo_of(shop_record_store_t *port)
{
    return ((record_mongo_t *)port)->mongo;
}

static const shop_field_t *id_row(const shop_record_t *record)
{
    return shop_fields_row(record->fields, record->id);
}

/* ---- keys ---- */

static const char *index_name(const shop_record_t *record, const char *member, apr_pool_t *pool)
{
    return apr_pstrcat(pool, record->collection, "_", member, NULL);
}

static const char *find_word(const char *text, const char *word)
{
    const char *at = strstr(text, word);

    while (at && (apr_isalnum(at[strlen(word)]) || at[strlen(word)] == '_')) {
        at = strstr(at + 1, word);
    }
    return at;
}

/* Whose is the duplicate? The index stands in the server's text before the values, which are the
 * client's. */
static shop_error_t *taken(const shop_record_t *record, const char *duplicate, apr_pool_t *pool)
{
    const shop_record_unique_t *first = NULL, *of_id = NULL;
    const char *at = NULL;

    for (const shop_record_unique_t *unique = record->unique; unique && unique->member; unique++) {
        const char *found = find_word(duplicate, index_name(record, unique->member, pool));

        if (!strcmp(unique->member, record->id)) {
            of_id = unique;
        } else if (found && (!at || found < at)) {
            first = unique;
            at = found;
        }
    }
    first = first ? first : of_id;
    return first ? shop_record_taken(record, first, pool)
                 : shop_error_cause(
                       shop_err(pool, INTERNAL, "the %s could not be stored", record->noun), pool,
                       "%s", duplicate);
}

static bson_t *by_id(const shop_record_t *record, const char *id)
{
    bson_t *filter = bson_new();

    shop_record_append_key(filter, "_id", id_row(record), id);
    return filter;
}

/* ---- writing ---- */

shop_error_t *shop_record_mongo_insert(shop_record_store_t *port, const void *one,
                                       const bson_t *more, apr_pool_t *pool)
{
    const shop_record_t *record = port->record;
    bson_t doc = BSON_INITIALIZER;
    const char *duplicate = NULL;
    shop_error_t *err;

    shop_record_append(&doc, record, one, pool);
    if (more) {
        bson_concat(&doc, more);
    }
    err = shop_mongo_insert(&duplicate, mongo_of(port), record->collection, &doc,
                            SHOP_MONGO_MAJORITY, pool);
    bson_destroy(&doc);
    return err || !duplicate ? err : taken(record, duplicate, pool);
}

static shop_error_t *record_insert(shop_record_store_t *port, const void *one, apr_pool_t *pool)
{
    return shop_record_mongo_insert(port, one, NULL, pool);
}

/* The server refuses an operator without members. */
static void append_operator(bson_t *update, const char *name, const bson_t *own, const bson_t *more)
{
    bson_t all;

    if ((!own || bson_empty(own)) && (!more || bson_empty(more))) {
        return;
    }
    BSON_APPEND_DOCUMENT_BEGIN(update, name, &all);
    if (own) {
        bson_concat(&all, own);
    }
    if (more) {
        bson_concat(&all, more);
    }
    bson_append_document_end(update, &all);
}

static bson_t *update_of(const shop_record_t *record, const void *one,
                         const shop_record_more_t *more, apr_pool_t *pool)
{
    bson_t set = BSON_INITIALIZER, unset = BSON_INITIALIZER;
    bson_t *update = bson_new();

    shop_record_append_change(&set, &unset, record, one, pool);
    append_operator(update, "$set", &set, more->set);
    append_operator(update, "$unset", &unset, more->unset);
    append_operator(update, "$inc", NULL, more->inc);
    bson_destroy(&set);
    bson_destroy(&unset);
    return update;
}

shop_error_t *shop_record_mongo_update(bool *done, shop_record_store_t *port, const void *one,
                                       const shop_record_more_t *more, apr_pool_t *pool)
{
    const shop_record_t *record = port->record;
    bson_t *filter = by_id(record, shop_record_id(record, one));
    bson_t *update = update_of(record, one, more, pool);
    const char *duplicate = NULL;
    int64_t matched = 0;
    shop_error_t *err;

    BSON_APPEND_INT64(filter, "rev", shop_record_rev(record, one) - 1);
    if (more->filter) {
        bson_concat(filter, more->filter);
    }
    err = shop_mongo_update(&matched, &duplicate, mongo_of(port), record->collection, filter,
                            update, NULL, SHOP_MONGO_MAJORITY, pool);
    bson_destroy(filter);
    bson_destroy(update);
    *done = !err && !duplicate && matched == 1;
    return err || !duplicate ? err : taken(record, duplicate, pool);
}

static shop_error_t *record_update(bool *done, shop_record_store_t *port, const void *one,
                                   apr_pool_t *pool)
{
    static const shop_record_more_t nothing;

    return shop_record_mongo_update(done, port, one, &nothing, pool);
}

static shop_error_t *record_remove(bool *done, shop_record_store_t *port, const char *id,
                                   int64_t rev, apr_pool_t *pool)
{
    bson_t *filter = by_id(port->record, id);
    int64_t deleted = 0;
    shop_error_t *err;

    BSON_APPEND_INT64(filter, "rev", rev);
    err = shop_mongo_delete(&deleted, mongo_of(port), port->record->collection, filter,
                            SHOP_MONGO_MAJORITY, pool);
    bson_destroy(filter);
    *done = !err && deleted == 1;
    return err;
}

/* ---- reading ---- */

/* Everything but what is somebody else's. */
static void append_projection(bson_t *opts, const shop_record_t *record)
{
    bson_t without;

    if (!record->others) {
        return;
    }
    BSON_APPEND_DOCUMENT_BEGIN(opts, "projection", &without);
    for (const char *const *other = record->others; *other; other++) {
        BSON_APPEND_INT32(&without, *other, 0);
    }
    bson_append_document_end(opts, &without);
}

/* Destroys filter. */
static shop_error_t *find_one(void **one, shop_record_store_t *port, bson_t *filter,
                              apr_pool_t *pool)
{
    bson_t opts = BSON_INITIALIZER;
    const bson_t *doc = NULL;
    shop_error_t *err;

    append_projection(&opts, port->record);
    err = shop_mongo_find_one(&doc, mongo_of(port), port->record->collection, filter, &opts, pool);
    bson_destroy(&opts);
    bson_destroy(filter);
    *one = NULL;
    return err || !doc ? err : shop_record_of_bson(one, port->record, doc, pool);
}

static shop_error_t *record_find(void **one, shop_record_store_t *port, const char *id,
                                 apr_pool_t *pool)
{
    return find_one(one, port, by_id(port->record, id), pool);
}

static shop_error_t *record_find_by(void **one, shop_record_store_t *port, const char *member,
                                    const char *value, apr_pool_t *pool)
{
    bson_t *filter = bson_new();

    shop_record_append_key(filter, member, shop_fields_row(port->record->fields, member), value);
    return find_one(one, port, filter, pool);
}

static bson_t *of_owner(const shop_record_t *record, const char *owner)
{
    bson_t *filter = bson_new();

    if (owner) {
        shop_record_append_key(filter, record->owner,
                               shop_fields_row(record->fields, record->owner), owner);
    }
    return filter;
}

static void append_after(bson_t *filter, const char *key, const shop_record_t *record,
                         const shop_record_sort_t *sort)
{
    const char *behind = sort->down ? "$lt" : "$gt";
    bson_t range;

    if (!sort->after) {
        return;
    }
    BSON_APPEND_DOCUMENT_BEGIN(filter, key, &range);
    if (sort->by_id) {
        shop_record_append_key(&range, behind, id_row(record), sort->after);
    } else {
        BSON_APPEND_UTF8(&range, behind, sort->after);
    }
    bson_append_document_end(filter, &range);
}

static void plan(bson_t **filter, bson_t **opts, const shop_record_t *record,
                 const shop_record_query_t *query, const shop_record_sort_t *sort, apr_pool_t *pool)
{
    const char *key = sort->by_id ? "_id" : apr_pstrcat(pool, "by_", sort->row->name, NULL);

    *filter = of_owner(record, query->owner);
    append_after(*filter, key, record, sort);
    *opts = BCON_NEW("sort", "{", key, BCON_INT32(sort->down ? -1 : 1), "}", "limit",
                     BCON_INT64(query->list.limit + 1));
    append_projection(*opts, record);
}

shop_error_t *shop_record_mongo_plan(bson_t **filter, bson_t **opts, const shop_record_t *record,
                                     const shop_record_query_t *query, apr_pool_t *pool)
{
    shop_record_sort_t sort;

    SHOP_TRY(shop_record_sort(&sort, record, query, pool));
    plan(filter, opts, record, query, &sort, pool);
    return NULL;
}

typedef struct collecting_t {
    apr_array_header_t *all;
    const shop_record_t *record;
} collecting_t;

static shop_error_t *collect(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    collecting_t *collecting = baton;
    void *one;

    SHOP_TRY(shop_record_of_bson(&one, collecting->record, doc, pool));
    APR_ARRAY_PUSH(collecting->all, void *) = one;
    return NULL;
}

static shop_error_t *record_count(int64_t *count, shop_record_store_t *port, const char *owner,
                                  apr_pool_t *pool)
{
    bson_t *filter = of_owner(port->record, owner);
    shop_error_t *err = shop_mongo_count_documents(count, mongo_of(port), port->record->collection,
                                                   filter, NULL, SHOP_COUNT_CAP + 1, pool);

    bson_destroy(filter);
    return err;
}

static shop_error_t *record_list(apr_array_header_t **all, shop_list_end_t *end,
                                 shop_record_store_t *port, const shop_record_query_t *query,
                                 apr_pool_t *pool)
{
    const shop_record_t *record = port->record;
    collecting_t collecting = { apr_array_make(pool, (int)query->list.limit + 1, sizeof(void *)),
                                record };
    shop_record_sort_t sort;
    bson_t *filter, *opts;
    shop_error_t *err;

    *all = collecting.all;
    *end = (shop_list_end_t){ NULL, -1 };
    SHOP_TRY(shop_record_sort(&sort, record, query, pool));
    plan(&filter, &opts, record, query, &sort, pool);
    err = shop_mongo_find(mongo_of(port), record->collection, filter, opts, collect, &collecting,
                          pool);
    bson_destroy(filter);
    bson_destroy(opts);
    SHOP_TRY(err);
    shop_record_end_page(*all, end, record, query, &sort, pool);
    return query->list.count ? record_count(&end->total, port, query->owner, pool) : NULL;
}

shop_record_store_t *shop_record_mongo(const shop_record_t *record, shop_mongo_t *mongo,
                                       apr_pool_t *pool)
{
    record_mongo_t *store = apr_pcalloc(pool, sizeof(*store));

    store->mongo = mongo;
    store->port = (shop_record_store_t){ .record = record,
                                         .insert = record_insert,
                                         .find = record_find,
                                         .find_by = record_find_by,
                                         .list = record_list,
                                         .update = record_update,
                                         .remove = record_remove,
                                         .count = record_count };
    return &store->port;
}

/* ---- indexes ---- */

static void add_index(apr_array_header_t *indexes, const shop_record_t *record, const char *name,
                      const char *keys, const shop_field_t *unique)
{
    /* a second record without a value must not be a duplicate */
    bool sparse = unique && !(unique->flags & SHOP_REQUIRED);

    for (int i = 0; i < indexes->nelts; i++) { /* "name" and "-name" share one */
        if (!strcmp(APR_ARRAY_IDX(indexes, i, shop_mongo_index_t).name, name)) {
            return;
        }
    }
    APR_ARRAY_PUSH(indexes, shop_mongo_index_t) =
        (shop_mongo_index_t){ .collection = record->collection,
                              .name = name,
                              .keys = keys,
                              .unique = unique != NULL,
                              .sparse = sparse };
}

static void add_sort_index(apr_array_header_t *indexes, const shop_record_t *record,
                           const char *sort, apr_pool_t *pool)
{
    const char *row = *sort == '-' ? sort + 1 : sort;
    const char *key = strcmp(row, record->id) ? apr_pstrcat(pool, "by_", row, NULL) : "_id";

    if (record->owner) {
        add_index(indexes, record,
                  apr_pstrcat(pool, record->collection, "_", record->owner, "_by_", row, NULL),
                  apr_pstrcat(pool, record->owner, ":1,", key, ":1", NULL), NULL);
    }
    if (strcmp(key, "_id")) {
        add_index(indexes, record, index_name(record, key, pool),
                  apr_pstrcat(pool, key, ":1", NULL), NULL);
    }
}

const shop_mongo_index_t *shop_record_indexes(const shop_record_t *record, apr_pool_t *pool)
{
    apr_array_header_t *indexes = apr_array_make(pool, 8, sizeof(shop_mongo_index_t));

    for (const shop_record_unique_t *unique = record->unique; unique && unique->member; unique++) {
        if (strcmp(unique->member, record->id) != 0) {
            add_index(indexes, record, index_name(record, unique->member, pool),
                      apr_pstrcat(pool, unique->member, ":1", NULL),
                      shop_fields_row(record->fields, unique->member));
        }
    }
    for (const char *const *sort = record->sorts; *sort; sort++) {
        add_sort_index(indexes, record, *sort, pool);
    }
    APR_ARRAY_PUSH(indexes, shop_mongo_index_t) = (shop_mongo_index_t){ .collection = NULL };
    return (const shop_mongo_index_t *)(void *)indexes->elts;
}
