/* SPDX-License-Identifier: MIT
 * Handles one request: converts request_rec to shop_req_t, calls the dispatcher and sends its
 * reply. */
#include <httpd.h>

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <stdatomic.h>
#include <util_script.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../http/dispatch.h"
#include "../http/problem.h"
#include "conf.h"
#include "server.h"

extern module AP_MODULE_DECLARE_DATA shop_module;
APLOG_USE_MODULE(shop);

static atomic_int in_flight;

int shop_requests_in_flight(void)
{
    return atomic_load(&in_flight);
}

int shop_post_read_request(request_rec *r)
{
    /* ErrorDocument of a request that was refused before shop_no_error_document ran: if this
     * handler fails, httpd sends the original error */
    if (r->prev && ap_is_HTTP_ERROR(r->prev->status) && shop_is_api(r->prev)) {
        return r->prev->status;
    }
    if (!r->main && shop_server_conf(r->server)->roots->nelts) {
        const char *id = shop_request_id(r);

        apr_table_setn(r->subprocess_env, "SHOP_REQUEST_ID", id);
        if (!r->log_id) {
            r->log_id = id;
        }
    }
    return DECLINED;
}

/* ---- handler ---- */

static apr_off_t announced_length(const request_rec *r)
{
    const char *length = apr_table_get(r->headers_in, "Content-Length");
    apr_off_t size;
    char *end;

    if (apr_table_get(r->headers_in, "Transfer-Encoding")) {
        return -2;
    }
    if (!length || apr_strtoff(&size, length, &end, 10) != APR_SUCCESS || *end || size < 0) {
        return -1;
    }
    return size;
}

/* The variables that administrators set for mod_deflate and mod_brotli (SetEnv, BrowserMatch) apply
 * here too. As with those modules, subrequests are not encoded. gzip-only-text/html excludes every
 * reply, because none is text/html. */
static unsigned barred_codings(const request_rec *r)
{
    const char *only_html = apr_table_get(r->subprocess_env, "gzip-only-text/html");
    unsigned barred = 0;

    if (r->main) {
        return ~0U;
    }
    if (apr_table_get(r->subprocess_env, "no-gzip") || (only_html && !strcmp(only_html, "1"))) {
        barred |= SHOP_CODING_BIT(SHOP_CODING_GZIP);
    }
    if (apr_table_get(r->subprocess_env, "no-brotli")) {
        barred |= SHOP_CODING_BIT(SHOP_CODING_BR);
    }
    return barred;
}

static void fill_request(shop_req_t *req, request_rec *r, const shop_app_t *app,
                         shop_server_body_t *body, const char *root, const char *path)
{
    const shop_settings_t *settings = app->settings;

    req->pool = r->pool;
    req->id = shop_request_id(r);
    req->method = r->method;
    req->path = path;
    req->query = r->args;
    req->root = root;
    req->client_ip = r->useragent_ip;
    req->headers = r->headers_in;
    if (app->dispatch->codings && apr_table_get(r->headers_in, "Accept-Encoding")) {
        req->barred_codings = barred_codings(r);
    }
    req->content_length = announced_length(r);
    req->body_read = shop_server_body_read;
    body->r = r;
    req->body_baton = body;
    req->now = app->clock->now(app->clock);
    req->deadline = shop_clock_monotonic() + apr_time_from_msec(settings->deadline_ms);
}

static void export_notes(request_rec *r, const shop_req_t *req, const shop_res_t *res)
{
    if (req->caller.user_id) {
        apr_table_setn(r->subprocess_env, "SHOP_USER", req->caller.user_id);
        apr_table_setn(r->subprocess_env, "SHOP_ROLE",
                       req->caller.role == SHOP_ROLE_ADMIN ? "admin" : "user");
        r->user = apr_pstrdup(r->pool, req->caller.user_id);
    }
    if (req->route) {
        apr_table_setn(r->subprocess_env, "SHOP_ROUTE", req->route->operation);
    }
    if (res->cached) {
        apr_table_setn(r->notes, "SHOP_CACHE", res->cached);
    }
    apr_table_setn(r->notes, "SHOP_DB_COMMANDS", apr_itoa(r->pool, shop_app_db_commands()));
}

/* An error before the dispatcher, with the header fields that every reply has. */
static void refuse(shop_res_t *res, const shop_req_t *req, const shop_error_t *err,
                   const shop_server_conf_t *conf)
{
    shop_problem_reply(res, req, err, conf->values.problem_base);
    shop_http_common_headers(res, req);
}

static void run(request_rec *r, const shop_server_conf_t *conf, shop_req_t *req, shop_res_t *res)
{
    int limit = conf->values.max_in_flight;

    if (!req->path) {
        refuse(res, req, shop_err(r->pool, NOT_FOUND, "there is no such route"), conf);
    } else if (atomic_fetch_add(&in_flight, 1) >= limit && limit > 0) {
        atomic_fetch_sub(&in_flight, 1);
        shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_IN_FLIGHT, "%d requests are running", limit);
        refuse(res, req, shop_err(r->pool, UNAVAILABLE, "the shop is busy"), conf);
    } else {
        shop_app_begin(req->deadline);
        shop_http_dispatch(conf->app, conf->app->dispatch, req, res);
        atomic_fetch_sub(&in_flight, 1);
    }
}

/* In the metrics and, when each request has a line there, in the JSON log. */
static void count(request_rec *r, const shop_req_t *req, const shop_res_t *res, shop_code_t code)
{
    shop_metrics_count(shop_server_conf(r->server)->metrics, req->route, res->status, code,
                       apr_time_now() - r->request_time, shop_app_db_commands());
    shop_log_current(r, req, res);
    shop_log_answered();
    shop_log_current(NULL, NULL, NULL);
}

int shop_handler(request_rec *r)
{
    const shop_server_conf_t *conf = shop_server_conf(r->server);
    shop_server_body_t body = { .r = r };
    shop_req_t req = { .pool = r->pool };
    shop_res_t res = { .pool = r->pool };
    const char *root;

    if (!shop_engine_on(r)) {
        return DECLINED;
    }
    if (!conf->app) { /* logged when the child started */
        res.status = HTTP_SERVICE_UNAVAILABLE;
        count(r, &req, &res, SHOP_UNAVAILABLE);
        return HTTP_SERVICE_UNAVAILABLE;
    }
    root = shop_dir_conf(r)->root;
    shop_log_current(r, &req, &res);
    res.headers = apr_table_make(r->pool, 8);
    fill_request(&req, r, conf->app, &body, root, shop_path_below(r, root));
    run(r, conf, &req, &res);
    export_notes(r, &req, &res);
    count(r, &req, &res, res.error ? res.error->code : SHOP_OK);
    shop_app_begin(0);
    return shop_send_reply(r, &res);
}
