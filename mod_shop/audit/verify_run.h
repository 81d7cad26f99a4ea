/* SPDX-License-Identifier: MIT */
#ifndef SHOP_AUDIT_VERIFY_RUN_H
#define SHOP_AUDIT_VERIFY_RUN_H

/* Checks all books and mends them. Right beside a running shop: see verify_run.c. */

#include "../base/clock.h"
#include "../coupons/coupon_repo.h"
#include "../store/reservation.h"
#include "verify_store.h"

typedef struct shop_verify_ports_t {
    shop_verify_store_t *store;
    shop_reservations_t *stock;
    shop_coupon_repo_t *coupons; /* what each customer used */
    shop_reservations_t *coupon_uses;
    const shop_clock_t *clock;
} shop_verify_ports_t;

typedef struct shop_verify_sums_t {
    int64_t products, coupons, orders, redemptions; /* looked at */
    int64_t drifts, repaired;
    int64_t busy; /* changed each time they were looked at; not judged */
} shop_verify_sums_t;

/* finding lives during the call only. */
typedef void (*shop_verify_each_t)(void *baton, const shop_verify_finding_t *finding);

/* Calls each for everything found. repair: mends what can be mended without a person. Any number
 * may run at once. UNAVAILABLE: the store is away; what was told until then holds. */
shop_error_t *shop_verify(shop_verify_sums_t *sums, const shop_verify_ports_t *ports, bool repair,
                          shop_verify_each_t each, void *baton, apr_pool_t *pool);

#endif
