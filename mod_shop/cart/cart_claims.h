/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CART_CART_CLAIMS_H
#define SHOP_CART_CART_CLAIMS_H

/* The carts' part of the stage SHOP_STAGE_CLAIMS (store/schema.h): a cart carries the claim of the
 * order that is being placed. Nobody but processes of this version completes or undoes one. */

#include <apr_pools.h>

#include "../base/error.h"

struct shop_migration_t;

/* CONFLICT while a cart has a claim: the version before would leave what its order reserved. */
shop_error_t *shop_cart_claims_gone(const struct shop_migration_t *migration, apr_pool_t *pool);
/* Drops the index of claims. */
shop_error_t *shop_cart_claims_down(const struct shop_migration_t *migration, apr_pool_t *pool);

#endif
