/* SPDX-License-Identifier: MIT
 * shopctl export: every collection that a module's record says, document by document. */
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#include "mod_shop/drivers/mongo.h"
#include "mod_shop/module.h"
#include "mod_shop/store/migrate.h"
#include "tools/shopctl.h"
#include "tools/shopctl_transfer.h"
#include "tools/transfer.h"

#define BATCH 500

typedef struct export_t {
    transfer_writer_t *writer;
    const shop_collection_t *collection;
    bool secrets;
} export_t;

/* The same document, its secret replaced. */
static void append_without(bson_t *into, const bson_t *doc, const char *member)
{
    bson_iter_t iter;

    bson_iter_init(&iter, doc);
    while (bson_iter_next(&iter)) {
        if (strcmp(bson_iter_key(&iter), member) != 0) {
            bson_append_iter(into, NULL, 0, &iter);
        } else {
            bson_append_utf8(into, member, -1, TRANSFER_NO_SECRET, -1);
        }
    }
}

static shop_error_t *write_document(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    const export_t *export = baton;
    const char *id = export->collection->without ? shop_bson_string(doc, "_id", pool) : NULL;
    bson_t copy = BSON_INITIALIZER;

    if (id && !strcmp(id, export->collection->without)) {
        return NULL;
    }
    if (export->collection->secret && !export->secrets) {
        append_without(&copy, doc, export->collection->secret);
        transfer_write(export->writer, export->collection->name, &copy);
    } else {
        transfer_write(export->writer, export->collection->name, doc);
    }
    bson_destroy(&copy);
    return NULL;
}

static shop_error_t *write_collections(export_t *export, shop_mongo_t *mongo, apr_pool_t *pool)
{
    bson_t all = BSON_INITIALIZER;
    /* the server's own batches are of 16 MiB, and the driver holds two */
    bson_t *by_id =
        BCON_NEW("sort", "{", "_id", BCON_INT32(1), "}", "batchSize", BCON_INT32(BATCH));
    const shop_collection_t *const *list = shopctl_collections(pool);
    shop_error_t *err = NULL;

    for (; !err && *list; list++) {
        export->collection = *list;
        if ((*list)->exported) {
            err = shop_mongo_find(mongo, (*list)->name, &all, by_id, write_document, export, pool);
        }
    }
    bson_destroy(by_id);
    bson_destroy(&all);
    return err;
}

/* What meta says, else what the first order says; NULL: there is neither. */
static shop_error_t *find_currency(const char **currency, shop_mongo_t *mongo, apr_pool_t *pool)
{
    bson_t all = BSON_INITIALIZER;
    bson_t *filter = BCON_NEW("_id", BCON_UTF8("currency"));
    const bson_t *doc = NULL;
    shop_error_t *err = shop_mongo_find_one(&doc, mongo, "meta", filter, NULL, pool);

    *currency = doc ? shop_bson_string(doc, "code", pool) : NULL;
    if (!err && !*currency) {
        err = shop_mongo_find_one(&doc, mongo, "orders", &all, NULL, pool);
        *currency = !err && doc ? shop_bson_string(doc, "currency", pool) : NULL;
    }
    bson_destroy(filter);
    bson_destroy(&all);
    return err;
}

/* A file is read by a version whose schema it has, so only a database without a way back goes in.
 */
static shop_error_t *check_schema(transfer_header_t *header, const shop_migration_t *migration,
                                  apr_pool_t *pool)
{
    shop_schema_t *schema;

    SHOP_TRY(shop_schema_read(&schema, migration->mongo, pool));
    header->schema = schema->version;
    if (!schema->exists || schema->version != shop_stages_last(migration->stages) ||
        schema->step != SHOP_STEP_NONE) {
        return shop_err(pool, CONFLICT,
                        "the database has not the schema of this version: run "
                        "shopctl migrate");
    }
    return schema->finished == schema->version
               ? NULL
               : shop_err(pool, CONFLICT,
                          "the last migration is not finished: run shopctl migrate --finish");
}

static int print_sums(const shopctl_t *ctl, const transfer_sums_t *sums)
{
    shopctl_print_transfer(ctl, "exported", sums);
    return SHOPCTL_EXIT_DONE;
}

int shopctl_run_export(shopctl_t *ctl)
{
    export_t export = { .secrets = shopctl_value(ctl, SHOPCTL_PASSWORDS) != NULL };
    transfer_header_t header = { .passwords = export.secrets };
    shop_migration_t *migration;
    transfer_sums_t sums;
    const char *problem;
    shop_error_t *err;
    int status = shopctl_use_store(ctl);

    if (status) {
        return status;
    }
    ctl->settings.mongo_socket_ms = SHOPCTL_PATIENCE_MS;
    err = shop_app_migration(&migration, &ctl->settings, ctl->pool);
    err = err ? err : check_schema(&header, migration, ctl->pool);
    err = err ? err : find_currency(&header.currency, migration->mongo, ctl->pool);
    if (err) {
        return shopctl_fail(err);
    }
    problem = transfer_create(&export.writer, ctl->line.arguments[0], &header, ctl->pool);
    if (problem) {
        return shopctl_complain(ctl, "%s: %s", ctl->line.arguments[0], problem);
    }
    err = write_collections(&export, migration->mongo, ctl->pool);
    if (err) {
        transfer_abandon(export.writer);
        return shopctl_fail(err);
    }
    problem = transfer_finish(&sums, export.writer);
    if (problem) {
        fprintf(stderr, "shopctl: %s: %s\n", ctl->line.arguments[0], problem);
        return SHOPCTL_EXIT_REFUSED;
    }
    return print_sums(ctl, &sums);
}
