/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_BSON_H
#define SHOP_ORDERS_ORDER_BSON_H

/* An order as a document. Stored:
 *   {_id, user, number, status, rev, items: [{product, name, price, quantity, total, discount}],
 *    subtotal, discount, total, currency, coupon_code?, coupon: {limited, user_limit, terms_rev,
 * born}?, address: {street, city, state, country, zip_code}, payment_method, tracking_number?,
 *    history: [{status, at, by, note?}], updated_at,
 *    refunded: sum of the amounts of refunds: [{id, amount, restock, reason?, by, at, key?, fp?,
 *    reply?}]
 *    created_at, cart_gen, cart_slot, key_slot, fp, lease_at?, unfinished?, restocking?,
 *    returned: [], reply, outbox}
 * The previous protocol inserted it as placing with claimed_at, and added created_at, reply and
 * outbox when it was placed: an order without created_at is in no list.
 * A tombstone, in place of an order that is never to be placed:
 *   {_id, user, status: "failed", number: "x:<_id>", cart_slot: "o:<_id>", key_slot: "o:<_id>",
 *    at} */

#include "../drivers/mongo.h"
#include "order.h"

/* The whole document of a new order. unfinished and lease_at only if they are set; without a public
 * status it is the claim of the previous protocol. The caller destroys it. */
bson_t *shop_order_to_bson(const shop_order_t *order);
/* A tombstone. The caller destroys it. */
bson_t *shop_order_tombstone_to_bson(const char *id, const char *user_id, apr_time_t now,
                                     apr_pool_t *pool);
/* Appends one event of the history as document `name`. */
void shop_order_append_event(bson_t *doc, const char *name, const shop_order_event_t *event);
/* Appends a refund as document `name`. */
void shop_order_append_refund(bson_t *doc, const char *name, const shop_refund_t *refund);
/* Everything in pool. INTERNAL (and a log line) for a document this version does not write. */
shop_error_t *shop_order_of_bson(shop_order_t **order, const bson_t *doc, apr_pool_t *pool);

#endif
