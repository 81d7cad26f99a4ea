/* SPDX-License-Identifier: MIT */
#ifndef SHOP_AUDIT_VERIFY_INNER_H
#define SHOP_AUDIT_VERIFY_INNER_H

/* What verify_run.c, verify_stock.c and verify_orders.c share; nobody else includes it. */

#include "verify_run.h"

#define SHOP_VERIFY_ASK "not repaired: a person must decide"

typedef struct shop_verify_run_t {
    const shop_verify_ports_t *ports;
    shop_verify_sums_t *sums;
    bool repair;
    shop_verify_each_t each;
    void *baton;
} shop_verify_run_t;

/* One look at an object. *settled (true before): false when it changed meanwhile, look again. */
typedef shop_error_t *(*shop_verify_look_t)(bool *settled, const shop_verify_run_t *run,
                                            const char *id, apr_pool_t *pool);

/* Looks until the object holds still, or says that it is busy. */
shop_error_t *shop_verify_settle(const shop_verify_run_t *run, const char *kind, const char *id,
                                 shop_verify_look_t look, apr_pool_t *pool);
void shop_verify_tell(const shop_verify_run_t *run, const shop_verify_finding_t *finding);
/* An array of shop_verify_finding_t. */
void shop_verify_tell_all(const shop_verify_run_t *run, const apr_array_header_t *findings);

/* ---- verify_stock.c ---- */
shop_error_t *shop_verify_look_at_unit(bool *settled, const shop_verify_run_t *run, const char *id,
                                       apr_pool_t *pool);
shop_error_t *shop_verify_look_at_coupon(bool *settled, const shop_verify_run_t *run,
                                         const char *code, apr_pool_t *pool);
/* ---- verify_orders.c ---- */
shop_error_t *shop_verify_one_order(const shop_verify_run_t *run, const shop_verify_order_t *order,
                                    apr_pool_t *pool);
shop_error_t *shop_verify_one_redemption(const shop_verify_run_t *run,
                                         const shop_verify_redemption_t *redemption,
                                         apr_pool_t *pool);

#endif
