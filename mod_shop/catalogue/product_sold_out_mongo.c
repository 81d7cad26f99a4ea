/* SPDX-License-Identifier: MIT
 * The flag of what is sold out, in products that were stored without it, and the indexes that go by
 * the stock and by reservations. */
#include "product_sold_out.h"

#include <inttypes.h>

#include "../store/migrate.h"
#include "../store/walk_mongo.h"
#include "product_bson.h"
#include "product_mongo.h"

#define OF_STOCK(n, k)                                                \
    {                                                                 \
        .collection = SHOP_PRODUCTS_COLLECTION, .name = n, .keys = k, \
        .only = "{\"deleted_at\":null,\"stock\":{\"$lte\":0}}"        \
    }

const shop_mongo_index_t shop_product_indexes_before_claims[] = {
    OF_STOCK("sold_out_created", "by_created:1"),
    OF_STOCK("sold_out_name", "by_name:1"),
    OF_STOCK("sold_out_price", "by_price:1"),
    { .collection = SHOP_PRODUCTS_COLLECTION,
      .name = "old_holds",
      .keys = "holds.at:1",
      .sparse = true },
    { .collection = NULL },
};

/* A product whose flag is to be written, or removed together with its voids. */
typedef struct change_t {
    const char *id;
    bool sold_out;
} change_t;

typedef struct flags_t {
    shop_mongo_t *mongo;
    bool removed;
    apr_array_header_t *changes; /* of this batch; NULL: none yet */
    int64_t written;
} flags_t;

/* A missing flag says what false says. */
static shop_error_t *look(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    flags_t *flags = baton;
    change_t change = { .id = shop_bson_oid(doc, "_id", pool),
                        .sold_out = shop_bson_int(doc, "stock", 0) <= 0 };

    if (flags->removed ? !bson_has_field(doc, "sold_out") && !bson_has_field(doc, "voids")
                       : shop_bson_bool(doc, "sold_out") == change.sold_out) {
        return NULL;
    }
    if (!flags->changes) {
        flags->changes = apr_array_make(pool, 64, sizeof(change_t));
    }
    APR_ARRAY_PUSH(flags->changes, change_t) = change;
    return NULL;
}

/* The stock is a condition: it may be another meanwhile. */
static bson_t *filter_of(const flags_t *flags, const change_t *change)
{
    bson_t *filter = bson_new(), stock;

    shop_bson_append_oid(filter, "_id", change->id);
    if (!flags->removed) {
        BSON_APPEND_DOCUMENT_BEGIN(filter, "stock", &stock);
        BSON_APPEND_INT64(&stock, change->sold_out ? "$lte" : "$gt", 0);
        bson_append_document_end(filter, &stock);
    }
    return filter;
}

static bson_t *update_of(const flags_t *flags, const change_t *change)
{
    return flags->removed
               ? BCON_NEW("$unset", "{", "sold_out", BCON_INT32(1), "voids", BCON_INT32(1), "}")
               : BCON_NEW("$set", "{", "sold_out", BCON_BOOL(change->sold_out), "}");
}

static shop_error_t *write_batch(void *baton, apr_pool_t *pool)
{
    flags_t *flags = baton;
    int count = flags->changes ? flags->changes->nelts : 0;
    bson_t **filters = apr_palloc(pool, ((size_t)count + 1) * sizeof(*filters));
    bson_t **updates = apr_palloc(pool, ((size_t)count + 1) * sizeof(*updates));
    int64_t matched = 0;
    shop_error_t *err;

    for (int i = 0; i < count; i++) {
        const change_t *change = &APR_ARRAY_IDX(flags->changes, i, change_t);

        filters[i] = filter_of(flags, change);
        updates[i] = update_of(flags, change);
    }
    err = shop_mongo_update_batch(&matched, flags->mongo, SHOP_PRODUCTS_COLLECTION,
                                  (const bson_t *const *)filters, (const bson_t *const *)updates,
                                  count, SHOP_MONGO_MAJORITY, pool);
    for (int i = 0; i < count; i++) {
        bson_destroy(filters[i]);
        bson_destroy(updates[i]);
    }
    flags->changes = NULL;
    flags->written += matched;
    return err;
}

static shop_error_t *rewrite(const shop_migration_t *migration, bool removed, apr_pool_t *pool)
{
    static const char *const read_to_write[] = { "stock", "sold_out", NULL };
    static const char *const read_to_remove[] = { "sold_out", "voids", NULL };
    flags_t flags = { .mongo = migration->mongo, .removed = removed };
    shop_walk_t walk = { .mongo = migration->mongo,
                         .collection = SHOP_PRODUCTS_COLLECTION,
                         .members = removed ? read_to_remove : read_to_write,
                         .each = look,
                         .flush = write_batch,
                         .baton = &flags };

    SHOP_TRY(shop_walk(&walk, pool));
    if (flags.written) {
        shop_migration_say(migration, pool, "flags of sold-out products %s: %" PRId64,
                           removed ? "removed" : "written", flags.written);
    }
    return NULL;
}

shop_error_t *shop_product_sold_out_up(const shop_migration_t *migration, apr_pool_t *pool)
{
    return rewrite(migration, false, pool);
}

shop_error_t *shop_product_sold_out_down(const shop_migration_t *migration, apr_pool_t *pool)
{
    static const char *const names[] = { "out_created", "out_name", "out_price", "old_voids",
                                         NULL };

    SHOP_TRY(shop_mongo_ensure_indexes(migration->mongo, shop_product_indexes_before_claims, pool));
    SHOP_TRY(rewrite(migration, true, pool));
    return shop_mongo_drop_indexes(migration->mongo, SHOP_PRODUCTS_COLLECTION, names, pool);
}

shop_error_t *shop_product_sold_out_finish(const shop_migration_t *migration, apr_pool_t *pool)
{
    static const char *const names[] = { "sold_out_created", "sold_out_name", "sold_out_price",
                                         "old_holds", NULL };

    SHOP_TRY(rewrite(migration, false, pool));
    return shop_mongo_drop_indexes(migration->mongo, SHOP_PRODUCTS_COLLECTION, names, pool);
}
