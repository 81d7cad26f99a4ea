/* SPDX-License-Identifier: MIT
 * Orders in MongoDB. The unique indexes on the two slots ensure that one intent gives one order.
 * Every change of status is one compare-and-set of one document. */
#include "order_mongo.h"

#include <apr_strings.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "order_bson.h"

#define ORDERS SHOP_ORDERS_COLLECTION

const shop_mongo_index_t shop_order_indexes[] = {
    { .collection = ORDERS, .name = "cart_slot", .keys = "user:1,cart_slot:1", .unique = true },
    { .collection = ORDERS, .name = "key_slot", .keys = "user:1,key_slot:1", .unique = true },
    { .collection = ORDERS, .name = "number", .keys = "number:1", .unique = true },
    { .collection = ORDERS,
      .name = "unfinished",
      .keys = "unfinished:1,lease_at:1",
      .sparse = true },
    { .collection = ORDERS, .name = "own", .keys = "user:1,created_at:-1,_id:-1" },
    { .collection = ORDERS, .name = "own_status", .keys = "user:1,status:1,created_at:-1,_id:-1" },
    { .collection = ORDERS, .name = "all", .keys = "created_at:-1,_id:-1" },
    { .collection = ORDERS, .name = "by_status", .keys = "status:1,created_at:-1,_id:-1" },
    { .collection = ORDERS, .name = "by_coupon", .keys = "coupon_code:1", .sparse = true },
    /* for shopctl verify: without it, each product would need a scan of all orders, during which a
       product in demand would always change */
    { .collection = ORDERS, .name = "by_product", .keys = "items.product:1" },
    { .collection = NULL },
};

static shop_mongo_t *mongo_of(shop_order_repo_t *port)
{
    return ((shop_order_repo_mongo_t *)port)->mongo;
}

static bson_t *id_filter(const char *id)
{
    bson_t *filter = bson_new();

    shop_bson_append_oid(filter, "_id", id);
    return filter;
}

/* What is read before something is told or undone is durable: an election cannot take it back. */
typedef enum { AS_IT_IS, DURABLE } find_t;

static shop_error_t *find_one(shop_order_t **order, shop_mongo_t *mongo, const bson_t *filter,
                              bool with_reply, find_t how, apr_pool_t *pool)
{
    bson_t *opts = bson_new();
    const bson_t *doc = NULL;
    shop_error_t *err;

    if (with_reply) {
        BCON_APPEND(opts, "projection", "{", "outbox", BCON_INT32(0), "}");
    } else {
        BCON_APPEND(opts, "projection", "{", "outbox", BCON_INT32(0), "reply", BCON_INT32(0), "}");
    }
    if (how == DURABLE) {
        BCON_APPEND(opts, "readConcern", "{", "level", "majority", "}");
    }
    err = shop_mongo_find_one(&doc, mongo, ORDERS, filter, opts, pool);
    *order = NULL;
    if (!err && doc) {
        err = shop_order_of_bson(order, doc, pool);
    }
    bson_destroy(opts);
    return err;
}

static shop_error_t *order_find(shop_order_t **order, shop_order_repo_t *port, const char *id,
                                apr_pool_t *pool)
{
    bson_t *filter = id_filter(id);
    shop_error_t *err = find_one(order, mongo_of(port), filter, false, AS_IT_IS, pool);

    bson_destroy(filter);
    return err;
}

/* Names the user, so that a sharded cluster asks one shard. */
static shop_error_t *order_find_durable(shop_order_t **order, shop_order_repo_t *port,
                                        const char *user_id, const char *id, apr_pool_t *pool)
{
    bson_t *filter = id_filter(id);
    shop_error_t *err;

    shop_bson_append_oid(filter, "user", user_id);
    err = find_one(order, mongo_of(port), filter, false, DURABLE, pool);
    bson_destroy(filter);
    return err;
}

static shop_error_t *order_find_by_key(shop_order_t **order, shop_order_repo_t *port,
                                       const char *user_id, const char *key_slot, apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER;
    shop_error_t *err;

    shop_bson_append_oid(&filter, "user", user_id);
    bson_append_utf8(&filter, "key_slot", -1, key_slot, -1);
    err = find_one(order, mongo_of(port), &filter, true, DURABLE, pool);
    bson_destroy(&filter);
    return err;
}

static shop_error_t *order_find_by_cart(shop_order_t **order, shop_order_repo_t *port,
                                        const char *user_id, const char *cart_slot,
                                        apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER;
    shop_error_t *err;

    shop_bson_append_oid(&filter, "user", user_id);
    bson_append_utf8(&filter, "cart_slot", -1, cart_slot, -1);
    err = find_one(order, mongo_of(port), &filter, false, DURABLE, pool);
    bson_destroy(&filter);
    return err;
}

static void append_slots(bson_t *set, const char *id, apr_pool_t *pool)
{
    const char *own = apr_pstrcat(pool, "o:", id, NULL);

    bson_append_utf8(set, "cart_slot", -1, own, -1);
    bson_append_utf8(set, "key_slot", -1, own, -1);
}

static void append_move(bson_t *update, const char *id, shop_order_status_t to,
                        const shop_order_event_t *event, const char *tracking_number,
                        apr_time_t now, apr_pool_t *pool)
{
    bson_t part;

    bson_append_document_begin(update, "$set", -1, &part);
    bson_append_utf8(&part, "status", -1, shop_order_status_stored(to), -1);
    shop_bson_append_time(&part, "updated_at", now);
    if (tracking_number && *tracking_number) {
        bson_append_utf8(&part, "tracking_number", -1, tracking_number, -1);
    }
    if (to == SHOP_ORDER_CANCELLING || to == SHOP_ORDER_ABORTING) {
        bson_append_bool(&part, "unfinished", -1, true);
        shop_bson_append_time(&part, "lease_at", now + SHOP_ORDER_LEASE);
    }
    if (to == SHOP_ORDER_FAILED) {
        append_slots(&part, id, pool);
    }
    bson_append_document_end(update, &part);
    bson_append_document_begin(update, "$inc", -1, &part);
    bson_append_int64(&part, "rev", -1, 1);
    bson_append_document_end(update, &part);
    if (event) {
        bson_append_document_begin(update, "$push", -1, &part);
        shop_order_append_event(&part, "history", event);
        bson_append_document_end(update, &part);
    }
    if (to == SHOP_ORDER_FAILED) {
        BCON_APPEND(update, "$unset", "{", "unfinished", "", "lease_at", "", "}");
    } else if (to == SHOP_ORDER_CANCELLED) {
        BCON_APPEND(update, "$unset", "{", "restocking", "", "}");
    } else if (tracking_number && !*tracking_number) {
        BCON_APPEND(update, "$unset", "{", "tracking_number", "", "}");
    }
}

static shop_error_t *order_move(bool *done, shop_order_repo_t *port, const char *id,
                                shop_order_status_t from, shop_order_status_t to, int64_t rev,
                                const shop_order_event_t *event, const char *tracking_number,
                                apr_time_t now, apr_pool_t *pool)
{
    bson_t *filter = id_filter(id);
    bson_t update = BSON_INITIALIZER;
    int64_t matched = 0;
    shop_error_t *err;

    bson_append_utf8(filter, "status", -1, shop_order_status_stored(from), -1);
    if (rev >= 0) {
        bson_append_int64(filter, "rev", -1, rev);
    }
    append_move(&update, id, to, event, tracking_number, now, pool);
    err = shop_mongo_update(&matched, NULL, mongo_of(port), ORDERS, filter, &update, NULL,
                            SHOP_MONGO_MAJORITY, pool);
    *done = !err && matched == 1;
    bson_destroy(filter);
    bson_destroy(&update);
    return err;
}

static shop_error_t *order_mark_returned(shop_order_repo_t *port, const char *id, const char *line,
                                         apr_pool_t *pool)
{
    bson_t *filter = id_filter(id);
    bson_t *update = BCON_NEW("$addToSet", "{", "returned", BCON_UTF8(line), "}");
    shop_error_t *err = shop_mongo_update(NULL, NULL, mongo_of(port), ORDERS, filter, update, NULL,
                                          SHOP_MONGO_MAJORITY, pool);

    bson_destroy(filter);
    bson_destroy(update);
    return err;
}

/* A delayed cleanup must not clear the mark when restocking has begun. */
static shop_error_t *order_finish(shop_order_repo_t *port, const char *id, apr_pool_t *pool)
{
    bson_t *filter = id_filter(id);
    bson_t *update = BCON_NEW("$unset", "{", "unfinished", "", "lease_at", "", "}");
    shop_error_t *err;

    BCON_APPEND(filter, "status", "{", "$nin", "[", "placing", "aborting", "cancelling", "]", "}",
                "restocking", "{", "$ne", BCON_BOOL(true), "}");
    err = shop_mongo_update(NULL, NULL, mongo_of(port), ORDERS, filter, update, NULL,
                            SHOP_MONGO_ONE, pool);
    bson_destroy(filter);
    bson_destroy(update);
    return err;
}

static shop_error_t *collect(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    shop_order_t *order;

    SHOP_TRY(shop_order_of_bson(&order, doc, pool));
    APR_ARRAY_PUSH((apr_array_header_t *)baton, shop_order_t *) = order;
    return NULL;
}

/* One invalid document must not keep the reaper from the others. */
static shop_error_t *collect_readable(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    shop_error_t *err = collect(baton, doc, pool);

    return err && err->code != SHOP_INTERNAL ? err : NULL;
}

static shop_error_t *order_unfinished(apr_array_header_t **orders, shop_order_repo_t *port,
                                      apr_time_t before, int limit, apr_pool_t *pool)
{
    bson_t *filter = BCON_NEW("unfinished", BCON_BOOL(true));
    bson_t *opts = BCON_NEW("sort", "{", "lease_at", BCON_INT32(1), "}", "limit", BCON_INT64(limit),
                            "projection", "{", "reply", BCON_INT32(0), "outbox", BCON_INT32(0),
                            "refunds", BCON_INT32(0), "}");
    bson_t older;
    shop_error_t *err;

    *orders = apr_array_make(pool, 8, sizeof(shop_order_t *));
    bson_append_document_begin(filter, "lease_at", -1, &older);
    shop_bson_append_time(&older, "$lt", before);
    bson_append_document_end(filter, &older);
    err = shop_mongo_find(mongo_of(port), ORDERS, filter, opts, collect_readable, *orders, pool);
    bson_destroy(filter);
    bson_destroy(opts);
    return err;
}

/* created_at limits the scan to orders that were placed. */
static void append_wanted(bson_t *filter, const shop_order_query_t *query)
{
    if (query->user_id) {
        shop_bson_append_oid(filter, "user", query->user_id);
    }
    if (query->status == SHOP_ORDER_CANCELLED) {
        BCON_APPEND(filter, "status", "{", "$in", "[", "cancelled", "cancelling", "]", "}");
    } else if (query->status >= 0) {
        bson_append_utf8(filter, "status", -1,
                         shop_order_status_stored((shop_order_status_t)query->status), -1);
    }
}

static void append_bound(bson_t *filter, const shop_cursor_t *after)
{
    bson_t bound, either, one, less;

    bson_append_document_begin(filter, "created_at", -1, &bound);
    shop_bson_append_time(&bound, "$gt", 0);
    if (after) {
        shop_bson_append_time(&bound, "$lte", after->number);
    }
    bson_append_document_end(filter, &bound);
    if (!after) {
        return;
    }
    bson_append_array_begin(filter, "$or", -1, &either);
    bson_append_document_begin(&either, "0", -1, &one);
    bson_append_document_begin(&one, "created_at", -1, &less);
    shop_bson_append_time(&less, "$lt", after->number);
    bson_append_document_end(&one, &less);
    bson_append_document_end(&either, &one);
    bson_append_document_begin(&either, "1", -1, &one);
    bson_append_document_begin(&one, "_id", -1, &less);
    shop_bson_append_oid(&less, "$lt", after->id);
    bson_append_document_end(&one, &less);
    bson_append_document_end(&either, &one);
    bson_append_array_end(filter, &either);
}

static const shop_cursor_t *cursor_of(const shop_order_t *order, apr_pool_t *pool)
{
    shop_cursor_t *cursor = apr_pcalloc(pool, sizeof(*cursor));

    cursor->sort = "";
    cursor->number = order->created_at;
    cursor->id = order->id;
    return cursor;
}

static shop_error_t *order_list(apr_array_header_t **orders, shop_list_end_t *end,
                                shop_order_repo_t *port, const shop_order_query_t *query,
                                apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER, wanted = BSON_INITIALIZER;
    bson_t *opts = BCON_NEW("sort", "{", "created_at", BCON_INT32(-1), "_id", BCON_INT32(-1), "}",
                            "limit", BCON_INT64(query->list.limit + 1), "projection", "{", "reply",
                            BCON_INT32(0), "outbox", BCON_INT32(0), "refunds", BCON_INT32(0), "}");
    shop_error_t *err;

    *orders = apr_array_make(pool, 16, sizeof(shop_order_t *));
    *end = (shop_list_end_t){ NULL, -1 };
    append_wanted(&filter, query);
    append_bound(&filter, query->list.after);
    err = shop_mongo_find(mongo_of(port), ORDERS, &filter, opts, collect, *orders, pool);
    if (!err && query->list.count) {
        append_wanted(&wanted, query);
        append_bound(&wanted, NULL);
        err = shop_mongo_count_documents(&end->total, mongo_of(port), ORDERS, &wanted, NULL,
                                         SHOP_COUNT_CAP + 1, pool);
    }
    if (!err && (*orders)->nelts > query->list.limit) {
        apr_array_pop(*orders);
        end->next = cursor_of(APR_ARRAY_IDX(*orders, (*orders)->nelts - 1, shop_order_t *), pool);
    }
    bson_destroy(&filter);
    bson_destroy(&wanted);
    bson_destroy(opts);
    return err;
}

static shop_error_t *order_coupon_uses(int64_t *uses, shop_order_repo_t *port, const char *code,
                                       int64_t born, apr_pool_t *pool)
{
    bson_t *filter =
        BCON_NEW("coupon_code", BCON_UTF8(code), "coupon.born", BCON_INT64(born), "status", "{",
                 "$nin", "[", "placing", "aborting", "failed", "cancelling", "cancelled", "]", "}");
    shop_error_t *err = shop_mongo_count_documents(uses, mongo_of(port), ORDERS, filter, NULL,
                                                   SHOP_COUNT_CAP, pool);

    bson_destroy(filter);
    return err;
}

shop_order_repo_t *shop_order_repo_mongo(shop_mongo_t *mongo, apr_pool_t *pool)
{
    shop_order_repo_mongo_t *repo = apr_pcalloc(pool, sizeof(*repo));

    repo->mongo = mongo;
    repo->port.find = order_find;
    repo->port.find_durable = order_find_durable;
    repo->port.find_by_key = order_find_by_key;
    repo->port.find_by_cart = order_find_by_cart;
    repo->port.list = order_list;
    repo->port.move = order_move;
    repo->port.mark_returned = order_mark_returned;
    repo->port.finish = order_finish;
    repo->port.unfinished = order_unfinished;
    repo->port.coupon_uses = order_coupon_uses;
    shop_order_mongo_inserts(&repo->port);
    shop_order_mongo_corrections(&repo->port);
    shop_order_mongo_refunds(&repo->port);
    return &repo->port;
}
