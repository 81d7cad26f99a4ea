/* SPDX-License-Identifier: MIT
 * Names the database that a command works on, and asks whether it is one of a shop. */
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#include "mod_shop/store/migrate.h"
#include "tools/shopctl.h"

const char *shopctl_database(const shopctl_t *ctl)
{
    const char *place = shop_app_mongo_uri_database(ctl->settings.mongo_uri, ctl->pool);
    const char *slash = strrchr(place, '/'); /* a database's name has none */

    return apr_psprintf(ctl->pool, "database %s at %.*s", slash + 1, (int)(slash - place), place);
}

int shopctl_check_prepared(bool *prepared, const shopctl_t *ctl)
{
    shop_migration_t *migration;
    shop_schema_t *schema = NULL;
    shop_error_t *err = shop_app_migration(&migration, &ctl->settings, ctl->pool);

    *prepared = false;
    err = err ? err : shop_schema_read(&schema, migration->mongo, ctl->pool);
    if (err) {
        return shopctl_fail(err);
    }
    *prepared = schema->exists;
    if (!*prepared) {
        fprintf(stderr,
                "shopctl: this database was never prepared for a shop (%s): check --mongo-uri, "
                "or run shopctl init\n",
                shop_app_mongo_uri_database(ctl->settings.mongo_uri, ctl->pool));
    }
    return 0;
}
