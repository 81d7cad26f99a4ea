/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_BSON_H
#define SHOP_ORDERS_ORDER_BSON_H

/* An order as a document. Stored:
 *   {_id, user, number, status, rev, items: [{product, name, price, quantity, total, discount}],
 *    subtotal, discount, total, currency, coupon_code?, coupon: {limited, user_limit, terms_rev,
 * born}?, address: {street, city, state, country, zip_code}, payment_method, tracking_number?,
 *    history: [{status, at, by, note?}], claimed_at, updated_at,
 *    refunded: sum of the amounts of refunds: [{id, amount, restock, reason?, by, at, key?, fp?,
 *    reply?}]
 *    created_at?                       from the commit on: an order that never was is in no list
 *    cart_gen, cart_slot, key_slot, fp, lease_at?, unfinished?, restocking?, returned: [],
 *    reply?, outbox?} */

#include "../drivers/mongo.h"
#include "order.h"

/* The document of a claim. The caller destroys it. */
bson_t *shop_order_to_bson(const shop_order_t *order);
/* Appends one event of the history as document `name`. */
void shop_order_append_event(bson_t *doc, const char *name, const shop_order_event_t *event);
/* Appends a refund as document `name`. */
void shop_order_append_refund(bson_t *doc, const char *name, const shop_refund_t *refund);
/* Everything in pool. INTERNAL (and a log line) for a document this version does not write. */
shop_error_t *shop_order_of_bson(shop_order_t **order, const bson_t *doc, apr_pool_t *pool);

#endif
