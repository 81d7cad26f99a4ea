/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TOOLS_SHOPCTL_MIGRATE_H
#define SHOP_TOOLS_SHOPCTL_MIGRATE_H

#include "mod_shop/store/migrate.h"

typedef enum {
    SHOPCTL_MIGRATE_UP,
    SHOPCTL_MIGRATE_BACK,
    SHOPCTL_MIGRATE_FINISH,
    SHOPCTL_MIGRATE_STATUS
} shopctl_migrate_t;

/* Migrates and prints a line for each step. The error is the caller's to print. */
shop_error_t *shopctl_migrate(shopctl_migrate_t what, shop_migration_t *migration,
                              apr_pool_t *pool);

#endif
