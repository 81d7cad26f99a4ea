/* SPDX-License-Identifier: MIT */
#ifndef SHOP_AUDIT_VERIFY_RESERVATIONS_H
#define SHOP_AUDIT_VERIFY_RESERVATIONS_H

/* Checks of the reservations and return markers in a unit of stock or a coupon. Errors are those of
 * the ports. */

#include "verify_look.h"

/* An object that was counted, and where its reservations are released or confirmed. */
typedef struct shop_verify_reserved_t {
    const char *kind; /* of the findings */
    shop_verify_reservable_t *object;
    shop_reservations_t *reservations;
    apr_time_t now; /* before the object was read */
} shop_verify_reserved_t;

/* Reads the statuses of the orders of old reservations that were not counted with the object.
 * *found: a reservation or a return marker is to be reported. */
shop_error_t *shop_verify_look_at_reservations(bool *found, const shop_verify_run_t *run,
                                               const shop_verify_reserved_t *reserved,
                                               apr_pool_t *pool);
/* Reports them, and repairs them if run->repair. To be called after the former. */
shop_error_t *shop_verify_report_reservations(const shop_verify_run_t *run,
                                              const shop_verify_reserved_t *reserved,
                                              apr_pool_t *pool);

#endif
