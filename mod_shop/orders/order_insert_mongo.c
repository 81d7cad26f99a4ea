/* SPDX-License-Identifier: MIT
 * What decides whether an order is placed: either the order or its tombstone has the unique _id,
 * whichever comes first and however late the other one is. Both are acknowledged by a majority. */
#include <string.h>

#include "order_bson.h"
#include "order_mongo.h"

#define ORDERS SHOP_ORDERS_COLLECTION

static shop_mongo_t *mongo_of(shop_order_repo_t *port)
{
    return ((shop_order_repo_mongo_t *)port)->mongo;
}

static bool is_placed(const shop_order_t *order)
{
    return shop_order_status_name(order->status) != NULL;
}

static shop_error_t *order_may_insert(shop_order_repo_t *port, apr_pool_t *pool)
{
    return shop_mongo_check_unique(mongo_of(port), ORDERS, pool);
}

/* Without the values, which are the customer's: "... index: key_slot dup key: {...}". */
static bool names_index(const char *duplicate, const char *index)
{
    const char *values = strstr(duplicate, "dup key:");
    const char *at = strstr(duplicate, index);

    return at && (!values || at < values);
}

/* found: the document of the order's id; NULL: there is none that is durable. */
static shop_error_t *insert_result(shop_order_insert_t *result, const shop_order_t *order,
                                   const shop_order_t *found, const char *duplicate,
                                   apr_pool_t *pool)
{
    if (found && found->status == SHOP_ORDER_FAILED) {
        *result = SHOP_INSERT_GIVEN_UP;
    } else if (found && (is_placed(found) || !is_placed(order))) {
        *result = SHOP_INSERT_DONE;
    } else if (found || names_index(duplicate, "_id_")) {
        return shop_error_cause(
            shop_err(pool, UNAVAILABLE, "the order is being processed by another request"), pool,
            "order %s is there and not yet durable", order->id);
    } else {
        *result = names_index(duplicate, "_slot") ? SHOP_INSERT_SLOT : SHOP_INSERT_NUMBER;
    }
    return NULL;
}

/* A duplicate may be an earlier copy of this command. The server reports only one of several
 * violated indexes, so the document of this id is read, and what is not yet durable does not count:
 * the customer is told. */
static shop_error_t *order_insert(shop_order_insert_t *result, shop_order_repo_t *port,
                                  const shop_order_t *order, apr_pool_t *pool)
{
    bson_t *doc = shop_order_to_bson(order);
    const char *duplicate = NULL;
    shop_order_t *found;
    shop_error_t *err;

    *result = SHOP_INSERT_DONE;
    err = shop_mongo_insert(&duplicate, mongo_of(port), ORDERS, doc, SHOP_MONGO_MAJORITY, pool);
    bson_destroy(doc);
    if (err || !duplicate) {
        return err;
    }
    SHOP_TRY(port->find_durable(&found, port, order->user_id, order->id, pool));
    return insert_result(result, order, found, duplicate, pool);
}

/* What is not durable does not count: an election may take it back, after its customer's cart was
 * cleared or its units were released. An order of the previous protocol that is being placed or
 * rolled back is left to the reaper. */
static shop_error_t *order_tombstone(shop_tombstone_t *result, shop_order_t **order,
                                     shop_order_repo_t *port, const char *id, const char *user_id,
                                     apr_time_t now, apr_pool_t *pool)
{
    bson_t *doc = shop_order_tombstone_to_bson(id, user_id, now, pool);
    const char *duplicate = NULL;
    shop_order_t *found;
    shop_error_t *err;

    *order = NULL;
    *result = SHOP_TOMBSTONE_SET;
    err = shop_mongo_insert(&duplicate, mongo_of(port), ORDERS, doc, SHOP_MONGO_MAJORITY, pool);
    bson_destroy(doc);
    if (err || !duplicate) {
        return err;
    }
    SHOP_TRY(port->find_durable(&found, port, user_id, id, pool));
    if (found && is_placed(found)) {
        *result = SHOP_TOMBSTONE_PLACED;
        *order = found;
    } else if (!found || found->status != SHOP_ORDER_FAILED) {
        *result = SHOP_TOMBSTONE_UNSEEN;
    }
    return NULL;
}

void shop_order_mongo_inserts(shop_order_repo_t *port)
{
    port->may_insert = order_may_insert;
    port->insert = order_insert;
    port->tombstone = order_tombstone;
}
