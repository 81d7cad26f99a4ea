/* SPDX-License-Identifier: MIT */
#ifndef SHOP_COUPONS_COUPON_VOIDS_H
#define SHOP_COUPONS_COUPON_VOIDS_H

/* The coupons' part of the stage SHOP_STAGE_CLAIMS (store/schema.h): they get voids of orders,
 * whose index is of the module's table, and the reaper searches their reservations no more. */

#include <apr_pools.h>

#include "../base/error.h"

struct shop_migration_t;

/* Makes the index of the version before where it is missing, removes the voids and their index. No
 * process of this version may run. */
shop_error_t *shop_coupon_voids_down(const struct shop_migration_t *migration, apr_pool_t *pool);
/* Drops the index of the version before. */
shop_error_t *shop_coupon_voids_finish(const struct shop_migration_t *migration, apr_pool_t *pool);

#endif
