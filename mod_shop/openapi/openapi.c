/* SPDX-License-Identifier: MIT
 * The OpenAPI document, generated from the route and field tables alone, so that it cannot differ
 * from the code. Printing sorts the members; arrays keep the order of the tables. */
#include "openapi.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "openapi_parts.h"

#define OPENAPI_VERSION "3.1.0"
#define API_VERSION "1"

static json_t *body_of(shop_openapi_t *doc, const shop_route_t *route)
{
    json_t *content = json_object();

    json_object_set_new(content, "application/json", shop_openapi_body(doc, route));
    if (!strcmp(route->method, "PATCH")) {
        json_object_set_new(content, "application/merge-patch+json", shop_openapi_body(doc, route));
    }
    return json_pack("{s:b, s:o}", "required", 1, "content", content);
}

static json_t *security_of(shop_access_t access)
{
    switch (access) {
    case SHOP_ACCESS_PUBLIC: return json_array();
    case SHOP_ACCESS_OPTIONAL: return json_pack("[{}, {s:[]}]", "access");
    case SHOP_ACCESS_REFRESH: return json_pack("[{s:[]}]", "refresh");
    default: return json_pack("[{s:[]}]", "access");
    }
}

static const char *description_of(shop_access_t access)
{
    switch (access) {
    case SHOP_ACCESS_PUBLIC: return "Public. A token is ignored.";
    case SHOP_ACCESS_OPTIONAL:
        return "Public. The access token is only used where the role `admin` is required.";
    case SHOP_ACCESS_REFRESH: return "Requires the refresh token.";
    case SHOP_ACCESS_ADMIN: return "Requires the role `admin`.";
    default: return "Requires an access token.";
    }
}

static json_t *operation_of(shop_openapi_t *doc, const shop_route_t *route)
{
    json_t *operation = json_object();
    json_t *parameters = shop_openapi_parameters(doc, route);

    json_object_set_new(operation, "operationId", json_string(route->operation));
    json_object_set_new(operation, "summary", json_string(route->summary ? route->summary : ""));
    json_object_set_new(operation, "security", security_of(route->access));
    if (route->tag) {
        json_object_set_new(operation, "tags", json_pack("[s]", route->tag));
    }
    json_object_set_new(operation, "description", json_string(description_of(route->access)));
    if (json_array_size(parameters)) {
        json_object_set_new(operation, "parameters", parameters);
    } else {
        json_decref(parameters);
    }
    if (route->body) {
        json_object_set_new(operation, "requestBody", body_of(doc, route));
    }
    json_object_set_new(operation, "responses", shop_openapi_responses(doc, route));
    return operation;
}

static const char *lower_case(const char *text, apr_pool_t *pool)
{
    char *copy = apr_pstrdup(pool, text);

    for (char *at = copy; *at; at++) {
        *at = (char)apr_tolower(*at);
    }
    return copy;
}

static json_t *tags_of(const shop_tag_t *const *tables)
{
    json_t *tags = json_array();

    for (; *tables; tables++) {
        for (const shop_tag_t *tag = *tables; tag->name; tag++) {
            json_array_append_new(
                tags, json_pack("{s:s, s:s}", "name", tag->name, "description", tag->description));
        }
    }
    return tags;
}

static void add_route(shop_openapi_t *doc, json_t *paths, const shop_route_t *route)
{
    json_t *item = json_object_get(paths, route->path);

    if (!item) {
        item = json_object();
        json_object_set_new(paths, route->path, item);
    }
    json_object_set_new(item, lower_case(route->method, doc->pool), operation_of(doc, route));
}

static json_t *security_schemes(void)
{
    return json_pack("{s:{s:s, s:s, s:s, s:s}, s:{s:s, s:s, s:s, s:s}}", "access", "type", "http",
                     "scheme", "bearer", "bearerFormat", "JWT", "description",
                     "Access token from POST /auth/login or POST /auth/refresh.", "refresh", "type",
                     "http", "scheme", "bearer", "bearerFormat", "JWT", "description",
                     "Refresh token; only for POST /auth/refresh.");
}

static json_t *info(void)
{
    return json_pack(
        "{s:s, s:s, s:s, s:{s:s, s:s}}", "title", "mod_shop", "version", API_VERSION, "description",
        "A shop inside Apache HTTP Server. Replies are JSON; errors are "
        "application/problem+json with a stable `code`. HEAD is supported wherever GET "
        "is. OPTIONS is answered with 204 and `Allow`. Amounts are in major units. A "
        "member or parameter that is not listed is refused with 422.",
        "license", "name", "MIT", "identifier", "MIT");
}

json_t *shop_openapi_document(const shop_route_t *const *tables, const shop_tag_t *const *tags,
                              const char *server_url, const shop_settings_t *settings,
                              apr_pool_t *pool)
{
    shop_openapi_t doc = { .pool = pool,
                           .settings = settings,
                           .schemas = json_object(),
                           .responses = json_object(),
                           .names = apr_hash_make(pool) };
    json_t *paths = json_object();
    json_t *components;

    shop_openapi_common_schemas(&doc);
    for (; *tables; tables++) {
        for (const shop_route_t *route = *tables; route->method; route++) {
            add_route(&doc, paths, route);
        }
    }
    components =
        json_pack("{s:o, s:o, s:o, s:o, s:o}", "schemas", doc.schemas, "responses", doc.responses,
                  "parameters", shop_openapi_share_parameters(paths, pool), "headers",
                  shop_openapi_headers(), "securitySchemes", security_schemes());
    return shop_json_own(json_pack("{s:s, s:o, s:[{s:s}], s:o, s:o, s:o}", "openapi",
                                   OPENAPI_VERSION, "info", info(), "servers", "url", server_url,
                                   "tags", tags_of(tags), "paths", paths, "components", components),
                         pool);
}
