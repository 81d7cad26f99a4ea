/* SPDX-License-Identifier: MIT
 * Products, their ledger and their order lines in MongoDB; the conditional repair. */
#include "verify_mongo.h"

#include <string.h>

static const char *const collections[] = { [SHOP_VERIFY_UNITS] = "products",
                                           [SHOP_VERIFY_COUPONS] = "coupons",
                                           [SHOP_VERIFY_ORDERS] = "orders" };

/* All that stock depends on within the document of a unit: what moves it, moves one of these. */
static const char *const unit_members[] = { "opened", "stock",    "holds",      "backs", "back_rev",
                                            "moves",  "move_rev", "deleted_at", NULL };
static const char *const line_members[] = { "status", "items.product", "items.quantity", "returned",
                                            NULL };
static const char *const movement_members[] = { "delta", NULL };
static const char *const no_members[] = { "_id", NULL };

static shop_mongo_t *mongo_of(shop_verify_store_t *port)
{
    return ((shop_verify_store_mongo_t *)port)->mongo;
}

/* ---- shared with the other files ---- */

apr_array_header_t *shop_verify_entries(const bson_t *doc, const char *array, const char *id,
                                        const char *amount, apr_pool_t *pool)
{
    apr_array_header_t *entries = apr_array_make(pool, 4, sizeof(shop_verify_entry_t));
    bson_t list, inner;
    bson_iter_t iter;

    if (!shop_bson_child(&list, doc, array) || !bson_iter_init(&iter, &list)) {
        return entries;
    }
    while (bson_iter_next(&iter)) {
        shop_verify_entry_t entry = { .amount = 1 };

        if (shop_bson_child(&inner, &list, bson_iter_key(&iter))) {
            entry.id = shop_bson_oid(&inner, id, pool);
            entry.amount = amount ? shop_bson_int(&inner, amount, 0) : 1;
        }
        if (entry.id) {
            APR_ARRAY_PUSH(entries, shop_verify_entry_t) = entry;
        }
    }
    return entries;
}

bool shop_verify_is_returned(const bson_t *order, const char *line)
{
    bson_t list;
    bson_iter_t iter;

    if (!shop_bson_child(&list, order, "returned") || !bson_iter_init(&iter, &list)) {
        return false;
    }
    while (bson_iter_next(&iter)) {
        if (BSON_ITER_HOLDS_UTF8(&iter) && !strcmp(bson_iter_utf8(&iter, NULL), line)) {
            return true;
        }
    }
    return false;
}

bson_t *shop_verify_members(const char *const *members)
{
    bson_t *opts = bson_new(), inner;

    BSON_APPEND_DOCUMENT_BEGIN(opts, "projection", &inner);
    for (; *members; members++) {
        bson_append_int32(&inner, *members, -1, 1);
    }
    bson_append_document_end(opts, &inner);
    return opts;
}

/* A comparison with an ObjectId or a string finds ids of that type alone. */
void shop_verify_page(bson_t *filter, bson_t *opts, bool oids, const char *after)
{
    const char *begin = oids ? "000000000000000000000000" : "";
    bson_t behind;

    BSON_APPEND_DOCUMENT_BEGIN(filter, "_id", &behind);
    if (oids) {
        shop_bson_append_oid(&behind, after ? "$gt" : "$gte", after ? after : begin);
    } else {
        BSON_APPEND_UTF8(&behind, after ? "$gt" : "$gte", after ? after : begin);
    }
    bson_append_document_end(filter, &behind);
    BCON_APPEND(opts, "sort", "{", "_id", BCON_INT32(1), "}", "limit",
                BCON_INT64(SHOP_VERIFY_PAGE));
}

shop_verify_seen_t shop_verify_seen(const bson_t *doc)
{
    return (shop_verify_seen_t){ bson_get_data(doc), doc->len };
}

/* ---- pages of ids ---- */

static shop_error_t *collect_id(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    const char *id = shop_bson_oid(doc, "_id", pool);

    APR_ARRAY_PUSH((apr_array_header_t *)baton, const char *) =
        id ? id : shop_bson_string(doc, "_id", pool);
    return NULL;
}

static shop_error_t *read_ids(apr_array_header_t **ids, shop_verify_store_t *port,
                              shop_verify_what_t what, const char *after, apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER;
    bson_t *opts = shop_verify_members(no_members);
    shop_error_t *err;

    *ids = apr_array_make(pool, SHOP_VERIFY_PAGE, sizeof(const char *));
    shop_verify_page(&filter, opts, what != SHOP_VERIFY_COUPONS, after);
    err = shop_mongo_find(mongo_of(port), collections[what], &filter, opts, collect_id, *ids, pool);
    bson_destroy(opts);
    bson_destroy(&filter);
    return err;
}

/* ---- units of stock: products ---- */

static shop_error_t *read_unit(shop_verify_unit_t **out, shop_verify_store_t *port, const char *id,
                               apr_pool_t *pool)
{
    shop_verify_unit_t *unit = apr_pcalloc(pool, sizeof(*unit));
    bson_t filter = BSON_INITIALIZER;
    bson_t *opts = shop_verify_members(unit_members);
    const bson_t *doc = NULL;
    bson_iter_t iter;
    shop_error_t *err;

    *out = NULL;
    shop_bson_append_oid(&filter, "_id", id);
    err = shop_mongo_find_one(&doc, mongo_of(port), collections[SHOP_VERIFY_UNITS], &filter, opts,
                              pool);
    bson_destroy(opts);
    bson_destroy(&filter);
    if (err || !doc) {
        return err;
    }
    unit->id = id;
    unit->deleted = bson_iter_init_find(&iter, doc, "deleted_at") && !BSON_ITER_HOLDS_NULL(&iter);
    unit->has_opened = bson_has_field(doc, "opened");
    unit->opened = shop_bson_int(doc, "opened", 0);
    unit->stock = shop_bson_int(doc, "stock", 0);
    unit->holds = shop_verify_entries(doc, "holds", "o", "q", pool);
    unit->backs = shop_verify_entries(doc, "backs", "o", "q", pool);
    unit->moves = shop_verify_entries(doc, "moves", "id", "delta", pool);
    unit->seen = shop_verify_seen(doc);
    *out = unit;
    return NULL;
}

/* One that is named in `moves` as well counts there. */
static shop_error_t *count_movement(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    shop_verify_walk_t *walk = baton;
    shop_verify_unit_t *unit = walk->object;
    const char *id;

    (void)pool;
    apr_pool_clear(walk->scratch);
    id = shop_bson_oid(doc, "_id", walk->scratch);
    if (id && !shop_verify_names(unit->moves, id)) {
        unit->moved += shop_bson_int(doc, "delta", 0);
    }
    return NULL;
}

static int64_t quantity_of(const bson_t *order, const char *unit_id, apr_pool_t *pool)
{
    bson_t list, item;
    bson_iter_t iter;
    int64_t quantity = 0;

    if (!shop_bson_child(&list, order, "items") || !bson_iter_init(&iter, &list)) {
        return 0;
    }
    while (bson_iter_next(&iter)) {
        const char *id = shop_bson_child(&item, &list, bson_iter_key(&iter))
                             ? shop_bson_oid(&item, "product", pool)
                             : NULL;

        quantity += id && !strcmp(id, unit_id) ? shop_bson_int(&item, "quantity", 0) : 0;
    }
    return quantity;
}

static shop_error_t *count_line(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    shop_verify_walk_t *walk = baton;
    shop_verify_unit_t *unit = walk->object;
    shop_verify_line_t line;

    (void)pool;
    apr_pool_clear(walk->scratch);
    line.order_id = shop_bson_oid(doc, "_id", walk->scratch);
    line.status = shop_order_status_of_stored(shop_bson_string(doc, "status", walk->scratch));
    line.quantity = quantity_of(doc, unit->id, walk->scratch);
    line.returned = shop_verify_is_returned(doc, unit->id);
    if (line.order_id) {
        shop_verify_count_line(unit, &line);
    }
    return NULL;
}

static shop_error_t *count_unit(shop_verify_unit_t *unit, shop_verify_store_t *port,
                                apr_pool_t *pool)
{
    shop_verify_walk_t walk = { unit, NULL };
    bson_t moved = BSON_INITIALIZER, ordered = BSON_INITIALIZER;
    bson_t *movements = shop_verify_members(movement_members);
    bson_t *lines = shop_verify_members(line_members);
    shop_error_t *err;

    apr_pool_create(&walk.scratch, pool);
    shop_bson_append_oid(&moved, "product", unit->id);
    BSON_APPEND_UTF8(&moved, "state", "applied");
    shop_bson_append_oid(&ordered, "items.product", unit->id);
    err = shop_mongo_find(mongo_of(port), "stock_movements", &moved, movements, count_movement,
                          &walk, pool);
    if (!err) {
        err = shop_mongo_find(mongo_of(port), collections[SHOP_VERIFY_ORDERS], &ordered, lines,
                              count_line, &walk, pool);
    }
    bson_destroy(&moved);
    bson_destroy(&ordered);
    bson_destroy(movements);
    bson_destroy(lines);
    return err;
}

/* ---- the repair ---- */

/* The document as it was seen, and without the members that it did not have then. */
static bson_t *as_seen(const shop_verify_seen_t *seen, const shop_verify_value_t *values, int count)
{
    bson_t *filter = bson_new_from_data(seen->bytes, seen->size);

    for (int i = 0; i < count; i++) {
        if (!strchr(values[i].member, '.') && !bson_has_field(filter, values[i].member)) {
            BCON_APPEND(filter, values[i].member, "{", "$exists", BCON_BOOL(false), "}");
        }
    }
    return filter;
}

static shop_error_t *repair(bool *done, shop_verify_store_t *port, shop_verify_what_t what,
                            const shop_verify_seen_t *seen, const shop_verify_value_t *values,
                            int count, apr_pool_t *pool)
{
    bson_t *filter = as_seen(seen, values, count);
    bson_t update = BSON_INITIALIZER, set;
    int64_t matched = 0;
    shop_error_t *err;

    BSON_APPEND_DOCUMENT_BEGIN(&update, "$set", &set);
    for (int i = 0; i < count; i++) {
        bson_append_int64(&set, values[i].member, -1, values[i].value);
    }
    bson_append_document_end(&update, &set);
    err = shop_mongo_update(&matched, NULL, mongo_of(port), collections[what], filter, &update,
                            NULL, SHOP_MONGO_MAJORITY, pool);
    *done = !err && matched == 1;
    bson_destroy(filter);
    bson_destroy(&update);
    return err;
}

shop_verify_store_t *shop_verify_store_mongo(shop_mongo_t *mongo, apr_pool_t *pool)
{
    shop_verify_store_mongo_t *store = apr_pcalloc(pool, sizeof(*store));

    store->mongo = mongo;
    store->port.ids = read_ids;
    store->port.unit = read_unit;
    store->port.count_unit = count_unit;
    store->port.repair = repair;
    shop_verify_order_mongo(&store->port);
    shop_verify_coupon_mongo(&store->port);
    return &store->port;
}
