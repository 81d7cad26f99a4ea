/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_RESERVATION_MEM_H
#define SHOP_TESTS_RESERVATION_MEM_H

/* Reservations in memory, for tests: the real protocol, markers and fences included. One lock
 * around everything, so it is atomic. */

#include "mod_shop/base/id.h"
#include "mod_shop/store/reservation.h"

shop_reservations_t *shop_reservations_mem(apr_pool_t *pool);

/* Until switched off every call answers UNAVAILABLE. */
void shop_reservations_mem_away(shop_reservations_t *reservations, bool away);
/* Calls answered so far; tests compare two readings. */
int shop_reservations_mem_calls(const shop_reservations_t *reservations);

/* Is the previous protocol in use too, so that old reservations are swept? At first it is not. */
void shop_reservations_mem_claims_open(shop_reservations_t *reservations, bool open);

/* ---- for the fake that keeps the rest of a unit's document ---- */

typedef struct shop_entry_mem_t {
    char order_id[SHOP_ID_LENGTH + 1];
    char user_id[SHOP_ID_LENGTH + 1]; /* "": not known */
    int64_t quantity;
    apr_time_t at;
} shop_entry_mem_t;

typedef struct shop_unit_mem_t {
    const char *id;
    bool deleted, sold_out;
    int64_t available, terms, born, back_rev;
    apr_array_header_t *holds, *voids, *backs; /* shop_entry_mem_t */
} shop_unit_mem_t;

/* Takes the lock and counts a call. UNAVAILABLE, and the lock is free, while the store is away. */
shop_error_t *shop_reservations_mem_enter(shop_reservations_t *reservations, apr_pool_t *pool);
void shop_reservations_mem_leave(shop_reservations_t *reservations);
/* Under the lock; a new unit is all 0 but its id. */
shop_unit_mem_t *shop_reservations_mem_add(shop_reservations_t *reservations, const char *id);
/* NULL: none. */
shop_unit_mem_t *shop_reservations_mem_seek(const shop_reservations_t *reservations,
                                            const char *id);
/* Under the lock: appends the unit's reservations made before `before` to left. Returns how many it
 * has in all. */
int shop_reservations_mem_stale(apr_array_header_t *left, const shop_unit_mem_t *unit,
                                apr_time_t before, apr_pool_t *pool);
/* It was never there. */
void shop_reservations_mem_remove(shop_reservations_t *reservations, const char *id);

#endif
