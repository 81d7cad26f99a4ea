/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ACCOUNTS_ACCOUNT_KEYS_H
#define SHOP_ACCOUNTS_ACCOUNT_KEYS_H

/* The accounts' part of the stage SHOP_STAGE_KEYS (store/schema.h): email_key and username_key
 * become what this version computes. The version before signs in with either form. Where another
 * account has the key already, both stay as they are, and the line that is said names their ids. */

#include <apr_pools.h>

#include "../base/error.h"

struct shop_migration_t;

/* Rewrites the keys, and keeps the earlier ones in keys_before. */
shop_error_t *shop_account_keys_up(const struct shop_migration_t *migration, apr_pool_t *pool);
/* Restores the earlier keys of accounts whose address or name is still the one they are of. */
shop_error_t *shop_account_keys_down(const struct shop_migration_t *migration, apr_pool_t *pool);
/* As up, for what was written since; then removes keys_before. */
shop_error_t *shop_account_keys_finish(const struct shop_migration_t *migration, apr_pool_t *pool);

#endif
