/* SPDX-License-Identifier: MIT
 * Names the database that a command works on, and asks whether it is one of a shop. */
#include <apr_strings.h>
#include <mongoc/mongoc.h>
#include <stdio.h>

#include "mod_shop/store/migrate.h"
#include "tools/shopctl.h"

#define DATABASE "shop" /* of a connection string that names none */

static const char *join_hosts(const mongoc_uri_t *uri, apr_pool_t *pool)
{
    const char *service = mongoc_uri_get_srv_hostname(uri);
    const char *hosts = "";

    if (service) {
        return apr_pstrdup(pool, service);
    }
    for (const mongoc_host_list_t *host = mongoc_uri_get_hosts(uri); host; host = host->next) {
        hosts = apr_pstrcat(pool, hosts, *hosts ? "," : "", host->host_and_port, NULL);
    }
    return hosts;
}

/* The parts that are no secret: options may hold one, and user and password are one. */
static void read_parts(const char **hosts, const char **database, const char *text,
                       apr_pool_t *pool)
{
    mongoc_uri_t *uri = mongoc_uri_new(text);
    const char *name = uri ? mongoc_uri_get_database(uri) : NULL;

    *hosts = uri ? join_hosts(uri, pool) : "";
    *database = apr_pstrdup(pool, name && *name ? name : DATABASE);
    if (uri) {
        mongoc_uri_destroy(uri);
    }
}

const char *shopctl_database(const shopctl_t *ctl)
{
    const char *hosts, *database;

    read_parts(&hosts, &database, ctl->settings.mongo_uri, ctl->pool);
    return apr_psprintf(ctl->pool, "database %s at %s", database, hosts);
}

int shopctl_check_prepared(bool *prepared, const shopctl_t *ctl)
{
    shop_migration_t *migration;
    shop_schema_t *schema = NULL;
    const char *hosts, *database;
    shop_error_t *err = shop_app_migration(&migration, &ctl->settings, ctl->pool);

    *prepared = false;
    err = err ? err : shop_schema_read(&schema, migration->mongo, ctl->pool);
    if (err) {
        return shopctl_fail(err);
    }
    *prepared = schema->exists;
    if (!*prepared) {
        read_parts(&hosts, &database, ctl->settings.mongo_uri, ctl->pool);
        fprintf(stderr,
                "shopctl: this database was never prepared for a shop (%s/%s): check --mongo-uri, "
                "or run shopctl init\n",
                hosts, database);
    }
    return 0;
}
