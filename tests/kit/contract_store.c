/* SPDX-License-Identifier: MIT
 * The database contract tests run in. */
#include "tests/kit/contract_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static apr_pool_t *store_pool;
static const char *database;

int contract_store_wanted(void)
{
    const char *server = getenv("SHOP_TEST_MONGO_URI");

    return server && *server;
}

/* The URI with our database for the one it names. */
static const char *own_database(const char *uri)
{
    const char *hosts = strstr(uri, "://");
    const char *options = strchr(uri, '?');
    const char *path = hosts ? strchr(hosts + 3, '/') : NULL;
    const char *end = path && (!options || path < options) ? path : options;

    return apr_psprintf(store_pool, "%.*s/%s%s", end ? (int)(end - uri) : (int)strlen(uri), uri,
                        database, options ? options : "");
}

shop_mongo_t *contract_store_open(const char *name, const shop_mongo_index_t *const *tables)
{
    shop_settings_t settings;
    shop_mongo_t *mongo = NULL;
    shop_error_t *err;

    apr_pool_create(&store_pool, NULL);
    database = apr_psprintf(store_pool, "shop_%s_%ld", name, (long)getpid());
    shop_settings_defaults(&settings);
    settings.mongo_uri = own_database(getenv("SHOP_TEST_MONGO_URI"));
    settings.mongo_pool_max = 32;
    settings.mongo_wait_ms = 60000; /* a hundred threads share the pool, and all must get through */
    settings.mongo_socket_ms = 60000;
    err = shop_mongo_open(&mongo, &settings, store_pool);
    for (; !err && *tables; tables++) {
        err = shop_mongo_ensure_indexes(mongo, *tables, store_pool);
    }
    if (err) {
        fprintf(stderr, "%s (%s)\n", err->detail, err->cause ? err->cause : "");
    }
    return err ? NULL : mongo;
}

void contract_store_empty(shop_mongo_t *mongo, const char *const *collections)
{
    bson_t all = BSON_INITIALIZER;

    for (; *collections; collections++) {
        int64_t deleted = 1;

        while (deleted > 0 && T_OK(shop_mongo_delete(&deleted, mongo, *collections, &all,
                                                     SHOP_MONGO_MAJORITY, t_pool))) {
        }
    }
    bson_destroy(&all);
}

void contract_store_drop_index(const char *collection, const char *index)
{
    mongoc_client_t *client = mongoc_client_new(getenv("SHOP_TEST_MONGO_URI"));
    mongoc_collection_t *in = mongoc_client_get_collection(client, database, collection);
    bson_error_t error = { .message = "" };

    t_assert(mongoc_collection_drop_index(in, index, &error), __LINE__, __FILE__, "%s",
             error.message);
    mongoc_collection_destroy(in);
    mongoc_client_destroy(client);
}

int contract_store_drop(void)
{
    mongoc_client_t *client = mongoc_client_new(getenv("SHOP_TEST_MONGO_URI"));
    mongoc_database_t *db = client ? mongoc_client_get_database(client, database) : NULL;
    bson_error_t error;
    bool dropped = db && mongoc_database_drop(db, &error);

    mongoc_database_destroy(db);
    mongoc_client_destroy(client);
    apr_pool_destroy(store_pool);
    return !dropped;
}
