/* SPDX-License-Identifier: MIT
 * Runs the contracts of catalogue and cart on the fakes, and on MongoDB when SHOP_TEST_MONGO_URI is
 * set (a new database, dropped at the end); there it also asks how lists are planned. Exit 77
 * (skipped) when only the fakes were there. */
#include <stdlib.h>
#include <unistd.h>

#include "mod_shop/base/text.h"
#include "mod_shop/cart/cart_mongo.h"
#include "mod_shop/catalogue/product_list_mongo.h"
#include "mod_shop/catalogue/product_mongo.h"
#include "mod_shop/inventory/stock_mongo.h"
#include "tests/contract/cart_contract.h"
#include "tests/contract/product_contract.h"
#include "tests/kit/cart_mem.h"
#include "tests/kit/contract_store.h"
#include "tests/kit/product_mem.h"

static apr_pool_t *suite_pool;
static shop_mongo_t *mongo;
static char *database;

static shop_product_repo_t *fake_products(void)
{
    return shop_product_repo_mem(t_pool);
}

static shop_cart_repo_t *fake_carts(void)
{
    return shop_cart_repo_mem(t_pool);
}

static shop_reservations_t *fake_stock(shop_product_repo_t *products)
{
    return shop_product_mem_stock(products);
}

static int use_fakes(void)
{
    shop_product_contract_store = fake_products;
    shop_product_contract_stock = fake_stock;
    shop_cart_contract_store = fake_carts;
    return 0;
}

static void empty(const char *collection)
{
    bson_t all = BSON_INITIALIZER;
    int64_t deleted = 1;

    while (deleted && T_OK(shop_mongo_delete(&deleted, mongo, collection, &all, SHOP_MONGO_MAJORITY,
                                             t_pool))) {
    }
    bson_destroy(&all);
}

static shop_product_repo_t *real_products(void)
{
    empty("products");
    return shop_product_repo_mongo(mongo, NULL, t_pool);
}

static shop_reservations_t *real_stock(shop_product_repo_t *products)
{
    (void)products;
    return shop_reservations_mongo(&shop_stock_units, mongo, NULL, t_pool);
}

static shop_cart_repo_t *real_carts(void)
{
    empty("carts");
    return shop_cart_repo_mongo(mongo, t_pool);
}

/* The URI with our database for the one it names. */
static const char *own_database(const char *uri, apr_pool_t *pool)
{
    const char *hosts = strstr(uri, "://");
    const char *options = strchr(uri, '?');
    const char *path = hosts ? strchr(hosts + 3, '/') : NULL;
    const char *end = path && (!options || path < options) ? path : options;

    return apr_psprintf(pool, "%.*s/%s%s", end ? (int)(end - uri) : (int)strlen(uri), uri, database,
                        options ? options : "");
}

static int use_mongo(void)
{
    shop_settings_t settings;
    shop_error_t *err;

    shop_product_contract_store = real_products;
    shop_product_contract_stock = real_stock;
    shop_cart_contract_store = real_carts;
    if (mongo) {
        return 0;
    }
    apr_pool_create(&suite_pool, NULL);
    database = apr_psprintf(suite_pool, "shop_catalogue_%ld", (long)getpid());
    shop_settings_defaults(&settings);
    settings.mongo_uri = own_database(getenv("SHOP_TEST_MONGO_URI"), suite_pool);
    settings.mongo_pool_max = 32;
    settings.mongo_wait_ms = 20000; /* a hundred threads share the connections */
    settings.mongo_socket_ms = 20000;
    err = shop_mongo_open(&mongo, &settings, suite_pool);
    if (!err) {
        err = shop_mongo_ensure_indexes(mongo, shop_product_indexes, suite_pool);
    }
    if (!err) { /* until its stage is finished both are there */
        err = shop_mongo_ensure_indexes(mongo, shop_product_indexes_before_claims, suite_pool);
    }
    if (!err) {
        err = shop_mongo_ensure_indexes(mongo, shop_cart_indexes, suite_pool);
    }
    if (err) {
        fprintf(stderr, "%s (%s)\n", err->detail, err->cause ? err->cause : "");
    }
    return err != NULL;
}

static int drop_mongo(void)
{
    mongoc_client_t *client = mongoc_client_new(getenv("SHOP_TEST_MONGO_URI"));
    mongoc_database_t *db = client ? mongoc_client_get_database(client, database) : NULL;
    bson_error_t error;
    bool dropped = db && mongoc_database_drop(db, &error);

    mongoc_database_destroy(db);
    mongoc_client_destroy(client);
    apr_pool_destroy(suite_pool);
    return !dropped;
}

/* ---- how the store plans what the lists ask ---- */

static contract_plan_t explain(const bson_t *filter, const bson_t *opts, bool hint)
{
    bson_t *unhinted = bson_new();
    contract_plan_t plan;

    bson_copy_to_excluding_noinit(opts, unhinted, "hint", NULL);
    plan = contract_store_explain(database, "products", filter, hint ? opts : unhinted);
    bson_destroy(unhinted);
    return plan;
}

static void every_list_has_an_index_it_is_read_from(void)
{
    static const struct {
        const char *sort, *category, *q;
        int featured, in_stock;
        int64_t min;
        const char *index;
    } cases[] = {
        { "-created_at", NULL, NULL, -1, -1, -1, "live_created" },
        { "created_at", NULL, NULL, -1, -1, -1, "live_created" },
        { "name", NULL, NULL, -1, -1, -1, "live_name" },
        { "-price", NULL, NULL, -1, -1, -1, "live_price" },
        { "price", NULL, NULL, -1, -1, 500, "live_price" },
        { "price", NULL, NULL, -1, 1, 500, "live_price" },
        { "-created_at", "Things", NULL, -1, -1, -1, "key_created" },
        { "name", "Things", NULL, -1, -1, 500, "key_name" },
        { "price", "Things", NULL, -1, 1, 500, "key_price" },
        { "price", "Things", NULL, 1, 1, 500, "featured_price" },
        { "name", NULL, "lamp", 1, -1, -1, "featured_name" },
        { "-created_at", NULL, NULL, 1, -1, -1, "featured_created" },
        { "relevance", NULL, "lamp", -1, -1, -1, "title_name" },
        { "relevance", NULL, "red lamp", -1, -1, -1, "title_name" },
        { "name", NULL, "red lamp", -1, -1, -1, "words_name" },
        { "price", NULL, "lamp", -1, -1, -1, "words_price" },
        { "-created_at", NULL, "lamp", -1, 1, -1, "words_created" },
        { "-created_at", "Things", "red lamp", -1, 1, -1, "words_created" },
        { "-created_at", NULL, NULL, -1, 0, -1, "out_created" },
        { "name", "Things", "lamp", 1, 0, -1, "out_name" },
        { "price", NULL, NULL, -1, 0, 500, "out_price" },
        { "-created_at", NULL, NULL, -1, 0, -1, "sold_out_created" },
        { "name", "Things", "lamp", 1, 0, -1, "sold_out_name" },
        { "price", NULL, NULL, -1, 0, 500, "sold_out_price" },
    };
    shop_product_repo_t *repo = real_products();

    for (int i = 0; i < 300; i++) {
        shop_product_t *product =
            shop_product_made(i, apr_psprintf(t_pool, "%s lamp", i % 2 ? "red" : "blue"));

        product->price = 100 * (i % 20);
        product->category = i % 3 ? "Things" : "Others";
        T_OK(repo->insert(repo, product, t_pool));
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        shop_cursor_t after = { .text = "m", .number = 5, .id = shop_product_test_id(1) };
        shop_product_query_t query = { .list = { .limit = 20, .after = &after },
                                       .category = cases[i].category,
                                       .min_price = cases[i].min,
                                       .max_price = -1,
                                       .in_stock = cases[i].in_stock,
                                       .featured = cases[i].featured,
                                       .sort = cases[i].sort };
        /* the version before lists by the stock */
        shop_product_forms_t forms = { true, strncmp(cases[i].index, "sold_out_", 9) != 0 };
        contract_plan_t alone, with_hint;
        bson_t *filter, *opts;

        query.words = cases[i].q ? shop_text_tokens(cases[i].q, 9, t_pool) : NULL;
        shop_product_mongo_plan(&filter, &opts, &query, forms, t_pool);
        alone = explain(filter, opts, false);
        with_hint = explain(filter, opts, true);
        printf("\n    sort=%s category=%s q=%s featured=%d in_stock=%d: %s %s; unhinted %s %s",
               cases[i].sort, cases[i].category ? cases[i].category : "-",
               cases[i].q ? cases[i].q : "-", cases[i].featured, cases[i].in_stock,
               with_hint.source, with_hint.index ? with_hint.index : "-", alone.source,
               alone.index ? alone.index : "-");
        T_STR(with_hint.source, "IXSCAN");
        T_STR(with_hint.index, cases[i].index);
        bson_destroy(filter);
        bson_destroy(opts);
    }
    printf("\n");
}

static void a_list_is_one_command_and_a_batch_is_one_command(void)
{
    shop_product_repo_t *repo = real_products();
    shop_product_query_t query = { .list = { .limit = 100 },
                                   .min_price = -1,
                                   .max_price = -1,
                                   .in_stock = -1,
                                   .featured = -1,
                                   .sort = "name" };
    const char *ids[100];
    apr_array_header_t *products;
    shop_list_end_t end;

    for (int i = 0; i < 101; i++) {
        T_OK(repo->insert(repo, shop_product_made(i, "x"), t_pool));
        if (i < 100) {
            ids[i] = shop_product_test_id(i);
        }
    }
    shop_mongo_begin(0);
    T_OK(repo->list(&products, &end, repo, &query, t_pool));
    T_INT(shop_mongo_count(), 1);
    T_INT(products->nelts, 100);
    T_TRUE(end.next != NULL);
    shop_mongo_begin(0);
    T_OK(repo->find_many(&products, repo, ids, 100, t_pool));
    T_INT(shop_mongo_count(), 1);
    T_INT(products->nelts, 100);
}

static bool drop_index(const char *name)
{
    mongoc_client_t *client = mongoc_client_new(getenv("SHOP_TEST_MONGO_URI"));
    mongoc_collection_t *products = mongoc_client_get_collection(client, database, "products");
    bson_error_t error;
    bool dropped = mongoc_collection_drop_index(products, name, &error);

    mongoc_collection_destroy(products);
    mongoc_client_destroy(client);
    return dropped;
}

static void a_list_without_its_index_is_slower_and_no_less_right(void)
{
    shop_product_repo_t *repo = real_products();
    shop_product_query_t query = { .list = { .limit = 10 },
                                   .min_price = -1,
                                   .max_price = -1,
                                   .in_stock = -1,
                                   .featured = -1,
                                   .sort = "name" };
    apr_array_header_t *products;
    shop_list_end_t end;

    T_OK(repo->insert(repo, shop_product_made(1, "b"), t_pool));
    T_OK(repo->insert(repo, shop_product_made(2, "a"), t_pool));
    T_TRUE(drop_index("live_name"));
    T_OK(repo->list(&products, &end, repo, &query, t_pool));
    T_INT(products->nelts, 2);
    T_STR(APR_ARRAY_IDX(products, 0, shop_product_t *)->name, "a");
    T_OK(shop_mongo_ensure_indexes(mongo, shop_product_indexes, t_pool));
}

/* As the version before, which may change a category without its key while the stage is up. */
static void until_its_stage_is_finished_a_category_is_compared_byte_by_byte(void)
{
    static const char *const spelt[] = { "Tea", " Tea", "Coffee" };
    shop_schema_known_t schema = { .finished = SHOP_STAGE_KEYS - 1 };
    shop_product_repo_t *repo = real_products();
    shop_product_query_t query = { .list = { .limit = 10 },
                                   .category = "Tea",
                                   .min_price = -1,
                                   .max_price = -1,
                                   .in_stock = -1,
                                   .featured = -1,
                                   .sort = "name" };
    bson_t *filter = bson_new(), *update = BCON_NEW("$set", "{", "category", BCON_UTF8("Tea"), "}");
    apr_array_header_t *found;
    shop_list_end_t end;

    for (int i = 0; i < 3; i++) {
        shop_product_t *product = shop_product_made(i, "x");

        product->category = spelt[i];
        T_OK(repo->insert(repo, product, t_pool));
    }
    shop_bson_append_oid(filter, "_id", shop_product_test_id(2));
    T_OK(shop_mongo_update(NULL, NULL, mongo, "products", filter, update, NULL, SHOP_MONGO_MAJORITY,
                           t_pool)); /* the version before writes */
    bson_destroy(filter);
    bson_destroy(update);

    repo = shop_product_repo_mongo(mongo, &schema, t_pool);
    T_OK(repo->list(&found, &end, repo, &query, t_pool));
    T_INT(found->nelts, 2);
    T_OK(repo->categories(&found, repo, t_pool));
    T_INT(found->nelts, 2);
    schema.finished = SHOP_STAGE_KEYS;
    T_OK(repo->list(&found, &end, repo, &query, t_pool));
    T_INT(found->nelts, 2);
    T_OK(repo->categories(&found, repo, t_pool));
    T_INT(found->nelts, 1);
}

static void old_claims_of_carts_are_read_from_their_index(void)
{
    bson_t filter = BSON_INITIALIZER, older;
    bson_t *opts = BCON_NEW("sort", "{", "ordering.at", BCON_INT32(1), "}", "limit", BCON_INT64(9));
    contract_plan_t plan;

    BSON_APPEND_DOCUMENT_BEGIN(&filter, "ordering.at", &older);
    shop_bson_append_time(&older, "$lt", 1000000);
    bson_append_document_end(&filter, &older);
    plan = contract_store_explain(database, "carts", &filter, opts);
    T_STR(plan.source, "IXSCAN");
    T_STR(plan.index, "claimed");
    T_TRUE(!plan.sorts);
    bson_destroy(&filter);
    bson_destroy(opts);
}

/* As the version before, which does not keep the flag. */
static void until_its_stage_is_finished_what_is_sold_out_is_found_by_its_stock(void)
{
    shop_schema_known_t schema = { .finished = SHOP_STAGE_CLAIMS - 1 };
    shop_product_repo_t *repo = real_products();
    shop_product_query_t query = { .list = { .limit = 10, .count = true },
                                   .min_price = -1,
                                   .max_price = -1,
                                   .in_stock = 0,
                                   .featured = -1,
                                   .sort = "name" };
    bson_t *filter = bson_new(), *update = BCON_NEW("$set", "{", "stock", BCON_INT64(0), "}");
    apr_array_header_t *found;
    shop_list_end_t end;

    T_OK(repo->insert(repo, shop_product_made(1, "x"), t_pool));
    shop_bson_append_oid(filter, "_id", shop_product_test_id(1));
    T_OK(shop_mongo_update(NULL, NULL, mongo, "products", filter, update, NULL, SHOP_MONGO_MAJORITY,
                           t_pool)); /* the version before sells them */
    bson_destroy(filter);
    bson_destroy(update);
    T_OK(repo->list(&found, &end, repo, &query, t_pool));
    T_INT(found->nelts, 0);
    T_INT(end.total, 0);

    repo = shop_product_repo_mongo(mongo, &schema, t_pool);
    T_OK(repo->list(&found, &end, repo, &query, t_pool));
    T_INT(found->nelts, 1);
    T_INT(end.total, 1);
}

static const shop_test_t real_only[] = {
    SHOP_TEST(every_list_has_an_index_it_is_read_from, "every list is read from an index"),
    SHOP_TEST(a_list_is_one_command_and_a_batch_is_one_command,
              "lists and baskets are one command each"),
    SHOP_TEST(old_claims_of_carts_are_read_from_their_index,
              "old claims of carts are read from their index"),
    SHOP_TEST(until_its_stage_is_finished_a_category_is_compared_byte_by_byte,
              "until its stage is finished a category is compared byte by byte"),
    SHOP_TEST(until_its_stage_is_finished_what_is_sold_out_is_found_by_its_stock,
              "until its stage is finished, what is sold out is found by its stock"),
    SHOP_TEST(a_list_without_its_index_is_slower_and_no_less_right,
              "a list without its index is slower and no less right"),
    SHOP_TEST_END,
};

int main(void)
{
    const shop_suite_t suites[] = {
        { "products, fake", shop_product_contract, use_fakes, NULL },
        { "cart, fake", shop_cart_contract, use_fakes, NULL },
        { "products, MongoDB", shop_product_contract, use_mongo, NULL },
        { "cart, MongoDB", shop_cart_contract, use_mongo, NULL },
        { "plans, MongoDB", real_only, use_mongo, drop_mongo },
    };
    const char *server = getenv("SHOP_TEST_MONGO_URI");
    bool real = server && *server;
    int failed = shop_tests_run(suites, real ? 5 : 2);

    return failed ? failed : real ? 0 : 77;
}
