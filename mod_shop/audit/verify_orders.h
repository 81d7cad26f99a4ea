/* SPDX-License-Identifier: MIT */
#ifndef SHOP_AUDIT_VERIFY_ORDERS_H
#define SHOP_AUDIT_VERIFY_ORDERS_H

/* Checks of an order and of a redemption, as they were read in a page. Findings are reported.
 * Errors are those of the ports. */

#include "verify_look.h"

shop_error_t *shop_verify_one_order(const shop_verify_run_t *run, const shop_verify_order_t *order,
                                    apr_pool_t *pool);
shop_error_t *shop_verify_one_redemption(const shop_verify_run_t *run,
                                         const shop_verify_redemption_t *redemption,
                                         apr_pool_t *pool);

#endif
