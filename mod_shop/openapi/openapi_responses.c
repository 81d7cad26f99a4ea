/* SPDX-License-Identifier: MIT
 * Responses of an operation: success from its reply table, problems from what the dispatcher can
 * refuse for a route of this shape and from the codes the route names itself. */
#include <apr_strings.h>
#include <string.h>

#include "openapi_parts.h"

static const struct {
    const char *name;
    const char *type;
    const char *description;
} headers[] = {
    { "Accept-Patch", "string", "media types that PATCH takes" },
    { "Allow", "string", "methods of the resource" },
    { "ETag", "string", "strong entity tag of the body" },
    { "Link", "string", "rel=\"next\": the next page, relative to the server" },
    { "Location", "string", "the new object, relative to the server" },
    { "RateLimit", "string", "what is left in the window" },
    { "RateLimit-Policy", "string", "the policies in force" },
    { "Retry-After", "integer", "seconds to wait" },
    { "WWW-Authenticate", "string", "Bearer, RFC 6750" },
    { "X-Request-Id", "string", "also in problems and the error log" },
};

#define HEADER_COUNT (sizeof(headers) / sizeof(headers[0]))

json_t *shop_openapi_headers(void)
{
    json_t *all = json_object();

    for (size_t i = 0; i < HEADER_COUNT; i++) {
        json_object_set_new(all, headers[i].name,
                            json_pack("{s:s, s:{s:s}}", "description", headers[i].description,
                                      "schema", "type", headers[i].type));
    }
    return all;
}

static void add_header(shop_openapi_t *doc, json_t *response, const char *name)
{
    json_t *set = json_object_get(response, "headers");

    if (!set) {
        set = json_object();
        json_object_set_new(response, "headers", set);
    }
    json_object_set_new(set, name, shop_openapi_ref("headers", name, doc->pool));
}

static void add_usual_headers(shop_openapi_t *doc, json_t *response, const shop_route_t *route)
{
    add_header(doc, response, "X-Request-Id");
    if (route->rate != SHOP_RATE_CLASS_EXEMPT) {
        add_header(doc, response, "RateLimit");
        add_header(doc, response, "RateLimit-Policy");
    }
}

static void add_code(bool *codes, shop_code_t code)
{
    codes[code] = true;
}

/* Every code an operation of this shape can answer with, but for 500. */
static void collect_codes(bool *codes, const shop_route_t *route)
{
    add_code(codes, SHOP_NOT_ACCEPTABLE);
    add_code(codes, SHOP_UNAVAILABLE);
    add_code(codes, SHOP_VALIDATION_FAILED); /* an unknown query parameter, at least */
    if (route->access != SHOP_ACCESS_PUBLIC) {
        add_code(codes, SHOP_TOKEN_INVALID);
        add_code(codes, SHOP_TOKEN_EXPIRED);
        add_code(codes, SHOP_TOKEN_REVOKED);
        add_code(codes, SHOP_BAD_REQUEST);
        if (route->access != SHOP_ACCESS_OPTIONAL) {
            add_code(codes, SHOP_TOKEN_MISSING);
        }
    }
    if (route->access == SHOP_ACCESS_ADMIN) {
        add_code(codes, SHOP_FORBIDDEN);
    }
    if (strcmp(route->method, "GET")) { /* one that takes no body refuses those that hold more */
        add_code(codes, SHOP_MALFORMED_JSON);
        add_code(codes, SHOP_PAYLOAD_TOO_LARGE);
    }
    if (route->body) {
        add_code(codes, SHOP_UNSUPPORTED_MEDIA_TYPE);
    }
    if (route->idempotency_key) {
        add_code(codes, SHOP_BAD_REQUEST);
    }
    if (strchr(route->path, '{')) {
        add_code(codes, SHOP_NOT_FOUND);
    }
    if (route->if_match) {
        add_code(codes, SHOP_PRECONDITION_FAILED);
        add_code(codes, SHOP_PRECONDITION_REQUIRED);
    }
    if (route->rate != SHOP_RATE_CLASS_EXEMPT) {
        add_code(codes, SHOP_RATE_LIMITED);
    }
    for (const shop_code_t *code = route->errors; code && *code != SHOP_OK; code++) {
        add_code(codes, *code);
    }
}

static void describe_code(shop_openapi_t *doc, json_t *responses, const shop_route_t *route,
                          shop_code_t code)
{
    const char *status = apr_itoa(doc->pool, shop_code_status(code));
    const char *line =
        apr_pstrcat(doc->pool, "`", shop_code_name(code), "`: ", shop_code_help(code), NULL);
    json_t *response = json_object_get(responses, status);

    if (response) {
        const char *before = json_string_value(json_object_get(response, "description"));

        line = apr_pstrcat(doc->pool, before, "\n\n", line, NULL);
        json_object_set_new(response, "description", json_string(line));
        return;
    }
    response =
        json_pack("{s:s, s:{s:{s:o}}}", "description", line, "content", "application/problem+json",
                  "schema", shop_openapi_ref("schemas", "Problem", doc->pool));
    add_usual_headers(doc, response, route);
    switch (shop_code_status(code)) {
    case 401: add_header(doc, response, "WWW-Authenticate"); break;
    case 415:
        if (!strcmp(route->method, "PATCH")) {
            add_header(doc, response, "Accept-Patch");
        }
        break;
    case 429:
    case 503: add_header(doc, response, "Retry-After"); break;
    default: break;
    }
    json_object_set_new(responses, status, response);
}

static json_t *list_schema(shop_openapi_t *doc, const shop_route_t *route)
{
    return json_pack("{s:[o, {s:s, s:{s:{s:s, s:o}}}]}", "allOf",
                     shop_openapi_ref("schemas", "List", doc->pool), "type", "object", "properties",
                     "items", "type", "array", "items", shop_openapi_reply_schema(doc, route));
}

static json_t *success(shop_openapi_t *doc, const shop_route_t *route, int status)
{
    json_t *response = json_pack("{s:s}", "description", route->summary ? route->summary : "Done");

    add_usual_headers(doc, response, route);
    if (status == 204) {
        return response;
    }
    add_header(doc, response, "ETag");
    if (status == 201) {
        add_header(doc, response, "Location");
    }
    if (route->reply_kind == SHOP_REPLY_LIST) {
        add_header(doc, response, "Link");
    }
    json_object_set_new(response, "content",
                        json_pack("{s:{s:o}}", "application/json", "schema",
                                  route->reply_kind == SHOP_REPLY_LIST
                                      ? list_schema(doc, route)
                                      : shop_openapi_reply_schema(doc, route)));
    return response;
}

json_t *shop_openapi_responses(shop_openapi_t *doc, const shop_route_t *route)
{
    int status = route->status ? route->status : 200;
    bool codes[SHOP_CODE_COUNT] = { false };
    json_t *responses = json_object();

    json_object_set_new(responses, apr_itoa(doc->pool, status), success(doc, route, status));
    if (!strcmp(route->method, "GET") && status == 200) {
        json_t *unchanged = json_pack("{s:s}", "description", "If-None-Match names the object");

        add_header(doc, unchanged, "ETag");
        json_object_set_new(responses, "304", unchanged);
    }
    collect_codes(codes, route);
    for (shop_code_t code = SHOP_OK + 1; code < SHOP_CODE_COUNT; code++) {
        if (codes[code]) {
            describe_code(doc, responses, route, code);
        }
    }
    return responses;
}
