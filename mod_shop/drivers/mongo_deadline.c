/* SPDX-License-Identifier: MIT
 * The request's deadline in the driver. The driver has one socket timeout per pool, so a command
 * begun late would wait for the whole of it once more. Here every wait on a connection ends with
 * the deadline of the thread that waits. */
#include <string.h>

#include "../base/clock.h"
#include "mongo_inner.h"

#define STREAM_TYPE 0x5350 /* none of the driver's */

/* The driver's own initiator, TLS included. The library exports it and no header declares it. Where
 * a build of the library hides it, a command has the whole socket timeout. */
mongoc_stream_t *mongoc_client_default_stream_initiator(const mongoc_uri_t *uri,
                                                        const mongoc_host_list_t *host,
                                                        void *client, bson_error_t *error)
    __attribute__((weak));

static atomic_bool background_ended;
static _Thread_local apr_time_t deadline; /* of this thread's request, monotonic; 0: none */

void shop_mongo_set_deadline(apr_time_t wanted)
{
    deadline = wanted;
}

void shop_mongo_end_background(void)
{
    atomic_store(&background_ended, true);
}

bool shop_mongo_may_begin(apr_time_t now)
{
    return deadline ? shop_mongo_time_left(1, now) > 0
                    : !atomic_load_explicit(&background_ended, memory_order_relaxed);
}

int32_t shop_mongo_time_left(int32_t timeout_ms, apr_time_t now)
{
    apr_time_t until = deadline, left;

    if (!until) {
        return timeout_ms;
    }
    left = (until - (now ? now : shop_clock_monotonic())) / 1000;
    return left < 0 ? 0 : left < timeout_ms ? (int32_t)left : timeout_ms;
}

/* ---- a stream around the driver's ---- */

typedef struct limited_t {
    mongoc_stream_t stream; /* first: the driver's view of it */
    mongoc_stream_t *inner;
} limited_t;

static mongoc_stream_t *inner_of(mongoc_stream_t *stream)
{
    return ((limited_t *)stream)->inner;
}

/* The driver takes 0 for "do not wait" and less for "as long as it takes". */
static int32_t limit(int32_t timeout_ms)
{
    int32_t left =
        timeout_ms ? shop_mongo_time_left(timeout_ms < 0 ? INT32_MAX : timeout_ms, 0) : 0;

    return timeout_ms < 0 && !deadline ? timeout_ms : left > 0 || !timeout_ms ? left : 1;
}

static void limited_destroy(mongoc_stream_t *stream)
{
    mongoc_stream_destroy(inner_of(stream));
    bson_free(stream);
}

static void limited_failed(mongoc_stream_t *stream)
{
    mongoc_stream_failed(inner_of(stream));
    bson_free(stream);
}

static int limited_close(mongoc_stream_t *stream)
{
    return mongoc_stream_close(inner_of(stream));
}

static int limited_flush(mongoc_stream_t *stream)
{
    return mongoc_stream_flush(inner_of(stream));
}

static ssize_t limited_writev(mongoc_stream_t *stream, mongoc_iovec_t *iov, size_t count,
                              int32_t timeout_ms)
{
    return mongoc_stream_writev(inner_of(stream), iov, count, limit(timeout_ms));
}

static ssize_t limited_readv(mongoc_stream_t *stream, mongoc_iovec_t *iov, size_t count,
                             size_t least, int32_t timeout_ms)
{
    return mongoc_stream_readv(inner_of(stream), iov, count, least, limit(timeout_ms));
}

static int limited_setsockopt(mongoc_stream_t *stream, int level, int name, void *value,
                              mongoc_socklen_t size)
{
    return mongoc_stream_setsockopt(inner_of(stream), level, name, value, size);
}

static bool limited_check_closed(mongoc_stream_t *stream)
{
    return mongoc_stream_check_closed(inner_of(stream));
}

static bool limited_timed_out(mongoc_stream_t *stream)
{
    return mongoc_stream_timed_out(inner_of(stream));
}

static bool limited_should_retry(mongoc_stream_t *stream)
{
    return mongoc_stream_should_retry(inner_of(stream));
}

static mongoc_stream_t *limited_new(mongoc_stream_t *inner)
{
    limited_t *limited = bson_malloc0(sizeof(*limited));

    limited->inner = inner;
    limited->stream = (mongoc_stream_t){ .type = STREAM_TYPE,
                                         .destroy = limited_destroy,
                                         .failed = limited_failed,
                                         .close = limited_close,
                                         .flush = limited_flush,
                                         .writev = limited_writev,
                                         .readv = limited_readv,
                                         .setsockopt = limited_setsockopt,
                                         .get_base_stream = inner_of,
                                         .check_closed = limited_check_closed,
                                         .timed_out = limited_timed_out,
                                         .should_retry = limited_should_retry };
    return &limited->stream;
}

/* ---- a client's way to a server ---- */

static mongoc_stream_t *connect_limited(const mongoc_uri_t *uri, const mongoc_host_list_t *host,
                                        void *client, bson_error_t *error)
{
    int32_t wanted = mongoc_uri_get_option_as_int32(uri, MONGOC_URI_CONNECTTIMEOUTMS, 10000);
    int32_t left = shop_mongo_time_left(wanted, 0);
    mongoc_uri_t *limited = NULL;
    mongoc_stream_t *stream;

    if (left < wanted) {
        limited = mongoc_uri_copy(uri);
        mongoc_uri_set_option_as_int32(limited, MONGOC_URI_CONNECTTIMEOUTMS, left > 0 ? left : 1);
    }
    stream = mongoc_client_default_stream_initiator(limited ? limited : uri, host, client, error);
    if (limited) {
        mongoc_uri_destroy(limited);
    }
    return stream ? limited_new(stream) : NULL;
}

/* true: it was not among the known ones, and is now (unless there is no room). */
static bool is_new(shop_mongo_t *mongo, mongoc_client_t *client)
{
    unsigned at = (unsigned)((uintptr_t)client >> 6) % SHOP_MONGO_KNOWN;

    for (unsigned tries = 0; tries < SHOP_MONGO_KNOWN; tries++) {
        mongoc_client_t *there = atomic_load(&mongo->known[at]);

        if (there == client) {
            return false;
        }
        if (!there && atomic_compare_exchange_strong(&mongo->known[at], &there, client)) {
            return true;
        }
        at = (at + 1) % SHOP_MONGO_KNOWN;
    }
    return true;
}

void shop_mongo_limit_client(shop_mongo_t *mongo, mongoc_client_t *client)
{
    /* Only once: the driver logs a line each time. */
    if (mongoc_client_default_stream_initiator && is_new(mongo, client)) {
        mongoc_client_set_stream_initiator(client, connect_limited, client);
    }
}

bool shop_mongo_primary_is_known(mongoc_client_t *client)
{
    static const char *const kinds[] = { "Standalone", "RSPrimary", "Mongos", "LoadBalancer" };
    size_t count;
    mongoc_server_description_t **servers = mongoc_client_get_server_descriptions(client, &count);
    bool known = false;

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
            known |= !strcmp(mongoc_server_description_type(servers[i]), kinds[k]);
        }
    }
    mongoc_server_descriptions_destroy_all(servers, count);
    return known;
}
