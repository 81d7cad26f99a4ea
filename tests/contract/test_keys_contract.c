/* SPDX-License-Identifier: MIT
 * The stage that writes what names and addresses are compared by, on a real store. Each test has a
 * database as the version before left it. Exit 77 (skipped) without a server. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mod_shop/accounts/account_mongo.h"
#include "mod_shop/catalogue/product_mongo.h"
#include "mod_shop/stages.h"
#include "mod_shop/store/record_mongo.h"
#include "tests/kit/contract_store.h"

#define BATCHES 1200 /* documents: two batches and a half */

static shop_mongo_t *mongo;
static const char *said;                         /* the lines, joined by "; " */
static shop_stage_t stages[SHOP_STAGE_KEYS + 1]; /* as if there was no later one */
static shop_migration_t migration = { .clock = &shop_clock_shop, .lease_ms = 30000 };

/* ---- a database of the version before ---- */

static const shop_mongo_index_t old_indexes[] = {
    { .collection = "products", .name = "category_created", .keys = "deleted_at:1,category:1" },
    { .collection = "products", .name = "category_name", .keys = "deleted_at:1,category:-1" },
    { .collection = NULL },
};

static void note_line(void *baton, const char *text)
{
    (void)baton;
    said = apr_pstrcat(t_pool, said, *said ? "; " : "", text, NULL);
}

static void open_old(void)
{
    const shop_mongo_index_t *users = shop_record_indexes(&shop_user_record, t_pool);
    const shop_mongo_index_t *const old[] = { old_indexes, users, NULL };
    static const shop_mongo_index_t *const tables[] = { shop_product_indexes, NULL };

    mongo = contract_store_open("keys", old);
    T_TRUE(mongo != NULL);
    migration.mongo = mongo;
    memcpy(stages, shop_stages, SHOP_STAGE_KEYS * sizeof(*stages));
    migration.stages = stages;
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
                 client, apr_psprintf(t_pool, "shop_keys_%ld", (long)getpid()), command, NULL, NULL,
                 &error),
             __LINE__, __FILE__, "%s", error.message);
    bson_destroy(command);
    mongoc_client_destroy(client);
}

static const char *id_of(int n)
{
    return apr_psprintf(t_pool, "65a0000000000000000%05x", n);
}

static void append_document(bson_t *list, int at, int n, const char *first, const char *value)
{
    bson_t doc;

    bson_append_document_begin(list, apr_itoa(t_pool, at), -1, &doc);
    shop_bson_append_oid(&doc, "_id", id_of(n));
    BSON_APPEND_UTF8(&doc, first, value);
    BSON_APPEND_NULL(&doc, "deleted_at");
    bson_append_document_end(list, &doc);
}

/* Products 0 to count - 1, all of this category. */
static void store_products(int count, const char *category)
{
    bson_t *command = BCON_NEW("insert", BCON_UTF8("products")), list;

    bson_append_array_begin(command, "documents", -1, &list);
    for (int i = 0; i < count; i++) {
        append_document(&list, i, i, "category", category);
    }
    bson_append_array_end(command, &list);
    run(command);
}

/* A process of the version before changes the category alone. */
static void change_category(int n, const char *category)
{
    bson_t *filter = bson_new();
    bson_t *update = BCON_NEW("$set", "{", "category", BCON_UTF8(category), "}");

    shop_bson_append_oid(filter, "_id", id_of(n));
    T_OK(shop_mongo_update(NULL, NULL, mongo, "products", filter, update, NULL, SHOP_MONGO_MAJORITY,
                           t_pool));
    bson_destroy(filter);
    bson_destroy(update);
}

static int count(const char *collection, const char *member, const char *value)
{
    bson_t *filter = value ? BCON_NEW(member, BCON_UTF8(value))
                           : BCON_NEW(member, "{", "$exists", BCON_BOOL(true), "}");
    int64_t found = -1;

    T_OK(shop_mongo_count_documents(&found, mongo, collection, filter, NULL, 1000000, t_pool));
    bson_destroy(filter);
    return (int)found;
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

static bool has_index(const char *name)
{
    bson_t *filter = BCON_NEW("category_key", BCON_UTF8("x"), "category", BCON_UTF8("x"));
    bson_t *opts = BCON_NEW("hint", BCON_UTF8(name));
    contract_plan_t plan = contract_store_explain(NULL, "products", filter, opts);

    bson_destroy(filter);
    bson_destroy(opts);
    return plan.index && !strcmp(plan.index, name);
}

/* ---- categories ---- */

static void products_get_the_key_of_their_category_and_lose_it_again(void)
{
    open_old();
    store_products(BATCHES, " Tea\xe2\x80\x8b  time");
    T_OK(shop_migrate_up(&migration, t_pool));
    expect("stage 1 (indexes) applied; stage 1 (indexes) finished; category keys written: 1200; "
           "stage 2 (keys) applied",
           2, 1);
    T_INT(count("products", "category_key", "Tea time"), BATCHES);
    T_TRUE(has_index("key_created") && has_index("category_created"));

    T_OK(shop_migrate_up(&migration, t_pool));
    expect("", 2, 1);

    T_OK(shop_migrate_back(&migration, t_pool));
    expect("category keys removed: 1200; stage 2 (keys) taken back", 1, 1);
    T_INT(count("products", "category_key", NULL), 0);
    T_TRUE(!has_index("key_created") && has_index("category_created"));

    T_OK(shop_migrate_up(&migration, t_pool));
    expect("category keys written: 1200; stage 2 (keys) applied", 2, 1);
    close_store();
}

static void what_the_version_before_wrote_meanwhile_is_seen_by_finish(void)
{
    open_old();
    store_products(3, "Tea");
    T_OK(shop_migrate_up(&migration, t_pool));
    said = "";
    change_category(1, "Coffee");
    T_INT(count("products", "category_key", "Tea"), 3);
    T_OK(shop_migrate_finish(&migration, t_pool));
    expect("category keys written: 1; stage 2 (keys) finished", 2, 2);
    T_INT(count("products", "category_key", "Tea"), 2);
    T_INT(count("products", "category_key", "Coffee"), 1);
    T_TRUE(has_index("key_created"));
    T_TRUE(!has_index("category_created") && !has_index("category_name"));
    close_store();
}

/* The store refuses one document of the second batch, as if it went away there. */
static void refuse(const char *collection, const char *member, const char *value)
{
    run(value ? BCON_NEW("collMod", BCON_UTF8(collection), "validator", "{", member, "{", "$ne",
                         BCON_UTF8(value), "}", "}")
              : BCON_NEW("collMod", BCON_UTF8(collection), "validator", "{", "}"));
}

static void a_walk_that_was_cut_off_is_done_again_from_its_beginning(void)
{
    open_old();
    store_products(BATCHES, "Tea");
    change_category(700, "Poison");
    refuse("products", "category", "Poison");
    T_ERR(shop_migrate_up(&migration, t_pool), INTERNAL);
    T_TRUE(count("products", "category_key", "Tea") >= 500);
    T_TRUE(count("products", "category_key", "Tea") < 1000);
    expect("stage 1 (indexes) applied; stage 1 (indexes) finished", 1, 1);

    T_OK(shop_migrate_back(&migration, t_pool));
    T_INT(count("products", "category_key", NULL), 0);
    T_ERR(shop_migrate_up(&migration, t_pool), INTERNAL);
    refuse("products", NULL, NULL);
    T_OK(shop_migrate_up(&migration, t_pool));
    T_INT(count("products", "category_key", "Tea"), BATCHES - 1);
    T_INT(count("products", "category_key", "Poison"), 1);
    close_store();
}

/* ---- accounts ---- */

#define BUECHER \
    "b\xc3\xbc" \
    "cher.example"
#define A_BUECHER "xn--bcher-kva.example"
#define STRASSE    \
    "stra\xc3\x9f" \
    "e.example"
#define A_STRASSE "xn--strae-oqa.example"

/* As an earlier version stored it. */
static void store_user(int n, const char *email, const char *email_key, const char *username,
                       const char *username_key)
{
    bson_t doc = BSON_INITIALIZER;

    shop_bson_append_oid(&doc, "_id", id_of(n));
    BSON_APPEND_UTF8(&doc, "email", email);
    BSON_APPEND_UTF8(&doc, "email_key", email_key);
    BSON_APPEND_UTF8(&doc, "username", username);
    BSON_APPEND_UTF8(&doc, "username_key", username_key);
    BSON_APPEND_UTF8(&doc, "password_hash", "none");
    BSON_APPEND_UTF8(&doc, "role", "user");
    BSON_APPEND_INT64(&doc, "rev", 1);
    T_OK(shop_mongo_insert(NULL, mongo, "users", &doc, SHOP_MONGO_MAJORITY, t_pool));
    bson_destroy(&doc);
}

static shop_user_t *user_now(int n)
{
    shop_account_repo_t *repo = shop_account_repo_mongo(mongo, t_pool);
    shop_user_t *user = NULL;

    T_OK(repo->find(&user, repo, id_of(n), t_pool));
    T_TRUE(user != NULL);
    return user ? user : apr_pcalloc(t_pool, sizeof(*user));
}

static void keys_are(int n, const char *email_key, const char *username_key, int rev)
{
    shop_user_t *user = user_now(n);

    T_STR(user->email_key, email_key);
    T_STR(user->username_key, username_key);
    T_INT(user->rev, rev);
}

static void accounts_get_the_keys_of_this_version_and_lose_them_again(void)
{
    shop_account_repo_t *repo;
    shop_user_t *early;
    bool done;

    open_old();
    store_user(0, "Ann@" BUECHER, "ann@" BUECHER, "Ann\xe2\x80\x8c", "ann\xe2\x80\x8c");
    store_user(1, "bob@" STRASSE, "bob@strasse.example", "bob", "bob");
    store_user(2, "cat@example.com", "cat@example.com", "Cat", "cat");
    store_user(3, "old@1\xd7\x90.example", "old@1\xd7\x90.example", "old one", "old one");
    early = user_now(0); /* somebody read it before, and writes afterwards */
    T_OK(shop_migrate_up(&migration, t_pool));
    expect("stage 1 (indexes) applied; stage 1 (indexes) finished; keys of accounts rewritten: 3; "
           "stage 2 (keys) applied",
           2, 1);
    keys_are(0, "ann@" A_BUECHER, "ann", 3);
    keys_are(1, "bob@" A_STRASSE, "bob", 2);
    keys_are(2, "cat@example.com", "cat", 1);
    keys_are(3, "old@1\xd7\x90.example", "old one", 1); /* IDNA has no such domain */
    repo = shop_account_repo_mongo(mongo, t_pool);
    early->rev++;
    T_OK(repo->update(&done, repo, early, t_pool));
    T_TRUE(!done);

    early = user_now(1); /* another address meanwhile: that one's key stays */
    early->email = early->email_key = "bob@example.com";
    early->rev++;
    T_OK(repo->update(&done, repo, early, t_pool));
    T_TRUE(done);
    T_OK(shop_migrate_back(&migration, t_pool));
    expect("keys of accounts restored: 2; stage 2 (keys) taken back", 1, 1);
    keys_are(0, "ann@" BUECHER, "ann\xe2\x80\x8c", 5);
    keys_are(1, "bob@example.com", "bob", 3);
    T_INT(count("users", "keys_before", NULL), 0);

    T_OK(shop_migrate_up(&migration, t_pool));
    T_INT(count("users", "keys_before", NULL), 1);
    said = "";
    T_OK(shop_migrate_finish(&migration, t_pool));
    expect("stage 2 (keys) finished", 2, 2);
    keys_are(0, "ann@" A_BUECHER, "ann", 7);
    T_INT(count("users", "keys_before", NULL), 0);
    close_store();
}

/* 2 gets its key when 3 has left it; 0 and 1 are one mailbox, 4 and 5 have names that look alike.
 */
static void accounts_with_one_key_are_named_and_left(void)
{
    const char *one_address, *one_name;

    open_old();
    store_user(0, "eve@" BUECHER, "eve@" BUECHER, "eve", "eve");
    store_user(1, "eve@" A_BUECHER, "eve@" A_BUECHER, "eve2", "eve2");
    store_user(2, "cat@strasse.example", "CAT@strasse.example", "cat", "cat");
    store_user(3, "cat@" STRASSE, "cat@strasse.example", "cat2", "cat2");
    store_user(4, "d@example.com", "d@example.com", "dan", "dan");
    store_user(5, "e@example.com", "e@example.com",
               "d\xc2\xad"
               "an",
               "d\xc2\xad"
               "an");
    one_address = apr_psprintf(t_pool,
                               "accounts %s and %s have one e-mail address: both stay as "
                               "they are",
                               id_of(0), id_of(1));
    one_name = apr_psprintf(t_pool, "accounts %s and %s have one username: both stay as they are",
                            id_of(5), id_of(4));
    T_OK(shop_migrate_up(&migration, t_pool));
    expect(apr_pstrcat(t_pool,
                       "stage 1 (indexes) applied; stage 1 (indexes) finished; keys of accounts "
                       "rewritten: 2; ",
                       one_address, "; ", one_name, "; stage 2 (keys) applied", NULL),
           2, 1);
    keys_are(0, "eve@" BUECHER, "eve", 1);
    keys_are(1, "eve@" A_BUECHER, "eve2", 1);
    keys_are(2, "cat@strasse.example", "cat", 2);
    keys_are(3, "cat@" A_STRASSE, "cat2", 2);
    keys_are(5, "e@example.com",
             "d\xc2\xad"
             "an",
             1);

    T_OK(shop_migrate_back(&migration, t_pool)); /* where 3's earlier key is 2's by now */
    expect(apr_psprintf(t_pool,
                        "accounts %s and %s have one e-mail address: both stay as they are; stage "
                        "2 (keys) taken back",
                        id_of(3), id_of(2)),
           1, 1);
    keys_are(3, "cat@" A_STRASSE, "cat2", 2);

    T_OK(shop_migrate_up(&migration, t_pool));
    said = "";
    T_OK(shop_migrate_finish(&migration, t_pool));
    expect(apr_pstrcat(t_pool, one_address, "; ", one_name, "; stage 2 (keys) finished", NULL), 2,
           2);
    close_store();
}

static void accounts_that_were_not_reached_are_rewritten_by_the_next_run(void)
{
    open_old();
    for (int i = 0; i < 40; i++) {
        store_user(i, apr_psprintf(t_pool, "u%d@" BUECHER, i),
                   apr_psprintf(t_pool, "u%d@" BUECHER, i), apr_psprintf(t_pool, "u%d", i),
                   apr_psprintf(t_pool, "u%d", i));
    }
    refuse("users", "username", "u20");
    T_ERR(shop_migrate_up(&migration, t_pool), INTERNAL);
    T_INT(count("users", "keys_before", NULL), 20);
    T_ERR(shop_migrate_finish(&migration, t_pool), CONFLICT);
    refuse("users", NULL, NULL);
    said = "";
    T_OK(shop_migrate_up(&migration, t_pool));
    expect("keys of accounts rewritten: 20; stage 2 (keys) applied", 2, 1);
    T_INT(count("users", "keys_before", NULL), 40);
    keys_are(3, "u3@" A_BUECHER, "u3", 2);
    keys_are(20, "u20@" A_BUECHER, "u20", 2);
    T_OK(shop_migrate_back(&migration, t_pool));
    keys_are(3, "u3@" BUECHER, "u3", 3);
    close_store();
}

static const shop_test_t tests[] = {
    SHOP_TEST(products_get_the_key_of_their_category_and_lose_it_again,
              "products get the key of their category, once, and lose it again"),
    SHOP_TEST(what_the_version_before_wrote_meanwhile_is_seen_by_finish,
              "what the version before wrote meanwhile is seen by finish"),
    SHOP_TEST(a_walk_that_was_cut_off_is_done_again_from_its_beginning,
              "a walk that was cut off is done again from its beginning"),
    SHOP_TEST(accounts_get_the_keys_of_this_version_and_lose_them_again,
              "accounts get the keys of this version and lose them again"),
    SHOP_TEST(accounts_with_one_key_are_named_and_left, "accounts with one key are named and left"),
    SHOP_TEST(accounts_that_were_not_reached_are_rewritten_by_the_next_run,
              "accounts that were not reached are rewritten by the next run"),
    SHOP_TEST_END,
};

int main(void)
{
    static const shop_suite_t suites[] = { { "keys", tests, NULL, NULL } };

    if (!contract_store_wanted()) {
        return 77;
    }
    return shop_tests_run(suites, 1);
}
