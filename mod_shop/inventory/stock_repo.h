/* SPDX-License-Identifier: MIT */
#ifndef SHOP_INVENTORY_STOCK_REPO_H
#define SHOP_INVENTORY_STOCK_REPO_H

/* Port: changes of stock by admins, and their list. Reservations of orders are in
 * store/reservation.h. Results are in pool. Errors of all: UNAVAILABLE, INTERNAL. Ids are 24 hex
 * digits. */

#include "stock.h"

/* A requested change of stock. */
typedef struct shop_stock_request_t {
    const char *unit_id;
    int64_t amount; /* a difference; with set the units there are, by compare with those read */
    bool set;
    const char *reason;
    const char *by;          /* user id */
    const char *key;         /* Idempotency-Key, of this user and product; NULL: none */
    const char *fingerprint; /* of the request; only with a key */
    apr_time_t now;
    /* Only with a key: makes the reply to this and all repeated requests from the product as it
     * will be after the movement. The commit stores it, so it is called before the commit, and
     * again when another writer came first. */
    shop_error_t *(*reply)(const char **bytes, apr_size_t *size, void *baton,
                           const shop_product_t *after, apr_pool_t *pool);
    void *baton;
} shop_stock_request_t;

typedef struct shop_stock_done_t {
    shop_movement_t *movement;
    shop_product_t *product; /* after the movement; NULL with a key, as the reply contains it */
    const char *reply;       /* NULL without a key */
    apr_size_t reply_size;
    bool replayed; /* the movement of an earlier request */
} shop_stock_done_t;

typedef struct shop_stock_repo_t shop_stock_repo_t;
struct shop_stock_repo_t {
    /* Changes the stock and stores the movement. A repeated key changes nothing and gives the first
     * reply. NOT_FOUND, STOCK_NEGATIVE, and with a key IDEMPOTENCY_MISMATCH (it was used for
     * another request) and IDEMPOTENCY_IN_PROGRESS (that one is still running). */
    shop_error_t *(*move)(shop_stock_done_t *done, shop_stock_repo_t *repo,
                          const shop_stock_request_t *request, apr_pool_t *pool);
    /* Of the unit, newest first: array of shop_movement_t *. */
    shop_error_t *(*movements)(apr_array_header_t **movements, shop_list_end_t *end,
                               shop_stock_repo_t *repo, const char *unit_id,
                               const shop_list_query_t *query, apr_pool_t *pool);
};

#endif
