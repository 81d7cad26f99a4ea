/* SPDX-License-Identifier: MIT */
#ifndef SHOP_AUDIT_VERIFY_MONGO_H
#define SHOP_AUDIT_VERIFY_MONGO_H

/* The books in MongoDB, read member by member and beside the code that keeps them: who shares a
 * reader with what he checks sees what it sees. */

#include "../drivers/mongo.h"
#include "verify_store.h"

/* Never fails; opens nothing. */
shop_verify_store_t *shop_verify_store_mongo(shop_mongo_t *mongo, apr_pool_t *pool);

/* ---- between the verify_*mongo.c files ---- */
typedef struct shop_verify_store_mongo_t {
    shop_verify_store_t port; /* first, so that a pointer to it is a pointer to this */
    shop_mongo_t *mongo;
} shop_verify_store_mongo_t;

/* A walk over many documents for one object: scratch is cleared for each document. */
typedef struct shop_verify_walk_t {
    void *object;
    apr_pool_t *scratch;
} shop_verify_walk_t;

/* The array member as shop_verify_entry_t: id from `id`, amount from `amount` (NULL: 1). */
apr_array_header_t *shop_verify_entries(const bson_t *doc, const char *array, const char *id,
                                        const char *amount, apr_pool_t *pool);
/* Does `returned` of the order name the line? */
bool shop_verify_is_returned(const bson_t *order, const char *line);
/* {projection: {...}} of a NULL-terminated list of members. The caller destroys it. */
bson_t *shop_verify_members(const char *const *members);
/* The same, sorted by id, one page; filter: {_id: behind after}. oids: ids are ObjectIds. */
void shop_verify_page(bson_t *filter, bson_t *opts, bool oids, const char *after);
shop_verify_seen_t shop_verify_seen(const bson_t *doc);

/* Fill in what concerns orders, and coupons with their redemptions. */
void shop_verify_order_mongo(shop_verify_store_t *port);
void shop_verify_coupon_mongo(shop_verify_store_t *port);
/* The redemption that names the uses of an order's coupon; NULL when the order has none. The one
 * place that must know how coupons/ makes these ids. */
const char *shop_verify_redemption_id(const bson_t *order, apr_pool_t *pool);

#endif
