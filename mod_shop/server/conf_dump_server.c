/* SPDX-License-Identifier: MIT
 * apachectl -t -D DUMP_SHOP: what `shopctl doctor` asks about the server besides its shops. */
#include <httpd.h>

#include <ap_listen.h>
#include <ap_mmn.h>
#include <ap_mpm.h>
#include <apr_strings.h>
#include <http_core.h>
#include <stdio.h>

#include "conf.h"

static void dump_listener(const ap_listen_rec *listener)
{
    char *address = NULL;

    for (apr_sockaddr_t *at = listener->bind_addr; at; at = at->next) {
        if (apr_sockaddr_ip_get(&address, at) == APR_SUCCESS) {
            printf(strchr(address, ':') ? "  listen [%s]:%d %s\n" : "  listen %s:%d %s\n", address,
                   at->port, listener->protocol ? listener->protocol : "http");
        }
    }
}

void shop_dump_server(void)
{
    int threads = 0;

    if (!ap_exists_config_define("DUMP_SHOP")) {
        return;
    }
    printf("Server of shops:\n  version %s\n  built-for %d:%d\n", shop_app_version(),
           MODULE_MAGIC_NUMBER_MAJOR, MODULE_MAGIC_NUMBER_MINOR);
    for (const ap_listen_rec *listener = ap_listeners; listener; listener = listener->next) {
        dump_listener(listener);
    }
    if (ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads) == APR_SUCCESS && threads > 0) {
        printf("  threads %d\n", threads);
    }
}
