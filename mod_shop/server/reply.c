/* SPDX-License-Identifier: MIT
 * Sends replies. A reply is passed to httpd as a whole, so that output filters get the same bytes
 * for GET, HEAD and 304. Filters that must not change it are removed. */
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
static void drop_content_encoding(request_rec *r)
{
    if (r->status == HTTP_NOT_MODIFIED) {
        apr_table_unset(r->headers_out, "Content-Encoding");
    }
}

static int has_content_filters(const request_rec *r)
{
    return r->output_filters && r->output_filters->frec->ftype < AP_FTYPE_PROTOCOL;
}

/* Runs after the filters that encode: the ETag must name the encoded bytes, whether or not
 * DeflateAlterETag and BrotliAlterETag change it. */
static apr_status_t tag_filter(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    request_rec *r = filter->r;
    const char *etag = apr_table_get(r->headers_out, "ETag");

    if (etag) {
        apr_table_setn(
            r->headers_out, "ETag",
            shop_etag_encoded(etag, apr_table_get(r->headers_out, "Content-Encoding"), r->pool));
    }
    drop_content_encoding(r);
    ap_remove_output_filter(filter);
    return ap_pass_brigade(filter->next, brigade);
}

/* Runs before httpd's byte range filter, for files below the API root: its 416 lacks the length of
 * the file, which RFC 9110 section 14.4 asks for. */
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

/* A stored reply of the shop that mod_cache serves before the <Location> is known. */
static int is_kept_reply(const request_rec *r)
{
    return !r->filename && r->content_type && !strncmp(r->content_type, "application/json", 16) &&
           shop_is_api(r);
}

/* Byte ranges apply to files only. Hosts may encode a reply differently under one ETag, so parts
 * could not be combined. And a completed write must not be answered with 416. */
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

/* httpd buffers a reply smaller than this until the worker has found no further request on the
 * connection (default of FlushMinThreshold). */
#define HELD_BACK 4096

/* Is a reply so small that it is flushed at once? On a persistent connection the next request then
 * often arrives before the worker gives the connection back, which saves a turn through the
 * listener thread. Larger replies are sent without a flush, and a slow client must not block the
 * worker. Streams of an HTTP/2 connection share writes, so they are not flushed. A subrequest
 * (mod_include) ends nothing: httpd takes its end of stream away only where that is the last
 * bucket. */
static int should_flush(const request_rec *r, const shop_content_t *content)
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
    if (should_flush(r, content)) {
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
        /* mod_filter (AddOutputFilterByType) needs it for statuses other than 200 */
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
        drop_content_encoding(
            r); /* otherwise the encoding filters need the ETag first, and tag_filter sets it */
    }
    if (res->close) {
        r->connection->keepalive = AP_CONN_CLOSE;
    }
    /* httpd drops the body of HEAD and 304 after the encoding filters, so their header fields are
     * those of GET. */
    ap_pass_brigade(r->output_filters, brigade_of(r, &content));
    return OK; /* also when the client has disconnected: nobody reads an error */
}
