/* SPDX-License-Identifier: MIT */
#ifndef SHOP_AUDIT_VERIFY_STOCK_H
#define SHOP_AUDIT_VERIFY_STOCK_H

/* Checks of the two objects that orders reserve: a unit of stock, and a coupon. Findings are
 * reported; an object that is gone has none. Errors are those of the ports. */

#include "verify_look.h"

shop_error_t *shop_verify_one_unit(const shop_verify_run_t *run, const char *id, apr_pool_t *pool);
shop_error_t *shop_verify_one_coupon(const shop_verify_run_t *run, const char *code,
                                     apr_pool_t *pool);

#endif
