/* SPDX-License-Identifier: MIT
 * Header fields of responses: their one table, and references to it. */
#include "openapi_parts.h"

static const struct {
    const char *name;
    const char *type;
    const char *description;
} headers[] = {
    { "Accept-Patch", "string", "Media types that PATCH accepts" },
    { "ETag", "string", "Strong entity tag of the representation" },
    { "Link", "string", "rel=\"next\": URI of the next page, relative to the server" },
    { "Location", "string", "URI of the new object, relative to the server" },
    { "RateLimit", "string", "Requests left in the window" },
    { "RateLimit-Policy", "string", "Rate limit policies" },
    { "Retry-After", "integer", "Seconds to wait" },
    { "WWW-Authenticate", "string", "Bearer (RFC 6750)" },
    { "X-Request-Id", "string", "Request id, also in problem documents and the error log" },
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

void shop_openapi_add_header(shop_openapi_t *doc, json_t *response, const char *name)
{
    json_t *set = json_object_get(response, "headers");

    if (!set) {
        set = json_object();
        json_object_set_new(response, "headers", set);
    }
    json_object_set_new(set, name, shop_openapi_ref("headers", name, doc->pool));
}
