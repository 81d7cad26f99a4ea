/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CATALOGUE_PRODUCT_KEYS_H
#define SHOP_CATALOGUE_PRODUCT_KEYS_H

/* The catalogue's part of the stage SHOP_STAGE_KEYS (store/schema.h): each product gets its
 * category_key. The version before changes a category without it, so lists compare categories byte
 * by byte until the stage is finished, and finish goes over all products once more. */

#include <apr_pools.h>

#include "../base/error.h"

struct shop_migration_t;

/* Writes the keys that are missing or wrong. */
shop_error_t *shop_product_keys_up(const struct shop_migration_t *migration, apr_pool_t *pool);
/* Removes the keys and their indexes. */
shop_error_t *shop_product_keys_down(const struct shop_migration_t *migration, apr_pool_t *pool);
/* As up; then drops the indexes that the version before lists categories by. */
shop_error_t *shop_product_keys_finish(const struct shop_migration_t *migration, apr_pool_t *pool);

#endif
