/* SPDX-License-Identifier: MIT
 * Named schemas of the OpenAPI document. One field table gives one schema per use; its name comes
 * from the route or from the first operation that uses it. */
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "openapi_parts.h"

json_t *shop_openapi_ref(const char *kind, const char *name, apr_pool_t *pool)
{
    return json_pack("{s:s}", "$ref", apr_pstrcat(pool, "#/components/", kind, "/", name, NULL));
}

static const char *capitalised(const char *word, apr_pool_t *pool)
{
    char *copy = apr_pstrdup(pool, word);

    copy[0] = (char)apr_toupper(copy[0]);
    return copy;
}

/* "listCategories" -> "Category", "showProduct" -> "Product", "login" -> "Login". */
static const char *noun_of(const shop_route_t *route, apr_pool_t *pool)
{
    const char *noun = route->operation;
    apr_size_t length;

    while (apr_islower(*noun)) {
        noun++;
    }
    if (!*noun) {
        return capitalised(route->operation, pool);
    }
    length = strlen(noun);
    if (route->reply_kind != SHOP_REPLY_LIST || length < 4 || noun[length - 1] != 's') {
        return noun;
    }
    if (!strcmp(noun + length - 3, "ies")) {
        return apr_pstrcat(pool, apr_pstrmemdup(pool, noun, length - 3), "y", NULL);
    }
    if (!strcmp(noun + length - 4, "sses")) {
        return apr_pstrmemdup(pool, noun, length - 2);
    }
    return apr_pstrmemdup(pool, noun, length - 1);
}

/* The name kept for the table in this use ("body", "patch" or "reply"); makes the schema when the
 * table is new. wanted may be taken by another table: then fallback. */
static json_t *named(shop_openapi_t *doc, const shop_field_t *fields, const char *use,
                     const char *wanted, const char *fallback)
{
    const char *key = apr_psprintf(doc->pool, "%pp %s", (const void *)fields, use);
    const char *name = apr_hash_get(doc->names, key, APR_HASH_KEY_STRING);

    if (!name) {
        bool reply = !strcmp(use, "reply");
        json_t *schema = shop_fields_schema(fields, reply, !strcmp(use, "patch"),
                                            doc->currency_exponent, doc->pool);

        name = json_object_get(doc->schemas, wanted) ? fallback : wanted;
        json_object_set(doc->schemas, name, schema);
        apr_hash_set(doc->names, key, APR_HASH_KEY_STRING, name);
    }
    return shop_openapi_ref("schemas", name, doc->pool);
}

json_t *shop_openapi_body_schema(shop_openapi_t *doc, const shop_route_t *route)
{
    const char *operation = capitalised(route->operation, doc->pool);

    return named(doc, route->body, route->partial ? "patch" : "body",
                 apr_pstrcat(doc->pool, operation, "Body", NULL),
                 apr_pstrcat(doc->pool, operation, "RequestBody", NULL));
}

json_t *shop_openapi_reply_schema(shop_openapi_t *doc, const shop_route_t *route)
{
    const char *noun = route->schema ? route->schema : noun_of(route, doc->pool);

    if (!route->reply) {
        return json_pack("{s:s}", "type", "object");
    }
    return named(doc, route->reply, "reply", noun,
                 apr_pstrcat(doc->pool, capitalised(route->operation, doc->pool), "Reply", NULL));
}

static json_t *text_schema(const char *description)
{
    return json_pack("{s:s, s:s}", "type", "string", "description", description);
}

void shop_openapi_common_schemas(shop_openapi_t *doc)
{
    json_t *problem = json_object();
    json_t *codes = json_array();

    for (shop_code_t code = SHOP_OK + 1; code < SHOP_CODE_COUNT; code++) {
        json_array_append_new(codes, json_string(shop_code_name(code)));
    }
    json_object_set_new(problem, "type",
                        json_pack("{s:s, s:s, s:s}", "type", "string", "format", "uri-reference",
                                  "description", "Ends in the code, with hyphens"));
    json_object_set_new(problem, "title", text_schema("Meaning of the code"));
    json_object_set_new(problem, "status", json_pack("{s:s}", "type", "integer"));
    json_object_set_new(problem, "detail", text_schema("Cause in this case"));
    json_object_set_new(problem, "instance", text_schema("urn:request:<request_id>"));
    json_object_set_new(problem, "request_id", text_schema("Same as X-Request-Id"));
    json_object_set_new(problem, "code", json_pack("{s:s, s:o}", "type", "string", "enum", codes));
    json_object_set_new(problem, "errors",
                        json_pack("{s:s, s:o}", "type", "array", "items",
                                  shop_openapi_ref("schemas", "Violation", doc->pool)));
    json_object_set_new(doc->schemas, "Problem",
                        json_pack("{s:s, s:s, s:o, s:[s,s,s,s,s]}", "type", "object", "description",
                                  "Problem document (RFC 9457). Some codes have further members.",
                                  "properties", problem, "required", "type", "title", "status",
                                  "detail", "code"));
    json_object_set_new(
        doc->schemas, "Violation",
        json_pack(
            "{s:s, s:{s:o, s:o, s:o}, s:[s,s,s]}", "type", "object", "properties", "pointer",
            text_schema("JSON pointer into the body, or `?name` of a query parameter"), "code",
            text_schema("required, unknown, type, range, length, format, enum, null, "
                        "decimals, duplicate, ..."),
            "detail", text_schema("Message for people"), "required", "pointer", "code", "detail"));
    json_object_set_new(
        doc->schemas, "List",
        json_pack("{s:s, s:{s:{s:s}, s:{s:[s,s], s:s}, s:{s:s, s:s}, s:{s:s, s:s}}, s:[s,s]}",
                  "type", "object", "properties", "items", "type", "array", "next_cursor", "type",
                  "string", "null", "description",
                  "Value of `?cursor=` for the next page; null on the last page", "total", "type",
                  "integer", "description",
                  "With `?count=true`: number of all items, at most 10,000", "total_capped", "type",
                  "boolean", "description", "true: there are more items than `total`", "required",
                  "items", "next_cursor"));
}
