/* SPDX-License-Identifier: MIT */
#ifndef SHOP_STORE_RESERVATION_MONGO_H
#define SHOP_STORE_RESERVATION_MONGO_H

/* Reservations in MongoDB, of whatever a description names. Members of a unit's document:
 *   <counter>, holds: [{o, u, q?, at}], voids: [{o, at}], backs: [{o, q?, at}], back_rev
 * A hold is a reservation, a back a return marker; o: the order, u: its user, q: the quantity. The
 * document's other members are its owner's. No index may name the counter or holds: MongoDB 6
 * computes every key of a document anew when an update touches a member that an index names. */

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
    const char *deleted;  /* a member that is null while the unit is there; NULL: deleted ones go */
    const char *born;     /* see shop_unit_state_t; NULL: ids are used once */
    const char *sold_out; /* a flag that may be true only while nothing is available; it is set with
                             confirm and unset by whatever adds; NULL: none */
} shop_reservable_t;

/* Never fails; opens nothing. kind must outlive pool. */
struct shop_schema_known_t;
shop_reservations_t *shop_reservations_mongo(const shop_reservable_t *kind, shop_mongo_t *mongo,
                                             const struct shop_schema_known_t *schema,
                                             apr_pool_t *pool);
/* The reservations of doc, a unit, that were made before `before`: appended to left as
 * shop_leftover_t *. Returns how many it has in all. */
int shop_reservations_stale(apr_array_header_t *left, const bson_t *doc, shop_unit_id_t id,
                            apr_time_t before, apr_pool_t *pool);

/* Entries of an array [{o, q?, at}] of any collection that are older than before, as
 * shop_leftover_t *. One command; the index is <array>.at. */
shop_error_t *shop_leftovers_find(apr_array_header_t **left, shop_mongo_t *mongo,
                                  const char *collection, shop_unit_id_t id, const char *array,
                                  apr_time_t before, int limit, apr_pool_t *pool);

/* ---- between the reservation_*mongo.c files ---- */

typedef struct shop_reservations_mongo_t {
    shop_reservations_t port; /* first, so that a pointer to it is a pointer to this */
    const shop_reservable_t *kind;
    shop_mongo_t *mongo;
    const struct shop_schema_known_t *schema;
} shop_reservations_mongo_t;

void shop_reservation_append_id(bson_t *doc, const char *name, shop_unit_id_t kind, const char *id);
/* The port's states and sweep. */
shop_error_t *shop_reservation_states_mongo(shop_unit_state_t *states, shop_reservations_t *port,
                                            const shop_reservation_t *asked, apr_pool_t *pool);
shop_error_t *shop_reservation_sweep_mongo(apr_array_header_t **left, shop_reservations_t *port,
                                           shop_sweep_t what, apr_time_t before, int limit,
                                           apr_pool_t *pool);

#endif
