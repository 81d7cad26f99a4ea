/* SPDX-License-Identifier: MIT
 * The library's log lines into httpd's error log, under LogLevel shop:, and into the JSON log. */
#include <httpd.h>

#include <apr_strings.h>
#include <http_log.h>

#include "../app.h"
#include "../base/log.h"
#include "conf.h"
#include "server.h"

APLOG_USE_MODULE(shop);

static server_rec *main_server;

/* What the lines of this thread are about. */
static _Thread_local struct {
    request_rec *r;
    const shop_req_t *req;
    const shop_res_t *res;
    server_rec *server;
} current;

void shop_log_current(request_rec *r, const shop_req_t *req, const shop_res_t *res)
{
    current.r = r;
    current.req = req;
    current.res = res;
}

void shop_log_server(server_rec *server)
{
    current.server = server;
}

static server_rec *server_now(void)
{
    return current.r ? current.r->server : current.server;
}

/* ---- JSON ---- */

static shop_log_request_t request_now(void)
{
    return (shop_log_request_t){
        .method = current.r->method,
        .route = current.req->route ? current.req->route->operation : NULL,
        .user_id = current.req->caller.user_id,
        .client = current.r->useragent_ip,
        .status = current.res->status,
        .duration = apr_time_now() - current.r->request_time,
        .commands = shop_app_db_commands(),
    };
}

/* Not in the pool of a request: a request may log many lines, and some threads have none. */
static void write_json(shop_log_level_t level, int number, const char *request_id,
                       const char *message)
{
    const server_rec *server = server_now();
    shop_log_record_t record = { .time = apr_time_now(),
                                 .level = level,
                                 .number = number,
                                 .message = message,
                                 .request_id = request_id,
                                 .shop =
                                     server ? shop_server_conf(server)->values.instance : NULL };
    shop_log_request_t request;
    apr_pool_t *pool;

    if (current.r) {
        request = request_now();
        record.request = &request;
    }
    if (apr_pool_create_unmanaged_ex(&pool, NULL, NULL) == APR_SUCCESS) {
        shop_json_log_write(&record, pool);
        apr_pool_destroy(pool);
    }
}

void shop_log_answered(void)
{
    if (shop_json_log_has_requests()) {
        write_json(SHOP_LOG_INFO, SHOP_LOG_ANSWERED, shop_request_id(current.r), "answered");
    }
}

/* ---- the sink ---- */

static void write_text(int level, int number, const char *request_id, const char *text)
{
    char prefix[16] = "";

    if (number) {
        apr_snprintf(prefix, sizeof(prefix), "SHOP%04d: ", number);
    }
    if (current.r) {
        ap_log_rerror(APLOG_MARK, level, 0, current.r, "%s%s [%s]", prefix, text, request_id);
    } else {
        ap_log_error(APLOG_MARK, level, 0, current.server ? current.server : main_server,
                     "%s%s%s%s%s", prefix, text, request_id ? " [" : "",
                     request_id ? request_id : "", request_id ? "]" : "");
    }
}

static int is_wanted(int level)
{
    const server_rec *server = current.server ? current.server : main_server;

    return current.r ? APLOG_R_IS_LEVEL(current.r, level) : APLOG_IS_LEVEL(server, level);
}

static void sink(shop_log_level_t level, int number, const char *request_id, const char *text)
{
    static const int levels[] = { APLOG_ERR, APLOG_WARNING, APLOG_NOTICE, APLOG_INFO, APLOG_DEBUG };

    if (server_now()) {
        shop_metrics_count_log_line(shop_server_conf(server_now())->metrics, number);
    }
    if (!is_wanted(levels[level])) {
        return;
    }
    if (!request_id && current.r) {
        request_id = shop_request_id(current.r);
    }
    write_text(levels[level], number, request_id, text);
    if (shop_json_log_is_open()) {
        write_json(level, number, request_id, text);
    }
}

void shop_log_sink_install(server_rec *server)
{
    main_server = server;
    shop_log_set_sink(sink);
}
