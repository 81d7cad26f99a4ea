/* SPDX-License-Identifier: MIT
 * The stage that marks what is sold out and lets carts carry the order that is being placed, on a
 * real store. Each test has a database as the version before left it. Exit 77 (skipped) without a
 * server. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mod_shop/cart/cart_mongo.h"
#include "mod_shop/catalogue/product_mongo.h"
#include "mod_shop/coupons/coupon_mongo.h"
#include "mod_shop/inventory/stock_mongo.h"
#include "mod_shop/stages.h"
#include "tests/kit/contract_store.h"

/* Two batches and a half; every third one is sold out. */
enum { PRODUCTS = 1200, SOLD_OUT = 400 };

static shop_mongo_t *mongo;
static const char *said; /* the lines, joined by "; " */
static shop_migration_t migration = { .clock = &shop_clock_shop, .lease_ms = 30000 };

static const char *const old_of_products[] = { "sold_out_created", "sold_out_name",
                                               "sold_out_price", "old_holds", NULL };
static const char *const new_of_products[] = { "out_created", "out_name", "out_price", "old_voids",
                                               NULL };

/* ---- a database of the version before ---- */

static const shop_mongo_index_t old_coupon_indexes[] = {
    { .collection = "coupons", .name = "old_holds", .keys = "holds.at:1", .sparse = true },
    { .collection = NULL },
};

static void note_line(void *baton, const char *text)
{
    (void)baton;
    said = apr_pstrcat(t_pool, said, *said ? "; " : "", text, NULL);
}

static void open_store(const shop_mongo_index_t *const *indexes)
{
    static const shop_mongo_index_t *const tables[] = { shop_product_indexes, shop_stock_indexes,
                                                        shop_coupon_indexes, shop_cart_indexes,
                                                        NULL };

    mongo = contract_store_open("claims", indexes);
    T_TRUE(mongo != NULL);
    migration.mongo = mongo;
    migration.stages = shop_stages;
    migration.indexes = tables;
    migration.say = note_line;
    said = "";
}

static void close_store(void)
{
    T_INT(contract_store_drop(), 0);
}

/* command is destroyed. */
static void run(bson_t *command)
{
    mongoc_client_t *client = mongoc_client_new(getenv("SHOP_TEST_MONGO_URI"));
    bson_error_t error = { .message = "" };

    t_assert(mongoc_client_write_command_with_opts(
                 client, apr_psprintf(t_pool, "shop_claims_%ld", (long)getpid()), command, NULL,
                 NULL, &error),
             __LINE__, __FILE__, "%s", error.message);
    bson_destroy(command);
    mongoc_client_destroy(client);
}

static const char *id_of(int n)
{
    return apr_psprintf(t_pool, "65a0000000000000000%05x", n);
}

/* Each third one has none left, the others 5. */
static void store_products(int count)
{
    bson_t *command = BCON_NEW("insert", BCON_UTF8("products")), list, doc;

    bson_append_array_begin(command, "documents", -1, &list);
    for (int i = 0; i < count; i++) {
        bson_append_document_begin(&list, apr_itoa(t_pool, i), -1, &doc);
        shop_bson_append_oid(&doc, "_id", id_of(i));
        BSON_APPEND_INT64(&doc, "stock", i % 3 ? 5 : 0);
        BSON_APPEND_NULL(&doc, "deleted_at");
        bson_append_document_end(&list, &doc);
    }
    bson_append_array_end(command, &list);
    run(command);
}

static void open_old(int products)
{
    const shop_mongo_index_t *const old[] = { shop_product_indexes_before_claims,
                                              old_coupon_indexes, NULL };

    open_store(old);
    store_products(products);
}

/* update is destroyed; id: of an ObjectId, or as it is. */
static void change(const char *collection, bson_t *filter, bson_t *update)
{
    int64_t matched = 0;

    T_OK(shop_mongo_update(&matched, NULL, mongo, collection, filter, update, NULL,
                           SHOP_MONGO_MAJORITY, t_pool));
    T_INT(matched, 1);
    bson_destroy(filter);
    bson_destroy(update);
}

/* A process of the version before: it does not know the flag. */
static void set_stock(int n, int stock)
{
    bson_t *filter = bson_new();

    shop_bson_append_oid(filter, "_id", id_of(n));
    change("products", filter, BCON_NEW("$set", "{", "stock", BCON_INT64(stock), "}"));
}

/* filter is destroyed. */
static int count(const char *collection, bson_t *filter)
{
    int64_t found = -1;

    T_OK(shop_mongo_count_documents(&found, mongo, collection, filter, NULL, 1000000, t_pool));
    bson_destroy(filter);
    return (int)found;
}

static int flagged(void)
{
    return count("products", BCON_NEW("sold_out", BCON_BOOL(true)));
}

/* sold_out: true implies stock <= 0, and in a finished database the other way round. */
static int wrong(void)
{
    return count("products",
                 BCON_NEW("$or", "[", "{", "sold_out", BCON_BOOL(true), "stock", "{", "$gt",
                          BCON_INT64(0), "}", "}", "{", "sold_out", "{", "$ne", BCON_BOOL(true),
                          "}", "stock", "{", "$lte", BCON_INT64(0), "}", "}", "]"));
}

static int with(const char *collection, const char *member)
{
    return count(collection, BCON_NEW(member, "{", "$exists", BCON_BOOL(true), "}"));
}

/* How many of the collection's indexes are named in the list. */
static int indexes_of(const char *collection, const char *const *names)
{
    apr_array_header_t *found = apr_array_make(t_pool, 32, sizeof(const char *));
    int seen = 0;

    T_OK(shop_mongo_index_names(found, mongo, collection, t_pool));
    for (; *names; names++) {
        for (int i = 0; i < found->nelts; i++) {
            seen += !strcmp(APR_ARRAY_IDX(found, i, const char *), *names);
        }
    }
    return seen;
}

static int has_index(const char *collection, const char *name)
{
    const char *const names[] = { name, NULL };

    return indexes_of(collection, names);
}

/* Both forms may be there at once. */
static void expect_indexes(bool old, bool new)
{
    T_INT(indexes_of("products", old_of_products), old ? 4 : 0);
    T_INT(indexes_of("products", new_of_products), new ? 4 : 0);
    T_INT(has_index("coupons", "old_holds"), old);
    T_INT(has_index("coupons", "old_voids"), new);
    T_INT(has_index("carts", "claimed"), new);
}

static void expect(const char *lines, int version, int finished)
{
    shop_schema_t *schema = NULL;

    T_OK(shop_schema_read(&schema, mongo, t_pool));
    T_STR(said, lines);
    T_INT(schema->version, version);
    T_INT(schema->finished, finished);
    said = "";
}

/* ---- up, back, finish ---- */

#define FIRST "stage 1 (indexes) applied; stage 1 (indexes) finished; stage 2 (keys) applied; "

static void products_get_the_flag_and_lose_it_again(void)
{
    open_old(PRODUCTS);
    expect_indexes(true, false);
    T_OK(shop_migrate_up(&migration, t_pool));
    expect(FIRST "flags of sold-out products written: 400; stage 3 (claims) applied", 3, 1);
    T_INT(flagged(), SOLD_OUT);
    T_INT(wrong(), 0);
    expect_indexes(true, true);

    T_OK(shop_migrate_up(&migration, t_pool));
    expect("", 3, 1);

    T_OK(shop_migrate_back(&migration, t_pool));
    expect("flags of sold-out products removed: 400; stage 3 (claims) taken back", 2, 1);
    T_INT(with("products", "sold_out"), 0);
    expect_indexes(true, false);

    T_OK(shop_migrate_up(&migration, t_pool));
    expect("flags of sold-out products written: 400; stage 3 (claims) applied", 3, 1);
    expect_indexes(true, true);
    close_store();
}

static void what_the_version_before_did_meanwhile_is_seen_by_finish(void)
{
    open_old(9);
    T_OK(shop_migrate_up(&migration, t_pool));
    said = "";
    set_stock(0, 7); /* restocked, and its flag stays */
    set_stock(1, 0); /* sold out, and it gets none */
    T_INT(wrong(), 2);
    T_OK(shop_migrate_finish(&migration, t_pool));
    expect("stage 2 (keys) finished; flags of sold-out products written: 2; stage 3 (claims) "
           "finished",
           3, 3);
    T_INT(flagged(), 3);
    T_INT(wrong(), 0);
    expect_indexes(false, true);
    T_ERR(shop_migrate_back(&migration, t_pool), CONFLICT);
    T_OK(shop_migrate_up(&migration, t_pool));
    expect_indexes(false, true);
    close_store();
}

static void an_empty_database_gets_only_the_new_form(void)
{
    static const shop_mongo_index_t *const none[] = { NULL };

    open_store(none);
    T_OK(shop_migrate_up(&migration, t_pool));
    T_TRUE(strstr(said, "stage 3 (claims) finished") != NULL);
    said = "";
    expect("", 3, 3);
    expect_indexes(false, true);
    close_store();
}

/* ---- interrupted ---- */

/* The store refuses every write of one document, as if it went away there. */
static void refuse(int n)
{
    bson_oid_t oid;

    bson_oid_init_from_string(&oid, id_of(n));
    run(BCON_NEW("collMod", BCON_UTF8("products"), "validator", "{", "_id", "{", "$ne",
                 BCON_OID(&oid), "}", "}"));
}

static void refuse_nothing(void)
{
    run(BCON_NEW("collMod", BCON_UTF8("products"), "validator", "{", "}"));
}

static void a_walk_that_was_cut_off_is_done_again_from_its_beginning(void)
{
    open_old(PRODUCTS);
    refuse(699);
    T_ERR(shop_migrate_up(&migration, t_pool), INTERNAL);
    T_TRUE(flagged() >= 167 && flagged() < SOLD_OUT);
    expect("stage 1 (indexes) applied; stage 1 (indexes) finished; stage 2 (keys) applied", 2, 1);

    T_OK(shop_migrate_back(&migration, t_pool)); /* what was begun */
    T_INT(with("products", "sold_out"), 0);
    expect_indexes(true, false);
    T_ERR(shop_migrate_up(&migration, t_pool), INTERNAL);
    refuse_nothing();
    T_OK(shop_migrate_up(&migration, t_pool));
    T_INT(flagged(), SOLD_OUT);
    T_INT(wrong(), 0);
    close_store();
}

/* From its beginning on no process of the version before works, but its indexes go last. */
static void a_finish_that_was_cut_off_has_dropped_nothing(void)
{
    open_old(PRODUCTS);
    T_OK(shop_migrate_up(&migration, t_pool));
    set_stock(1, 0);
    set_stock(699, 8);
    refuse(699);
    T_ERR(shop_migrate_finish(&migration, t_pool), INTERNAL);
    T_INT(wrong(), 1);
    expect_indexes(true, true);
    T_ERR(shop_migrate_back(&migration, t_pool), CONFLICT);
    refuse_nothing();
    said = "";
    T_OK(shop_migrate_up(&migration, t_pool)); /* goes on with it */
    expect("flags of sold-out products written: 1; stage 3 (claims) finished", 3, 3);
    T_INT(wrong(), 0);
    expect_indexes(false, true);
    close_store();
}

static void a_way_back_that_was_cut_off_is_gone_again(void)
{
    open_old(PRODUCTS);
    T_OK(shop_migrate_up(&migration, t_pool));
    contract_store_drop_index("products", "old_holds");
    contract_store_drop_index("products", "sold_out_name");
    contract_store_drop_index("coupons", "old_holds");
    refuse(699);
    T_ERR(shop_migrate_back(&migration, t_pool), INTERNAL);
    T_INT(indexes_of("products", old_of_products), 4);
    T_INT(indexes_of("products", new_of_products), 4);
    refuse_nothing();
    T_OK(shop_migrate_back(&migration, t_pool));
    T_INT(with("products", "sold_out"), 0);
    expect_indexes(true, false);
    close_store();
}

/* ---- what the protocol left ---- */

static void insert(const char *collection, bson_t *doc)
{
    T_OK(shop_mongo_insert(NULL, mongo, collection, doc, SHOP_MONGO_MAJORITY, t_pool));
    bson_destroy(doc);
}

static void a_claim_of_a_cart_keeps_the_stage_up(void)
{
    shop_error_t *err;

    open_old(3);
    T_OK(shop_migrate_up(&migration, t_pool));
    insert("carts", BCON_NEW("_id", BCON_UTF8("one"), "rev", BCON_INT64(3)));
    insert("carts",
           BCON_NEW("_id", BCON_UTF8("two"), "ordering", "{", "at", BCON_DATE_TIME(1000), "}"));
    said = "";
    err = shop_migrate_back(&migration, t_pool);
    T_ERR(err, CONFLICT);
    T_TRUE(err && strstr(err->detail, "shopctl reap") && strstr(err->detail, "30 seconds"));
    T_INT(flagged(), 1);
    expect_indexes(true, true);
    change("carts", BCON_NEW("_id", BCON_UTF8("two")),
           BCON_NEW("$unset", "{", "ordering", BCON_INT32(1), "}"));
    T_OK(shop_migrate_back(&migration, t_pool));
    expect("flags of sold-out products removed: 1; stage 3 (claims) taken back", 2, 1);
    expect_indexes(true, false);
    close_store();
}

static void a_refused_way_back_can_be_given_up(void)
{
    open_old(3);
    T_OK(shop_migrate_up(&migration, t_pool));
    insert("carts",
           BCON_NEW("_id", BCON_UTF8("two"), "ordering", "{", "at", BCON_DATE_TIME(1000), "}"));
    T_ERR(shop_migrate_back(&migration, t_pool), CONFLICT);
    said = "";
    T_OK(shop_migrate_up(&migration, t_pool));
    expect("stage 3 (claims) applied", 3, 1);
    T_INT(wrong(), 0);
    close_store();
}

static void the_way_back_removes_voids(void)
{
    shop_reservations_t *stock, *uses;
    const shop_reservation_line_t of_stock = { id_of(1), 1, 0 }, of_coupon = { "TEN", 1, 0 };
    const char *const order = "65b000000000000000000001";

    open_old(3);
    T_OK(shop_migrate_up(&migration, t_pool));
    insert("coupons", BCON_NEW("_id", BCON_UTF8("TEN")));
    stock = shop_reservations_mongo(&shop_stock_units, mongo, NULL, t_pool);
    uses = shop_reservations_mongo(&shop_coupon_uses, mongo, NULL, t_pool);
    T_OK(stock->void_order(stock, &(shop_reservation_t){ order, NULL, &of_stock, 1 }, 1, t_pool));
    T_OK(uses->void_order(uses, &(shop_reservation_t){ order, NULL, &of_coupon, 1 }, 1, t_pool));
    T_INT(with("products", "voids") + with("coupons", "voids"), 2);
    T_OK(shop_migrate_back(&migration, t_pool));
    T_INT(with("products", "voids") + with("coupons", "voids"), 0);
    close_store();
}

static const shop_test_t tests[] = {
    SHOP_TEST(products_get_the_flag_and_lose_it_again, "products get the flag, and lose it again"),
    SHOP_TEST(what_the_version_before_did_meanwhile_is_seen_by_finish,
              "what the version before did meanwhile is seen by finish, both ways"),
    SHOP_TEST(an_empty_database_gets_only_the_new_form, "an empty database gets only the new form"),
    SHOP_TEST(a_walk_that_was_cut_off_is_done_again_from_its_beginning,
              "a walk that was cut off is done again from its beginning"),
    SHOP_TEST(a_finish_that_was_cut_off_has_dropped_nothing,
              "a finish that was cut off has dropped nothing, and is gone on with"),
    SHOP_TEST(a_way_back_that_was_cut_off_is_gone_again,
              "a way back that was cut off is gone again"),
    SHOP_TEST(a_claim_of_a_cart_keeps_the_stage_up, "a claim of a cart keeps the stage up"),
    SHOP_TEST(a_refused_way_back_can_be_given_up, "a refused way back can be given up"),
    SHOP_TEST(the_way_back_removes_voids, "the way back removes voids"),
    SHOP_TEST_END,
};

int main(void)
{
    static const shop_suite_t suites[] = { { "claims", tests, NULL, NULL } };

    if (!contract_store_wanted()) {
        return 77;
    }
    return shop_tests_run(suites, 1);
}
