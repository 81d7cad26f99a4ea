/* SPDX-License-Identifier: MIT
 * Reads from MongoDB by id, by page or by filter; members that several kinds of documents share. */
#include "verify_read_mongo.h"

#include <string.h>

apr_array_header_t *shop_verify_entries(const bson_t *doc, const char *array, const char *id,
                                        const char *amount, apr_pool_t *pool)
{
    apr_array_header_t *entries = apr_array_make(pool, 4, sizeof(shop_verify_entry_t));
    bson_t list, inner;
    bson_iter_t iter;

    if (!shop_bson_child(&list, doc, array) || !bson_iter_init(&iter, &list)) {
        return entries;
    }
    while (bson_iter_next(&iter)) {
        shop_verify_entry_t entry = { .amount = 1 };

        if (shop_bson_child(&inner, &list, bson_iter_key(&iter))) {
            entry.id = shop_bson_oid(&inner, id, pool);
            entry.amount = amount ? shop_bson_int(&inner, amount, 0) : 1;
            entry.user_id = shop_bson_oid(&inner, "u", pool);
            entry.at = shop_bson_time(&inner, "at");
        }
        if (entry.id) {
            APR_ARRAY_PUSH(entries, shop_verify_entry_t) = entry;
        }
    }
    return entries;
}

bool shop_verify_is_returned(const bson_t *order, const char *line)
{
    bson_t list;
    bson_iter_t iter;

    if (!shop_bson_child(&list, order, "returned") || !bson_iter_init(&iter, &list)) {
        return false;
    }
    while (bson_iter_next(&iter)) {
        if (BSON_ITER_HOLDS_UTF8(&iter) && !strcmp(bson_iter_utf8(&iter, NULL), line)) {
            return true;
        }
    }
    return false;
}

/* {projection: {...}}. The caller destroys it. */
static bson_t *project(const char *const *members)
{
    bson_t *opts = bson_new(), inner;

    BSON_APPEND_DOCUMENT_BEGIN(opts, "projection", &inner);
    for (; *members; members++) {
        bson_append_int32(&inner, *members, -1, 1);
    }
    bson_append_document_end(opts, &inner);
    return opts;
}

static void append_id(bson_t *doc, const char *name, bool oid, const char *id)
{
    if (oid) {
        shop_bson_append_oid(doc, name, id);
    } else {
        bson_append_utf8(doc, name, -1, id, -1);
    }
}

shop_mongo_t *shop_verify_mongo_of(shop_verify_store_t *port)
{
    return ((shop_verify_store_mongo_t *)port)->mongo;
}

shop_error_t *shop_verify_find_id(const bson_t **doc, shop_verify_store_t *port,
                                  const char *collection, bool oid, const char *id,
                                  const char *const *members, apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER;
    bson_t *opts = project(members);
    shop_error_t *err;

    *doc = NULL;
    append_id(&filter, "_id", oid, id);
    err = shop_mongo_find_one(doc, shop_verify_mongo_of(port), collection, &filter, opts, pool);
    bson_destroy(opts);
    bson_destroy(&filter);
    return err;
}

shop_error_t *shop_verify_find(shop_verify_store_t *port, const char *collection,
                               const bson_t *filter, const char *const *members,
                               shop_mongo_each_t each, void *baton, apr_pool_t *pool)
{
    bson_t *opts = project(members);
    shop_error_t *err =
        shop_mongo_find(shop_verify_mongo_of(port), collection, filter, opts, each, baton, pool);

    bson_destroy(opts);
    return err;
}

/* A comparison with an ObjectId or a string only matches ids of that type. */
shop_error_t *shop_verify_find_page(shop_verify_store_t *port, const char *collection, bool oids,
                                    const char *after, const char *const *members,
                                    shop_mongo_each_t each, void *baton, apr_pool_t *pool)
{
    const char *begin = oids ? "000000000000000000000000" : "";
    bson_t filter = BSON_INITIALIZER, behind;
    bson_t *opts = project(members);
    shop_error_t *err;

    BSON_APPEND_DOCUMENT_BEGIN(&filter, "_id", &behind);
    append_id(&behind, after ? "$gt" : "$gte", oids, after ? after : begin);
    bson_append_document_end(&filter, &behind);
    BCON_APPEND(opts, "sort", "{", "_id", BCON_INT32(1), "}", "limit",
                BCON_INT64(SHOP_VERIFY_PAGE));
    err = shop_mongo_find(shop_verify_mongo_of(port), collection, &filter, opts, each, baton, pool);
    bson_destroy(opts);
    bson_destroy(&filter);
    return err;
}

shop_verify_seen_t shop_verify_seen(const bson_t *doc)
{
    return (shop_verify_seen_t){ bson_get_data(doc), doc->len };
}
