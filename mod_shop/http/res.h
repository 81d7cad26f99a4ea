/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_RES_H
#define SHOP_HTTP_RES_H

/* A reply is bytes with an ETag before it is anything else. */

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
    bool immortal; /* bytes outlive every request (else they belong to the request's pool) */
    bool absent;   /* there is no such object: no bytes, no ETag */
    int max_age_s; /* of its Cache-Control; set by the local cache */
    /* What it shows, as shop_changes_cell numbers; part of its life in a local cache. */
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
    apr_table_t *headers;     /* all but Content-Type, Content-Length, ETag */
    const char *content_type; /* NULL: no body */
    const char *etag;
    shop_coding_t coding;        /* of body; with Content-Encoding among the headers */
    unsigned acceptable_codings; /* a bit each; 0: the reply does not depend on Accept-Encoding */
    const char *body;
    apr_size_t size;
    bool immortal;         /* see shop_page_t */
    shop_content_t unsent; /* of a 304: what its 200 would hold, for filters that decide by it */
    const char *cache_key; /* it is kept under this key; NULL: it is not */
    const char *cached;    /* "local", "shared", or "store" when it had to be made; NULL: a
                            * reply that nobody keeps */
    bool close;            /* close the connection after this reply */
    const shop_error_t *error; /* what the problem document was made of; for the log */
    int currency_exponent;     /* for MONEY fields; set before the handler runs, as audience is */
    shop_audience_t audience;  /* who reads it: which members are printed */
} shop_res_t;

/* One object: status, JSON body by the field table for res->audience, ETag over the bytes. */
shop_error_t *shop_res_object(shop_res_t *res, int status, const shop_field_t *fields,
                              const void *record);
/* The ETag shop_res_object would give; for If-Match before a change. */
const char *shop_res_object_etag(const shop_res_t *res, const shop_field_t *fields,
                                 const void *record, apr_pool_t *pool);
/* A list in the form {"items", "next_cursor"[, "total", "total_capped"]} with Link: rel="next".
 * items: array of record pointers. */
shop_error_t *shop_res_list(shop_res_t *res, const shop_req_t *req, const shop_field_t *fields,
                            const apr_array_header_t *items, const shop_list_end_t *end);
/* Raw JSON bytes that are already in res->pool or immortal. */
void shop_res_bytes(shop_res_t *res, int status, const char *bytes, apr_size_t size);
/* Not for one that is absent. Sets Link, Cache-Control and Content-Encoding. */
void shop_res_page(shop_res_t *res, const shop_page_t *page);
/* The reply is in another coding now, with the ETag of that one: for a reply without a body. */
void shop_res_recode(shop_res_t *res, shop_coding_t coding);
/* What res holds now, as a page in pool (bytes are not copied). */
shop_page_t *shop_res_to_page(const shop_res_t *res, apr_pool_t *pool);
/* Location: root + printf path. */
void shop_res_location(shop_res_t *res, const shop_req_t *req, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Cache-Control for a public catalogue answer; without it every reply is no-store. */
void shop_res_public(shop_res_t *res, int max_age_s);

#endif
