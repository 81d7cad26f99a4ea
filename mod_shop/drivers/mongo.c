/* SPDX-License-Identifier: MIT
 * Opens and closes the store; ping. The pool of clients is in mongo_loan.c, the commands are in
 * mongo_read.c, mongo_write.c and mongo_index.c. */
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "mongo_inner.h"

#define WRITE_TIMEOUT_MS 4000 /* below the socket's, so that the server's reply arrives */
#define MAX_SKEW apr_time_from_sec(5)
#define PAUSE apr_time_from_sec(1)
#define PING_PATIENCE apr_time_from_sec(1)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local int sent;

void shop_mongo_begin(apr_time_t deadline)
{
    sent = 0;
    shop_mongo_set_deadline(deadline);
}

int shop_mongo_count(void)
{
    return sent;
}

void shop_mongo_recount(int count)
{
    sent = count;
}

/* ---- the driver's callbacks ---- */

static void on_command(const mongoc_apm_command_started_t *event)
{
    (void)event;
    sent++;
}

/* Leases and coupon windows use the time of the primary, which is in its reply to hello. */
static void measure_clock(const bson_t *hello, apr_time_t at)
{
    apr_time_t theirs = shop_bson_time(hello, "localTime");
    apr_time_t offset = theirs - at;

    if (!theirs ||
        !(shop_bson_bool(hello, "isWritablePrimary") || shop_bson_bool(hello, "ismaster"))) {
        return;
    }
    shop_clock_set_offset(offset);
    if (offset > MAX_SKEW || offset < -MAX_SKEW) {
        shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_CLOCK_SKEW,
                        "clock skew: MongoDB is %" APR_TIME_T_FMT " ms ahead of this host",
                        apr_time_as_msec(offset));
    }
}

/* The driver monitors every server every ten seconds, so the clock costs no further command. */
static void on_heartbeat(const mongoc_apm_server_heartbeat_succeeded_t *event)
{
    /* The server delayed an awaited reply on purpose, so its duration says nothing. */
    apr_time_t latency = mongoc_apm_server_heartbeat_succeeded_get_awaited(event)
                             ? 0
                             : mongoc_apm_server_heartbeat_succeeded_get_duration(event) / 2;

    measure_clock(mongoc_apm_server_heartbeat_succeeded_get_reply(event), apr_time_now() - latency);
}

static void on_log(mongoc_log_level_t level, const char *domain, const char *message, void *baton)
{
    (void)baton;
    if (level <= MONGOC_LOG_LEVEL_WARNING) {
        shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_MONGO_DRIVER, "%s: %s", domain, message);
    }
}

static void start_driver(void)
{
    mongoc_init();
}

/* ---- opening ---- */

static void set_default(mongoc_uri_t *uri, const char *option, int value)
{
    if (value > 0 && !mongoc_uri_has_option(uri, option)) {
        mongoc_uri_set_option_as_int32(uri, option, value);
    }
}

static void default_off(mongoc_uri_t *uri, const char *option)
{
    if (!mongoc_uri_has_option(uri, option)) {
        mongoc_uri_set_option_as_bool(uri, option, false);
    }
}

/* Each read says what it needs, whatever the connection string says: a read with "majority" does
 * not see what this process has just written with w: 1. */
static void drop_read_concern(mongoc_uri_t *uri)
{
    mongoc_read_concern_t *none = mongoc_read_concern_new();

    mongoc_uri_set_read_concern(uri, none);
    mongoc_read_concern_destroy(none);
}

static void set_defaults(mongoc_uri_t *uri, const shop_settings_t *settings)
{
    drop_read_concern(uri);
    set_default(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, settings->mongo_select_ms);
    set_default(uri, MONGOC_URI_CONNECTTIMEOUTMS, settings->mongo_connect_ms);
    set_default(uri, MONGOC_URI_SOCKETTIMEOUTMS, settings->mongo_socket_ms);
    set_default(uri, MONGOC_URI_WAITQUEUETIMEOUTMS, settings->mongo_wait_ms);
    set_default(uri, MONGOC_URI_MAXPOOLSIZE, settings->mongo_pool_max);
    if (!mongoc_uri_has_option(uri, MONGOC_URI_APPNAME)) {
        mongoc_uri_set_appname(uri, "mod_shop");
    }
    /* The driver would retry after a timeout too and double the wait (a hanging primary delayed
     * writes by ten seconds). mongo_read.c retries reads that failed at once. Writes are retried by
     * the client, which every route allows. An option in the URI overrides this. */
    default_off(uri, MONGOC_URI_RETRYREADS);
    default_off(uri, MONGOC_URI_RETRYWRITES);
}

/* The driver accepts "mongodb://bad host". */
static bool hosts_ok(const mongoc_uri_t *uri)
{
    for (const mongoc_host_list_t *host = mongoc_uri_get_hosts(uri); host; host = host->next) {
        for (const char *c = host->host; *c && host->host[0] != '/'; c++) {
            if (!apr_isalnum(*c) && !strchr(".-_:%[]", *c)) {
                return false;
            }
        }
    }
    return true;
}

/* Error texts quote neither the URI nor the driver's message: both may hold the password. */
static shop_error_t *parse_uri(mongoc_uri_t **uri, const char *text, apr_pool_t *pool)
{
    const char *problem = shop_mongo_uri_problem(text, pool);
    bson_error_t error = { 0 };

    *uri = problem ? NULL : mongoc_uri_new_with_error(text, &error);
    if (*uri && !hosts_ok(*uri)) {
        mongoc_uri_destroy(*uri);
        *uri = NULL;
        problem = "names a host with an invalid character";
    }
    return *uri ? NULL
                : shop_error_cause(shop_err(pool, INTERNAL, "internal error"), pool,
                                   "ShopMongoURI %s", problem ? problem : "cannot be read");
}

static apr_status_t close_mongo(void *baton)
{
    shop_mongo_t *mongo = baton;
    mongoc_client_pool_t *clients;

    /* The process ends during a call. Its thread may still return the client, and the driver calls
     * abort() when the pool is gone by then. So the pool is left to the end of the process. */
    if (atomic_load(&mongo->loans)) {
        return APR_SUCCESS;
    }
    clients = atomic_exchange(&mongo->clients, NULL);
    if (clients) {
        mongoc_client_pool_destroy(clients);
    }
    mongoc_apm_callbacks_destroy(mongo->events);
    mongoc_read_prefs_destroy(mongo->primary);
    mongoc_write_concern_destroy(mongo->one);
    mongoc_write_concern_destroy(mongo->majority);
    mongoc_uri_destroy(mongo->uri);
    pthread_mutex_destroy(&mongo->opening);
    return APR_SUCCESS;
}

static void fill(shop_mongo_t *mongo, mongoc_uri_t *uri, const shop_settings_t *settings,
                 apr_pool_t *pool)
{
    const char *name = mongoc_uri_get_database(uri);

    mongo->uri = uri;
    mongo->database = apr_pstrdup(pool, name && *name ? name : SHOP_MONGO_DATABASE);
    pthread_mutex_init(&mongo->opening, NULL);
    mongo->one = mongoc_write_concern_new();
    mongoc_write_concern_set_w(mongo->one, 1);
    mongo->majority = mongoc_write_concern_new();
    mongoc_write_concern_set_wmajority(mongo->majority, WRITE_TIMEOUT_MS);
    mongoc_write_concern_set_journal(mongo->majority, true);
    mongo->primary = mongoc_read_prefs_new(MONGOC_READ_PRIMARY);
    mongo->events = mongoc_apm_callbacks_new();
    mongoc_apm_set_command_started_cb(mongo->events, on_command);
    mongoc_apm_set_server_heartbeat_succeeded_cb(mongo->events, on_heartbeat);
    mongo->select_ms = mongoc_uri_get_option_as_int32(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS,
                                                      settings->mongo_select_ms);
    mongo->wait_ms =
        mongoc_uri_get_option_as_int32(uri, MONGOC_URI_WAITQUEUETIMEOUTMS, settings->mongo_wait_ms);
    mongo->breaker.threshold = SHOP_MONGO_FAILURES;
    mongo->breaker.pause = PAUSE;
    mongo->breaker.probe = PAUSE + apr_time_from_msec(mongo->select_ms);
}

shop_error_t *shop_mongo_open(shop_mongo_t **out, const shop_settings_t *settings, apr_pool_t *pool)
{
    shop_mongo_t *mongo;
    mongoc_uri_t *uri;
    mongoc_client_pool_t *clients;
    bson_error_t error = { 0 };
    shop_error_t *err;

    pthread_once(&once, start_driver);
    err = parse_uri(&uri, settings->mongo_uri, pool);
    mongoc_log_set_handler(on_log, NULL); /* the check of the string takes it away */
    SHOP_TRY(err);
    set_defaults(uri, settings);
    mongo = apr_pcalloc(pool, sizeof(*mongo));
    fill(mongo, uri, settings, pool);
    apr_pool_cleanup_register(pool, mongo, close_mongo, apr_pool_cleanup_null);
    clients = shop_mongo_make_clients(mongo, &error);
    if (!clients && !mongoc_uri_get_srv_hostname(uri)) {
        return shop_error_cause(shop_err(pool, INTERNAL, "internal error"), pool,
                                "ShopMongoURI: %s", error.message);
    }
    atomic_store(&mongo->clients, clients);
    *out = mongo;
    return NULL;
}

/* ---- ping ---- */

static shop_error_t *say_hello(shop_mongo_t *mongo, bool ping, apr_pool_t *pool)
{
    shop_mongo_loan_t loan;
    bson_t *command = BCON_NEW("hello", BCON_INT32(1));
    bson_t reply = BSON_INITIALIZER;
    bson_error_t error = { 0 };
    apr_time_t before;
    bool done;
    shop_error_t *err = shop_mongo_borrow_client(&loan, mongo, ping, pool);

    if (err) {
        goto cleanup;
    }
    before = apr_time_now();
    bson_destroy(&reply);
    done =
        mongoc_client_command_simple(loan.client, "admin", command, mongo->primary, &reply, &error);
    if (done) {
        measure_clock(&reply, before + (apr_time_now() - before) / 2);
    }
    err = shop_mongo_return(&loan, done ? NULL : &error, pool);
cleanup:
    bson_destroy(&reply);
    bson_destroy(command);
    return err;
}

shop_error_t *shop_mongo_ping(shop_mongo_t *mongo, apr_pool_t *pool)
{
    return say_hello(mongo, false, pool);
}

bool shop_mongo_ping_when_away(shop_mongo_t *mongo, apr_pool_t *pool)
{
    apr_time_t patience = PING_PATIENCE + apr_time_from_msec(mongo->select_ms);
    shop_error_t *err;

    if (!shop_breaker_wants_ping(&mongo->breaker)) {
        return false;
    }
    shop_mongo_begin(shop_clock_monotonic() + patience);
    err = say_hello(mongo, true, pool);
    shop_mongo_begin(0);
    if (!err) {
        shop_breaker_close(&mongo->breaker, shop_clock_monotonic());
        shop_log(SHOP_LOG_NOTICE, SHOP_LOG_MONGO_BACK, NULL, "MongoDB answers again");
    }
    return true;
}

bson_t *shop_mongo_copy(const bson_t *doc, apr_pool_t *pool)
{
    char *room = apr_palloc(pool, sizeof(bson_t) + _Alignof(bson_t));
    /* APR aligns to 8 bytes; bson_t is declared with an alignment of 128. */
    uintptr_t place = ((uintptr_t)room + _Alignof(bson_t) - 1) & ~(uintptr_t)(_Alignof(bson_t) - 1);
    bson_t *copy = (bson_t *)place;

    bson_init_static(copy, apr_pmemdup(pool, bson_get_data(doc), doc->len), doc->len);
    return copy;
}
