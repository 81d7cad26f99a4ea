/* SPDX-License-Identifier: MIT
 * The pool of MongoDB clients, and borrowing one for one call: bounded waits, a circuit breaker,
 * and the driver's errors as shop_error_t. */
#include <apr_strings.h>
#include <limits.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "mongo_inner.h"

#define EARLY apr_time_from_msec(200) /* a connection that failed within this was stale */
#define TRIED apr_time_from_sec(1)    /* a store that had less time than this has not failed */

/* ---- errors ---- */

static shop_error_t *unavailable(apr_pool_t *pool, const char *cause)
{
    shop_error_t *err = shop_err(pool, UNAVAILABLE, "the store cannot be reached or is too busy");

    err->retry_after = 1;
    return shop_error_cause(err, pool, "%s", cause);
}

/* Server errors that are transient or leave the outcome unknown; all others are programming or
 * deployment errors. The names are those of MongoDB's error_codes.yml. */
static bool is_transient(uint32_t code)
{
    static const uint32_t codes[] = {
        6,     /* HostUnreachable */
        7,     /* HostNotFound */
        24,    /* LockTimeout */
        43,    /* CursorNotFound */
        50,    /* MaxTimeMSExpired */
        64,    /* WriteConcernFailed */
        79,    /* UnknownReplWriteConcern */
        89,    /* NetworkTimeout */
        91,    /* ShutdownInProgress */
        100,   /* UnsatisfiableWriteConcern */
        112,   /* WriteConflict */
        133,   /* FailedToSatisfyReadPreference */
        134,   /* ReadConcernMajorityNotAvailableYet */
        189,   /* PrimarySteppedDown */
        202,   /* NetworkInterfaceExceededTimeLimit */
        262,   /* ExceededTimeLimit */
        290,   /* TransactionExceededLifetimeLimitSeconds */
        9001,  /* SocketException */
        10107, /* NotWritablePrimary */
        11600, /* InterruptedAtShutdown */
        11601, /* Interrupted */
        11602, /* InterruptedDueToReplStateChange */
        13435, /* NotPrimaryNoSecondaryOk */
        13436, /* NotPrimaryOrSecondary */
        14031, /* OutOfDiskSpace */
    };

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i] == code) {
            return true;
        }
    }
    return false;
}

static bool is_unavailable(const bson_error_t *error)
{
    switch (error->domain) {
    case MONGOC_ERROR_SERVER_SELECTION:
    case MONGOC_ERROR_STREAM:
    case MONGOC_ERROR_WRITE_CONCERN:
    case MONGOC_ERROR_POOL: return true;
    case MONGOC_ERROR_CLIENT:
        /* For the client, a failed authentication is an outage; the log has the reason. */
        return error->code == MONGOC_ERROR_CLIENT_AUTHENTICATE ||
               error->code == MONGOC_ERROR_CLIENT_NOT_READY ||
               error->code == MONGOC_ERROR_CLIENT_NO_ACCEPTABLE_PEER;
    case MONGOC_ERROR_PROTOCOL: return error->code == MONGOC_ERROR_PROTOCOL_INVALID_REPLY;
    default: return is_transient(error->code);
    }
}

static bool is_rejected_login(const bson_error_t *error)
{
    return error->domain == MONGOC_ERROR_CLIENT && error->code == MONGOC_ERROR_CLIENT_AUTHENTICATE;
}

/* The server's text with what an administrator can do; in the pool or the error's own. */
static const char *explain(const bson_error_t *error, apr_pool_t *pool)
{
    enum { UNAUTHORIZED = 13 };                         /* of the server */
    const char *command = strstr(error->message, " {"); /* all of it follows */

    if (is_rejected_login(error)) {
        return apr_pstrcat(pool, SHOP_MONGO_REJECTED ": ", error->message,
                           " Correct user, password or authSource of the connection string", NULL);
    }
    if (error->domain == MONGOC_ERROR_SERVER && error->code == UNAUTHORIZED) {
        return apr_psprintf(pool,
                            "the connection string needs a user with the role readWrite on this "
                            "database: %.*s",
                            (int)(command ? command - error->message : INT_MAX), error->message);
    }
    return error->message;
}

bool shop_mongo_broke_early(const shop_mongo_loan_t *loan, const bson_error_t *error)
{
    return error->domain == MONGOC_ERROR_STREAM && shop_clock_monotonic() - loan->since < EARLY;
}

/* ---- borrowing ---- */

mongoc_client_pool_t *shop_mongo_make_clients(shop_mongo_t *mongo, bson_error_t *error)
{
    mongoc_client_pool_t *clients = mongoc_client_pool_new_with_error(mongo->uri, error);

    if (clients) {
        mongoc_client_pool_set_error_api(clients, MONGOC_ERROR_API_VERSION_2);
        mongoc_client_pool_set_apm_callbacks(clients, mongo->events, mongo);
    }
    return clients;
}

static mongoc_client_pool_t *clients_of(shop_mongo_loan_t *loan, bson_error_t *error)
{
    shop_mongo_t *mongo = loan->mongo;
    mongoc_client_pool_t *clients = atomic_load(&mongo->clients);

    if (clients) {
        return clients;
    }
    pthread_mutex_lock(&mongo->opening);
    clients = atomic_load(&mongo->clients);
    if (!clients) {
        clients = shop_mongo_make_clients(mongo, error);
        atomic_store(&mongo->clients, clients);
    }
    pthread_mutex_unlock(&mongo->opening);
    if (clients) {
        loan->since = shop_clock_monotonic(); /* an SRV name may have taken seconds to resolve */
    }
    return clients;
}

static shop_error_t *pop_client(shop_mongo_loan_t *loan, mongoc_client_pool_t *clients,
                                apr_pool_t *pool)
{
    shop_mongo_t *mongo = loan->mongo;
    int32_t left;

    atomic_fetch_add(&mongo->loans, 1);
    loan->client = mongoc_client_pool_try_pop(clients);
    if (!loan->client && shop_mongo_time_left(mongo->wait_ms, loan->since) == mongo->wait_ms) {
        loan->client = mongoc_client_pool_pop(clients);
        loan->since = shop_clock_monotonic(); /* it may have waited for wait_ms */
    }
    if (!loan->client) {
        atomic_fetch_sub(&mongo->loans, 1);
        shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_MONGO_POOL,
                        "no connection to MongoDB became free in time (ShopMongoPool)");
        return unavailable(pool, "no connection to MongoDB became free in time");
    }
    shop_mongo_limit_client(mongo, loan->client);
    /* The driver's wait for a usable server cannot be made shorter. */
    left = shop_mongo_time_left(mongo->select_ms, loan->since);
    if (left < mongo->select_ms && (!left || !shop_mongo_primary_is_known(loan->client))) {
        mongoc_client_pool_push(clients, loan->client);
        atomic_fetch_sub(&mongo->loans, 1);
        return unavailable(pool, "the request's deadline has passed");
    }
    return NULL;
}

shop_error_t *shop_mongo_borrow_client(shop_mongo_loan_t *loan, shop_mongo_t *mongo, bool ping,
                                       apr_pool_t *pool)
{
    bson_error_t error = { 0 };
    mongoc_client_pool_t *clients;

    memset(loan, 0, sizeof(*loan));
    loan->mongo = mongo;
    loan->since = shop_clock_monotonic();
    if (!shop_mongo_may_begin(loan->since)) {
        return unavailable(pool, "the request's deadline has passed, or the process ends");
    }
    if (!ping && !shop_breaker_allows(&mongo->breaker, loan->since)) {
        return unavailable(pool, "circuit breaker open after failures");
    }
    clients = clients_of(loan, &error);
    if (!clients) {
        shop_breaker_failure(&mongo->breaker, SHOP_MONGO_FAILURES, loan->since,
                             shop_clock_monotonic());
        shop_log_seldom(SHOP_LOG_ERROR, SHOP_LOG_MONGO_AWAY, "MongoDB: %s", error.message);
        return unavailable(pool, error.message);
    }
    return pop_client(loan, clients, pool);
}

shop_error_t *shop_mongo_borrow(shop_mongo_loan_t *loan, shop_mongo_t *mongo,
                                const char *collection, apr_pool_t *pool)
{
    SHOP_TRY(shop_mongo_borrow_client(loan, mongo, false, pool));
    if (collection) {
        loan->collection = mongoc_client_get_collection(loan->client, mongo->database, collection);
    }
    return NULL;
}

static void report_to_breaker(const shop_mongo_loan_t *loan, const bson_error_t *error)
{
    shop_breaker_t *breaker = &loan->mongo->breaker;
    apr_time_t now = error ? shop_clock_monotonic() : 0;

    if (error && error->domain == MONGOC_ERROR_SERVER_SELECTION) {
        shop_breaker_failure(breaker, SHOP_MONGO_FAILURES, loan->since, now);
    } else if (error && error->domain == MONGOC_ERROR_STREAM) {
        /* A command that the deadline cut short is no evidence that the store failed. */
        if (shop_mongo_time_left(1, now) || now - loan->since >= TRIED) {
            shop_breaker_failure(breaker, 1, loan->since, now);
        }
    } else {
        shop_breaker_success(breaker);
    }
}

shop_error_t *shop_mongo_return(shop_mongo_loan_t *loan, const bson_error_t *error,
                                apr_pool_t *pool)
{
    mongoc_client_pool_t *clients = atomic_load(&loan->mongo->clients);
    const char *text;

    if (loan->collection) {
        mongoc_collection_destroy(loan->collection);
    }
    mongoc_client_pool_push(clients, loan->client);
    atomic_fetch_sub(&loan->mongo->loans, 1);
    report_to_breaker(loan, error);
    if (!error) {
        return NULL;
    }
    text = explain(error, pool);
    if (is_unavailable(error)) {
        shop_log_seldom(SHOP_LOG_ERROR, SHOP_LOG_MONGO_AWAY, "MongoDB: %s", text);
        return unavailable(pool, text);
    }
    shop_log_seldom(SHOP_LOG_ERROR, SHOP_LOG_MONGO_ERROR, "MongoDB: %s (%u.%u)", text,
                    error->domain, error->code);
    return shop_error_cause(shop_err(pool, INTERNAL, "internal error"), pool, "%s (%u.%u)", text,
                            error->domain, error->code);
}
