/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TOOLS_SHOPCTL_SCHEMA_H
#define SHOP_TOOLS_SHOPCTL_SCHEMA_H

#include "mod_shop/store/migrate.h"

/* Prints version and stages of the database as one JSON object. */
shop_error_t *shopctl_schema_json(const shop_migration_t *migration, apr_pool_t *pool);

#endif
