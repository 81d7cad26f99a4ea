/* SPDX-License-Identifier: MIT
 * The database contract tests run in. */
#include "tests/kit/contract_store.h"

#include <apr_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static apr_pool_t *store_pool;
static const char *database;
static shop_mongo_t *store;
static apr_array_header_t *store_indexes; /* of all tables, as one table */

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

/* None of them counts as seen. */
static void require_unique(void)
{
    const shop_mongo_index_t *const tables[] = { (const void *)store_indexes->elts, NULL };

    if (store) {
        shop_mongo_require_unique(store, tables, store_pool);
    }
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
    store_indexes = apr_array_make(store_pool, 32, sizeof(shop_mongo_index_t));
    err = shop_mongo_open(&mongo, &settings, store_pool);
    for (; !err && *tables; tables++) {
        for (const shop_mongo_index_t *index = *tables; index->collection; index++) {
            APR_ARRAY_PUSH(store_indexes, shop_mongo_index_t) = *index;
        }
        err = shop_mongo_ensure_indexes(mongo, *tables, store_pool);
    }
    APR_ARRAY_PUSH(store_indexes, shop_mongo_index_t) = (shop_mongo_index_t){ NULL };
    store = mongo;
    require_unique();
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
    require_unique();
}

/* The innermost stage is how documents are found. A condition "is null" is two points of an index
 * for MongoDB (null and absent), which it merges in order: both are the same index. */
static contract_plan_t plan_of(const bson_t *reply)
{
    contract_plan_t found = { "no plan", NULL, false };
    bson_t planner, plan, inner, several;
    const char *stage;

    if (!shop_bson_child(&planner, reply, "queryPlanner") ||
        !shop_bson_child(&plan, &planner, "winningPlan")) {
        return found;
    }
    for (;;) {
        stage = shop_bson_string(&plan, "stage", t_pool);
        found.sorts = found.sorts || (stage && !strcmp(stage, "SORT"));
        if (!shop_bson_child(&inner, &plan, "inputStage") &&
            !(shop_bson_child(&several, &plan, "inputStages") &&
              shop_bson_child(&inner, &several, "0"))) {
            break;
        }
        plan = inner;
    }
    found.source = stage ? stage : "no stage";
    found.index = shop_bson_string(&plan, "indexName", t_pool);
    return found;
}

contract_plan_t contract_store_explain(const char *db, const char *collection, const bson_t *filter,
                                       const bson_t *opts)
{
    mongoc_client_t *client = mongoc_client_new(getenv("SHOP_TEST_MONGO_URI"));
    bson_t *find = BCON_NEW("find", BCON_UTF8(collection), "filter", BCON_DOCUMENT(filter));
    bson_t *command, reply;
    contract_plan_t plan = { "no answer", NULL, false };
    bson_error_t error;

    bson_concat(find, opts);
    command = BCON_NEW("explain", BCON_DOCUMENT(find), "verbosity", BCON_UTF8("queryPlanner"));
    if (mongoc_client_command_simple(client, db ? db : database, command, NULL, &reply, &error)) {
        plan = plan_of(&reply);
    } else {
        plan.source = apr_pstrdup(t_pool, error.message);
    }
    bson_destroy(&reply);
    bson_destroy(command);
    bson_destroy(find);
    mongoc_client_destroy(client);
    return plan;
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
