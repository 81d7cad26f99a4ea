/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CATALOGUE_PRODUCT_SOLD_OUT_H
#define SHOP_CATALOGUE_PRODUCT_SOLD_OUT_H

/* The products' part of the stage SHOP_STAGE_CLAIMS (store/schema.h): the flag sold_out, by which
 * lists find what is sold out, so that no index names the stock or the reservations. The version
 * before does not keep the flag, so lists go by the stock until the stage is finished, and finish
 * goes over all products once more. The new indexes are of the module's table: stage 1 makes them.
 */

#include <apr_pools.h>

#include "../base/error.h"

struct shop_migration_t;

/* Writes the flags that are missing or wrong. */
shop_error_t *shop_product_sold_out_up(const struct shop_migration_t *migration, apr_pool_t *pool);
/* Makes the indexes of the version before where they are missing, removes flags and voids, then the
 * new indexes. No process of this version may run. */
shop_error_t *shop_product_sold_out_down(const struct shop_migration_t *migration,
                                         apr_pool_t *pool);
/* As up; then drops the indexes of the version before. */
shop_error_t *shop_product_sold_out_finish(const struct shop_migration_t *migration,
                                           apr_pool_t *pool);

#endif
