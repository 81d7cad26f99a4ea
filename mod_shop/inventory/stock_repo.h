/* SPDX-License-Identifier: MIT */
#ifndef SHOP_INVENTORY_STOCK_REPO_H
#define SHOP_INVENTORY_STOCK_REPO_H

/* Port: changes of stock that admins make, and their record. What orders reserve is
 * store/reservation.h. Results in pool. UNAVAILABLE when the store is away, INTERNAL for the
 * unexpected. Ids are valid 24 hex. */

#include "stock.h"

/* A change of stock that is asked for. */
typedef struct shop_stock_request_t {
    const char *unit_id;
    int64_t amount; /* a difference; with set the units there are, by compare with those read */
    bool set;
    const char *reason;
    const char *by;          /* user id */
    const char *key;         /* Idempotency-Key, of this user and product; NULL: none */
    const char *fingerprint; /* of the request; only with a key */
    apr_time_t now;
    /* Only with a key: makes the bytes to answer with, now and whenever the request is repeated,
     * from the product as the movement will leave it. The commit stores them, so this is called
     * before it, and again when another writer got ahead. */
    shop_error_t *(*reply)(const char **bytes, apr_size_t *size, void *baton,
                           const shop_product_t *after, apr_pool_t *pool);
    void *baton;
} shop_stock_request_t;

typedef struct shop_stock_done_t {
    shop_movement_t *movement;
    shop_product_t *product; /* afterwards; NULL with a key: the reply says it */
    const char *reply;       /* NULL without a key */
    apr_size_t reply_size;
    bool replayed; /* the movement is an earlier request's */
} shop_stock_done_t;

typedef struct shop_stock_repo_t shop_stock_repo_t;
struct shop_stock_repo_t {
    /* Moves the stock and keeps the movement. A repeated key changes nothing and gives what was
     * answered the first time. NOT_FOUND, STOCK_NEGATIVE, and with a key IDEMPOTENCY_MISMATCH (it
     * was used for another request) and IDEMPOTENCY_IN_PROGRESS (that one is still running). */
    shop_error_t *(*move)(shop_stock_done_t *done, shop_stock_repo_t *repo,
                          const shop_stock_request_t *request, apr_pool_t *pool);
    /* Of the unit, newest first: array of shop_movement_t *. */
    shop_error_t *(*movements)(apr_array_header_t **movements, shop_list_end_t *end,
                               shop_stock_repo_t *repo, const char *unit_id,
                               const shop_list_query_t *query, apr_pool_t *pool);
};

#endif
