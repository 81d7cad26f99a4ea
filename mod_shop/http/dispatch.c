/* SPDX-License-Identifier: MIT
 * Handles one request, from route to reply. The order of the checks is the order of errors that
 * docs and tests rely on. The body is not read before the caller is authorised. */
#include "dispatch.h"

#include <apr_strings.h>
#include <string.h>

#include "body.h"
#include "etag.h"
#include "media.h"
#include "problem.h"
#include "query.h"

static const shop_field_t no_fields[] = { SHOP_FIELDS_END };

void shop_http_common_headers(shop_res_t *res, const shop_req_t *req)
{
    apr_table_setn(res->headers, "X-Content-Type-Options", "nosniff");
    if (req->id) {
        apr_table_setn(res->headers, "X-Request-Id", req->id);
    }
    if (!apr_table_get(res->headers, "Cache-Control")) {
        apr_table_setn(res->headers, "Cache-Control", "no-store");
    }
}

static shop_error_t *run_guards(const shop_dispatch_t *dispatch, shop_req_t *req, shop_res_t *res)
{
    if (req->route->access == SHOP_ACCESS_UNSET) {
        return shop_err(req->pool, FORBIDDEN, "the route has no access rule");
    }
    for (const shop_guard_t *guard = dispatch->guards; guard && *guard; guard++) {
        SHOP_TRY((*guard)(dispatch->ports, req, res));
    }
    return NULL;
}

static shop_error_t *check_media(const shop_req_t *req)
{
    bool patch = !strcmp(req->route->method, "PATCH");

    if (!shop_media_is_accepted(shop_req_header(req, "Accept"))) {
        return shop_err(req->pool, NOT_ACCEPTABLE, "answers are application/json");
    }
    if (req->route->body && !shop_media_is_json(shop_req_header(req, "Content-Type"), patch)) {
        return shop_err(req->pool, UNSUPPORTED_MEDIA_TYPE, "the body must be application/json%s",
                        patch ? " or application/merge-patch+json" : "");
    }
    if (req->route->body && shop_req_header(req, "Content-Encoding")) {
        return shop_err(req->pool, UNSUPPORTED_MEDIA_TYPE, "the body must not be encoded");
    }
    return NULL;
}

static shop_error_t *check_idempotency_key(const shop_req_t *req)
{
    const char *key = shop_req_header(req, "Idempotency-Key");
    apr_size_t length = key ? strlen(key) : 0;

    if (!key || !req->route->idempotency_key) {
        return NULL;
    }
    if (length < 1 || length > SHOP_IDEMPOTENCY_KEY_MAX) {
        return shop_err(req->pool, BAD_REQUEST, "Idempotency-Key must have 1 to %d characters",
                        SHOP_IDEMPOTENCY_KEY_MAX);
    }
    for (; *key; key++) {
        if (*key < 0x20 || *key > 0x7e) {
            return shop_err(req->pool, BAD_REQUEST, "Idempotency-Key must be printable ASCII");
        }
    }
    return NULL;
}

static shop_error_t *read_query(const shop_dispatch_t *dispatch, shop_req_t *req)
{
    const shop_route_t *route = req->route;
    bool paged = shop_query_is_paged(route->query);
    shop_page_params_t *page;
    shop_error_t *err;

    req->query_record = apr_pcalloc(req->pool, route->query_size + sizeof(*page));
    page = req->query_record;
    if (route->query) {
        shop_fields_default(req->query_record, route->query);
    }
    if (paged) {
        page->limit = dispatch->settings->page_default;
    }
    err = shop_query_read(req->query_record, &req->query_present, route->query, req->query,
                          dispatch->settings->currency_exponent, req->pool);
    if (!err && paged && page->limit > dispatch->settings->page_max) {
        shop_error_violate(&err, req->pool, "?limit", "too_large", "must be at most %d",
                           dispatch->settings->page_max);
    }
    return err;
}

static shop_error_t *read_fields(const shop_dispatch_t *dispatch, shop_req_t *req)
{
    const shop_route_t *route = req->route;

    if (route->body) {
        req->record = apr_pcalloc(req->pool, route->body_size);
        shop_fields_default(req->record, route->body);
    }
    if (!req->doc.root) {
        return NULL; /* the route takes no body and none was sent */
    }
    return shop_fields_read(req->record, &req->present, route->body ? route->body : no_fields,
                            &req->doc, route->partial, dispatch->settings->currency_exponent,
                            req->pool);
}

/* Validates both, so that one reply lists all violations. */
static shop_error_t *check_input(const shop_dispatch_t *dispatch, shop_req_t *req)
{
    shop_error_t *query_err = read_query(dispatch, req);
    shop_error_t *err = read_fields(dispatch, req);
    shop_violation_t **last;

    if (!err || !query_err) {
        return err ? err : query_err;
    }
    for (last = &err->violations; *last; last = &(*last)->next) {
    }
    *last = query_err->violations;
    return err;
}

static shop_error_t *take_body(shop_req_t *req, bool *read)
{
    apr_size_t limit = req->route->body_limit ? req->route->body_limit : SHOP_BODY_LIMIT;

    SHOP_TRY(shop_body_check_announced(req, limit));
    SHOP_TRY(shop_body_read(req, limit));
    *read = true;
    SHOP_TRY(check_idempotency_key(req));
    if (!req->route->body && !req->body_size) {
        return NULL;
    }
    return shop_json_parse(&req->doc, req->body, req->body_size, req->pool);
}

static shop_error_t *run(const struct shop_app_t *app, const shop_dispatch_t *dispatch,
                         shop_req_t *req, shop_res_t *res, bool *read)
{
    SHOP_TRY(shop_router_match(req, dispatch->routes));
    SHOP_TRY(run_guards(dispatch, req, res));
    SHOP_TRY(check_media(req));
    SHOP_TRY(take_body(req, read));
    SHOP_TRY(check_input(dispatch, req));
    res->audience =
        req->caller.role == SHOP_ROLE_ADMIN ? SHOP_AUDIENCE_ADMIN : req->route->audience;
    SHOP_TRY(req->route->handler(app, req, res));
    if (!res->status) {
        return shop_error_cause(shop_err(req->pool, INTERNAL, "the request was not answered"),
                                req->pool, "the handler of %s set no reply", req->route->operation);
    }
    return NULL;
}

/* ---- the front: the reply cache in front of the dispatcher ---- */

static bool may_front(const shop_dispatch_t *dispatch, const shop_req_t *req)
{
    /* a "?" that was encoded is part of the path: as a target it would read as another request's */
    return dispatch->front && (req->content_length == -1 || !req->content_length) &&
           !strchr(req->path, '?') &&
           (!strcmp(req->method, "GET") || !strcmp(req->method, "HEAD")) &&
           shop_media_is_accepted(shop_req_header(req, "Accept"));
}

static const char *target_of(const shop_req_t *req)
{
    return apr_pstrcat(req->pool, "?", req->root ? req->root : "", req->path, req->query ? "?" : "",
                       req->query ? req->query : "", NULL);
}

/* Returns the coding of the reply and sets res->acceptable_codings. */
static shop_coding_t negotiate(shop_res_t *res, const shop_dispatch_t *dispatch,
                               const shop_req_t *req)
{
    const char *accept = shop_req_header(req, "Accept-Encoding");

    return shop_coding_choose(&res->acceptable_codings, accept,
                              dispatch->codings & ~req->barred_codings);
}

/* Vary also on a reply in identity: another client may get it encoded. */
static void set_vary(shop_res_t *res)
{
    if (res->coding == SHOP_CODING_IDENTITY && res->size < SHOP_CODING_LEAST) {
        res->acceptable_codings = 0;
    } else {
        apr_table_setn(res->headers, "Vary", "Accept-Encoding");
    }
}

/* true: *err is set or the reply is complete. */
static bool serve_front(shop_error_t **err, const shop_dispatch_t *dispatch, const char *target,
                        shop_req_t *req, shop_res_t *res)
{
    shop_coding_t coding = dispatch->codings ? negotiate(res, dispatch, req) : SHOP_CODING_IDENTITY;
    const shop_page_t *page =
        dispatch->front->get(&req->route, dispatch->front, target, coding, req->pool);

    if (!page) {
        return false;
    }
    *err = run_guards(dispatch, req, res);
    if (!*err) {
        shop_res_page(res, page);
        res->cached = "local";
    }
    return true;
}

static shop_error_t *run_behind_front(const struct shop_app_t *app, const shop_dispatch_t *dispatch,
                                      shop_req_t *req, shop_res_t *res, bool *read)
{
    const char *target = may_front(dispatch, req) ? target_of(req) : NULL;
    shop_error_t *err;

    if (target && serve_front(&err, dispatch, target, req, res)) {
        return err;
    }
    err = run(app, dispatch, req, res, read);
    if (!err && target && res->cache_key && req->route->access == SHOP_ACCESS_PUBLIC) {
        dispatch->front->put(dispatch->front, target, res->cache_key, req->route);
    } else {
        res->acceptable_codings = 0; /* not cached, so not encoded */
    }
    return err;
}

/* Answers OPTIONS without authentication, because a browser's preflight request has no token. */
static shop_error_t *show_options(const shop_dispatch_t *dispatch, const shop_req_t *req,
                                  shop_res_t *res)
{
    const char *allow = shop_router_allow(req->path, dispatch->routes, req->pool);

    if (!allow) {
        return shop_err(req->pool, NOT_FOUND, "there is no such route");
    }
    apr_table_setn(res->headers, "Allow", allow);
    if (strstr(allow, "PATCH")) {
        apr_table_setn(res->headers, "Accept-Patch",
                       "application/merge-patch+json, application/json");
    }
    res->status = 204;
    return NULL;
}

/* The codings of the reply that the client has stored and may go on using. A coding that
 * Accept-Encoding no longer allows is left out: the request may come from a shared cache on behalf
 * of a client that cannot decode it. Codings that the shop does not make are those of mod_deflate
 * and mod_brotli, which run later and negotiate them. */
static unsigned codings_at_client(const shop_dispatch_t *dispatch, const shop_req_t *req,
                                  const shop_res_t *res)
{
    unsigned named = shop_etag_named(req, res->etag, res->coding);
    unsigned ours = dispatch->codings | SHOP_CODING_BIT(SHOP_CODING_IDENTITY);

    return res->acceptable_codings ? named & (res->acceptable_codings | ~ours) : named;
}

/* Turns a 200 into a 304 if the client has the representation. RFC 9110 section 15.4.5: a 304 has
 * the header fields of the 200, here of the coding that the client has and accepts. */
static void answer_conditional(const shop_dispatch_t *dispatch, const shop_req_t *req,
                               shop_res_t *res)
{
    bool reading = !strcmp(req->method, "GET") || !strcmp(req->method, "HEAD");
    unsigned has = reading && res->status == 200 ? codings_at_client(dispatch, req, res) : 0;
    shop_coding_t coding = SHOP_CODINGS - 1;

    if (has) {
        while (coding > SHOP_CODING_IDENTITY &&
               !(has & res->acceptable_codings & SHOP_CODING_BIT(coding))) {
            coding--;
        }
        if (!(has & SHOP_CODING_BIT(res->coding))) {
            shop_res_recode(res, coding);
        }
        res->unsent = (shop_content_t){ .type = res->content_type,
                                        .bytes = res->body,
                                        .size = res->size,
                                        .immortal = res->immortal };
        res->status = 304;
        res->content_type = NULL;
        res->body = NULL;
        res->size = 0;
        res->immortal = false;
    }
}

/* Was reading the body aborted? The rest of it must not be parsed as the next request. */
static bool is_broken_off(const shop_error_t *err)
{
    return err && (err->code == SHOP_PAYLOAD_TOO_LARGE || err->code == SHOP_REQUEST_TIMEOUT);
}

void shop_http_dispatch(const struct shop_app_t *app, const shop_dispatch_t *dispatch,
                        shop_req_t *req, shop_res_t *res)
{
    bool read = false;
    shop_error_t *err;

    memset(res, 0, sizeof(*res));
    res->pool = req->pool;
    res->headers = apr_table_make(req->pool, 12);
    res->currency_exponent = dispatch->settings->currency_exponent;
    if (!strcmp(req->method, "OPTIONS")) {
        err = show_options(dispatch, req, res);
    } else {
        err = run_behind_front(app, dispatch, req, res, &read);
    }
    if (err) {
        shop_problem_reply(res, req, err, dispatch->settings->problem_base);
    } else {
        if (res->acceptable_codings) {
            set_vary(res);
        }
        answer_conditional(dispatch, req, res);
    }
    req->body_unread = shop_body_is_left(req, read) || is_broken_off(err);
    res->close = res->close || req->body_unread;
    shop_http_common_headers(res, req);
}
