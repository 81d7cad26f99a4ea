/* SPDX-License-Identifier: MIT */
#ifndef SHOP_STORE_RESERVATION_H
#define SHOP_STORE_RESERVATION_H

/* Port: what orders reserve of something that is counted, such as a product's stock or the uses of
 * a coupon. A unit is one counter with its reservations and return markers, in one document; a
 * reservation is named by its order and its unit.
 *
 *   reserve       available - quantity, and a reservation that names the order
 *   void_order    no reserve of the order will match the unit any more, however late it arrives
 *   release       the order is not placed: the reservation goes, available + quantity
 *   confirm       the order is placed: the reservation goes, what was taken stays taken
 *   restock       a placed order is given back: available + quantity, and a return marker that
 *                 names the order
 *   drop_markers  the order itself records what was returned: its markers go
 *
 * Every update is one atomic update of one unit. Results in pool. Errors of each function:
 * UNAVAILABLE (the store is away, or the outcome is unknown), INTERNAL for the unexpected. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/error.h"

/* A unit with so many reservations takes no further one until some are released or confirmed: the
 * cost of an update grows with them. */
#define SHOP_RESERVATIONS_MAX 200
/* So long no reserve can be late: a request ends after seconds. */
#define SHOP_VOID_KEPT apr_time_from_sec(15 * 60)
#define SHOP_VOIDS_MAX 100
/* Nothing is counted: the unit has no limit. */
#define SHOP_UNLIMITED INT64_C(-1)

typedef struct shop_reservation_line_t {
    const char *unit_id;
    int64_t quantity;
    int64_t terms; /* of the unit when the order was priced: reserve fails when it has others */
} shop_reservation_line_t;

/* What one order reserves; of no unit twice. */
typedef struct shop_reservation_t {
    const char *order_id;
    const char *user_id; /* whose order it is; stored with each reservation. NULL: not known */
    const shop_reservation_line_t *lines;
    int count;
} shop_reservation_t;

/* A unit as one order sees it. */
typedef struct shop_unit_state_t {
    const char *unit_id;
    bool exists;       /* false: deleted, or never there */
    int64_t available; /* or SHOP_UNLIMITED */
    int64_t terms;     /* a product's price, a coupon's terms_rev */
    int64_t born;      /* tells the unit from earlier ones of its id; 0 where ids are used once */
    int reservations;  /* of all orders */
    bool reserved;     /* by the order that was asked about */
    bool voided;       /* a void names that order */
    bool restocked;    /* a return marker names that order */
    int64_t back_rev;  /* return revision: rises with each restock and each dropped marker */
} shop_unit_state_t;

/* What an order left in the store, found by its age. */
typedef struct shop_leftover_t {
    const char *id; /* of the unit, or of a coupon's redemption */
    const char *order_id;
    const char *user_id; /* whose order it is; NULL: the previous protocol did not store it */
    int64_t quantity;
} shop_leftover_t;

/* Placed orders with a reservation of one unit. */
typedef struct shop_unit_orders_t {
    const char *unit_id;
    const char *const *order_ids;
    int count;
} shop_unit_orders_t;

typedef enum { SHOP_SWEEP_RESERVATIONS, SHOP_SWEEP_MARKERS } shop_sweep_t;

typedef struct shop_reservations_t shop_reservations_t;
struct shop_reservations_t {
    /* Reserves each line whose unit is there, has the line's terms and enough available, and has
     * neither a reservation nor a void of the order. One command, sent once by the caller:
     * *reserved (how many lines were) is known, or the error is UNAVAILABLE, and then the order
     * must be aborted with void_order. */
    shop_error_t *(*reserve)(int *reserved, shop_reservations_t *reservations,
                             const shop_reservation_t *wanted, apr_time_t now, apr_pool_t *pool);
    /* One state for each line, in their order. One command; reads the primary. */
    shop_error_t *(*states)(shop_unit_state_t *states, shop_reservations_t *reservations,
                            const shop_reservation_t *asked, apr_pool_t *pool);
    /* Before the units of an order whose reserve may still arrive are released. A void is kept for
     * SHOP_VOID_KEPT, and at most SHOP_VOIDS_MAX in a unit, the newest. Any number of times. One
     * command. */
    shop_error_t *(*void_order)(shop_reservations_t *reservations, const shop_reservation_t *made,
                                apr_time_t now, apr_pool_t *pool);
    /* Where the order's reservation stands. Any number of times, at any delay. One command. */
    shop_error_t *(*release)(shop_reservations_t *reservations, const shop_reservation_t *made,
                             apr_pool_t *pool);
    /* The reservations of many orders, by unit; marks units of which nothing is available as sold
     * out. Any number of times. Two commands, whatever their number. */
    shop_error_t *(*confirm)(shop_reservations_t *reservations, const shop_unit_orders_t *units,
                             int count, apr_pool_t *pool);
    /* One line, where the unit's return revision is back_rev (of states) and no marker names the
     * order. *done false: it is another by now, or a marker does. One command. */
    shop_error_t *(*restock)(bool *done, shop_reservations_t *reservations, const char *order_id,
                             const shop_reservation_line_t *line, int64_t back_rev, apr_time_t now,
                             apr_pool_t *pool);
    /* Raises the return revision where a marker went, so that a restock that was sent before and
     * arrives after finds another one. Any number of times. One command. */
    shop_error_t *(*drop_markers)(shop_reservations_t *reservations, const shop_reservation_t *made,
                                  apr_pool_t *pool);
    /* Removes voids made before `before`. By index. One command. */
    shop_error_t *(*drop_voids)(shop_reservations_t *reservations, apr_time_t before,
                                apr_pool_t *pool);
    /* Reservations or return markers made before `before`, at most limit: array of
     * shop_leftover_t *. By index. One command. None of RESERVATIONS once the stage "claims" is
     * finished: then no process of the previous protocol runs, whose reservations they were. */
    shop_error_t *(*sweep)(apr_array_header_t **left, shop_reservations_t *reservations,
                           shop_sweep_t what, apr_time_t before, int limit, apr_pool_t *pool);
};

#endif
