/* SPDX-License-Identifier: MIT
 * Bytes on a connection to Redis. The connection pool, retries and the circuit breaker are in
 * redis.c. */
#include "redis_wire.h"

#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "../base/clock.h"

static struct timeval to_timeval(apr_time_t time)
{
    struct timeval value = { .tv_sec = apr_time_sec(time), .tv_usec = apr_time_usec(time) };

    return value;
}

static bool prepare(redisContext *context, bool tcp)
{
    int on = 1;
    int flags = fcntl(context->fd, F_GETFL);

    /* Programs that httpd starts must not inherit the connection. */
    if (flags < 0 || fcntl(context->fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(context->fd, F_SETFD, FD_CLOEXEC) < 0) {
        return false;
    }
    if (tcp) {
        (void)setsockopt(context->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        (void)setsockopt(context->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    }
    /* From here on hiredis does not block; await() waits, with the caller's deadline. */
    context->flags &= ~REDIS_BLOCK;
    return true;
}

redisContext *shop_redis_wire_open(const char **why, const shop_redis_url_t *url,
                                   apr_time_t timeout, apr_pool_t *pool)
{
    redisContext *context =
        url->path ? redisConnectUnixWithTimeout(url->path, to_timeval(timeout))
                  : redisConnectWithTimeout(url->host, url->port, to_timeval(timeout));

    if (!context) {
        *why = "out of memory";
        return NULL;
    }
    if (context->err || !prepare(context, !url->path)) {
        *why = apr_pstrdup(pool, context->err ? context->errstr : strerror(errno));
        redisFree(context);
        return NULL;
    }
    return context;
}

/* Waits for the socket until the deadline. */
static bool await(const char **why, const redisContext *context, short events, apr_time_t deadline)
{
    struct pollfd poller = { .fd = context->fd, .events = events };

    for (;;) {
        apr_time_t left = deadline - shop_clock_monotonic();
        int ready;

        if (left <= 0) {
            *why = SHOP_REDIS_TIMEOUT;
            return false;
        }
        ready = poll(&poller, 1, (int)((left + 999) / 1000));
        if (ready > 0) {
            return true; /* an error condition shows at the next read or write */
        }
        if (ready < 0 && errno != EINTR) {
            *why = "poll failed";
            return false;
        }
    }
}

static bool send_all(const char **why, redisContext *context, apr_time_t deadline)
{
    int done = 0;

    for (;;) {
        if (redisBufferWrite(context, &done) != REDIS_OK) {
            return false;
        }
        if (done) {
            return true;
        }
        if (!await(why, context, POLLOUT, deadline)) {
            return false;
        }
    }
}

static redisReply *receive(const char **why, redisContext *context, apr_time_t deadline)
{
    void *reply = NULL;

    for (;;) {
        if (redisGetReplyFromReader(context, &reply) != REDIS_OK) {
            return NULL;
        }
        if (reply) {
            return reply;
        }
        if (!await(why, context, POLLIN, deadline) || redisBufferRead(context) != REDIS_OK) {
            return NULL;
        }
    }
}

redisReply *shop_redis_wire_call(const char **why, redisContext *context, int argc,
                                 const char *const *argv, const apr_size_t *sizes,
                                 apr_time_t timeout, apr_pool_t *pool)
{
    apr_time_t deadline = shop_clock_monotonic() + timeout;
    const char *cause = NULL;
    redisReply *reply = NULL;

    /* hiredis only reads argv; its prototype lacks the const. */
    if (redisAppendCommandArgv(context, argc, (const char **)argv, sizes) == REDIS_OK &&
        send_all(&cause, context, deadline)) {
        reply = receive(&cause, context, deadline);
    }
    if (!reply) {
        *why = cause ? cause : apr_pstrdup(pool, context->err ? context->errstr : "failed");
    }
    return reply;
}

bool shop_redis_wire_send(const char **why, redisContext *context, int argc,
                          const char *const *argv, apr_time_t timeout, apr_pool_t *pool)
{
    const char *cause = NULL;

    if (redisAppendCommandArgv(context, argc, (const char **)argv, NULL) == REDIS_OK &&
        send_all(&cause, context, shop_clock_monotonic() + timeout)) {
        return true;
    }
    *why = cause ? cause : apr_pstrdup(pool, context->err ? context->errstr : "failed");
    return false;
}

bool shop_redis_wire_next(redisReply **reply, const char **why, redisContext *context,
                          apr_time_t wait, apr_pool_t *pool)
{
    const char *cause = NULL;

    *reply = receive(&cause, context, shop_clock_monotonic() + wait);
    if (*reply || (cause && !strcmp(cause, SHOP_REDIS_TIMEOUT))) {
        return true;
    }
    *why = cause ? cause : apr_pstrdup(pool, context->err ? context->errstr : "failed");
    return false;
}

bool shop_redis_wire_reusable(const redisContext *context)
{
    struct pollfd poller = { .fd = context->fd, .events = POLLIN };

    return poll(&poller, 1, 0) == 0;
}
