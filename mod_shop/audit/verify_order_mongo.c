/* SPDX-License-Identifier: MIT
 * Orders in MongoDB: sums, lease and redemption. */
#include "verify_order_mongo.h"

#include <apr_strings.h>
#include <string.h>

#include "verify_coupon_mongo.h"
#include "verify_read_mongo.h"

#define ORDERS "orders"

static const char *const order_members[] = { "status",      "items",       "subtotal", "discount",
                                             "total",       "refunded",    "refunds",  "unfinished",
                                             "lease_at",    "coupon_code", "coupon",   "user",
                                             "coupon_born", "returned",    NULL };
static const char *const status_members[] = { "status", NULL };

static apr_array_header_t *read_items(const bson_t *doc, apr_pool_t *pool)
{
    apr_array_header_t *items = apr_array_make(pool, 4, sizeof(shop_order_line_t));
    bson_t list, item;
    bson_iter_t iter;

    if (!shop_bson_child(&list, doc, "items") || !bson_iter_init(&iter, &list)) {
        return items;
    }
    while (bson_iter_next(&iter)) {
        shop_order_line_t *line = apr_array_push(items);

        *line = (shop_order_line_t){ .price = 0 };
        if (shop_bson_child(&item, &list, bson_iter_key(&iter))) {
            line->price = shop_bson_int(&item, "price", 0);
            line->quantity = shop_bson_int(&item, "quantity", 0);
            line->line_total = shop_bson_int(&item, "total", 0);
            line->discount = shop_bson_int(&item, "discount", 0);
        }
    }
    return items;
}

static int64_t sum_refunds(const bson_t *doc)
{
    bson_t list, refund;
    bson_iter_t iter;
    int64_t sum = 0;

    if (!shop_bson_child(&list, doc, "refunds") || !bson_iter_init(&iter, &list)) {
        return 0;
    }
    while (bson_iter_next(&iter)) {
        if (shop_bson_child(&refund, &list, bson_iter_key(&iter))) {
            sum += shop_bson_int(&refund, "amount", 0);
        }
    }
    return sum;
}

/* From before the commit until its use is restocked, the redemption must name the order. */
static bool must_be_redeemed(const bson_t *doc, int status)
{
    return shop_verify_is_committed(status) && status != SHOP_ORDER_CANCELLING &&
           status != SHOP_ORDER_CANCELLED && !shop_verify_is_returned(doc, "coupon");
}

static shop_verify_order_t *order_of(const bson_t *doc, apr_pool_t *pool)
{
    shop_verify_order_t *order = apr_pcalloc(pool, sizeof(*order));

    order->id = shop_bson_oid(doc, "_id", pool);
    order->status = shop_order_status_of_stored(shop_bson_string(doc, "status", pool));
    order->items = read_items(doc, pool);
    order->subtotal = shop_bson_int(doc, "subtotal", 0);
    order->discount = shop_bson_int(doc, "discount", 0);
    order->total = shop_bson_int(doc, "total", 0);
    order->has_refunded = bson_has_field(doc, "refunded");
    order->refunded = shop_bson_int(doc, "refunded", 0);
    order->refunds = sum_refunds(doc);
    order->unfinished = shop_bson_bool(doc, "unfinished");
    order->lease_at = shop_bson_time(doc, "lease_at");
    if (must_be_redeemed(doc, order->status)) {
        order->redemption = shop_verify_redemption_id(doc, pool);
    }
    return order;
}

static shop_error_t *collect_order(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    APR_ARRAY_PUSH((apr_array_header_t *)baton, shop_verify_order_t *) = order_of(doc, pool);
    return NULL;
}

static shop_error_t *read_orders(apr_array_header_t **orders, shop_verify_store_t *port,
                                 const char *after, apr_pool_t *pool)
{
    *orders = apr_array_make(pool, SHOP_VERIFY_PAGE, sizeof(shop_verify_order_t *));
    return shop_verify_find_page(port, ORDERS, true, after, order_members, collect_order, *orders,
                                 pool);
}

static shop_error_t *read_order(shop_verify_order_t **order, shop_verify_store_t *port,
                                const char *id, apr_pool_t *pool)
{
    const bson_t *doc;

    *order = NULL;
    SHOP_TRY(shop_verify_find_id(&doc, port, ORDERS, true, id, order_members, pool));
    if (doc) {
        *order = order_of(doc, pool);
        (*order)->seen = shop_verify_seen(doc);
    }
    return NULL;
}

typedef struct asking_t {
    int *statuses;
    const apr_array_header_t *entries;
} asking_t;

static shop_error_t *take_status(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    const asking_t *asking = baton;
    const char *id = shop_bson_oid(doc, "_id", pool);

    for (int i = 0; id && i < asking->entries->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(asking->entries, i, shop_verify_entry_t).id, id)) {
            int status = shop_order_status_of_stored(shop_bson_string(doc, "status", pool));

            /* it exists with an unknown status: nothing that names it is judged */
            asking->statuses[i] = status < 0 ? SHOP_ORDER_PLACING : status;
        }
    }
    return NULL;
}

static shop_error_t *read_statuses(int *statuses, shop_verify_store_t *port,
                                   const apr_array_header_t *entries, apr_pool_t *pool)
{
    asking_t asking = { statuses, entries };
    bson_t filter = BSON_INITIALIZER, in, list;
    shop_error_t *err;

    BSON_APPEND_DOCUMENT_BEGIN(&filter, "_id", &in);
    bson_append_array_begin(&in, "$in", -1, &list);
    for (int i = 0; i < entries->nelts; i++) {
        statuses[i] = SHOP_VERIFY_ABSENT;
        shop_bson_append_oid(&list, apr_itoa(pool, i),
                             APR_ARRAY_IDX(entries, i, shop_verify_entry_t).id);
    }
    bson_append_array_end(&in, &list);
    bson_append_document_end(&filter, &in);
    err = shop_verify_find(port, ORDERS, &filter, status_members, take_status, &asking, pool);
    bson_destroy(&filter);
    return err;
}

void shop_verify_order_mongo(shop_verify_store_t *port)
{
    port->orders = read_orders;
    port->order = read_order;
    port->statuses = read_statuses;
}
