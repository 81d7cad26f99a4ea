/* SPDX-License-Identifier: MIT */
#ifndef SHOP_OPENAPI_OPENAPI_PARTS_H
#define SHOP_OPENAPI_OPENAPI_PARTS_H

/* What the files of this folder share while a document is made. All json_t results are new
 * references. */

#include <apr_hash.h>
#include <apr_pools.h>
#include <jansson.h>

#include "../http/route.h"

typedef struct shop_openapi_t {
    apr_pool_t *pool;
    int currency_exponent;
    json_t *schemas;   /* components/schemas */
    json_t *responses; /* components/responses */
    apr_hash_t *names; /* "fields pointer, use" -> name in schemas */
} shop_openapi_t;

/* {"$ref": "#/components/<kind>/<name>"} */
json_t *shop_openapi_ref(const char *kind, const char *name, apr_pool_t *pool);

/* The schema of the route's body or reply (of one item for lists), kept under a name of its own. */
json_t *shop_openapi_body_schema(shop_openapi_t *doc, const shop_route_t *route);
json_t *shop_openapi_reply_schema(shop_openapi_t *doc, const shop_route_t *route);
/* Problem, Violation and List. */
void shop_openapi_common_schemas(shop_openapi_t *doc);

/* "parameters" of the route, each written out. */
json_t *shop_openapi_parameters(shop_openapi_t *doc, const shop_route_t *route);
/* Moves each parameter that several operations of paths have to components/parameters, and leaves
 * a reference in its place. Returns components/parameters. */
json_t *shop_openapi_share_parameters(json_t *paths, apr_pool_t *pool);

/* "responses" of the route. */
json_t *shop_openapi_responses(shop_openapi_t *doc, const shop_route_t *route);
/* Adds to responses, by status, a reference to each problem document that the route can answer
 * with. The problem documents are added to doc->responses. */
void shop_openapi_add_problems(shop_openapi_t *doc, json_t *responses, const shop_route_t *route);
/* components/headers */
json_t *shop_openapi_headers(void);
/* Refers to header `name` in the response. */
void shop_openapi_add_header(shop_openapi_t *doc, json_t *response, const char *name);

#endif
