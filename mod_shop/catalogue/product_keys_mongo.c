/* SPDX-License-Identifier: MIT
 * The keys of categories in products that were stored without them: the catalogue's part of the
 * stage SHOP_STAGE_KEYS (store/schema.h). The version before changes a category without its
 * category_key, so lists compare categories byte by byte until the stage is finished, and finish
 * goes over all products once more. */
#include <apr_strings.h>
#include <inttypes.h>
#include <string.h>

#include "../store/migrate.h"
#include "../store/walk_mongo.h"
#include "product_bson.h"

/* A product whose category_key is to be written, or removed. */
typedef struct change_t {
    const char *id, *category;
    const char *key; /* NULL: removed */
} change_t;

typedef struct keys_t {
    shop_mongo_t *mongo;
    bool removed;
    apr_array_header_t *changes; /* of this batch; NULL: none yet */
    int64_t written;
} keys_t;

static shop_error_t *look(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    keys_t *keys = baton;
    const char *stored = shop_bson_string(doc, "category_key", pool);
    change_t change = { .id = shop_bson_oid(doc, "_id", pool),
                        .category = shop_bson_string(doc, "category", pool) };

    if (!change.category) {
        return NULL;
    }
    change.key = keys->removed ? NULL : shop_category_key(change.category, pool);
    if (!change.key ? !stored : stored && !strcmp(stored, change.key)) {
        return NULL;
    }
    if (!keys->changes) {
        keys->changes = apr_array_make(pool, 64, sizeof(change_t));
    }
    APR_ARRAY_PUSH(keys->changes, change_t) = change;
    return NULL;
}

/* The category is a condition: somebody may have changed it meanwhile, and its key with it. */
static bson_t *filter_of(const change_t *change)
{
    bson_t *filter = bson_new();

    shop_bson_append_oid(filter, "_id", change->id);
    BSON_APPEND_UTF8(filter, "category", change->category);
    return filter;
}

static bson_t *update_of(const change_t *change)
{
    return change->key ? BCON_NEW("$set", "{", "category_key", BCON_UTF8(change->key), "}")
                       : BCON_NEW("$unset", "{", "category_key", BCON_INT32(1), "}");
}

static shop_error_t *write_batch(void *baton, apr_pool_t *pool)
{
    keys_t *keys = baton;
    int count = keys->changes ? keys->changes->nelts : 0;
    bson_t **filters = apr_palloc(pool, ((size_t)count + 1) * sizeof(*filters));
    bson_t **updates = apr_palloc(pool, ((size_t)count + 1) * sizeof(*updates));
    int64_t matched = 0;
    shop_error_t *err;

    for (int i = 0; i < count; i++) {
        const change_t *change = &APR_ARRAY_IDX(keys->changes, i, change_t);

        filters[i] = filter_of(change);
        updates[i] = update_of(change);
    }
    err = shop_mongo_update_batch(&matched, keys->mongo, SHOP_PRODUCTS_COLLECTION,
                                  (const bson_t *const *)filters, (const bson_t *const *)updates,
                                  count, SHOP_MONGO_MAJORITY, pool);
    for (int i = 0; i < count; i++) {
        bson_destroy(filters[i]);
        bson_destroy(updates[i]);
    }
    keys->changes = NULL;
    keys->written += matched;
    return err;
}

static shop_error_t *rewrite(const shop_migration_t *migration, bool removed, apr_pool_t *pool)
{
    static const char *const members[] = { "category", "category_key", NULL };
    keys_t keys = { .mongo = migration->mongo, .removed = removed };
    shop_walk_t walk = { .mongo = migration->mongo,
                         .collection = SHOP_PRODUCTS_COLLECTION,
                         .members = members,
                         .each = look,
                         .flush = write_batch,
                         .baton = &keys };

    SHOP_TRY(shop_walk(&walk, pool));
    if (keys.written) {
        shop_migration_say(migration, pool, "category keys %s: %" PRId64,
                           removed ? "removed" : "written", keys.written);
    }
    return NULL;
}

/* Writes the keys that are missing or wrong. */
static shop_error_t *up(const shop_migration_t *migration, apr_pool_t *pool)
{
    return rewrite(migration, false, pool);
}

/* Removes the keys and their indexes. */
static shop_error_t *down(const shop_migration_t *migration, apr_pool_t *pool)
{
    static const char *const names[] = { "key_created", "key_name", "key_price", NULL };

    SHOP_TRY(shop_mongo_drop_indexes(migration->mongo, SHOP_PRODUCTS_COLLECTION, names, pool));
    return rewrite(migration, true, pool);
}

/* As up; then drops the indexes that the version before lists categories by. */
static shop_error_t *finish(const shop_migration_t *migration, apr_pool_t *pool)
{
    static const char *const names[] = { "category_created", "category_name", "category_price",
                                         NULL };

    SHOP_TRY(rewrite(migration, false, pool));
    return shop_mongo_drop_indexes(migration->mongo, SHOP_PRODUCTS_COLLECTION, names, pool);
}

const shop_stage_part_t shop_product_keys = { up, down, finish };
