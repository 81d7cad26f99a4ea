/* SPDX-License-Identifier: MIT */
#ifndef SHOP_AUDIT_VERIFY_RUN_H
#define SHOP_AUDIT_VERIFY_RUN_H

/* Runs the audit and repairs. Correct while the shop is running: see verify_run.c. */

#include "../base/clock.h"
#include "../coupons/coupon_repo.h"
#include "../orders/order_repo.h"
#include "../store/reservation.h"
#include "verify_store.h"

typedef struct shop_verify_ports_t {
    shop_verify_store_t *store;
    shop_reservations_t *stock;
    shop_coupon_repo_t *coupons; /* redemptions */
    shop_reservations_t *coupon_uses;
    shop_order_repo_t *orders; /* tombstones */
    const shop_clock_t *clock;
    bool keeps_sold_out; /* every process keeps the flag of sold-out products right: stage
                            SHOP_STAGE_CLAIMS is finished */
} shop_verify_ports_t;

typedef struct shop_verify_sums_t {
    int64_t products, coupons, orders, redemptions; /* checked */
    int64_t drifts, repaired;
    int64_t leftovers,
        completed; /* of interrupted processes, no drifts; those that were repaired */
    int64_t busy;  /* changed during every check; not checked */
} shop_verify_sums_t;

/* finding lives during the call only. */
typedef void (*shop_verify_each_t)(void *baton, const shop_verify_finding_t *finding);

/* Calls each for every finding. repair: repairs what needs no person. Any number may run at once.
 * UNAVAILABLE: the store is unavailable; findings reported before are valid. */
shop_error_t *shop_verify(shop_verify_sums_t *sums, const shop_verify_ports_t *ports, bool repair,
                          shop_verify_each_t each, void *baton, apr_pool_t *pool);

#endif
