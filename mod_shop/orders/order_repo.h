/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_REPO_H
#define SHOP_ORDERS_ORDER_REPO_H

/* Port: orders. Reads from the primary. Writes up to the commit are acknowledged by a majority and
 * journaled, cleanup by one node. Each function is one command unless stated otherwise. Results are
 * in pool. Errors of all: UNAVAILABLE, INTERNAL. */

#include "../base/cursor.h"
#include "order.h"

typedef struct shop_order_query_t {
    shop_list_query_t list; /* newest first */
    const char *user_id;    /* NULL: everybody's */
    int status;             /* public status or -1; internal ones are never listed */
} shop_order_query_t;

typedef enum {
    SHOP_INSERT_DONE,     /* the order is stored: by this command, or by an earlier copy of it */
    SHOP_INSERT_GIVEN_UP, /* a tombstone has its id */
    SHOP_INSERT_NUMBER,   /* another order has its number */
    SHOP_INSERT_SLOT      /* another order has its cart_slot or key_slot */
} shop_order_insert_t;

typedef enum {
    SHOP_TOMBSTONE_SET,    /* by this command or an earlier one: the order will never be placed */
    SHOP_TOMBSTONE_PLACED, /* the order is placed */
    SHOP_TOMBSTONE_UNSEEN  /* an order or a tombstone is there and not yet durable: ask again */
} shop_tombstone_t;

typedef struct shop_order_repo_t shop_order_repo_t;
struct shop_order_repo_t {
    /* UNAVAILABLE while a unique index is missing, because then nothing can be placed: for before
     * the claim. No command, but once in ten seconds one that is not counted. */
    shop_error_t *(*may_insert)(shop_order_repo_t *repo, apr_pool_t *pool);
    /* Inserts the order as it is; with status PENDING that places it. May be sent again with the
     * same id. UNAVAILABLE also when a unique index is missing. At most 2 commands. */
    shop_error_t *(*insert)(shop_order_insert_t *result, shop_order_repo_t *repo,
                            const shop_order_t *order, apr_pool_t *pool);
    /* Makes sure that the order is never placed, unless it is: inserts a document with its id that
     * no insert can replace. *order: set with PLACED only. At most 2 commands, the second with read
     * concern majority. Any number of times. */
    shop_error_t *(*tombstone)(shop_tombstone_t *result, shop_order_t **order,
                               shop_order_repo_t *repo, const char *id, const char *user_id,
                               apr_time_t now, apr_pool_t *pool);
    /* As find, but only what no election can take back (read concern majority). */
    shop_error_t *(*find_durable)(shop_order_t **order, shop_order_repo_t *repo,
                                  const char *user_id, const char *id, apr_pool_t *pool);
    /* *order is NULL when it does not exist. Returns internal statuses too. */
    shop_error_t *(*find)(shop_order_t **order, shop_order_repo_t *repo, const char *id,
                          apr_pool_t *pool);
    /* As find_durable, with the reply: it is sent again. */
    shop_error_t *(*find_by_key)(shop_order_t **order, shop_order_repo_t *repo, const char *user_id,
                                 const char *key_slot, apr_pool_t *pool);
    /* As find_durable: the order of the user's cart of this generation ("g:<gen>"); NULL: none. */
    shop_error_t *(*find_by_cart)(shop_order_t **order, shop_order_repo_t *repo,
                                  const char *user_id, const char *cart_slot, apr_pool_t *pool);
    shop_error_t *(*list)(apr_array_header_t **orders, shop_list_end_t *end,
                          shop_order_repo_t *repo, const shop_order_query_t *query,
                          apr_pool_t *pool);
    /* from -> to where status is from. to FAILED also frees both slots and ends unfinished; to
     * CANCELLING and ABORTING set lease_at and unfinished; event (may be NULL) is appended, and
     * tracking_number set when not NULL ("": removed). to CANCELLED ends restocking. rev -1: any,
     * else it must still be rev. */
    shop_error_t *(*move)(bool *done, shop_order_repo_t *repo, const char *id,
                          shop_order_status_t from, shop_order_status_t to, int64_t rev,
                          const shop_order_event_t *event, const char *tracking_number,
                          apr_time_t now, apr_pool_t *pool);
    /* Sets the tracking number (NULL: leaves it, "": removes it) and the note of event `event` of
     * the history (likewise), where rev is still rev. *done false: the order has changed.
     * updated_at is not changed, as it refers to the status. */
    shop_error_t *(*correct)(bool *done, shop_order_repo_t *repo, const char *id, int64_t rev,
                             const char *tracking_number, int event, const char *note,
                             apr_pool_t *pool);
    /* Appends the refund where rev is still rev and adds its amount to refunded; status: what the
     * order becomes by it (unchanged, or REFUNDED with event in the history). With restock also
     * restocking, unfinished and lease_at. *done false: the order is another by now, or has the
     * refund already. May be repeated. */
    shop_error_t *(*refund)(bool *done, shop_order_repo_t *repo, const char *id, int64_t rev,
                            const shop_refund_t *refund, shop_order_status_t status,
                            const shop_order_event_t *event, apr_pool_t *pool);
    /* Ends restocking. Idempotent. */
    shop_error_t *(*restocked)(shop_order_repo_t *repo, const char *id, apr_pool_t *pool);
    /* Records that a line (unit id or "coupon") was restocked. */
    shop_error_t *(*mark_returned)(shop_order_repo_t *repo, const char *id, const char *line,
                                   apr_pool_t *pool);
    /* Unsets unfinished, unless cancelling or restocking has begun meanwhile. */
    shop_error_t *(*finish)(shop_order_repo_t *repo, const char *id, apr_pool_t *pool);
    /* Orders with unfinished and lease_at before now, oldest first. */
    shop_error_t *(*unfinished)(apr_array_header_t **orders, shop_order_repo_t *repo,
                                apr_time_t before, int limit, apr_pool_t *pool);
    /* Number of placed orders with the coupon that were not cancelled; at most SHOP_COUNT_CAP. */
    shop_error_t *(*coupon_uses)(int64_t *uses, shop_order_repo_t *repo, const char *code,
                                 int64_t born, apr_pool_t *pool);
};

#endif
