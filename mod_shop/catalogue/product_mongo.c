/* SPDX-License-Identifier: MIT
 * The catalogue in MongoDB: one product at a time, and the index table. Lists have a file of their
 * own. Every write is one update of one document. */
#include "product_mongo.h"

#include <apr_strings.h>

#include "../store/reservation_mongo.h"
#include "product_bson.h"
#include "product_list_mongo.h"

#define LISTED(n, k)                                                                 \
    {                                                                                \
        .collection = SHOP_PRODUCTS_COLLECTION, .name = n, .keys = "deleted_at:1," k \
    }
/* Holds sold-out products only. By the flag and not by the stock: MongoDB before 7 computes all
 * index keys of a product for each update of a member that any index or its condition names, and
 * every order updates the stock and the reservations of its products. */
#define SOLD_OUT(n, k)                                                              \
    {                                                                               \
        .collection = SHOP_PRODUCTS_COLLECTION, .name = n, .keys = "sold_out:1," k, \
        .only = "{\"deleted_at\":null,\"sold_out\":true}"                           \
    }

/* A list uses an index that begins with its filter and ends with its sort key; product_list_mongo.c
 * chooses it. Further conditions (a category together with words, prices when not sorted by price)
 * are checked on the documents. None of them names the stock or the reservations. */
const shop_mongo_index_t shop_product_indexes[] = {
    /* GET /products?sort=created_at|name|price */
    LISTED("live_created", "by_created:1"),
    LISTED("live_name", "by_name:1"),
    LISTED("live_price", "by_price:1"),
    /* GET /products?category=... */
    LISTED("key_created", "category_key:1,by_created:1"),
    LISTED("key_name", "category_key:1,by_name:1"),
    LISTED("key_price", "category_key:1,by_price:1"),
    /* GET /products/featured, GET /products?featured=true with any other filter: they are few */
    LISTED("featured_created", "featured:1,by_created:1"),
    LISTED("featured_name", "featured:1,by_name:1"),
    LISTED("featured_price", "featured:1,by_price:1"),
    /* GET /products?q=...; by relevance: words in the name first, then the others by name */
    LISTED("title_name", "name_words:1,by_name:1"),
    LISTED("words_created", "words:1,by_created:1"),
    LISTED("words_name", "words:1,by_name:1"),
    LISTED("words_price", "words:1,by_price:1"),
    /* GET /products?in_stock=false with any other filter */
    SOLD_OUT("out_created", "by_created:1"),
    SOLD_OUT("out_name", "by_name:1"),
    SOLD_OUT("out_price", "by_price:1"),
    { .collection = NULL },
};

typedef struct product_repo_mongo_t {
    shop_product_repo_t port; /* first, so that a pointer to it is a pointer to this */
    shop_mongo_t *mongo;
    const shop_schema_known_t *schema;
} product_repo_mongo_t;

static bool is_keyed(const product_repo_mongo_t *repo)
{
    return shop_schema_is_finished(repo->schema, SHOP_STAGE_KEYS);
}

static shop_product_forms_t forms_of(const product_repo_mongo_t *repo)
{
    return (shop_product_forms_t){ .keyed = is_keyed(repo),
                                   .flagged =
                                       shop_schema_is_finished(repo->schema, SHOP_STAGE_CLAIMS) };
}

static void append_words(bson_t *doc, const char *name, const apr_array_header_t *words)
{
    bson_t array;

    bson_append_array_begin(doc, name, -1, &array);
    for (int i = 0; i < words->nelts; i++) {
        char buffer[16];
        const char *index;

        bson_uint32_to_string((uint32_t)i, &index, buffer, sizeof(buffer));
        bson_append_utf8(&array, index, -1, APR_ARRAY_IDX(words, i, const char *), -1);
    }
    bson_append_array_end(doc, &array);
}

static void append_empty(bson_t *doc, const char *name)
{
    bson_t array;

    bson_append_array_begin(doc, name, -1, &array);
    bson_append_array_end(doc, &array);
}

/* The members that an admin may change, and those derived from them. */
static void append_terms(bson_t *doc, const shop_product_t *product, apr_pool_t *pool)
{
    apr_array_header_t *title = shop_product_name_words(product, pool);
    apr_array_header_t *words = apr_array_append(pool, shop_product_words(product, pool), title);

    BSON_APPEND_UTF8(doc, "name", product->name);
    BSON_APPEND_UTF8(doc, "description", product->description ? product->description : "");
    BSON_APPEND_INT64(doc, "price", product->price);
    BSON_APPEND_UTF8(doc, "category", product->category);
    BSON_APPEND_UTF8(doc, "category_key", shop_category_key(product->category, pool));
    if (product->image_url) {
        BSON_APPEND_UTF8(doc, "image_url", product->image_url);
    } else {
        BSON_APPEND_NULL(doc, "image_url");
    }
    BSON_APPEND_BOOL(doc, "featured", product->featured);
    shop_bson_append_time(doc, "updated_at", product->updated_at);
    BSON_APPEND_INT64(doc, "rev", product->rev);
    append_words(doc, "words", words);
    append_words(doc, "name_words", title);
    BSON_APPEND_UTF8(doc, "by_name", shop_product_key(product, SHOP_SORT_NAME, pool));
    BSON_APPEND_UTF8(doc, "by_price", shop_product_key(product, SHOP_SORT_PRICE, pool));
}

static shop_error_t *product_insert(shop_product_repo_t *port, const shop_product_t *product,
                                    apr_pool_t *pool)
{
    product_repo_mongo_t *repo = (product_repo_mongo_t *)port;
    const char *duplicate = NULL;
    bson_t doc = BSON_INITIALIZER;
    shop_error_t *err;

    shop_bson_append_oid(&doc, "_id", product->id);
    append_terms(&doc, product, pool);
    BSON_APPEND_UTF8(&doc, "by_created", shop_product_key(product, SHOP_SORT_CREATED, pool));
    BSON_APPEND_INT64(&doc, "stock", product->stock);
    BSON_APPEND_INT64(&doc, "opened", product->stock);
    BSON_APPEND_BOOL(&doc, "sold_out", product->stock <= 0);
    shop_bson_append_time(&doc, "created_at", product->created_at);
    BSON_APPEND_NULL(&doc, "deleted_at");
    append_empty(&doc, "holds");
    append_empty(&doc, "backs");
    BSON_APPEND_INT64(&doc, "back_rev", 0);
    append_empty(&doc, "moves");
    BSON_APPEND_INT64(&doc, "move_rev", 0);
    err = shop_mongo_insert(&duplicate, repo->mongo, SHOP_PRODUCTS_COLLECTION, &doc,
                            SHOP_MONGO_MAJORITY, pool);
    bson_destroy(&doc);
    if (!err && duplicate) {
        err = shop_error_cause(shop_err(pool, CONFLICT, "this product exists already"), pool, "%s",
                               duplicate);
    }
    return err;
}

static shop_error_t *product_find(shop_product_t **product, shop_product_repo_t *port,
                                  const char *id, apr_pool_t *pool)
{
    product_repo_mongo_t *repo = (product_repo_mongo_t *)port;
    bson_t *filter = shop_product_filter(id);
    bson_t opts = BSON_INITIALIZER;
    const bson_t *doc = NULL;
    shop_error_t *err;

    shop_product_project(&opts);
    err = shop_mongo_find_one(&doc, repo->mongo, SHOP_PRODUCTS_COLLECTION, filter, &opts, pool);
    bson_destroy(&opts);
    bson_destroy(filter);
    *product = !err && doc ? shop_product_of_bson(doc, pool) : NULL;
    return err;
}

/* Those of ids that are there; more: a member that is read besides those that are shown, or NULL.
 */
static shop_error_t *read_many(shop_mongo_each_t each, void *baton, product_repo_mongo_t *repo,
                               const char *const *ids, int count, const char *more,
                               apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER, opts = BSON_INITIALIZER, in, list, members;
    shop_error_t *err;

    if (count == 0) {
        return NULL;
    }
    BSON_APPEND_DOCUMENT_BEGIN(&filter, "_id", &in);
    bson_append_array_begin(&in, "$in", -1, &list);
    for (int i = 0; i < count; i++) {
        shop_bson_append_oid(&list, apr_itoa(pool, i), ids[i]);
    }
    bson_append_array_end(&in, &list);
    bson_append_document_end(&filter, &in);
    BSON_APPEND_NULL(&filter, "deleted_at");
    BSON_APPEND_DOCUMENT_BEGIN(&opts, "projection", &members);
    shop_product_members(&members);
    if (more) {
        BSON_APPEND_INT32(&members, more, 1);
    }
    bson_append_document_end(&opts, &members);
    /* Without the hint the planner may choose an index that begins with deleted_at and scan the
     * catalogue. */
    BSON_APPEND_UTF8(&opts, "hint", "_id_");
    err = shop_mongo_find(repo->mongo, SHOP_PRODUCTS_COLLECTION, &filter, &opts, each, baton, pool);
    bson_destroy(&opts);
    bson_destroy(&filter);
    return err;
}

static shop_error_t *product_find_many(apr_array_header_t **products, shop_product_repo_t *port,
                                       const char *const *ids, int count, apr_pool_t *pool)
{
    *products = apr_array_make(pool, count > 0 ? count : 1, sizeof(shop_product_t *));
    return read_many(shop_product_collect, *products, (product_repo_mongo_t *)port, ids, count,
                     NULL, pool);
}

typedef struct to_order_t {
    apr_array_header_t *products, *stale;
    int most;
    apr_time_t before;
} to_order_t;

static shop_error_t *collect_to_order(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    to_order_t *found = baton;
    int reservations =
        shop_reservations_stale(found->stale, doc, SHOP_UNIT_ID_OID, found->before, pool);

    found->most = reservations > found->most ? reservations : found->most;
    return shop_product_collect(found->products, doc, pool);
}

static shop_error_t *product_find_to_order(apr_array_header_t **products,
                                           apr_array_header_t **stale, int *most,
                                           shop_product_repo_t *port, const char *const *ids,
                                           int count, apr_time_t before, apr_pool_t *pool)
{
    to_order_t found = { .before = before };
    shop_error_t *err;

    *products = found.products =
        apr_array_make(pool, count > 0 ? count : 1, sizeof(shop_product_t *));
    *stale = found.stale = apr_array_make(pool, 1, sizeof(shop_leftover_t *));
    err = read_many(collect_to_order, &found, (product_repo_mongo_t *)port, ids, count, "holds",
                    pool);
    *most = found.most;
    return err;
}

/* Sends update for the product if it exists and its stored rev is rev. */
static shop_error_t *change(bool *done, product_repo_mongo_t *repo, const char *id, int64_t rev,
                            const bson_t *update, apr_pool_t *pool)
{
    bson_t *filter = shop_product_filter(id);
    int64_t matched = 0;
    shop_error_t *err;

    BSON_APPEND_INT64(filter, "rev", rev);
    err = shop_mongo_update(&matched, NULL, repo->mongo, SHOP_PRODUCTS_COLLECTION, filter, update,
                            NULL, SHOP_MONGO_MAJORITY, pool);
    bson_destroy(filter);
    *done = !err && matched == 1;
    return err;
}

static shop_error_t *product_update(bool *done, shop_product_repo_t *port,
                                    const shop_product_t *product, apr_pool_t *pool)
{
    bson_t update = BSON_INITIALIZER, set;
    shop_error_t *err;

    BSON_APPEND_DOCUMENT_BEGIN(&update, "$set", &set);
    append_terms(&set, product, pool);
    bson_append_document_end(&update, &set);
    err = change(done, (product_repo_mongo_t *)port, product->id, product->rev - 1, &update, pool);
    bson_destroy(&update);
    return err;
}

static shop_error_t *product_remove(bool *done, shop_product_repo_t *port, const char *id,
                                    int64_t rev, apr_time_t now, apr_pool_t *pool)
{
    bson_t update = BSON_INITIALIZER, set;
    shop_error_t *err;

    BSON_APPEND_DOCUMENT_BEGIN(&update, "$set", &set);
    shop_bson_append_time(&set, "deleted_at", now);
    shop_bson_append_time(&set, "updated_at", now);
    BSON_APPEND_INT64(&set, "rev", rev + 1);
    append_empty(&set, "words");
    append_empty(&set, "name_words");
    bson_append_document_end(&update, &set);
    err = change(done, (product_repo_mongo_t *)port, id, rev, &update, pool);
    bson_destroy(&update);
    return err;
}

static shop_error_t *product_list(apr_array_header_t **products, shop_list_end_t *end,
                                  shop_product_repo_t *port, const shop_product_query_t *query,
                                  apr_pool_t *pool)
{
    product_repo_mongo_t *repo = (product_repo_mongo_t *)port;

    return shop_product_mongo_list(products, end, repo->mongo, query, forms_of(repo), pool);
}

static shop_error_t *collect_spelling(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    shop_category_spelling_t spelling = { .name = shop_bson_string(doc, "_id", pool),
                                          .first = shop_bson_string(doc, "first", pool),
                                          .products = shop_bson_int(doc, "products", 0) };

    if (spelling.name && spelling.first) {
        APR_ARRAY_PUSH((apr_array_header_t *)baton, shop_category_spelling_t) = spelling;
    }
    return NULL;
}

/* Grouped by what is stored; which spellings are one category follows from them. */
static shop_error_t *product_categories(apr_array_header_t **categories, shop_product_repo_t *port,
                                        apr_pool_t *pool)
{
    product_repo_mongo_t *repo = (product_repo_mongo_t *)port;
    apr_array_header_t *spellings = apr_array_make(pool, 16, sizeof(shop_category_spelling_t));
    bson_t *pipeline = BCON_NEW("pipeline", "[", "{", "$match", "{", "deleted_at", BCON_NULL, "}",
                                "}", "{", "$group", "{", "_id", BCON_UTF8("$category"), "products",
                                "{", "$sum", BCON_INT32(1), "}", "first", "{", "$min",
                                BCON_UTF8("$by_created"), "}", "}", "}", "]");
    shop_error_t *err = shop_mongo_aggregate(repo->mongo, SHOP_PRODUCTS_COLLECTION, pipeline,
                                             collect_spelling, spellings, pool);

    bson_destroy(pipeline);
    *categories = shop_categories_of(spellings, is_keyed(repo), pool);
    return err;
}

shop_product_repo_t *shop_product_repo_mongo(shop_mongo_t *mongo, const shop_schema_known_t *schema,
                                             apr_pool_t *pool)
{
    product_repo_mongo_t *repo = apr_pcalloc(pool, sizeof(*repo));

    repo->mongo = mongo;
    repo->schema = schema;
    repo->port.insert = product_insert;
    repo->port.find = product_find;
    repo->port.find_many = product_find_many;
    repo->port.find_to_order = product_find_to_order;
    repo->port.list = product_list;
    repo->port.update = product_update;
    repo->port.remove = product_remove;
    repo->port.categories = product_categories;
    return &repo->port;
}
