/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_ROUTE_H
#define SHOP_HTTP_ROUTE_H

/* A route is a row in <noun>_api.c; the rows are what the router matches, the dispatcher enforces
 * and the OpenAPI document is generated from. */

#include <stdint.h>

#include "req.h"
#include "res.h"

struct shop_app_t;

typedef shop_error_t *(*shop_handler_t)(const struct shop_app_t *app, shop_req_t *req,
                                        shop_res_t *res);

typedef enum {
    SHOP_ACCESS_UNSET = 0, /* a route without a rule: the dispatcher answers 403 */
    SHOP_ACCESS_PUBLIC,    /* a token is ignored */
    SHOP_ACCESS_OPTIONAL, /* a valid token identifies the caller; an invalid one is an error only if
                             the handler needs the caller (shop_caller_t.refused) */
    SHOP_ACCESS_CUSTOMER, /* any signed-in user */
    SHOP_ACCESS_ADMIN,
    SHOP_ACCESS_REFRESH /* the bearer token is a refresh token */
} shop_access_t;

typedef enum {
    SHOP_RATE_CLASS_DEFAULT = 0, /* the configured policies */
    SHOP_RATE_CLASS_EXEMPT       /* health checks */
} shop_rate_class_t;

typedef enum {
    SHOP_REPLY_OBJECT = 0, /* .reply is the object */
    SHOP_REPLY_LIST,       /* .reply is one item of the list form */
    SHOP_REPLY_RAW         /* any JSON object; .reply may be NULL */
} shop_reply_kind_t;

typedef struct shop_route_t {
    const char *method; /* GET (serves HEAD too), POST, PUT, PATCH, DELETE */
    const char *path;   /* "/products/{id}"; literal segments win over arguments */
    shop_handler_t handler;
    const char *operation; /* operationId */
    const char *summary;
    const char *tag; /* resource, for the OpenAPI document; a module describes it */
    shop_access_t access;
    shop_rate_class_t rate;
    bool idempotency_key; /* accepts Idempotency-Key (1 to 255 characters) */
    bool if_match;        /* evaluates If-Match; shown in the OpenAPI document */

    const shop_field_t *body; /* NULL: no body; empty or {} is accepted */
    size_t body_size;         /* sizeof the record */
    bool partial;             /* merge patch: required members may be absent */
    apr_size_t body_limit;    /* bytes; 0: 64 KiB */

    const shop_field_t *query; /* NULL: no parameters */
    size_t query_size;

    int status; /* of success */
    shop_reply_kind_t reply_kind;
    shop_audience_t audience; /* audience of .reply for callers who are not admins; OWNER where the
                                 route only shows the caller's own objects */
    const shop_field_t *reply;
    const char *schema; /* name of .reply in the OpenAPI document; NULL: derived from the operation
                           ("showProduct" -> "Product") */
    const shop_code_t
        *errors; /* error codes of this route in addition to the common ones, SHOP_OK-terminated */
} shop_route_t;  /* a row with method NULL ends a table */

/* A tag of routes, in the OpenAPI document. */
typedef struct shop_tag_t {
    const char *name; /* NULL ends a table */
    const char *description;
} shop_tag_t;

#define SHOP_BODY_LIMIT 65536

/* Pattern of an Idempotency-Key: printable ASCII. Leading and trailing spaces are not part of the
 * value (RFC 9110 section 5.5). */
#define SHOP_IDEMPOTENCY_KEY_MAX 255
#define SHOP_IDEMPOTENCY_KEY_PATTERN "^[!-~]([ -~]*[!-~])?$"

/* Finds the route. On success fills req->route and the path arguments. NOT_FOUND;
 * METHOD_NOT_ALLOWED with err->allow. HEAD matches GET. tables: NULL-terminated list of tables. */
shop_error_t *shop_router_match(shop_req_t *req, const shop_route_t *const *tables);
/* "GET, HEAD, POST, OPTIONS" for path, or NULL when no route has it. */
const char *shop_router_allow(const char *path, const shop_route_t *const *tables,
                              apr_pool_t *pool);

#endif
