/* SPDX-License-Identifier: MIT
 * Products, their movements and their order lines in MongoDB; the conditional repair. */
#include "verify_mongo.h"

#include <string.h>

#include "verify_cart_mongo.h"
#include "verify_coupon_mongo.h"
#include "verify_order_mongo.h"
#include "verify_read_mongo.h"

static const char *const collections[] = { [SHOP_VERIFY_UNITS] = "products",
                                           [SHOP_VERIFY_COUPONS] = "coupons",
                                           [SHOP_VERIFY_ORDERS] = "orders" };

/* The members of a unit's document on which its stock depends, so that every change of stock
 * changes one of them, and the flag that depends on the stock. */
static const char *const unit_members[] = { "opened",   "stock", "holds",    "backs",
                                            "back_rev", "moves", "move_rev", "deleted_at",
                                            "sold_out", NULL };
static const char *const line_members[] = { "status", "items.product", "items.quantity", "returned",
                                            NULL };
static const char *const movement_members[] = { "delta", NULL };
static const char *const no_members[] = { "_id", NULL };

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
    *ids = apr_array_make(pool, SHOP_VERIFY_PAGE, sizeof(const char *));
    return shop_verify_find_page(port, collections[what], what != SHOP_VERIFY_COUPONS, after,
                                 no_members, collect_id, *ids, pool);
}

/* ---- units of stock: products ---- */

static shop_error_t *read_unit(shop_verify_reservable_t **out, shop_verify_store_t *port,
                               const char *id, apr_pool_t *pool)
{
    shop_verify_unit_t *unit = apr_pcalloc(pool, sizeof(*unit));
    const bson_t *doc;
    bson_iter_t iter;

    *out = NULL;
    SHOP_TRY(shop_verify_find_id(&doc, port, collections[SHOP_VERIFY_UNITS], true, id, unit_members,
                                 pool));
    if (!doc) {
        return NULL;
    }
    unit->base.id = id;
    unit->deleted = bson_iter_init_find(&iter, doc, "deleted_at") && !BSON_ITER_HOLDS_NULL(&iter);
    unit->has_opened = bson_has_field(doc, "opened");
    unit->opened = shop_bson_int(doc, "opened", 0);
    unit->stock = shop_bson_int(doc, "stock", 0);
    unit->sold_out = shop_bson_bool(doc, "sold_out");
    unit->base.holds = shop_verify_entries(doc, "holds", "o", "q", pool);
    unit->base.backs = shop_verify_entries(doc, "backs", "o", "q", pool);
    unit->moves = shop_verify_entries(doc, "moves", "id", "delta", pool);
    unit->base.seen = shop_verify_seen(doc);
    *out = &unit->base;
    return NULL;
}

/* A movement that is in `moves` too is counted there. */
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
    line.quantity = quantity_of(doc, unit->base.id, walk->scratch);
    line.returned = shop_verify_is_returned(doc, unit->base.id);
    if (line.order_id) {
        shop_verify_count_line(unit, &line);
    }
    return NULL;
}

static shop_error_t *count_unit(shop_verify_reservable_t *unit, shop_verify_store_t *port,
                                apr_pool_t *pool)
{
    shop_verify_walk_t walk = { unit, NULL };
    bson_t moved = BSON_INITIALIZER, ordered = BSON_INITIALIZER;
    shop_error_t *err;

    apr_pool_create(&walk.scratch, pool);
    shop_bson_append_oid(&moved, "product", unit->id);
    BSON_APPEND_UTF8(&moved, "state", "applied");
    shop_bson_append_oid(&ordered, "items.product", unit->id);
    err = shop_verify_find(port, "stock_movements", &moved, movement_members, count_movement, &walk,
                           pool);
    if (!err) {
        err = shop_verify_find(port, collections[SHOP_VERIFY_ORDERS], &ordered, line_members,
                               count_line, &walk, pool);
    }
    bson_destroy(&moved);
    bson_destroy(&ordered);
    return err;
}

/* ---- units or coupons ---- */

static shop_error_t *read_object(shop_verify_reservable_t **object, shop_verify_store_t *port,
                                 shop_verify_what_t what, const char *id, apr_pool_t *pool)
{
    return what == SHOP_VERIFY_COUPONS ? shop_verify_read_coupon(object, port, id, pool)
                                       : read_unit(object, port, id, pool);
}

static shop_error_t *count_object(shop_verify_reservable_t *object, shop_verify_store_t *port,
                                  shop_verify_what_t what, apr_pool_t *pool)
{
    return what == SHOP_VERIFY_COUPONS ? shop_verify_count_coupon(object, port, pool)
                                       : count_unit(object, port, pool);
}

/* ---- the repair ---- */

/* Matches the document as read: with the same members, and without those that it did not have. */
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
        if (what == SHOP_VERIFY_UNITS && !strcmp(values[i].member, "stock")) {
            BSON_APPEND_BOOL(&set, "sold_out", values[i].value <= 0);
        }
    }
    bson_append_document_end(&update, &set);
    err = shop_mongo_update(&matched, NULL, shop_verify_mongo_of(port), collections[what], filter,
                            &update, NULL, SHOP_MONGO_MAJORITY, pool);
    *done = !err && matched == 1;
    bson_destroy(filter);
    bson_destroy(&update);
    return err;
}

static shop_error_t *mark_in_stock(bool *done, shop_verify_store_t *port,
                                   const shop_verify_seen_t *seen, apr_pool_t *pool)
{
    bson_t *filter = as_seen(seen, NULL, 0);
    bson_t *update = BCON_NEW("$set", "{", "sold_out", BCON_BOOL(false), "}");
    int64_t matched = 0;
    shop_error_t *err = shop_mongo_update(&matched, NULL, shop_verify_mongo_of(port),
                                          collections[SHOP_VERIFY_UNITS], filter, update, NULL,
                                          SHOP_MONGO_MAJORITY, pool);

    *done = !err && matched == 1;
    bson_destroy(filter);
    bson_destroy(update);
    return err;
}

shop_verify_store_t *shop_verify_store_mongo(shop_mongo_t *mongo, apr_pool_t *pool)
{
    shop_verify_store_mongo_t *store = apr_pcalloc(pool, sizeof(*store));

    store->mongo = mongo;
    store->port.ids = read_ids;
    store->port.read = read_object;
    store->port.count = count_object;
    store->port.repair = repair;
    store->port.mark_in_stock = mark_in_stock;
    shop_verify_order_mongo(&store->port);
    shop_verify_coupon_mongo(&store->port);
    shop_verify_cart_mongo(&store->port);
    return &store->port;
}
