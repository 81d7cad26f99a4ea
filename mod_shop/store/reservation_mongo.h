/* SPDX-License-Identifier: MIT */
#ifndef SHOP_STORE_RESERVATION_MONGO_H
#define SHOP_STORE_RESERVATION_MONGO_H

/* Reservations in MongoDB, of whatever a description names. Members of a unit's document:
 *   <counter>, holds: [{o, q?, at}], backs: [{o, q?, at}], back_rev
 * A hold is a reservation, a back a return marker; o: the order, q: the quantity. The document's
 * other members are its owner's. */

#include "../drivers/mongo.h"
#include "reservation.h"

typedef enum { SHOP_UNIT_ID_OID, SHOP_UNIT_ID_TEXT } shop_unit_id_t;

/* One kind of unit. */
typedef struct shop_reservable_t {
    const char *collection;
    shop_unit_id_t id;     /* how _id is stored */
    const char *counter;   /* the member that is counted */
    bool may_be_unlimited; /* without the member nothing is counted; it may come and go while orders
                              hold reservations */
    bool has_quantities;   /* entries carry q; else each is of one */
    const char *terms;     /* the member that a line's terms are compared with */
    const char *deleted; /* a member that is null while the unit is there; NULL: deleted ones go */
    const char *born;    /* see shop_unit_state_t; NULL: ids are used once */
} shop_reservable_t;

/* Never fails; opens nothing. kind must outlive pool. */
shop_reservations_t *shop_reservations_mongo(const shop_reservable_t *kind, shop_mongo_t *mongo,
                                             apr_pool_t *pool);

/* Entries of an array [{o, q?, at}] of any collection that are older than before, as
 * shop_leftover_t *. One command; the index is <array>.at. */
shop_error_t *shop_leftovers_find(apr_array_header_t **left, shop_mongo_t *mongo,
                                  const char *collection, shop_unit_id_t id, const char *array,
                                  apr_time_t before, int limit, apr_pool_t *pool);

#endif
