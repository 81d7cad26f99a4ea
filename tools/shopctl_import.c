/* SPDX-License-Identifier: MIT
 * shopctl import: reads the whole file before it writes anything, then makes the indexes of an
 * empty database and inserts the documents in batches. */
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#include "mod_shop/drivers/mongo.h"
#include "mod_shop/store/migrate.h"
#include "tools/shopctl_transfer.h"

#define BATCH_DOCUMENTS 1000
#define BATCH_BYTES (8UL * 1024 * 1024) /* one document more may pass it */

typedef struct batch_t {
    shop_mongo_t *mongo;
    char collection[64];
    bson_t *docs[BATCH_DOCUMENTS];
    int count;
    size_t bytes;
} batch_t;

/* ---- the first reading ---- */

static const char *check_document(const char *collection, apr_pool_t *pool)
{
    const shop_collection_t *row = shopctl_collection(collection);

    return row && row->exported
               ? NULL
               : apr_psprintf(pool, "the collection %s is none that is imported", collection);
}

/* NULL, or what is wrong with the file. *sum: of what was read. */
static const char *check_file(const char **sum, transfer_header_t *header, const char *path,
                              apr_pool_t *pool)
{
    transfer_reader_t *reader;
    const char *collection = NULL;
    const char *problem = transfer_open(&reader, header, path, pool);
    bson_t *doc = NULL;

    if (problem) {
        return problem;
    }
    do {
        problem = transfer_next(&collection, &doc, reader);
        if (!problem && doc) {
            problem = check_document(collection, pool);
        }
        bson_destroy(doc);
    } while (!problem && doc);
    *sum = transfer_checksum(reader);
    transfer_close(reader);
    return problem;
}

/* ---- the second ---- */

static shop_error_t *flush(batch_t *batch, apr_pool_t *pool)
{
    shop_error_t *err = NULL;

    if (batch->count) {
        err = shop_mongo_insert_batch(batch->mongo, batch->collection,
                                      (const bson_t *const *)batch->docs, batch->count,
                                      SHOP_MONGO_MAJORITY, pool);
    }
    for (int i = 0; i < batch->count; i++) {
        bson_destroy(batch->docs[i]);
    }
    batch->count = 0;
    batch->bytes = 0;
    return err;
}

/* Takes over doc. */
static shop_error_t *add(batch_t *batch, const char *collection, bson_t *doc, apr_pool_t *pool)
{
    shop_error_t *err = NULL;

    if (batch->count == BATCH_DOCUMENTS || batch->bytes >= BATCH_BYTES ||
        strcmp(batch->collection, collection) != 0) {
        err = flush(batch, pool);
    }
    apr_cpystrn(batch->collection, collection, sizeof(batch->collection));
    batch->docs[batch->count++] = doc;
    batch->bytes += doc->len;
    return err;
}

static shop_error_t *changed(const char *problem, apr_pool_t *pool)
{
    return shop_err(pool, CONFLICT, "the file was changed while it was read (%s)", problem);
}

static shop_error_t *insert_all(transfer_sums_t *sums, shop_mongo_t *mongo, const char *path,
                                const char *sum, apr_pool_t *pool)
{
    batch_t *batch = apr_pcalloc(pool, sizeof(*batch));
    transfer_reader_t *reader;
    transfer_header_t header;
    const char *collection = NULL;
    const char *problem = transfer_open(&reader, &header, path, pool);
    shop_error_t *err = NULL;
    bson_t *doc = NULL;

    if (problem) {
        return changed(problem, pool);
    }
    batch->mongo = mongo;
    do {
        problem = transfer_next(&collection, &doc, reader);
        err = problem ? changed(problem, pool)
              : doc   ? add(batch, collection, doc, pool)
                      : flush(batch, pool);
    } while (!err && doc);
    if (!err && strcmp(sum, transfer_checksum(reader)) != 0) {
        err = changed("another checksum", pool);
    }
    *sums = *transfer_sums(reader);
    for (int i = 0; i < batch->count; i++) {
        bson_destroy(batch->docs[i]);
    }
    transfer_close(reader);
    return err;
}

/* ---- the command ---- */

static shop_error_t *check_database(const shop_migration_t *migration,
                                    const transfer_header_t *header, apr_pool_t *pool)
{
    bool empty;

    if (header->schema != shop_stages_last(migration->stages)) {
        return shop_err(pool, CONFLICT,
                        "the file has schema %d and this version has %d: import it with the "
                        "version that wrote it, then migrate",
                        header->schema, shop_stages_last(migration->stages));
    }
    SHOP_TRY(shop_mongo_is_empty(&empty, migration->mongo, pool));
    return empty ? NULL
                 : shop_err(pool, CONFLICT,
                            "the database is not empty: name another one, or drop it (no shopctl "
                            "init is needed before an import)");
}

static int import(shopctl_t *ctl, const transfer_header_t *header, const char *sum)
{
    shop_migration_t *migration;
    transfer_sums_t sums;
    shop_error_t *err;

    ctl->settings.mongo_socket_ms = SHOPCTL_BUILD_PATIENCE_MS;
    err = shop_app_migration(&migration, &ctl->settings, ctl->pool);
    err = err ? err : check_database(migration, header, ctl->pool);
    err = err ? err : shop_migrate_up(migration, ctl->pool);
    if (err) {
        return shopctl_fail(err);
    }
    err = insert_all(&sums, migration->mongo, ctl->line.arguments[0], sum, ctl->pool);
    if (err) {
        fputs("shopctl: the import is not complete: drop the database and import again\n", stderr);
        return shopctl_fail(err);
    }
    shopctl_print_transfer(ctl, "imported", &sums);
    return SHOPCTL_EXIT_DONE;
}

int shopctl_run_import(shopctl_t *ctl)
{
    transfer_header_t header = { .schema = 0 };
    const char *sum = NULL;
    const char *problem;
    int status = shopctl_use_store(ctl);

    if (status) {
        return status;
    }
    problem = check_file(&sum, &header, ctl->line.arguments[0], ctl->pool);
    if (problem) {
        fprintf(stderr, "shopctl: %s: %s; nothing was written\n", ctl->line.arguments[0], problem);
        return SHOPCTL_EXIT_REFUSED;
    }
    return import(ctl, &header, sum);
}
