/* SPDX-License-Identifier: MIT
 * Replies on their way out: handed to httpd whole, so that its filters find the same bytes for
 * GET, HEAD and a 304 alike, and kept from those filters that have no business with them. */
#include <httpd.h>

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "../http/etag.h"
#include "server.h"

static ap_filter_rec_t *byterange_filter; /* httpd's */
static ap_filter_rec_t *tag_filter_handle;
static ap_filter_rec_t *length_filter_handle;

/* ---- filters ---- */

/* A 304 has no body whose coding it could name, RFC 9110 section 15.4.5. */
static void leave_coding_unsaid(request_rec *r)
{
    if (r->status == HTTP_NOT_MODIFIED) {
        apr_table_unset(r->headers_out, "Content-Encoding");
    }
}

static int has_content_filters(const request_rec *r)
{
    return r->output_filters && r->output_filters->frec->ftype < AP_FTYPE_PROTOCOL;
}

/* Behind the filters that encode: the ETag is that of the bytes they made, whether or not they
 * were told to change it (DeflateAlterETag, BrotliAlterETag). */
static apr_status_t tag_filter(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    request_rec *r = filter->r;
    const char *etag = apr_table_get(r->headers_out, "ETag");

    if (etag) {
        apr_table_setn(
            r->headers_out, "ETag",
            shop_etag_encoded(etag, apr_table_get(r->headers_out, "Content-Encoding"), r->pool));
    }
    leave_coding_unsaid(r);
    ap_remove_output_filter(filter);
    return ap_pass_brigade(filter->next, brigade);
}

/* Before httpd's byte ranges, of a file below the API root: their 416 does not say how long the
 * file is, and RFC 9110 section 14.4 asks for it. */
static apr_status_t length_filter(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    request_rec *r = filter->r;
    apr_bucket *bucket = APR_BRIGADE_FIRST(brigade);
    apr_off_t length = 0;

    while (bucket != APR_BRIGADE_SENTINEL(brigade) && !APR_BUCKET_IS_EOS(bucket) &&
           bucket->length != (apr_size_t)-1) {
        length += (apr_off_t)bucket->length;
        bucket = APR_BUCKET_NEXT(bucket);
    }
    if (bucket != APR_BRIGADE_SENTINEL(brigade) && APR_BUCKET_IS_EOS(bucket)) {
        apr_table_setn(r->notes, SHOP_NOTE_LENGTH, apr_off_t_toa(r->pool, length));
    }
    ap_remove_output_filter(filter);
    return ap_pass_brigade(filter->next, brigade);
}

/* A reply of ours that mod_cache sends again, before any <Location> was looked at. */
static int is_kept_reply(const request_rec *r)
{
    return !r->filename && r->content_type && !strncmp(r->content_type, "application/json", 16) &&
           shop_is_api(r);
}

/* Ranges are for files. A part of a reply would also be one of bytes that no client knows: hosts
 * may encode one reply differently under one tag. And a write that was done is no 416. */
static void ignore_range(request_rec *r)
{
    for (ap_filter_t *filter = r->output_filters; filter; filter = filter->next) {
        if (filter->frec == byterange_filter) {
            ap_remove_output_filter(filter);
            return;
        }
    }
}

void shop_insert_filter(request_rec *r)
{
    if (r->main) {
        return;
    }
    if (shop_engine_on(r) || is_kept_reply(r)) {
        ignore_range(r);
        if (has_content_filters(r)) {
            ap_add_output_filter_handle(tag_filter_handle, NULL, r, r->connection);
        }
    } else if (apr_table_get(r->headers_in, "Range") && shop_is_api(r)) {
        ap_add_output_filter_handle(length_filter_handle, NULL, r, r->connection);
    }
}

void shop_register_reply_filters(void)
{
    byterange_filter = ap_get_output_filter_handle("BYTERANGE");
    tag_filter_handle =
        ap_register_output_filter("SHOP_TAG", tag_filter, NULL, AP_FTYPE_PROTOCOL - 1);
    length_filter_handle =
        ap_register_output_filter("SHOP_LENGTH", length_filter, NULL, AP_FTYPE_PROTOCOL - 1);
}

/* ---- sending ---- */

static int copy_header(void *out, const char *name, const char *value)
{
    apr_table_addn(out, name, value);
    return 1;
}

/* httpd keeps a reply of less than this back until the worker has looked for the next request, has
 * found none and has given the connection up (FlushMinThreshold's default). */
#define HELD_BACK 4096

/* Is a reply so small that it should be sent at once? On a kept connection the next request is then
 * often there when the worker looks, and need not come by way of the listener and another worker.
 * A larger one goes out by itself, and a slow client must not hold the worker; the streams of one
 * HTTP/2 connection share their writes. A subrequest (mod_include) ends nothing: httpd takes its
 * end of stream away only where that is the last bucket. */
static int goes_at_once(const request_rec *r, const shop_content_t *content)
{
    return content->size < HELD_BACK && !r->connection->master && !r->main;
}

static apr_bucket_brigade *brigade_of(request_rec *r, const shop_content_t *content)
{
    apr_bucket_alloc_t *list = r->connection->bucket_alloc;
    apr_bucket_brigade *brigade = apr_brigade_create(r->pool, list);

    if (content->size) {
        APR_BRIGADE_INSERT_TAIL(
            brigade, content->immortal
                         ? apr_bucket_immortal_create(content->bytes, content->size, list)
                         : apr_bucket_pool_create(content->bytes, content->size, r->pool, list));
    }
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(list));
    if (goes_at_once(r, content)) {
        APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_flush_create(list));
    }
    return brigade;
}

int shop_send_reply(request_rec *r, const shop_res_t *res)
{
    shop_content_t content = {
        .type = res->content_type, .bytes = res->body, .size = res->size, .immortal = res->immortal
    };

    if (res->status == HTTP_NOT_MODIFIED) {
        content = res->unsent;
        /* mod_filter (AddOutputFilterByType) looks at nothing but 200 without it */
        apr_table_setn(r->subprocess_env, "filter-errordocs", "1");
    }
    r->status = res->status;
    apr_table_do(copy_header, r->headers_out, res->headers, NULL);
    if (res->etag) {
        apr_table_setn(r->headers_out, "ETag", res->etag);
    }
    if (content.type) {
        ap_set_content_type(r, content.type);
        ap_set_content_length(r, (apr_off_t)content.size);
    }
    if (!has_content_filters(r)) {
        leave_coding_unsaid(r); /* else those that encode want to know, and tag_filter does it */
    }
    if (res->close) {
        r->connection->keepalive = AP_CONN_CLOSE;
    }
    /* Of HEAD and of a 304 httpd itself leaves the body out, behind the filters that encode: what
     * they say about it in the header is then what they say about GET's. */
    ap_pass_brigade(r->output_filters, brigade_of(r, &content));
    return OK; /* also when the client is gone: there is nobody to tell */
}
