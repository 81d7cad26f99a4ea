/* SPDX-License-Identifier: MIT
 * shopctl init: the migration of an empty database, and safe on any other. */
#include <stdio.h>

#include "mod_shop/store/migrate.h"
#include "tools/shopctl.h"
#include "tools/shopctl_schema.h"

int shopctl_run_init(shopctl_t *ctl)
{
    shop_migration_t *migration;
    shop_error_t *err;
    int status = shopctl_use_store(ctl);

    if (status) {
        return status;
    }
    ctl->settings.mongo_socket_ms = SHOPCTL_BUILD_PATIENCE_MS;
    err = shop_app_migration(&migration, &ctl->settings, ctl->pool);
    err = err ? err : shop_migrate_up(migration, ctl->pool);
    if (err) {
        return shopctl_fail(err);
    }
    if (shopctl_value(ctl, SHOPCTL_JSON)) {
        err = shopctl_schema_json(migration, ctl->pool);
        return err ? shopctl_fail(err) : SHOPCTL_EXIT_DONE;
    }
    printf("%s: indexes are in place\n", shopctl_database(ctl));
    return SHOPCTL_EXIT_DONE;
}
