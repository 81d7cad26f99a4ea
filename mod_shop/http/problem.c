/* SPDX-License-Identifier: MIT
 * Errors as application/problem+json. The cause of an error is written to the log only. */
#include "problem.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "../base/json.h"
#include "../base/log.h"
#include "route.h"
#include "uri.h"

#define PROBLEM_TYPE "application/problem+json"
#define DEFAULT_BASE "urn:mod_shop:problem:"
#define REALM "Bearer realm=\"shop\""

/* "type" ends with the code, with hyphens instead of underscores. */
static const char *type_of(const char *code, const char *problem_base, apr_pool_t *pool)
{
    char *slug = apr_pstrdup(pool, code);

    for (char *at = slug; *at; at++) {
        if (*at == '_') {
            *at = '-';
        }
    }
    return apr_pstrcat(pool, problem_base ? problem_base : DEFAULT_BASE, slug, NULL);
}

static void write_member(shop_json_out_t *out, const char *name, const char *text)
{
    shop_json_key(out, name);
    shop_json_string(out, text);
}

static void write_violations(shop_json_out_t *out, const shop_violation_t *violation)
{
    shop_json_key(out, "errors");
    shop_json_begin(out, '[');
    for (; violation; violation = violation->next) {
        shop_json_begin(out, '{');
        write_member(out, "pointer", violation->pointer);
        write_member(out, "code", violation->code);
        write_member(out, "detail", violation->detail);
        shop_json_end(out, '}');
    }
    shop_json_end(out, ']');
}

static void write_extra(shop_json_out_t *out, json_t *extra)
{
    const char *name;
    json_t *value;

    json_object_foreach(extra, name, value)
    {
        /* numbers of at most 15 digits are printed as they were written */
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));

        if (text) {
            shop_json_key(out, name);
            shop_json_raw(out, text, strlen(text));
            free(text);
        }
    }
}

/* Values of the standard members. */
typedef struct heading_t {
    int status;
    const char *code, *title, *detail;
} heading_t;

static void write_heading(shop_json_out_t *out, const heading_t *heading, const char *request_id,
                          const char *problem_base, apr_pool_t *pool)
{
    shop_json_begin(out, '{');
    write_member(out, "type", type_of(heading->code, problem_base, pool));
    write_member(out, "title", heading->title);
    shop_json_key(out, "status");
    shop_json_int(out, heading->status);
    write_member(out, "detail",
                 shop_uri_is_utf8(heading->detail) ? heading->detail : heading->title);
    if (request_id) {
        write_member(out, "instance", apr_pstrcat(pool, "urn:request:", request_id, NULL));
        write_member(out, "request_id", request_id);
    }
    write_member(out, "code", heading->code);
}

const char *shop_problem_document(apr_size_t *size, const shop_error_t *err, const char *request_id,
                                  const char *problem_base, apr_pool_t *pool)
{
    heading_t heading = { .status = shop_code_status(err->code),
                          .code = shop_code_name(err->code),
                          .title = shop_code_title(err->code),
                          .detail = err->detail };
    shop_json_out_t out;

    shop_json_out_init(&out, pool, 512);
    write_heading(&out, &heading, request_id, problem_base, pool);
    if (err->violations) {
        write_violations(&out, err->violations);
    }
    if (err->extra) {
        write_extra(&out, err->extra);
    }
    shop_json_end(&out, '}');
    return shop_json_finish(&out, size);
}

/* Converts "Length Required" to "length_required". */
static const char *code_of(const char *reason, apr_pool_t *pool)
{
    char *code = apr_pstrdup(pool, reason);

    for (char *at = code; *at; at++) {
        *at = apr_isalnum(*at) ? (char)apr_tolower(*at) : '_';
    }
    return code;
}

const char *shop_problem_of_status(apr_size_t *size, int status, const char *reason,
                                   const char *request_id, const char *problem_base,
                                   apr_pool_t *pool)
{
    shop_code_t known = shop_code_of_status(status);
    heading_t heading = { .status = status,
                          .code = known ? shop_code_name(known) : code_of(reason, pool),
                          .title = known ? shop_code_title(known) : reason,
                          .detail = reason };
    shop_json_out_t out;

    shop_json_out_init(&out, pool, 512);
    write_heading(&out, &heading, request_id, problem_base, pool);
    shop_json_end(&out, '}');
    return shop_json_finish(&out, size);
}

static int retry_after(const shop_error_t *err)
{
    if (err->retry_after > 0) {
        return err->retry_after;
    }
    switch (err->code) {
    case SHOP_RATE_LIMITED: return 30;
    case SHOP_UNAVAILABLE: return 2;
    case SHOP_IDEMPOTENCY_IN_PROGRESS: return 1;
    default: return 0;
    }
}

/* RFC 6750 section 3: no error attribute when no token was sent. */
static const char *challenge(shop_code_t code)
{
    switch (code) {
    case SHOP_TOKEN_INVALID:
        return REALM ", error=\"invalid_token\", error_description=\"the token is not valid here\"";
    case SHOP_TOKEN_EXPIRED:
        return REALM ", error=\"invalid_token\", error_description=\"the token has expired\"";
    case SHOP_TOKEN_REVOKED:
        return REALM ", error=\"invalid_token\", error_description=\"the session was ended\"";
    default: return REALM;
    }
}

static void set_headers(shop_res_t *res, const shop_req_t *req, const shop_error_t *err)
{
    int seconds = retry_after(err);

    /* header fields of the reply that the handler did not complete */
    apr_table_unset(res->headers, "Cache-Control");
    apr_table_unset(res->headers, "Link");
    apr_table_unset(res->headers, "Location");
    if (seconds) {
        apr_table_setn(res->headers, "Retry-After", apr_itoa(res->pool, seconds));
    }
    if (shop_code_status(err->code) == 401) {
        apr_table_setn(res->headers, "WWW-Authenticate", challenge(err->code));
    }
    if (err->allow) {
        apr_table_setn(res->headers, "Allow", err->allow);
    }
    if (err->code == SHOP_UNSUPPORTED_MEDIA_TYPE && req->method && !strcmp(req->method, "PATCH")) {
        apr_table_setn(res->headers, "Accept-Patch",
                       "application/merge-patch+json, application/json");
    }
}

/* At LogLevel shop:debug. No detail and no name of an unknown member: they repeat what the client
 * sent. */
static void log_refusal(const shop_res_t *res, const shop_req_t *req, const shop_error_t *err)
{
    const char *wrong = "";

    for (const shop_violation_t *v = err->violations; v; v = v->next) {
        bool named = strcmp(v->code, "unknown") != 0;

        wrong =
            apr_pstrcat(res->pool, wrong, ", ", named ? v->pointer : "a name", " ", v->code, NULL);
    }
    shop_log(SHOP_LOG_DEBUG, 0, req->id, "%s refused: %d %s%s%s%s",
             req->route ? req->route->operation : "a request without a route", res->status,
             shop_code_name(err->code), wrong, err->cause ? "; cause: " : "",
             err->cause ? err->cause : "");
}

void shop_problem_reply(shop_res_t *res, const shop_req_t *req, const shop_error_t *err,
                        const char *problem_base)
{
    res->status = shop_code_status(err->code);
    res->content_type = PROBLEM_TYPE;
    res->etag = NULL;
    res->immortal = false;
    res->error = err;
    res->body = shop_problem_document(&res->size, err, req->id, problem_base, res->pool);
    set_headers(res, req, err);
    if (res->status < 500) {
        log_refusal(res, req, err);
    } else {
        shop_log(SHOP_LOG_ERROR, SHOP_LOG_PROBLEM, req->id, "%s: %s; cause: %s (%s:%d)",
                 shop_code_name(err->code), err->detail, err->cause ? err->cause : "none given",
                 err->file, err->line);
    }
}
