/* SPDX-License-Identifier: MIT
 * Runs the accounts contract on the fake, and on MongoDB when SHOP_TEST_MONGO_URI is set (a new
 * database, dropped at the end). Exit 77 (skipped) when only the fake was there. */
#include <stdlib.h>
#include <unistd.h>

#include "mod_shop/accounts/account_mongo.h"
#include "tests/contract/account_contract.h"
#include "tests/fakes/account_mem.h"

static apr_pool_t *suite_pool;
static shop_mongo_t *mongo;
static char *database;

static shop_account_repo_t *fake_store(void)
{
    return shop_account_repo_mem(t_pool);
}

static int use_fake(void)
{
    shop_account_contract_store = fake_store;
    return 0;
}

static shop_account_repo_t *real_store(void)
{
    static const char *const collections[] = { "users", "sessions", "meta" };
    bson_t all = BSON_INITIALIZER;
    shop_account_repo_t *repo = shop_account_repo_mongo(mongo, t_pool);

    for (size_t i = 0; i < sizeof(collections) / sizeof(collections[0]); i++) {
        int64_t deleted = 1;

        while (deleted) {
            if (!T_OK(shop_mongo_delete(&deleted, mongo, collections[i], &all, SHOP_MONGO_MAJORITY,
                                        t_pool))) {
                break;
            }
        }
    }
    bson_destroy(&all);
    return repo;
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

    shop_account_contract_store = real_store;
    apr_pool_create(&suite_pool, NULL);
    database = apr_psprintf(suite_pool, "shop_accounts_%ld", (long)getpid());
    shop_settings_defaults(&settings);
    settings.mongo_uri = own_database(getenv("SHOP_TEST_MONGO_URI"), suite_pool);
    err = shop_mongo_open(&mongo, &settings, suite_pool);
    if (!err) {
        err = shop_mongo_ensure_indexes(mongo, shop_account_indexes, suite_pool);
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

int main(void)
{
    const shop_suite_t suites[] = { { "accounts, fake", shop_account_contract, use_fake, NULL },
                                    { "accounts, MongoDB", shop_account_contract, use_mongo,
                                      drop_mongo } };
    const char *server = getenv("SHOP_TEST_MONGO_URI");
    bool real = server && *server;
    int failed = shop_tests_run(suites, real ? 2 : 1);

    return failed ? failed : real ? 0 : 77;
}
