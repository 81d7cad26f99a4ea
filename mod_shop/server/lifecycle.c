/* SPDX-License-Identifier: MIT
 * From configuration to running children: shared memory in the parent, pools in each child after
 * the fork, background work in mod_watchdog. */
#include <httpd.h>

#include <ap_mpm.h>
#include <apr_optional.h>
#include <apr_shm.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <mod_watchdog.h>
#include <stdatomic.h>
#include <util_mutex.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "conf.h"
#include "server.h"

APLOG_USE_MODULE(shop);

#define LIMITER_BYTES (512 * 1024) /* per shop */
#define LEASE_BYTES (1024 * 1024)  /* per shop: 32,000 clients at once */
#define WORDS 2                    /* per shop: cache_pending, revoked_pending */
#define CACHE_LINE 64
#define LISTENER "shop-listener"
#define LISTENER_INTERVAL apr_time_from_msec(100) /* how soon another child takes over */
#define HEARTBEAT_INTERVAL apr_time_from_sec(60)
#define STOP_PATIENCE apr_time_from_sec(6) /* a call to the store ends sooner */

/* What the children of one generation inherit. */
static struct {
    char *memory; /* on a cache line */
} shared;

/* Servers with equal settings are one shop: one set of pools, one share of the memory. */
static const shop_server_conf_t *same_shop(server_rec *from, const server_rec *upto)
{
    const shop_server_conf_t *wanted = shop_server_conf(upto);

    for (; from != upto; from = from->next) {
        const shop_server_conf_t *conf = shop_server_conf(from);

        if (conf->slot >= 0 && shop_settings_same(&conf->values, &wanted->values)) {
            return conf;
        }
    }
    return NULL;
}

static int number_shops(server_rec *server)
{
    int shops = 0;

    for (server_rec *at = server; at; at = at->next) {
        shop_server_conf_t *conf = shop_server_conf(at);
        const shop_server_conf_t *same = same_shop(server, at);

        if (conf->roots->nelts) {
            conf->slot = same ? same->slot : shops++;
        }
    }
    return shops;
}

static apr_size_t whole_lines(apr_size_t size)
{
    return (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

/* The next piece of a share; NULL when only the size is asked for. */
static void *take(char *share, apr_size_t *used, apr_size_t size)
{
    void *piece = share ? share + *used : NULL;

    *used += whole_lines(size);
    return piece;
}

/* Divides one shop's share and says how large it is: both in one place, or a piece could be
 * forgotten in the size and lie in the next shop's share. */
static apr_size_t divide(shop_shared_t *part, void **counts, char *share)
{
    apr_size_t used = 0;
    unsigned *words;

    part->limiter_size = LIMITER_BYTES;
    part->limiter = take(share, &used, LIMITER_BYTES);
    part->lease_size = LEASE_BYTES;
    part->lease = take(share, &used, LEASE_BYTES);
    part->changes = take(share, &used, shop_changes_size());
    part->revoked = take(share, &used, shop_app_revoked_size());
    *counts = take(share, &used, shop_metrics_size(shop_app_routes()));
    words = take(share, &used, WORDS * sizeof(*words));
    part->cache_pending = words;
    part->revoked_pending = words ? words + 1 : NULL;
    return used;
}

static apr_size_t share_size(void)
{
    shop_shared_t part;
    void *counts;

    return divide(&part, &counts, NULL);
}

static void divide_share_of(shop_shared_t *part, void **counts, const shop_server_conf_t *conf)
{
    divide(part, counts, shared.memory + (apr_size_t)conf->slot * share_size());
}

static apr_size_t shared_size(int shops)
{
    return (apr_size_t)shops * share_size() + CACHE_LINE;
}

/* Names the shops in the order of their shares: what is known of one must never be taken for what
 * is known of another, as when a graceful restart brings a shop before the others. */
static char *shared_key(server_rec *server)
{
    apr_pool_t *pool = server->process->pool;
    /* A module exchanged meanwhile may have divided it in another way. */
    char *key = apr_psprintf(pool, "mod_shop_shared_%" APR_SIZE_T_FMT "_%u", share_size(),
                             shop_metrics_mark(shop_app_routes()));

    for (server_rec *at = server; at; at = at->next) {
        const shop_server_conf_t *conf = shop_server_conf(at);

        if (conf->slot >= 0 && !same_shop(server, at)) {
            key = apr_pstrcat(pool, key, " ", conf->values.instance, "@",
                              conf->values.redis_url ? conf->values.redis_url : "", NULL);
        }
    }
    return key;
}

/* Counters must survive a graceful restart, or a client could reset its limits by waiting for
 * one: so the memory hangs on the process pool and is found again. */
static apr_status_t attach_shared(int shops, server_rec *server)
{
    apr_pool_t *pool = server->process->pool;
    char *key = shared_key(server);
    void *found = NULL;
    apr_shm_t *segment;
    apr_status_t status;

    apr_pool_userdata_get(&found, key, pool);
    if (!found) {
        status = apr_shm_create(&segment, shared_size(shops), NULL, pool);
        if (status != APR_SUCCESS) {
            return status;
        }
        memset(apr_shm_baseaddr_get(segment), 0, shared_size(shops));
        apr_pool_userdata_setn(segment, key, NULL, pool);
        found = segment;
    }
    shared.memory = apr_shm_baseaddr_get(found);
    shared.memory += (CACHE_LINE - (uintptr_t)shared.memory % CACHE_LINE) % CACHE_LINE;
    return APR_SUCCESS;
}

/* Each child inherits them, so a shop that cannot be opened counts as well. */
static void attach_metrics(server_rec *server, apr_pool_t *pconf)
{
    for (server_rec *at = server; at; at = at->next) {
        shop_server_conf_t *conf = shop_server_conf(at);
        const shop_server_conf_t *same = same_shop(server, at);
        shop_shared_t part;
        void *counts;

        if (conf->slot >= 0 && !same) {
            divide_share_of(&part, &counts, conf);
            conf->metrics = shop_metrics_attach(counts, shop_app_routes(), pconf);
        } else if (conf->slot >= 0) {
            conf->metrics = same->metrics;
        }
    }
}

/* ---- background work ---- */

typedef shop_error_t *(*shop_job_t)(const shop_app_t *app, apr_pool_t *pool);

static void each_shop(server_rec *server, shop_job_t job, apr_pool_t *pool)
{
    for (server_rec *at = server; at; at = at->next) {
        const shop_server_conf_t *conf = shop_server_conf(at);
        shop_error_t *err;

        if (!conf->app || conf != shop_server_conf(at) || same_shop(server, at)) {
            continue;
        }
        err = job(conf->app, pool);
        if (err && err->code != SHOP_UNAVAILABLE) { /* an absent database has its own line */
            shop_log(SHOP_LOG_WARN, SHOP_LOG_JOB_FAILED, NULL, "a job of shop %s failed: %s",
                     conf->values.instance, err->cause ? err->cause : err->detail);
        }
    }
}

/* mod_watchdog ends its threads with the process, not with the child's pool: a turn that is under
 * way when the child stops must be waited for, and none may begin behind it. */
static atomic_int turns;
static atomic_bool stopping;

static apr_status_t watchdog_turn(int state, void *data, apr_pool_t *pool, shop_job_t job)
{
    atomic_fetch_add(&turns, 1);
    if (state == AP_WATCHDOG_STATE_RUNNING && !atomic_load(&stopping)) {
        apr_pool_t *turn;

        apr_pool_create(&turn, pool);
        each_shop(data, job, turn);
        apr_pool_destroy(turn);
    }
    atomic_fetch_sub(&turns, 1);
    return APR_SUCCESS;
}

void shop_child_stopping(apr_pool_t *pchild, int graceful)
{
    apr_time_t until = shop_clock_monotonic() + STOP_PATIENCE;
    int threaded = 0;

    (void)pchild;
    (void)graceful;
    atomic_store(&stopping, true);
    /* Under prefork the signal may have interrupted the very request one would wait for. */
    ap_mpm_query(AP_MPMQ_IS_THREADED, &threaded);
    while ((atomic_load(&turns) || (threaded && shop_requests_in_flight())) &&
           shop_clock_monotonic() < until) {
        apr_sleep(apr_time_from_msec(10));
    }
}

static apr_status_t reap_turn(int state, void *data, apr_pool_t *pool)
{
    return watchdog_turn(state, data, pool, shop_app_reap);
}

static apr_status_t heartbeat_turn(int state, void *data, apr_pool_t *pool)
{
    return watchdog_turn(state, data, pool, shop_app_heartbeat);
}

/* Who holds a shop's mutex listens for the host. A singleton of mod_watchdog would not do: it is
 * taken over ten seconds after the one before has gone. */
static struct {
    apr_proc_mutex_t **mutexes; /* by slot; NULL: nobody listens */
    const char **files;
} ears;

int shop_pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)plog;
    (void)ptemp;
    return ap_mutex_register(pconf, LISTENER, NULL, APR_LOCK_DEFAULT, 0) == APR_SUCCESS
               ? OK
               : HTTP_INTERNAL_SERVER_ERROR;
}

/* The turn is the listening; it ends when the child does. */
static apr_status_t listener_turn(int state, void *data, apr_pool_t *pool)
{
    const shop_server_conf_t *conf = shop_server_conf(data);

    atomic_fetch_add(&turns, 1);
    if (state == AP_WATCHDOG_STATE_RUNNING && !atomic_load(&stopping) && conf->app &&
        apr_proc_mutex_trylock(ears.mutexes[conf->slot]) == APR_SUCCESS) {
        shop_app_listen(conf->app, &stopping, pool);
        apr_proc_mutex_unlock(ears.mutexes[conf->slot]);
    }
    atomic_fetch_sub(&turns, 1);
    return APR_SUCCESS;
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

/* One thread of the host for each shop, in whichever child: a shop whose Redis is slow must not
 * make another one deaf. Each generation has mutexes of its own, so after a graceful restart the
 * new children listen before the old ones have stopped. */
static apr_status_t start_listeners(int shops, server_rec *server)
{
    apr_pool_t *pconf = server->process->pconf;
    apr_status_t status = APR_SUCCESS;

    ears.mutexes = apr_pcalloc(pconf, sizeof(*ears.mutexes) * (apr_size_t)shops);
    ears.files = apr_pcalloc(pconf, sizeof(*ears.files) * (apr_size_t)shops);
    for (server_rec *at = server; at && status == APR_SUCCESS; at = at->next) {
        const shop_server_conf_t *conf = shop_server_conf(at);
        const char *number = apr_itoa(pconf, conf->slot);

        if (conf->slot < 0 || !conf->values.redis_url || same_shop(server, at)) {
            continue;
        }
        status = ap_proc_mutex_create(&ears.mutexes[conf->slot], &ears.files[conf->slot], LISTENER,
                                      number, server, pconf, 0);
        if (status == APR_SUCCESS) {
            status = add_watchdog(apr_pstrcat(pconf, LISTENER "-", number, NULL), 0,
                                  LISTENER_INTERVAL, listener_turn, at);
        }
    }
    return status;
}

static apr_status_t start_jobs(server_rec *server)
{
    const shop_settings_t *jobs = NULL;
    apr_status_t status;

    for (server_rec *at = server; at && !jobs; at = at->next) {
        const shop_server_conf_t *conf = shop_server_conf(at);

        jobs = conf->slot >= 0 && conf->values.jobs ? &conf->values : NULL;
    }
    status = add_watchdog("shop-clock", 0, HEARTBEAT_INTERVAL, heartbeat_turn, server);
    if (status == APR_SUCCESS && jobs) {
        /* One child does it: several would be right as well, only more work. */
        status = add_watchdog("shop-reaper", 1, apr_time_from_sec(jobs->jobs_interval_s), reap_turn,
                              server);
    }
    return status;
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
    status = attach_shared(shops, server);
    if (status == APR_SUCCESS) {
        attach_metrics(server, pconf);
        status = start_jobs(server);
    }
    if (status == APR_SUCCESS) {
        status = start_listeners(shops, server);
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

/* ---- child ---- */

static void child_defaults(shop_settings_t *values)
{
    int threads = 1;

    if (ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads) != APR_SUCCESS || threads < 1) {
        threads = 1;
    }
    /* The background threads need one each. */
    if (!values->mongo_pool_max) {
        values->mongo_pool_max = threads + 2;
    }
    if (!values->redis_pool_max) {
        values->redis_pool_max = threads;
    }
}

static void open_shop(shop_server_conf_t *conf, server_rec *server, apr_pool_t *pchild)
{
    shop_settings_t *values = apr_pmemdup(pchild, &conf->values, sizeof(*values));
    shop_shared_t *part = apr_pcalloc(pchild, sizeof(*part));
    shop_error_t *err;
    void *counts;

    child_defaults(values);
    if (ears.mutexes[conf->slot]) {
        (void)apr_proc_mutex_child_init(&ears.mutexes[conf->slot], ears.files[conf->slot], pchild);
    }
    divide_share_of(part, &counts, conf);
    part->metrics = conf->metrics;
    err = shop_app_open(&conf->app, values, part, pchild);
    if (err) {
        conf->app = NULL;
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, server, "SHOP%04d: shop %s cannot start: %s (%s)",
                     SHOP_LOG_CHILD_INIT, values->instance, err->detail,
                     err->cause ? err->cause : "no cause known");
        return;
    }
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, server,
                 "SHOP%04d: shop %s: pools of %d to MongoDB, Redis %s", SHOP_LOG_STARTED,
                 values->instance, values->mongo_pool_max, values->redis_url ? "on" : "off");
}

void shop_child_init(apr_pool_t *pchild, server_rec *server)
{
    for (server_rec *at = server; at; at = at->next) {
        shop_server_conf_t *conf = shop_server_conf(at);
        const shop_server_conf_t *same;

        if (conf->slot < 0) {
            continue;
        }
        same = same_shop(server, at);
        if (same) {
            conf->app = same->app;
        } else {
            open_shop(conf, at, pchild);
        }
    }
}
