/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_RES_H
#define SHOP_HTTP_RES_H

/* Replies: status, header fields, and a body in serialised form with its ETag. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <stdbool.h>

#include "../base/cursor.h"
#include "../base/fields.h"
#include "coding.h"
#include "req.h"

/* Serialised 200 reply that can be cached as it is. */
typedef struct shop_page_t {
    const char *etag;  /* strong, with quotes; of this coding */
    const char *link;  /* Link header or NULL */
    const char *bytes; /* application/json, encoded as coding says */
    shop_coding_t coding;
    apr_size_t size;
    bool immortal; /* bytes are never freed; otherwise they live in the request's pool */
    bool absent;   /* the object does not exist: no bytes, no ETag */
    int max_age_s; /* of its Cache-Control; set by the local cache */
    /* The subjects that it depends on, as numbers of shop_changes_cell(); for the local cache. */
    const uint32_t *cells;
    int cell_count;
} shop_page_t;

typedef struct shop_content_t {
    const char *type; /* NULL: none */
    const char *bytes;
    apr_size_t size;
    bool immortal; /* see shop_page_t */
} shop_content_t;

typedef struct shop_res_t {
    apr_pool_t *pool;
    int status;
    apr_table_t *headers;     /* all except Content-Type, Content-Length, ETag */
    const char *content_type; /* NULL: no body */
    const char *etag;
    shop_coding_t coding;        /* of body; headers has the Content-Encoding */
    unsigned acceptable_codings; /* bits; 0: the reply does not depend on Accept-Encoding */
    const char *body;
    apr_size_t size;
    bool immortal;         /* see shop_page_t */
    shop_content_t unsent; /* of a 304: the content of its 200, for output filters */
    const char *cache_key; /* it is cached under this key; NULL: not cached */
    const char *cached;    /* "local", "shared", or "store" (read from the database); NULL: not a
                              cached reply */
    bool close;            /* close the connection after this reply */
    const shop_error_t *error; /* the error that the problem document was made of; for the log */
    int currency_exponent;     /* for MONEY fields; set before the handler runs, as audience is */
    shop_audience_t audience;  /* decides which members are printed */
} shop_res_t;

/* Fills res with one object: status, ETag, and the JSON body for res->audience. */
shop_error_t *shop_res_object(shop_res_t *res, int status, const shop_field_t *fields,
                              const void *record);
/* The ETag that shop_res_object would set; to check If-Match before a change. */
const char *shop_res_object_etag(const shop_res_t *res, const shop_field_t *fields,
                                 const void *record, apr_pool_t *pool);
/* Fills res with a list in the form {"items", "next_cursor"[, "total", "total_capped"]} with Link:
 * rel="next". items: array of record pointers. */
shop_error_t *shop_res_list(shop_res_t *res, const shop_req_t *req, const shop_field_t *fields,
                            const apr_array_header_t *items, const shop_list_end_t *end);
/* Fills res with JSON bytes that are in res->pool or never freed. */
void shop_res_bytes(shop_res_t *res, int status, const char *bytes, apr_size_t size);
/* Fills res with page, which must not be absent. Sets Link, Cache-Control and Content-Encoding. */
void shop_res_page(shop_res_t *res, const shop_page_t *page);
/* Changes the coding of a reply without a body, and with it the ETag. */
void shop_res_recode(shop_res_t *res, shop_coding_t coding);
/* The content of res as a page in pool; the bytes are not copied. */
shop_page_t *shop_res_to_page(const shop_res_t *res, apr_pool_t *pool);
/* Sets Location to the API root followed by the formatted path. */
void shop_res_location(shop_res_t *res, const shop_req_t *req, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Sets Cache-Control of a public catalogue reply. The default is no-store. */
void shop_res_public(shop_res_t *res, int max_age_s);

#endif
