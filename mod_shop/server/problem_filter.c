/* SPDX-License-Identifier: MIT
 * httpd's own refusals under an API root become application/problem+json. An output filter and
 * not ErrorDocument, because that loses <Location> headers such as CORS. */
#include <httpd.h>

#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "../http/problem.h"
#include "conf.h"
#include "server.h"

static ap_filter_rec_t *filter_handle;

static shop_error_t *error_of_status(int status, apr_pool_t *pool)
{
    shop_code_t code = shop_code_of_status(status);
    const char *detail = ap_get_status_line(status);

    if (code == SHOP_OK) {
        code = status >= 500 ? SHOP_INTERNAL : SHOP_BAD_REQUEST;
    }
    /* The reason phrase without the number. */
    return shop_error_create(pool, code, __FILE__, __LINE__, "%s",
                             detail && strlen(detail) > 4 ? detail + 4 : shop_code_title(code));
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
    bytes = shop_problem_document(&size, error_of_status(r->status, r->pool), id, base, r->pool);
    r->content_encoding = NULL;
    apr_table_unset(r->headers_out, "Content-Encoding");
    apr_table_unset(r->headers_out, "Content-Language");
    r->content_languages = NULL;
    ap_set_content_type(r, "application/problem+json");
    ap_set_content_length(r, (apr_off_t)size);
    apr_table_setn(r->headers_out, "X-Request-Id", id);
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    if (r->status == HTTP_SERVICE_UNAVAILABLE) {
        apr_table_setn(r->headers_out, "Retry-After", "2");
    }
    if (!r->header_only) {
        APR_BRIGADE_INSERT_TAIL(brigade,
                                apr_bucket_pool_create(bytes, size, r->pool, c->bucket_alloc));
    }
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(c->bucket_alloc));
    return ap_pass_brigade(filter->next, brigade);
}

void shop_insert_error_filter(request_rec *r)
{
    if (shop_is_api(r) && r->status >= 400) {
        ap_add_output_filter_handle(filter_handle, NULL, r, r->connection);
    }
}

void shop_register_problem_filter(void)
{
    filter_handle =
        ap_register_output_filter("SHOP_PROBLEM", problem_filter, NULL, AP_FTYPE_RESOURCE);
}
