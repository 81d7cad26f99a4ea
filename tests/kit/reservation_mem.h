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

/* ---- for the fake that keeps the rest of a unit's document ---- */

typedef struct shop_entry_mem_t {
    char order_id[SHOP_ID_LENGTH + 1];
    int64_t quantity;
    apr_time_t at;
} shop_entry_mem_t;

typedef struct shop_unit_mem_t {
    const char *id;
    bool deleted;
    int64_t available, terms, born, back_rev;
    apr_array_header_t *holds, *backs; /* shop_entry_mem_t */
} shop_unit_mem_t;

/* Takes the lock and counts a call. UNAVAILABLE, and the lock is free, while the store is away. */
shop_error_t *shop_reservations_mem_enter(shop_reservations_t *reservations, apr_pool_t *pool);
void shop_reservations_mem_leave(shop_reservations_t *reservations);
/* Under the lock; a new unit is all 0 but its id. */
shop_unit_mem_t *shop_reservations_mem_add(shop_reservations_t *reservations, const char *id);
/* NULL: none. */
shop_unit_mem_t *shop_reservations_mem_seek(const shop_reservations_t *reservations,
                                            const char *id);
/* It was never there. */
void shop_reservations_mem_remove(shop_reservations_t *reservations, const char *id);

#endif
