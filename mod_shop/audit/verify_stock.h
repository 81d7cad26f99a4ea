/* SPDX-License-Identifier: MIT */
#ifndef SHOP_AUDIT_VERIFY_STOCK_H
#define SHOP_AUDIT_VERIFY_STOCK_H

/* Checks of the objects that orders reserve: units of stock and coupons. Findings are reported; a
 * deleted object has none. Errors are those of the ports. */

#include "verify_look.h"

shop_error_t *shop_verify_one_unit(const shop_verify_run_t *run, const char *id, apr_pool_t *pool);
shop_error_t *shop_verify_one_coupon(const shop_verify_run_t *run, const char *code,
                                     apr_pool_t *pool);

#endif
