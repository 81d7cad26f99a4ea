/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_RESERVATION_CONTRACT_H
#define SHOP_TESTS_RESERVATION_CONTRACT_H

/* What reservations must do in every store and for every kind of unit; run on the fake and on the
 * real one, once for each kind. */

#include "mod_shop/store/reservation.h"
#include "tests/kit/harness.h"

extern const shop_test_t shop_reservation_contract[];

/* A kind of unit in a store, and what the suite does to its documents beside the port. */
typedef struct shop_reservation_world_t {
    shop_reservations_t *reservations;
    const char *units[2];  /* ids; there are none yet */
    int64_t quantity;      /* of a line: 2, or 1 where a reservation is always of one */
    bool may_be_unlimited; /* the counter may come and go */
    bool keeps_deleted;    /* a deleted unit's document stays */
    bool has_born;
    void (*add)(const char *id, int64_t available, int64_t terms, int64_t born);
    bool has_flag; /* units of which nothing is available are marked as sold out */
    void (*set_limit)(const char *id, int64_t available); /* or SHOP_UNLIMITED */
    bool (*is_sold_out)(const char *id);
    /* Is the previous protocol in use too? At first it is not. */
    void (*claims_open)(bool open);
    void (*remove)(const char *id);
} shop_reservation_world_t;

/* Called by each test for an empty store living in t_pool. */
extern const shop_reservation_world_t *(*shop_reservation_contract_world)(void);

#endif
