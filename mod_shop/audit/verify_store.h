/* SPDX-License-Identifier: MIT */
#ifndef SHOP_AUDIT_VERIFY_STORE_H
#define SHOP_AUDIT_VERIFY_STORE_H

/* Port: stored documents for the audit. Reads from the primary. Results are in pool. Errors of all:
 * UNAVAILABLE, INTERNAL. */

#include "../base/error.h"
#include "verify.h"

/* Largest number of objects in a page. */
#define SHOP_VERIFY_PAGE 200

typedef enum { SHOP_VERIFY_UNITS, SHOP_VERIFY_COUPONS, SHOP_VERIFY_ORDERS } shop_verify_what_t;

/* One member of a repair. */
typedef struct shop_verify_value_t {
    const char *member; /* "stock", "items.0.total" */
    int64_t value;
} shop_verify_value_t;

typedef struct shop_verify_store_t shop_verify_store_t;
struct shop_verify_store_t {
    /* A page of ids (const char *) of units or coupons, after `after` (NULL: from the first). */
    shop_error_t *(*ids)(apr_array_header_t **ids, shop_verify_store_t *store,
                         shop_verify_what_t what, const char *after, apr_pool_t *pool);
    /* A unit (*object: a shop_verify_unit_t) or a coupon (a shop_verify_coupon_t), as `what` says.
     * NULL when there is none; deleted ones too. */
    shop_error_t *(*read)(shop_verify_reservable_t **object, shop_verify_store_t *store,
                          shop_verify_what_t what, const char *id, apr_pool_t *pool);
    /* Counts every order line of the unit, or the use of every order with the coupon. Adds the
     * movements that are not in `moves` to the unit's `moved`. Uses indexes. */
    shop_error_t *(*count)(shop_verify_reservable_t *object, shop_verify_store_t *store,
                           shop_verify_what_t what, apr_pool_t *pool);
    /* A page of shop_verify_order_t *, by id, without `seen`. */
    shop_error_t *(*orders)(apr_array_header_t **orders, shop_verify_store_t *store,
                            const char *after, apr_pool_t *pool);
    shop_error_t *(*order)(shop_verify_order_t **order, shop_verify_store_t *store, const char *id,
                           apr_pool_t *pool);
    /* A page of shop_verify_redemption_t *, by id. */
    shop_error_t *(*redemptions)(apr_array_header_t **redemptions, shop_verify_store_t *store,
                                 const char *after, apr_pool_t *pool);
    /* NULL when there is none. */
    shop_error_t *(*redemption)(shop_verify_redemption_t **redemption, shop_verify_store_t *store,
                                const char *id, apr_pool_t *pool);
    /* The statuses of the orders that entries name, in their order; SHOP_VERIFY_ABSENT. */
    shop_error_t *(*statuses)(int *statuses, shop_verify_store_t *store,
                              const apr_array_header_t *entries, apr_pool_t *pool);
    /* The carts that were claimed before `before` and still are (shop_verify_claim_t *), all of
     * them. By index. */
    shop_error_t *(*claims)(apr_array_header_t **claims, shop_verify_store_t *store,
                            apr_time_t before, apr_pool_t *pool);
    /* Does the order still claim the cart? */
    shop_error_t *(*is_claimed)(bool *claimed, shop_verify_store_t *store,
                                const shop_verify_claim_t *claim, apr_pool_t *pool);
    /* Sets the members, with a unit's stock the flag sold_out too, if the document equals what was
     * read: one conditional update. *done false: it has changed. */
    shop_error_t *(*repair)(bool *done, shop_verify_store_t *store, shop_verify_what_t what,
                            const shop_verify_seen_t *seen, const shop_verify_value_t *values,
                            int count, apr_pool_t *pool);
    /* Sets the unit's flag sold_out to false, if the unit equals what was read, as repair does. */
    shop_error_t *(*mark_in_stock)(bool *done, shop_verify_store_t *store,
                                   const shop_verify_seen_t *seen, apr_pool_t *pool);
    /* Adds the order to the redemption if it is missing; the reaper will check it again. */
    shop_error_t *(*add_use)(shop_verify_store_t *store, const char *redemption_id,
                             const char *order_id, apr_time_t now, apr_pool_t *pool);
};

#endif
