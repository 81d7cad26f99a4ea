/* SPDX-License-Identifier: MIT
 * Refunds are elements of their order's document, so that the refund, the refunded sum and the
 * order's status change in one update. The update compares rev, which every change of status and
 * every refund increments, so a late or repeated update does not match. */
#include "order_bson.h"
#include "order_mongo.h"

static shop_mongo_t *mongo_of(shop_order_repo_t *port)
{
    return ((shop_order_repo_mongo_t *)port)->mongo;
}

static bson_t *refund_filter(const char *id, int64_t rev, const shop_refund_t *refund)
{
    bson_t *filter = bson_new(), other;

    shop_bson_append_oid(filter, "_id", id);
    bson_append_int64(filter, "rev", -1, rev);
    bson_append_document_begin(filter, "refunds.id", -1, &other);
    shop_bson_append_oid(&other, "$ne", refund->id);
    bson_append_document_end(filter, &other);
    return filter;
}

static bson_t *refund_update(const shop_refund_t *refund, shop_order_status_t status,
                             const shop_order_event_t *event)
{
    bson_t *update = bson_new(), part;

    bson_append_document_begin(update, "$inc", -1, &part);
    bson_append_int64(&part, "rev", -1, 1);
    bson_append_int64(&part, "refunded", -1, refund->amount);
    bson_append_document_end(update, &part);
    bson_append_document_begin(update, "$push", -1, &part);
    shop_order_append_refund(&part, "refunds", refund);
    if (event) {
        shop_order_append_event(&part, "history", event);
    }
    bson_append_document_end(update, &part);
    bson_append_document_begin(update, "$set", -1, &part);
    bson_append_utf8(&part, "status", -1, shop_order_status_stored(status), -1);
    shop_bson_append_time(&part, "updated_at", refund->at);
    if (refund->restock) {
        bson_append_bool(&part, "restocking", -1, true);
        bson_append_bool(&part, "unfinished", -1, true);
        shop_bson_append_time(&part, "lease_at", refund->at + SHOP_ORDER_LEASE);
    }
    bson_append_document_end(update, &part);
    return update;
}

static shop_error_t *order_refund(bool *done, shop_order_repo_t *port, const char *id, int64_t rev,
                                  const shop_refund_t *refund, shop_order_status_t status,
                                  const shop_order_event_t *event, apr_pool_t *pool)
{
    bson_t *filter = refund_filter(id, rev, refund);
    bson_t *update = refund_update(refund, status, event);
    int64_t matched = 0;
    shop_error_t *err = shop_mongo_update(&matched, NULL, mongo_of(port), SHOP_ORDERS_COLLECTION,
                                          filter, update, NULL, SHOP_MONGO_MAJORITY, pool);

    *done = !err && matched == 1;
    bson_destroy(filter);
    bson_destroy(update);
    return err;
}

static shop_error_t *order_restocked(shop_order_repo_t *port, const char *id, apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER;
    bson_t *update = BCON_NEW("$unset", "{", "restocking", "", "}");
    shop_error_t *err;

    shop_bson_append_oid(&filter, "_id", id);
    err = shop_mongo_update(NULL, NULL, mongo_of(port), SHOP_ORDERS_COLLECTION, &filter, update,
                            NULL, SHOP_MONGO_MAJORITY, pool);
    bson_destroy(&filter);
    bson_destroy(update);
    return err;
}

void shop_order_mongo_refunds(shop_order_repo_t *port)
{
    port->refund = order_refund;
    port->restocked = order_restocked;
}
