/* SPDX-License-Identifier: MIT
 * A child process opens the shops after the fork and waits for its threads before it ends. */
#include <httpd.h>

#include <ap_mpm.h>
#include <http_main.h>
#include <apr_strings.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "conf.h"
#include "lifecycle.h"
#include "server.h"

#define STOP_WAIT apr_time_from_sec(6) /* longer than any call to the store takes */
#define DROP_WAIT                                                                  \
    apr_time_from_sec(1) /* for what orders leave to do, which others can do later \
                          */

static void child_defaults(shop_settings_t *values)
{
    int threads = 1;

    if (ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads) != APR_SUCCESS || threads < 1) {
        threads = 1;
    }
    /* Each background thread needs a connection. */
    if (!values->mongo_pool_max) {
        values->mongo_pool_max = threads + 2;
    }
    if (!values->redis_pool_max) {
        values->redis_pool_max = threads;
    }
}

/* How many children this host may have; each has a thread for what orders leave to do. */
static int processes(void)
{
    int count = 1;

    return ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &count) == APR_SUCCESS && count > 0 ? count : 1;
}

static void open_shop(shop_server_conf_t *conf, apr_pool_t *pchild)
{
    shop_settings_t *values = apr_pmemdup(pchild, &conf->values, sizeof(*values));
    shop_shared_t *part = apr_pcalloc(pchild, sizeof(*part));
    shop_error_t *err;
    void *counts;

    child_defaults(values);
    shop_background_child_init(conf, pchild);
    shop_memory_divide(part, &counts, conf);
    part->metrics = conf->metrics;
    part->processes = processes();
    err = shop_app_open(&conf->app, values, part, pchild);
    if (err) {
        conf->app = NULL;
        shop_log(SHOP_LOG_ERROR, SHOP_LOG_CHILD_INIT, NULL, "shop %s cannot start: %s (%s)",
                 values->instance, err->detail, err->cause ? err->cause : "no cause known");
        return;
    }
    shop_log(SHOP_LOG_INFO, SHOP_LOG_STARTED, NULL, "shop %s: pools of %d to MongoDB, Redis %s",
             values->instance, values->mongo_pool_max, values->redis_url ? "on" : "off");
}

/* The first virtual host of a shop opens it for all with equal directives. */
void shop_child_init(apr_pool_t *pchild, server_rec *server)
{
    for (server_rec *at = server; at; at = at->next) {
        shop_server_conf_t *conf = shop_server_conf(at);

        if (conf->first == at) {
            shop_log_server(at);
            open_shop(conf, pchild);
            shop_log_server(NULL);
        } else if (conf->first) {
            conf->app = shop_server_conf(conf->first)->app;
        }
    }
}

/* What orders of the last moments left to do. What does not succeed is found by later orders. */
static void drop_rest(apr_pool_t *pchild)
{
    for (const server_rec *at = ap_server_conf; at; at = at->next) {
        const shop_server_conf_t *conf = shop_server_conf(at);

        if (conf->first == at && conf->app) {
            shop_app_drop_rest(conf->app, shop_clock_monotonic() + DROP_WAIT, pchild);
        }
    }
}

void shop_child_stopping(apr_pool_t *pchild, int graceful)
{
    apr_time_t until = shop_clock_monotonic() + STOP_WAIT;
    int threaded = 0;

    (void)pchild;
    (void)graceful;
    shop_background_stop();
    /* Under prefork the signal may have interrupted the request, which would then never end. */
    ap_mpm_query(AP_MPMQ_IS_THREADED, &threaded);
    while ((shop_background_is_running() || (threaded && shop_requests_in_flight())) &&
           shop_clock_monotonic() < until) {
        apr_sleep(apr_time_from_msec(10));
    }
    drop_rest(pchild);
}
