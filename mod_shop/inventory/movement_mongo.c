/* SPDX-License-Identifier: MIT
 * Stored form of stock: the index table, the description of units, conversion of movements, and the
 * list of applied movements. stock_mongo.c applies them. */
#include <apr_strings.h>

#include "stock_mongo.h"

const shop_mongo_index_t shop_stock_indexes[] = {
    /* the reaper's sweeps */
    { .collection = SHOP_PRODUCTS_COLLECTION,
      .name = "old_voids",
      .keys = "voids.at:1",
      .sparse = true },
    { .collection = SHOP_PRODUCTS_COLLECTION,
      .name = "old_backs",
      .keys = "backs.at:1",
      .sparse = true },
    /* GET /products/{id}/stock */
    { .collection = SHOP_MOVEMENTS_COLLECTION,
      .name = "product_at",
      .keys = "product:1,state:1,by_at:1" },
    { .collection = NULL },
};

const shop_reservable_t shop_stock_units = { .collection = SHOP_PRODUCTS_COLLECTION,
                                             .id = SHOP_UNIT_ID_OID,
                                             .counter = "stock",
                                             .has_quantities = true,
                                             .terms = "price",
                                             .deleted = "deleted_at",
                                             .sold_out = "sold_out" };

void shop_movement_append_effect(bson_t *doc, const shop_movement_effect_t *effect)
{
    BSON_APPEND_INT64(doc, "delta", effect->delta);
    if (effect->stock_after != SHOP_STOCK_AFTER_UNKNOWN) {
        BSON_APPEND_INT64(doc, "stock_after", effect->stock_after);
    }
    if (effect->reply) {
        BSON_APPEND_BINARY(doc, "reply", BSON_SUBTYPE_BINARY, (const uint8_t *)effect->reply,
                           (uint32_t)effect->reply_size);
    }
}

shop_movement_effect_t shop_movement_effect_of_bson(const bson_t *doc, apr_pool_t *pool)
{
    shop_movement_effect_t effect = { .delta = shop_bson_int(doc, "delta", 0),
                                      .stock_after = shop_bson_int(doc, "stock_after",
                                                                   SHOP_STOCK_AFTER_UNKNOWN) };
    bson_iter_t iter;
    bson_subtype_t subtype;
    const uint8_t *bytes;
    uint32_t size;

    if (bson_iter_init_find(&iter, doc, "reply") && BSON_ITER_HOLDS_BINARY(&iter)) {
        bson_iter_binary(&iter, &subtype, &size, &bytes);
        effect.reply = apr_pstrmemdup(pool, (const char *)bytes, size);
        effect.reply_size = size;
    }
    return effect;
}

shop_movement_t *shop_movement_of_bson(const bson_t *doc, apr_pool_t *pool)
{
    shop_movement_t *movement = apr_pcalloc(pool, sizeof(*movement));

    movement->id = shop_bson_oid(doc, "_id", pool);
    movement->unit_id = shop_bson_oid(doc, "product", pool);
    movement->delta = shop_bson_int(doc, "delta", 0);
    movement->stock_after = shop_bson_int(doc, "stock_after", SHOP_STOCK_AFTER_UNKNOWN);
    movement->reason = shop_bson_string(doc, "reason", pool);
    movement->by = shop_bson_oid(doc, "by", pool);
    movement->at = shop_bson_time(doc, "at");
    return movement;
}

static shop_error_t *collect_movement(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    APR_ARRAY_PUSH((apr_array_header_t *)baton, shop_movement_t *) =
        shop_movement_of_bson(doc, pool);
    return NULL;
}

static bson_t *movements_filter(const char *unit_id, const shop_cursor_t *after, apr_pool_t *pool)
{
    bson_t *filter = bson_new(), range;

    shop_bson_append_oid(filter, "product", unit_id);
    BSON_APPEND_UTF8(filter, "state", "applied");
    if (after) {
        BSON_APPEND_DOCUMENT_BEGIN(filter, "by_at", &range);
        BSON_APPEND_UTF8(&range, "$lt", shop_movement_key(after->number, after->id, pool));
        bson_append_document_end(filter, &range);
    }
    return filter;
}

shop_error_t *shop_movements_mongo(apr_array_header_t **movements, shop_list_end_t *end,
                                   shop_stock_repo_t *port, const char *unit_id,
                                   const shop_list_query_t *query, apr_pool_t *pool)
{
    shop_mongo_t *mongo = ((shop_stock_repo_mongo_t *)port)->mongo;
    bson_t *filter = movements_filter(unit_id, query->after, pool);
    bson_t *opts =
        BCON_NEW("sort", "{", "by_at", BCON_INT32(-1), "}", "limit", BCON_INT64(query->limit + 1),
                 "projection", "{", "reply", BCON_INT32(0), "}");
    shop_error_t *err;

    *movements = apr_array_make(pool, (int)query->limit + 1, sizeof(shop_movement_t *));
    *end = (shop_list_end_t){ .total = -1 };
    err = shop_mongo_find(mongo, SHOP_MOVEMENTS_COLLECTION, filter, opts, collect_movement,
                          *movements, pool);
    bson_destroy(opts);
    bson_destroy(filter);
    if (!err && query->count) {
        filter = movements_filter(unit_id, NULL, pool);
        err = shop_mongo_count_documents(&end->total, mongo, SHOP_MOVEMENTS_COLLECTION, filter,
                                         NULL, SHOP_COUNT_CAP + 1, pool);
        bson_destroy(filter);
    }
    if (!err && (*movements)->nelts > query->limit) {
        int last = --(*movements)->nelts - 1;

        end->next = shop_movement_cursor(APR_ARRAY_IDX(*movements, last, shop_movement_t *), pool);
    }
    return err;
}
