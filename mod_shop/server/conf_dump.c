/* SPDX-License-Identifier: MIT
 * apachectl -t -D DUMP_SHOP: what each shop is configured with, on standard output, as one would
 * write it; secrets masked. */
#include <httpd.h>

#include <http_core.h>
#include <stdio.h>

#include "conf.h"
#include "conf_own.h"

static void dump_directive(const shop_settings_t *values, int row, apr_pool_t *pool)
{
    const shop_directive_t *directive = &shop_directives[row];
    const shop_own_t *own = shop_own(row);
    const char *line;

    if (!own->dump) {
        printf("  %s %s\n", directive->name, shop_directive_text(directive, values, pool));
        return;
    }
    for (int i = 0; (line = own->dump(values, i, pool)); i++) {
        printf("  %s %s\n", directive->name, line);
    }
}

void shop_dump_config(apr_pool_t *pool, server_rec *server)
{
    if (!ap_exists_config_define("DUMP_SHOP")) {
        return;
    }
    for (; server; server = server->next) {
        const shop_server_conf_t *conf = shop_server_conf(server);

        for (int i = 0; i < conf->roots->nelts; i++) {
            printf("Shop of %s:\n  root %s\n",
                   server->server_hostname ? server->server_hostname : "main",
                   APR_ARRAY_IDX(conf->roots, i, const char *));
            for (int row = 0; row < SHOP_DIRECTIVE_COUNT; row++) {
                dump_directive(&conf->values, row, pool);
            }
        }
    }
}
