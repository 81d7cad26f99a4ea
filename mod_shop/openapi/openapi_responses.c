/* SPDX-License-Identifier: MIT
 * Responses of an operation: success from its reply table, 304, and a reference to each problem. */
#include <apr_strings.h>
#include <string.h>

#include "openapi_parts.h"

static void add_usual_headers(shop_openapi_t *doc, json_t *response, const shop_route_t *route)
{
    shop_openapi_add_header(doc, response, "X-Request-Id");
    if (route->rate != SHOP_RATE_CLASS_EXEMPT) {
        shop_openapi_add_header(doc, response, "RateLimit");
        shop_openapi_add_header(doc, response, "RateLimit-Policy");
    }
}

static json_t *success(shop_openapi_t *doc, const shop_route_t *route, int status)
{
    json_t *response = json_pack("{s:s}", "description", route->summary ? route->summary : "Done");

    add_usual_headers(doc, response, route);
    if (status == 204) {
        return response;
    }
    shop_openapi_add_header(doc, response, "ETag");
    if (status == 201) {
        shop_openapi_add_header(doc, response, "Location");
    }
    if (route->reply_kind == SHOP_REPLY_LIST) {
        shop_openapi_add_header(doc, response, "Link");
    }
    json_object_set_new(response, "content",
                        json_pack("{s:o}", "application/json", shop_openapi_reply(doc, route)));
    return response;
}

/* A reference to components/responses/NotModified. */
static json_t *not_modified(shop_openapi_t *doc)
{
    if (!json_object_get(doc->responses, "NotModified")) {
        json_t *response = json_pack("{s:s}", "description",
                                     "The representation matches `If-None-Match`. No body.");

        shop_openapi_add_header(doc, response, "ETag");
        json_object_set_new(doc->responses, "NotModified", response);
    }
    return shop_openapi_ref("responses", "NotModified", doc->pool);
}

json_t *shop_openapi_responses(shop_openapi_t *doc, const shop_route_t *route)
{
    int status = route->status ? route->status : 200;
    json_t *responses = json_object();

    json_object_set_new(responses, apr_itoa(doc->pool, status), success(doc, route, status));
    if (!strcmp(route->method, "GET") && status == 200) {
        json_object_set_new(responses, "304", not_modified(doc));
    }
    shop_openapi_add_problems(doc, responses, route);
    return responses;
}
