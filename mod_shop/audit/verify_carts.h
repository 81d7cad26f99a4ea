/* SPDX-License-Identifier: MIT */
#ifndef SHOP_AUDIT_VERIFY_CARTS_H
#define SHOP_AUDIT_VERIFY_CARTS_H

/* Reports the carts whose claim is so old that the reaper should have completed or undone its order
 * long ago. Nothing is repaired: that is the reaper's work. Errors are those of the ports. */

#include "verify_look.h"

shop_error_t *shop_verify_all_carts(const shop_verify_run_t *run, apr_pool_t *pool);

#endif
