/* SPDX-License-Identifier: MIT */
#ifndef SHOP_SERVER_CONF_H
#define SHOP_SERVER_CONF_H

/* Configuration: directives from one table, merged per virtual host, checked by configtest. */

#include <httpd.h>

#include <http_config.h>
#include <stdbool.h>

#include "../app.h"
#include "../directives/directive.h"
#include "../metrics/metrics.h"
#include "../settings.h"

typedef struct shop_server_conf_t {
    shop_settings_t values;
    apr_uint64_t set; /* bit i: row i of directives.def is set here or inherited */
    const char *where[SHOP_DIRECTIVE_COUNT]; /* "file:line" that set row i; NULL: the default */
    apr_array_header_t *roots;               /* const char *: API roots seen in this server */
    shop_app_t *app; /* of this child; NULL before child_init and when that failed */
    /* The first virtual host with equal settings, which opens the shop for all of them. NULL: no
     * shop here, or post_config has not run. */
    const server_rec *first;
    int slot;                /* number of the shop in this httpd; set in the first host */
    shop_metrics_t *metrics; /* of the shop, in shared memory; NULL: no shop here */
} shop_server_conf_t;

typedef struct shop_dir_conf_t {
    int engine;       /* -1 unset, 0 off, 1 on */
    const char *root; /* path of the section that holds ShopEngine, without a trailing slash */
} shop_dir_conf_t;

extern const command_rec shop_commands[];
void *shop_create_server_conf(apr_pool_t *pool, server_rec *server);
void *shop_merge_server_conf(apr_pool_t *pool, void *base, void *add);
void *shop_create_dir_conf(apr_pool_t *pool, char *dir);
void *shop_merge_dir_conf(apr_pool_t *pool, void *base, void *add);

shop_server_conf_t *shop_server_conf(const server_rec *server);
shop_dir_conf_t *shop_dir_conf(const request_rec *r);
/* Where the virtual host begins, as "file:line"; "the main server" for the one that has no block.
 */
const char *shop_server_place(const server_rec *server, apr_pool_t *pool);

/* Hook check_config: checks that need the whole configuration; configtest runs it too. Logs what is
 * wrong. Returns OK, or an HTTP status as the hook's failure. */
int shop_check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *server);
/* -t -D DUMP_SHOP: prints the merged configuration of every shop with secrets masked. */
void shop_dump_config(apr_pool_t *pool, server_rec *server);
/* Likewise: version of the module, what it was built for, addresses, threads. conf_dump_server.c */
void shop_dump_server(void);

/* The functions of row i of directives.def that differ from those of its kind, see conf_own.h. */
const struct shop_own_t *shop_own(int row);

#endif
