/* SPDX-License-Identifier: MIT
 * Replaces httpd's own error pages under an API root by application/problem+json. This is an output
 * filter, because ErrorDocument loses headers set in <Location>, such as CORS. */
#include <httpd.h>

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "../http/problem.h"
#include "conf.h"
#include "server.h"

static ap_filter_rec_t *filter_handle;

/* The index under which httpd stores the ErrorDocument of a status; 0: the status is no error. */
#define INDEXES 256
static int status_by_index[INDEXES];

/* The reason phrase of the status line, without the number. */
static const char *reason_of(request_rec *r)
{
    const char *line = ap_get_status_line_ex(r->pool, r->status);

    return strlen(line) > 4 ? line + 4 : line;
}

static void set_headers(request_rec *r, const char *id)
{
    const char *length = apr_table_get(r->notes, SHOP_NOTE_LENGTH);

    apr_table_unset(r->headers_out, "Content-Encoding");
    apr_table_unset(r->headers_out, "Content-Language");
    apr_table_setn(r->headers_out, "X-Request-Id", id);
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    if (r->status == HTTP_SERVICE_UNAVAILABLE) {
        apr_table_setn(r->headers_out, "Retry-After", "2");
    }
    if (r->status == HTTP_RANGE_NOT_SATISFIABLE && length &&
        !apr_table_get(r->headers_out, "Content-Range")) {
        apr_table_setn(r->headers_out, "Content-Range",
                       apr_pstrcat(r->pool, "bytes */", length, NULL));
    }
}

/* After an error while reading the request httpd closes the connection, but does not always send
 * "Connection: close" (417 is an example). */
static void announce_close(request_rec *r)
{
    if (!apr_table_get(r->subprocess_env, "SHOP_REQUEST_ID") && !r->connection->master) {
        r->connection->keepalive = AP_CONN_CLOSE;
    }
}

static apr_status_t problem_filter(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    request_rec *r = filter->r;
    const char *base = shop_server_conf(r->server)->values.problem_base;
    const char *id = shop_request_id(r);
    conn_rec *c = r->connection;
    const char *bytes;
    apr_size_t size;

    apr_brigade_cleanup(brigade);
    if (filter->ctx) { /* the rest of httpd's page */
        return APR_SUCCESS;
    }
    filter->ctx = r;
    bytes = shop_problem_of_status(&size, r->status, reason_of(r), id, base, r->pool);
    r->content_encoding = NULL;
    r->content_languages = NULL;
    ap_set_content_type(r, "application/problem+json");
    ap_set_content_length(r, (apr_off_t)size);
    set_headers(r, id);
    announce_close(r);
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_pool_create(bytes, size, r->pool, c->bucket_alloc));
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(c->bucket_alloc));
    return ap_pass_brigade(filter->next, brigade);
}

void shop_no_error_document(request_rec *r)
{
    const core_dir_config *conf = ap_get_core_module_config(r->per_dir_config);

    if (!conf->response_code_exprs) {
        return;
    }
    for (apr_hash_index_t *at = apr_hash_first(r->pool, conf->response_code_exprs); at;
         at = apr_hash_next(at)) {
        const int *index = apr_hash_this_key(at);

        /* A text instead of the ErrorDocument; the filter replaces the text. */
        if (*index >= 0 && *index < INDEXES && status_by_index[*index]) {
            ap_custom_response(r, status_by_index[*index], "refused");
        }
    }
}

void shop_insert_error_filter(request_rec *r)
{
    if (shop_is_api(r) && r->status >= 400) {
        ap_add_output_filter_handle(filter_handle, NULL, r, r->connection);
    }
}

void shop_register_problem_filter(void)
{
    for (int status = 400; status < 600; status++) {
        int index = ap_index_of_response(status); /* for an unknown status, the index of 500 */

        if (index < INDEXES && (!status_by_index[index] || status == 500)) {
            status_by_index[index] = status;
        }
    }
    filter_handle =
        ap_register_output_filter("SHOP_PROBLEM", problem_filter, NULL, AP_FTYPE_RESOURCE);
}
