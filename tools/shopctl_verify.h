/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TOOLS_SHOPCTL_VERIFY_H
#define SHOP_TOOLS_SHOPCTL_VERIFY_H

#include "mod_shop/app.h"

/* Checks the books and prints what it finds: lines for people, or one JSON object. *left: drifts
 * that were not repaired. The error is the caller's to print; in JSON nothing was printed then. */
shop_error_t *shopctl_verify(int64_t *left, const shop_app_t *app, bool repair, bool json,
                             apr_pool_t *pool);

#endif
