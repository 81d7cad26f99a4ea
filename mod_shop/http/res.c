/* SPDX-License-Identifier: MIT
 * Replies. Link and Location hold absolute paths without a host: a reply may be cached and sent to
 * other clients, so it must not contain the Host of one request. */
#include "res.h"

#include <apr_strings.h>
#include <stdarg.h>

#include "etag.h"
#include "query.h"
#include "uri.h"

#define JSON_TYPE "application/json"
#define OBJECT_ROOM 512
#define LIST_ROOM 8192

static const char *print_object(apr_size_t *size, const shop_res_t *res, const shop_field_t *fields,
                                const void *record, apr_pool_t *pool)
{
    shop_json_out_t out;

    shop_json_out_init(&out, pool, OBJECT_ROOM);
    shop_fields_write(&out, fields, record, res->audience, res->currency_exponent);
    return shop_json_finish(&out, size);
}

void shop_res_bytes(shop_res_t *res, int status, const char *bytes, apr_size_t size)
{
    res->status = status;
    res->content_type = JSON_TYPE;
    res->body = bytes;
    res->size = size;
    res->immortal = false;
    res->etag = shop_etag_of(bytes, size, res->pool);
}

shop_error_t *shop_res_object(shop_res_t *res, int status, const shop_field_t *fields,
                              const void *record)
{
    apr_size_t size;
    const char *bytes = print_object(&size, res, fields, record, res->pool);

    shop_res_bytes(res, status, bytes, size);
    return NULL;
}

const char *shop_res_object_etag(const shop_res_t *res, const shop_field_t *fields,
                                 const void *record, apr_pool_t *pool)
{
    apr_size_t size;
    const char *bytes = print_object(&size, res, fields, record, pool);

    return shop_etag_of(bytes, size, pool);
}

static void write_end(shop_json_out_t *out, const shop_list_end_t *end, const char *cursor)
{
    shop_json_key(out, "next_cursor");
    shop_json_string(out, cursor);
    if (end->total >= 0) {
        bool capped = end->total > SHOP_COUNT_CAP;

        shop_json_key(out, "total");
        shop_json_int(out, capped ? SHOP_COUNT_CAP : end->total);
        if (capped) {
            shop_json_key(out, "total_capped");
            shop_json_bool(out, true);
        }
    }
}

static const char *next_link(const shop_req_t *req, const char *cursor, apr_pool_t *pool)
{
    const char *others = shop_query_without(req->query, "cursor", pool);

    return apr_pstrcat(pool, "<", req->root ? req->root : "", shop_uri_path(req->path, pool), "?",
                       others, *others ? "&" : "", "cursor=", cursor, ">; rel=\"next\"", NULL);
}

shop_error_t *shop_res_list(shop_res_t *res, const shop_req_t *req, const shop_field_t *fields,
                            const apr_array_header_t *items, const shop_list_end_t *end)
{
    const char *cursor = end->next ? shop_cursor_encode(end->next, res->pool) : NULL;
    shop_json_out_t out;
    const char *bytes;
    apr_size_t size;

    shop_json_out_init(&out, res->pool, LIST_ROOM);
    shop_json_begin(&out, '{');
    shop_json_key(&out, "items");
    shop_json_begin(&out, '[');
    for (int i = 0; i < items->nelts; i++) {
        shop_fields_write(&out, fields, APR_ARRAY_IDX(items, i, const void *), res->audience,
                          res->currency_exponent);
    }
    shop_json_end(&out, ']');
    write_end(&out, end, cursor);
    shop_json_end(&out, '}');
    bytes = shop_json_finish(&out, &size);
    shop_res_bytes(res, 200, bytes, size);
    if (cursor) {
        apr_table_setn(res->headers, "Link", next_link(req, cursor, res->pool));
    }
    return NULL;
}

static void set_coding(shop_res_t *res, shop_coding_t coding)
{
    res->coding = coding;
    if (coding == SHOP_CODING_IDENTITY) {
        apr_table_unset(res->headers, "Content-Encoding");
    } else {
        apr_table_setn(res->headers, "Content-Encoding", shop_coding_name(coding));
    }
}

void shop_res_recode(shop_res_t *res, shop_coding_t coding)
{
    res->etag = shop_etag_recode(res->etag, res->coding, coding, res->pool);
    set_coding(res, coding);
}

void shop_res_page(shop_res_t *res, const shop_page_t *page)
{
    res->status = 200;
    res->content_type = JSON_TYPE;
    res->etag = page->etag;
    res->body = page->bytes;
    res->size = page->size;
    res->immortal = page->immortal;
    if (page->coding != SHOP_CODING_IDENTITY) {
        set_coding(res, page->coding);
    }
    if (page->link) {
        apr_table_setn(res->headers, "Link", page->link);
    }
    if (page->max_age_s) {
        shop_res_public(res, page->max_age_s);
    }
}

shop_page_t *shop_res_to_page(const shop_res_t *res, apr_pool_t *pool)
{
    shop_page_t *page = apr_pcalloc(pool, sizeof(*page));

    page->etag = res->etag;
    page->link = apr_table_get(res->headers, "Link");
    page->bytes = res->body;
    page->size = res->size;
    page->immortal = res->immortal;
    return page;
}

void shop_res_location(shop_res_t *res, const shop_req_t *req, const char *format, ...)
{
    const char *path;
    va_list args;

    va_start(args, format);
    path = apr_pvsprintf(res->pool, format, args);
    va_end(args);
    apr_table_setn(
        res->headers, "Location",
        apr_pstrcat(res->pool, req->root ? req->root : "", shop_uri_path(path, res->pool), NULL));
}

void shop_res_public(shop_res_t *res, int max_age_s)
{
    apr_table_setn(res->headers, "Cache-Control",
                   max_age_s > 0 ? apr_psprintf(res->pool, "public, max-age=%d", max_age_s)
                                 : "public, no-cache");
}
