/* SPDX-License-Identifier: MIT
 * Orders to and from documents. */
#include "order_bson.h"

#include <apr_strings.h>

#include "../base/log.h"

void shop_order_append_event(bson_t *doc, const char *name, const shop_order_event_t *event)
{
    bson_t inner;

    bson_append_document_begin(doc, name, -1, &inner);
    bson_append_utf8(&inner, "status", -1, event->status, -1);
    shop_bson_append_time(&inner, "at", event->at);
    bson_append_utf8(&inner, "by", -1, event->by, -1);
    if (event->note) {
        bson_append_utf8(&inner, "note", -1, event->note, -1);
    }
    bson_append_document_end(doc, &inner);
}

void shop_order_append_refund(bson_t *doc, const char *name, const shop_refund_t *refund)
{
    bson_t inner;

    bson_append_document_begin(doc, name, -1, &inner);
    shop_bson_append_oid(&inner, "id", refund->id);
    bson_append_int64(&inner, "amount", -1, refund->amount);
    bson_append_bool(&inner, "restock", -1, refund->restock);
    if (refund->reason) {
        bson_append_utf8(&inner, "reason", -1, refund->reason, -1);
    }
    bson_append_utf8(&inner, "by", -1, refund->by, -1);
    shop_bson_append_time(&inner, "at", refund->at);
    if (refund->key) {
        bson_append_utf8(&inner, "key", -1, refund->key, -1);
        bson_append_utf8(&inner, "fp", -1, refund->fingerprint, -1);
        bson_append_binary(&inner, "reply", -1, BSON_SUBTYPE_BINARY, (const uint8_t *)refund->reply,
                           (uint32_t)refund->reply_size);
    }
    bson_append_document_end(doc, &inner);
}

static void append_items(bson_t *doc, const apr_array_header_t *items)
{
    bson_t array, inner;

    bson_append_array_begin(doc, "items", -1, &array);
    for (int i = 0; i < items->nelts; i++) {
        const shop_order_line_t *line = APR_ARRAY_IDX(items, i, shop_order_line_t *);
        const char *index;
        char buffer[16];

        bson_uint32_to_string((uint32_t)i, &index, buffer, sizeof(buffer));
        bson_append_document_begin(&array, index, -1, &inner);
        shop_bson_append_oid(&inner, "product", line->unit_id);
        bson_append_utf8(&inner, "name", -1, line->name, -1);
        bson_append_int64(&inner, "price", -1, line->price);
        bson_append_int64(&inner, "quantity", -1, line->quantity);
        bson_append_int64(&inner, "total", -1, line->line_total);
        bson_append_int64(&inner, "discount", -1, line->discount);
        bson_append_document_end(&array, &inner);
    }
    bson_append_array_end(doc, &array);
}

static void append_coupon(bson_t *doc, const shop_order_t *order)
{
    bson_t inner;

    if (!order->coupon_code) {
        return;
    }
    bson_append_utf8(doc, "coupon_code", -1, order->coupon_code, -1);
    bson_append_document_begin(doc, "coupon", -1, &inner);
    bson_append_bool(&inner, "limited", -1, order->coupon_limited);
    bson_append_int64(&inner, "user_limit", -1, order->coupon_user_limit);
    bson_append_int64(&inner, "terms_rev", -1, order->coupon_terms_rev);
    bson_append_int64(&inner, "born", -1, order->coupon_born);
    bson_append_document_end(doc, &inner);
}

static void append_address(bson_t *doc, const shop_address_t *address)
{
    bson_t inner;

    bson_append_document_begin(doc, "address", -1, &inner);
    bson_append_utf8(&inner, "street", -1, address->street, -1);
    bson_append_utf8(&inner, "city", -1, address->city, -1);
    bson_append_utf8(&inner, "state", -1, address->state, -1);
    bson_append_utf8(&inner, "country", -1, address->country, -1);
    bson_append_utf8(&inner, "zip_code", -1, address->zip_code, -1);
    bson_append_document_end(doc, &inner);
}

static void append_history(bson_t *doc, const apr_array_header_t *history)
{
    bson_t array;

    bson_append_array_begin(doc, "history", -1, &array);
    for (int i = 0; i < history->nelts; i++) {
        const char *index;
        char buffer[16];

        bson_uint32_to_string((uint32_t)i, &index, buffer, sizeof(buffer));
        shop_order_append_event(&array, index, APR_ARRAY_IDX(history, i, shop_order_event_t *));
    }
    bson_append_array_end(doc, &array);
}

static void append_outbox(bson_t *doc, const shop_order_t *order)
{
    bson_t outbox, mail;

    bson_append_array_begin(doc, "outbox", -1, &outbox);
    bson_append_document_begin(&outbox, "0", -1, &mail);
    bson_append_utf8(&mail, "event", -1, "order_placed", -1);
    shop_bson_append_time(&mail, "at", order->created_at);
    bson_append_document_end(&outbox, &mail);
    bson_append_array_end(doc, &outbox);
}

/* Times, reply and outbox. created_at only if it is placed, since lists show what has it. */
static void append_placed(bson_t *doc, const shop_order_t *order)
{
    bool placed = shop_order_status_name(order->status) != NULL;

    shop_bson_append_time(doc, placed ? "created_at" : "claimed_at", order->created_at);
    shop_bson_append_time(doc, "updated_at", order->updated_at);
    if (order->reply) {
        bson_append_binary(doc, "reply", -1, BSON_SUBTYPE_BINARY, (const uint8_t *)order->reply,
                           (uint32_t)order->reply_size);
    }
    if (order->status == SHOP_ORDER_PENDING) {
        append_outbox(doc, order);
    }
}

static void append_protocol(bson_t *doc, const shop_order_t *order)
{
    bson_t returned;

    bson_append_int64(doc, "cart_gen", -1, order->cart_gen);
    bson_append_utf8(doc, "cart_slot", -1, order->cart_slot, -1);
    bson_append_utf8(doc, "key_slot", -1, order->key_slot, -1);
    bson_append_utf8(doc, "fp", -1, order->fingerprint, -1);
    if (order->lease_at) {
        shop_bson_append_time(doc, "lease_at", order->lease_at);
    }
    if (order->unfinished) {
        bson_append_bool(doc, "unfinished", -1, true);
    }
    bson_append_array_begin(doc, "returned", -1, &returned);
    bson_append_array_end(doc, &returned);
}

bson_t *shop_order_to_bson(const shop_order_t *order)
{
    bson_t *doc = bson_new();
    bson_t refunds;

    shop_bson_append_oid(doc, "_id", order->id);
    shop_bson_append_oid(doc, "user", order->user_id);
    bson_append_utf8(doc, "number", -1, order->number, -1);
    bson_append_utf8(doc, "status", -1, shop_order_status_stored(order->status), -1);
    bson_append_int64(doc, "rev", -1, order->rev);
    append_items(doc, order->items);
    bson_append_int64(doc, "subtotal", -1, order->subtotal);
    bson_append_int64(doc, "discount", -1, order->discount);
    bson_append_int64(doc, "total", -1, order->total);
    bson_append_utf8(doc, "currency", -1, order->currency, -1);
    append_coupon(doc, order);
    append_address(doc, order->shipping_address);
    bson_append_utf8(doc, "payment_method", -1, order->payment_method, -1);
    append_history(doc, order->history);
    bson_append_int64(doc, "refunded", -1, 0);
    bson_append_array_begin(doc, "refunds", -1, &refunds);
    bson_append_array_end(doc, &refunds);
    append_placed(doc, order);
    append_protocol(doc, order);
    return doc;
}

bson_t *shop_order_tombstone_to_bson(const char *id, const char *user_id, apr_time_t now,
                                     apr_pool_t *pool)
{
    const char *slot = apr_pstrcat(pool, "o:", id, NULL);
    bson_t *doc = bson_new();

    shop_bson_append_oid(doc, "_id", id);
    shop_bson_append_oid(doc, "user", user_id);
    bson_append_utf8(doc, "status", -1, shop_order_status_stored(SHOP_ORDER_FAILED), -1);
    bson_append_utf8(doc, "number", -1, apr_pstrcat(pool, "x:", id, NULL), -1);
    bson_append_utf8(doc, "cart_slot", -1, slot, -1);
    bson_append_utf8(doc, "key_slot", -1, slot, -1);
    shop_bson_append_time(doc, "at", now);
    return doc;
}

/* Calls each for the documents in an array member. */
typedef void (*each_t)(apr_array_header_t *array, const bson_t *doc, apr_pool_t *pool);

static apr_array_header_t *read_array(const bson_t *doc, const char *name, each_t each,
                                      apr_pool_t *pool)
{
    apr_array_header_t *array = apr_array_make(pool, 4, sizeof(void *));
    bson_t list, inner;
    bson_iter_t iter;

    if (shop_bson_child(&list, doc, name) && bson_iter_init(&iter, &list)) {
        while (bson_iter_next(&iter)) {
            if (shop_bson_child(&inner, &list, bson_iter_key(&iter))) {
                each(array, &inner, pool);
            }
        }
    }
    return array;
}

static void read_line(apr_array_header_t *array, const bson_t *doc, apr_pool_t *pool)
{
    shop_order_line_t *line = apr_pcalloc(pool, sizeof(*line));

    line->unit_id = shop_bson_oid(doc, "product", pool);
    line->name = shop_bson_string(doc, "name", pool);
    line->price = shop_bson_int(doc, "price", 0);
    line->quantity = shop_bson_int(doc, "quantity", 0);
    line->line_total = shop_bson_int(doc, "total", 0);
    line->discount = shop_bson_int(doc, "discount", 0);
    if (line->unit_id) {
        APR_ARRAY_PUSH(array, shop_order_line_t *) = line;
    }
}

static void read_event(apr_array_header_t *array, const bson_t *doc, apr_pool_t *pool)
{
    shop_order_event_t *event = apr_pcalloc(pool, sizeof(*event));

    event->status = shop_bson_string(doc, "status", pool);
    event->at = shop_bson_time(doc, "at");
    event->by = shop_bson_string(doc, "by", pool);
    event->note = shop_bson_string(doc, "note", pool);
    APR_ARRAY_PUSH(array, shop_order_event_t *) = event;
}

static const char *read_bytes(apr_size_t *size, const bson_t *doc, const char *name,
                              apr_pool_t *pool)
{
    bson_iter_t iter;
    bson_subtype_t subtype;
    const uint8_t *bytes;
    uint32_t length;

    *size = 0;
    if (!bson_iter_init_find(&iter, doc, name) || !BSON_ITER_HOLDS_BINARY(&iter)) {
        return NULL;
    }
    bson_iter_binary(&iter, &subtype, &length, &bytes);
    *size = length;
    return apr_pstrmemdup(pool, (const char *)bytes, length);
}

static void read_refund(apr_array_header_t *array, const bson_t *doc, apr_pool_t *pool)
{
    shop_refund_t *refund = apr_pcalloc(pool, sizeof(*refund));

    refund->id = shop_bson_oid(doc, "id", pool);
    refund->amount = shop_bson_int(doc, "amount", 0);
    refund->restock = shop_bson_bool(doc, "restock");
    refund->reason = shop_bson_string(doc, "reason", pool);
    refund->by = shop_bson_string(doc, "by", pool);
    refund->at = shop_bson_time(doc, "at");
    refund->key = shop_bson_string(doc, "key", pool);
    refund->fingerprint = shop_bson_string(doc, "fp", pool);
    refund->reply = read_bytes(&refund->reply_size, doc, "reply", pool);
    if (refund->id) {
        APR_ARRAY_PUSH(array, shop_refund_t *) = refund;
    }
}

static apr_array_header_t *read_returned(const bson_t *doc, apr_pool_t *pool)
{
    apr_array_header_t *returned = apr_array_make(pool, 4, sizeof(const char *));
    bson_t list;
    bson_iter_t iter;

    if (shop_bson_child(&list, doc, "returned") && bson_iter_init(&iter, &list)) {
        while (bson_iter_next(&iter)) {
            if (BSON_ITER_HOLDS_UTF8(&iter)) {
                APR_ARRAY_PUSH(returned, const char *) =
                    apr_pstrdup(pool, bson_iter_utf8(&iter, NULL));
            }
        }
    }
    return returned;
}

static void read_coupon(shop_order_t *order, const bson_t *doc, apr_pool_t *pool)
{
    bson_t inner;

    order->coupon_code = shop_bson_string(doc, "coupon_code", pool);
    order->coupon_user_limit = -1;
    if (order->coupon_code && shop_bson_child(&inner, doc, "coupon")) {
        order->coupon_limited = shop_bson_bool(&inner, "limited");
        order->coupon_user_limit = shop_bson_int(&inner, "user_limit", -1);
        order->coupon_terms_rev = shop_bson_int(&inner, "terms_rev", 0);
        order->coupon_born = shop_bson_int(&inner, "born", 0);
    }
}

static void read_protocol(shop_order_t *order, const bson_t *doc, apr_pool_t *pool)
{
    order->cart_gen = shop_bson_int(doc, "cart_gen", 0);
    order->cart_slot = shop_bson_string(doc, "cart_slot", pool);
    order->key_slot = shop_bson_string(doc, "key_slot", pool);
    order->fingerprint = shop_bson_string(doc, "fp", pool);
    order->lease_at = shop_bson_time(doc, "lease_at");
    order->unfinished = shop_bson_bool(doc, "unfinished");
    order->restocking = shop_bson_bool(doc, "restocking");
    order->returned = read_returned(doc, pool);
    order->reply = read_bytes(&order->reply_size, doc, "reply", pool);
}

static shop_address_t *read_address(const bson_t *doc, apr_pool_t *pool)
{
    shop_address_t *address;
    bson_t inner;

    if (!shop_bson_child(&inner, doc, "address")) {
        return NULL;
    }
    address = apr_pcalloc(pool, sizeof(*address));
    address->street = shop_bson_string(&inner, "street", pool);
    address->city = shop_bson_string(&inner, "city", pool);
    address->state = shop_bson_string(&inner, "state", pool);
    address->country = shop_bson_string(&inner, "country", pool);
    address->zip_code = shop_bson_string(&inner, "zip_code", pool);
    return address;
}

shop_error_t *shop_order_of_bson(shop_order_t **out, const bson_t *doc, apr_pool_t *pool)
{
    shop_order_t *order = apr_pcalloc(pool, sizeof(*order));
    int status = shop_order_status_of_stored(shop_bson_string(doc, "status", pool));

    order->id = shop_bson_oid(doc, "_id", pool);
    order->user_id = shop_bson_oid(doc, "user", pool);
    order->number = shop_bson_string(doc, "number", pool);
    if (!order->id || !order->user_id || !order->number || status < 0) {
        shop_log_seldom(SHOP_LOG_ERROR, SHOP_LOG_BAD_DOCUMENT, "invalid document: order %s",
                        order->id ? order->id : "without an id");
        return shop_error_cause(shop_err(pool, INTERNAL, "internal error"), pool,
                                "a stored order cannot be read");
    }
    order->status = (shop_order_status_t)status;
    order->rev = shop_bson_int(doc, "rev", 0);
    order->items = read_array(doc, "items", read_line, pool);
    order->subtotal = shop_bson_int(doc, "subtotal", 0);
    order->discount = shop_bson_int(doc, "discount", 0);
    order->total = shop_bson_int(doc, "total", 0);
    order->currency = shop_bson_string(doc, "currency", pool);
    read_coupon(order, doc, pool);
    order->shipping_address = read_address(doc, pool);
    order->payment_method = shop_bson_string(doc, "payment_method", pool);
    order->tracking_number = shop_bson_string(doc, "tracking_number", pool);
    order->history = read_array(doc, "history", read_event, pool);
    order->refunded = shop_bson_int(doc, "refunded", 0);
    order->refunds = read_array(doc, "refunds", read_refund, pool);
    order->created_at = shop_bson_time(doc, "created_at");
    if (!order->created_at) {
        order->created_at = shop_bson_time(doc, "claimed_at");
    }
    order->updated_at = shop_bson_time(doc, "updated_at");
    read_protocol(order, doc, pool);
    *out = order;
    return NULL;
}
