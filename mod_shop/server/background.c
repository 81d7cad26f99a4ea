/* SPDX-License-Identifier: MIT
 * Background threads, run by mod_watchdog: the heartbeat in each child, for each shop a thread in
 * each child for what orders leave to do, the reaper in one child of the host, and for each shop
 * with Redis a subscriber in one child of the host. */
#include <httpd.h>

#include <apr_optional.h>
#include <apr_strings.h>
#include <mod_watchdog.h>
#include <stdatomic.h>
#include <util_mutex.h>

#include "../base/log.h"
#include "conf.h"
#include "lifecycle.h"
#include "server.h"

#define LISTENER "shop-listener"
#define LISTENER_INTERVAL apr_time_from_msec(100) /* after this time another child takes over */
#define ORDERS "shop-orders"
#define ORDERS_INTERVAL apr_time_from_msec(100) /* until the thread begins; then it stays */
#define HEARTBEAT_INTERVAL apr_time_from_sec(60)
#define PING_INTERVAL apr_time_from_sec(1)

/* mod_watchdog ends its threads with the process, not with the child's pool. So a stopping child
 * waits for calls in progress and allows no new ones. */
static atomic_int calls;
static atomic_bool stopping;

void shop_background_stop(void)
{
    atomic_store(&stopping, true);
    shop_app_end_background();
}

bool shop_background_is_running(void)
{
    return atomic_load(&calls) > 0;
}

/* ---- jobs ---- */

typedef shop_error_t *(*shop_job_t)(const shop_app_t *app, apr_pool_t *pool);

static void each_shop(server_rec *server, shop_job_t job, apr_pool_t *pool)
{
    for (server_rec *at = server; at; at = at->next) {
        const shop_server_conf_t *conf = shop_server_conf(at);
        shop_error_t *err;

        if (conf->first != at || !conf->app || atomic_load(&stopping)) {
            continue;
        }
        shop_log_server(at);
        err = job(conf->app, pool);
        if (err &&
            err->code != SHOP_UNAVAILABLE) { /* an unreachable database is logged elsewhere */
            shop_log(SHOP_LOG_WARN, SHOP_LOG_JOB_FAILED, NULL, "a job of shop %s failed: %s",
                     conf->values.instance, err->cause ? err->cause : err->detail);
        }
    }
    shop_log_server(NULL);
}

static apr_status_t run_job(int state, void *data, apr_pool_t *pool, shop_job_t job)
{
    atomic_fetch_add(&calls, 1);
    if (state == AP_WATCHDOG_STATE_RUNNING && !atomic_load(&stopping)) {
        apr_pool_t *scratch;

        apr_pool_create(&scratch, pool);
        each_shop(data, job, scratch);
        apr_pool_destroy(scratch);
    }
    atomic_fetch_sub(&calls, 1);
    return APR_SUCCESS;
}

static apr_status_t run_reaper(int state, void *data, apr_pool_t *pool)
{
    return run_job(state, data, pool, shop_app_reap);
}

/* The first run is at the start of the child, not a minute later. */
static apr_status_t run_heartbeat(int state, void *data, apr_pool_t *pool)
{
    return run_job(state == AP_WATCHDOG_STATE_STARTING ? AP_WATCHDOG_STATE_RUNNING : state, data,
                   pool, shop_app_heartbeat);
}

static apr_status_t run_ping(int state, void *data, apr_pool_t *pool)
{
    return run_job(state, data, pool, shop_app_ping);
}

static apr_status_t add_watchdog(const char *name, int singleton, apr_interval_time_t interval,
                                 ap_watchdog_callback_fn_t *callback, server_rec *server)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *add =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    ap_watchdog_t *watchdog;
    apr_status_t status;

    if (!get || !add) {
        return APR_ENOTIMPL;
    }
    status = get(&watchdog, name, 0, singleton, server->process->pconf);
    return status == APR_SUCCESS ? add(watchdog, interval, server, callback) : status;
}

static apr_status_t start_jobs(server_rec *server)
{
    const shop_settings_t *jobs = NULL;
    apr_status_t status;

    for (server_rec *at = server; at && !jobs; at = at->next) {
        const shop_server_conf_t *conf = shop_server_conf(at);

        jobs = conf->first && conf->values.jobs ? &conf->values : NULL;
    }
    status = add_watchdog("shop-clock", 0, HEARTBEAT_INTERVAL, run_heartbeat, server);
    if (status == APR_SUCCESS) {
        status = add_watchdog("shop-store", 0, PING_INTERVAL, run_ping, server);
    }
    if (status == APR_SUCCESS && jobs) {
        /* One child runs it. Several would be correct too, but only add load. */
        status = add_watchdog("shop-reaper", 1, apr_time_from_sec(jobs->jobs_interval_s),
                              run_reaper, server);
    }
    return status;
}

/* ---- behind the replies ---- */

/* Returns when the child stops. */
static apr_status_t run_orders(int state, void *data, apr_pool_t *pool)
{
    const shop_server_conf_t *conf = shop_server_conf(data);

    atomic_fetch_add(&calls, 1);
    if (state == AP_WATCHDOG_STATE_RUNNING && !atomic_load(&stopping) && conf->app) {
        shop_log_server(data);
        shop_app_drop(conf->app, &stopping, pool);
        shop_log_server(NULL);
    }
    atomic_fetch_sub(&calls, 1);
    return APR_SUCCESS;
}

/* One thread of each child for each shop: a database that is away must not keep another shop's
 * reservations. */
static apr_status_t start_orders(server_rec *server)
{
    apr_pool_t *pconf = server->process->pconf;
    apr_status_t status = APR_SUCCESS;

    for (server_rec *at = server; at && status == APR_SUCCESS; at = at->next) {
        const shop_server_conf_t *conf = shop_server_conf(at);

        if (conf->first == at) {
            status = add_watchdog(apr_pstrcat(pconf, ORDERS "-", apr_itoa(pconf, conf->slot), NULL),
                                  0, ORDERS_INTERVAL, run_orders, at);
        }
    }
    return status;
}

/* ---- subscribers ---- */

/* The child that holds a shop's mutex subscribes for the host. A singleton of mod_watchdog does not
 * suffice, because another child takes it over only ten seconds after its owner has ended. */
static struct {
    apr_proc_mutex_t **mutexes; /* by slot; NULL: the shop has no Redis */
    const char **files;
} subscribers;

int shop_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)plog;
    (void)ptemp;
    return ap_mutex_register(pconf, LISTENER, NULL, APR_LOCK_DEFAULT, 0) == APR_SUCCESS
               ? OK
               : HTTP_INTERNAL_SERVER_ERROR;
}

/* Returns when the child stops. */
static apr_status_t run_subscriber(int state, void *data, apr_pool_t *pool)
{
    const shop_server_conf_t *conf = shop_server_conf(data);

    atomic_fetch_add(&calls, 1);
    if (state == AP_WATCHDOG_STATE_RUNNING && !atomic_load(&stopping) && conf->app &&
        apr_proc_mutex_trylock(subscribers.mutexes[conf->slot]) == APR_SUCCESS) {
        shop_log_server(data);
        shop_app_listen(conf->app, &stopping, pool);
        shop_log_server(NULL);
        apr_proc_mutex_unlock(subscribers.mutexes[conf->slot]);
    }
    atomic_fetch_sub(&calls, 1);
    return APR_SUCCESS;
}

/* One thread of the host for each shop, in any child: a slow Redis of one shop must not make the
 * replies of another stale. Each generation of children has its own mutexes, so that after a
 * graceful restart the new children subscribe before the old ones have stopped. */
static apr_status_t start_subscribers(int shops, server_rec *server)
{
    apr_pool_t *pconf = server->process->pconf;
    apr_status_t status = APR_SUCCESS;

    subscribers.mutexes = apr_pcalloc(pconf, sizeof(*subscribers.mutexes) * (apr_size_t)shops);
    subscribers.files = apr_pcalloc(pconf, sizeof(*subscribers.files) * (apr_size_t)shops);
    for (server_rec *at = server; at && status == APR_SUCCESS; at = at->next) {
        const shop_server_conf_t *conf = shop_server_conf(at);
        const char *number = apr_itoa(pconf, conf->slot);

        if (conf->first != at || !conf->values.redis_url) {
            continue;
        }
        status =
            ap_proc_mutex_create(&subscribers.mutexes[conf->slot], &subscribers.files[conf->slot],
                                 LISTENER, number, server, pconf, 0);
        if (status == APR_SUCCESS) {
            status = add_watchdog(apr_pstrcat(pconf, LISTENER "-", number, NULL), 0,
                                  LISTENER_INTERVAL, run_subscriber, at);
        }
    }
    return status;
}

apr_status_t shop_background_start(int shops, server_rec *server)
{
    apr_status_t status = start_jobs(server);

    if (status == APR_SUCCESS) {
        status = start_orders(server);
    }
    return status == APR_SUCCESS ? start_subscribers(shops, server) : status;
}

void shop_background_child_init(const shop_server_conf_t *conf, apr_pool_t *pchild)
{
    if (subscribers.mutexes[conf->slot]) {
        (void)apr_proc_mutex_child_init(&subscribers.mutexes[conf->slot],
                                        subscribers.files[conf->slot], pchild);
    }
}
