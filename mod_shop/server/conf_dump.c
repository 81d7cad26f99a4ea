/* SPDX-License-Identifier: MIT
 * apachectl -t -D DUMP_SHOP: each shop once, on standard output. First where it is served (server,
 * port, API root, file and line), then every directive with the value in force, as one would write
 * it, and where that was set. Secrets are masked. */
#include <httpd.h>

#include <ap_listen.h>
#include <apr_strings.h>
#include <http_core.h>
#include <stdio.h>

#include "conf.h"
#include "conf_own.h"

static void dump_directive(const shop_server_conf_t *conf, int row, apr_pool_t *pool)
{
    const shop_directive_t *directive = &shop_directives[row];
    const shop_own_t *own = shop_own(row);
    const char *where = conf->where[row] ? conf->where[row] : "default";
    const char *line;

    if (!own->dump) {
        printf("  %s %s  # %s\n", directive->name,
               shop_directive_text(directive, &conf->values, pool), where);
        return;
    }
    for (int i = 0; (line = own->dump(&conf->values, i, pool)); i++) {
        if (own->where && own->where(&conf->values, i)) {
            where = own->where(&conf->values, i);
        }
        printf("  %s %s  # %s\n", directive->name, line, where);
    }
}

/* ":80,443"; a server without addresses of its own answers at every Listen that is left. */
static const char *ports_of(const server_rec *server, apr_pool_t *pool)
{
    const char *ports = "";

    if (server->is_virtual) {
        for (const server_addr_rec *at = server->addrs; at; at = at->next) {
            if (at == server->addrs || at->host_port != server->addrs->host_port) {
                ports = apr_psprintf(pool, "%s%s%d", ports, *ports ? "," : "", at->host_port);
            }
        }
        return ports;
    }
    for (const ap_listen_rec *at = ap_listeners; at; at = at->next) {
        ports = apr_psprintf(pool, "%s%s%d", ports, *ports ? "," : "",
                             at->bind_addr ? at->bind_addr->port : 0);
    }
    return ports;
}

static void dump_host(const server_rec *server, apr_pool_t *pool)
{
    const shop_server_conf_t *conf = shop_server_conf(server);

    for (int i = 0; i < conf->roots->nelts; i++) {
        const char *root = APR_ARRAY_IDX(conf->roots, i, const char *);

        printf("  at %s:%s%s  # %s\n",
               server->server_hostname ? server->server_hostname : "(no ServerName)",
               ports_of(server, pool), *root ? root : "/", shop_server_place(server, pool));
    }
}

static bool serves(const server_rec *server)
{
    return shop_server_conf(server)->roots->nelts > 0;
}

static bool are_one_shop(const server_rec *a, const server_rec *b)
{
    return serves(a) && serves(b) &&
           shop_settings_same(&shop_server_conf(a)->values, &shop_server_conf(b)->values);
}

static bool is_first(const server_rec *servers, const server_rec *server)
{
    for (; servers != server; servers = servers->next) {
        if (are_one_shop(servers, server)) {
            return false;
        }
    }
    return serves(server);
}

void shop_dump_config(apr_pool_t *pool, server_rec *servers)
{
    if (!ap_exists_config_define("DUMP_SHOP")) {
        return;
    }
    for (const server_rec *server = servers; server; server = server->next) {
        if (!is_first(servers, server)) {
            continue;
        }
        printf("Shop %s:\n", shop_server_conf(server)->values.instance);
        for (const server_rec *at = server; at; at = at->next) {
            if (are_one_shop(at, server)) {
                dump_host(at, pool);
            }
        }
        for (int row = 0; row < SHOP_DIRECTIVE_COUNT; row++) {
            dump_directive(shop_server_conf(server), row, pool);
        }
    }
}
