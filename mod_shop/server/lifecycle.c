/* SPDX-License-Identifier: MIT
 * post_config: finds the shops of this httpd and prepares what they need before the fork. */
#include <httpd.h>

#include <http_core.h>
#include <http_log.h>

#include "../base/log.h"
#include "conf.h"
#include "lifecycle.h"
#include "server.h"

APLOG_USE_MODULE(shop);

/* Virtual hosts with equal settings are one shop, with one set of pools and one part of the shared
 * memory. */
static const server_rec *same_shop(const server_rec *from, const server_rec *upto)
{
    const shop_server_conf_t *wanted = shop_server_conf(upto);

    for (; from != upto; from = from->next) {
        const shop_server_conf_t *conf = shop_server_conf(from);

        if (conf->first == from && shop_settings_same(&conf->values, &wanted->values)) {
            return from;
        }
    }
    return NULL;
}

static int number_shops(const server_rec *server)
{
    int shops = 0;

    for (const server_rec *at = server; at; at = at->next) {
        shop_server_conf_t *conf = shop_server_conf(at);

        /* A virtual host without directives of its own has the same configuration object as the
         * main server. */
        if (!conf->roots->nelts || conf->first) {
            continue;
        }
        conf->first = same_shop(server, at);
        if (!conf->first) {
            conf->first = at;
            conf->slot = shops++;
        }
    }
    return shops;
}

/* Here in the parent, so that shops that cannot be opened are counted too. */
static void attach_metrics(server_rec *server, apr_pool_t *pconf)
{
    for (server_rec *at = server; at; at = at->next) {
        shop_server_conf_t *conf = shop_server_conf(at);
        shop_shared_t part;
        void *counts;

        if (conf->first == at) {
            shop_memory_divide(&part, &counts, conf);
            conf->metrics = shop_metrics_attach(counts, shop_app_routes(), pconf);
        } else if (conf->first) {
            conf->metrics = shop_server_conf(conf->first)->metrics;
        }
    }
}

int shop_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *server)
{
    apr_status_t status;
    int shops;

    (void)plog;
    (void)ptemp;
    shop_log_sink_install(server);
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG ||
        !(shops = number_shops(server))) {
        return OK;
    }
    status = shop_memory_attach(shops, server);
    if (status == APR_SUCCESS) {
        attach_metrics(server, pconf);
        status = shop_background_start(shops, server);
    }
    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, status, server,
                     "SHOP%04d: no shared memory, mutex or mod_watchdog for the shop (is "
                     "watchdog_module loaded?)",
                     SHOP_LOG_CHILD_INIT);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}
