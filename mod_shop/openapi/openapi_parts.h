/* SPDX-License-Identifier: MIT */
#ifndef SHOP_OPENAPI_OPENAPI_PARTS_H
#define SHOP_OPENAPI_OPENAPI_PARTS_H

/* What the files of this folder share while a document is made. All json_t results are new
 * references. */

#include <apr_hash.h>
#include <apr_pools.h>
#include <jansson.h>

#include "../http/route.h"
#include "../settings.h"

typedef struct shop_openapi_t {
    apr_pool_t *pool;
    const shop_settings_t *settings;
    json_t *schemas;   /* components/schemas */
    json_t *responses; /* components/responses */
    apr_hash_t *names; /* "fields pointer, use" -> name in schemas */
} shop_openapi_t;

/* {"$ref": "#/components/<kind>/<name>"} */
json_t *shop_openapi_ref(const char *kind, const char *name, apr_pool_t *pool);

/* The word with its first letter in upper case, in pool. */
const char *shop_openapi_capitalised(const char *word, apr_pool_t *pool);
/* What the schemas of bodies and replies are made for. */
shop_schema_use_t shop_openapi_use(const shop_openapi_t *doc, bool reply, bool partial);
/* Schema and example of the route's body or reply, as a media type object. Schemas are kept under
 * names of their own: "Product", for lists "ProductList". */
json_t *shop_openapi_body(shop_openapi_t *doc, const shop_route_t *route);
json_t *shop_openapi_reply(shop_openapi_t *doc, const shop_route_t *route);
/* A JSON object that is valid for shop_fields_schema() of the same use. */
json_t *shop_openapi_example(const shop_field_t *fields, const shop_schema_use_t *use);
/* Problem and Violation. */
void shop_openapi_common_schemas(shop_openapi_t *doc);

/* "parameters" of the route, each written out. */
json_t *shop_openapi_parameters(shop_openapi_t *doc, const shop_route_t *route);
/* Moves each parameter that several operations of paths have to components/parameters, and leaves
 * a reference in its place. Returns components/parameters. */
json_t *shop_openapi_share_parameters(json_t *paths, apr_pool_t *pool);

/* components/headers */
json_t *shop_openapi_headers(void);
/* Refers to header `name` in the response. */
void shop_openapi_add_header(shop_openapi_t *doc, json_t *response, const char *name);

/* "responses" of the route. */
json_t *shop_openapi_responses(shop_openapi_t *doc, const shop_route_t *route);
/* Adds to responses, by status, a reference to each problem document that the route can answer
 * with. The problem documents are added to doc->responses. */
void shop_openapi_add_problems(shop_openapi_t *doc, json_t *responses, const shop_route_t *route);

#endif
