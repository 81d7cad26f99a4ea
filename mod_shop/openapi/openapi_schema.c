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

const char *shop_openapi_capitalised(const char *word, apr_pool_t *pool)
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
        return shop_openapi_capitalised(route->operation, pool);
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

shop_schema_use_t shop_openapi_use(const shop_openapi_t *doc, bool reply, bool partial)
{
    return (shop_schema_use_t){ .reply = reply,
                                .partial = partial,
                                .currency_exponent = doc->settings->currency_exponent,
                                .password_min = doc->settings->password_min,
                                .password_max = doc->settings->password_max };
}

/* The name under which the table's schema in this use ("body", "patch" or "reply") is kept; the
 * schema is made when the table is new. wanted may be taken by another table: then fallback. */
static const char *name_of(shop_openapi_t *doc, const shop_field_t *fields, const char *use,
                           const char *wanted, const char *fallback)
{
    const char *key = apr_psprintf(doc->pool, "%pp %s", (const void *)fields, use);
    const char *name = apr_hash_get(doc->names, key, APR_HASH_KEY_STRING);

    if (!name) {
        shop_schema_use_t made_for =
            shop_openapi_use(doc, !strcmp(use, "reply"), !strcmp(use, "patch"));

        name = json_object_get(doc->schemas, wanted) ? fallback : wanted;
        json_object_set(doc->schemas, name, shop_fields_schema(fields, &made_for, doc->pool));
        apr_hash_set(doc->names, key, APR_HASH_KEY_STRING, name);
    }
    return name;
}

static json_t *media_type(shop_openapi_t *doc, const char *schema, json_t *example)
{
    return json_pack("{s:o, s:o}", "schema", shop_openapi_ref("schemas", schema, doc->pool),
                     "example", example);
}

json_t *shop_openapi_body(shop_openapi_t *doc, const shop_route_t *route)
{
    const char *operation = shop_openapi_capitalised(route->operation, doc->pool);
    shop_schema_use_t use = shop_openapi_use(doc, false, route->partial);
    const char *name = name_of(doc, route->body, route->partial ? "patch" : "body",
                               apr_pstrcat(doc->pool, operation, "Body", NULL),
                               apr_pstrcat(doc->pool, operation, "RequestBody", NULL));

    return media_type(doc, name, shop_openapi_example(route->body, &use));
}

/* "next_cursor" and the others of a page of items. */
static json_t *page_schema(json_t *item)
{
    return json_pack("{s:s, s:{s:{s:s, s:o}, s:{s:[s,s], s:s}, s:{s:s, s:s}, s:{s:s, s:s}}, "
                     "s:[s,s]}",
                     "type", "object", "properties", "items", "type", "array", "items", item,
                     "next_cursor", "type", "string", "null", "description",
                     "Value of `?cursor=` for the next page; null on the last page", "total",
                     "type", "integer", "description",
                     "With `?count=true`: number of all items, at most 10,000", "total_capped",
                     "type", "boolean", "description", "true: there are more items than `total`",
                     "required", "items", "next_cursor");
}

json_t *shop_openapi_reply(shop_openapi_t *doc, const shop_route_t *route)
{
    const char *noun = route->schema ? route->schema : noun_of(route, doc->pool);
    shop_schema_use_t use = shop_openapi_use(doc, true, false);
    const char *name;
    json_t *example;

    if (!route->reply) {
        return json_pack("{s:{s:s}, s:{}}", "schema", "type", "object", "example");
    }
    name = name_of(doc, route->reply, "reply", noun,
                   apr_pstrcat(doc->pool, shop_openapi_capitalised(route->operation, doc->pool),
                               "Reply", NULL));
    example = shop_openapi_example(route->reply, &use);
    if (route->reply_kind == SHOP_REPLY_LIST) {
        const char *list = apr_pstrcat(doc->pool, name, "List", NULL);

        if (!json_object_get(doc->schemas, list)) {
            json_object_set_new(doc->schemas, list,
                                page_schema(shop_openapi_ref("schemas", name, doc->pool)));
        }
        name = list;
        example = json_pack("{s:[o], s:n}", "items", example, "next_cursor");
    }
    return media_type(doc, name, example);
}

static json_t *text_schema(const char *description)
{
    return json_pack("{s:s, s:s}", "type", "string", "description", description);
}

static json_t *names_schema(const char *const *names, const char *description)
{
    json_t *schema = text_schema(description);
    json_t *values = json_array();

    for (; *names; names++) {
        json_array_append_new(values, json_string(*names));
    }
    json_object_set_new(schema, "enum", values);
    return schema;
}

/* Members that some codes add. */
static void put_extra_members(json_t *problem)
{
    json_object_set_new(problem, "reason",
                        names_schema(shop_error_reasons, "With `coupon_not_applicable`"));
    json_object_set_new(problem, "missing",
                        json_pack("{s:s, s:s}", "type", "number", "description",
                                  "With reason `min_purchase`: what the subtotal lacks"));
    json_object_set_new(problem, "remaining",
                        json_pack("{s:s, s:s}", "type", "number", "description",
                                  "With `refund_too_large`: what can be refunded"));
    json_object_set_new(problem, "lines",
                        json_pack("{s:s, s:s, s:{s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}}, s:[s,s,s]}}",
                                  "type", "array", "description",
                                  "With `out_of_stock`: every line with too little stock", "items",
                                  "type", "object", "properties", "product_id", "type", "string",
                                  "requested", "type", "integer", "available", "type", "integer",
                                  "required", "product_id", "requested", "available"));
}

/* The codes with what each means, from violations.def. */
static json_t *violation_code_schema(apr_pool_t *pool)
{
    const char *text = "";
    json_t *codes = json_array();

    for (const shop_violation_kind_t *kind = shop_violation_kinds; kind->code; kind++) {
        text =
            apr_pstrcat(pool, text, *text ? "\n\n" : "", "`", kind->code, "`: ", kind->help, NULL);
        json_array_append_new(codes, json_string(kind->code));
    }
    return json_pack("{s:s, s:s, s:o}", "type", "string", "description", text, "enum", codes);
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
    put_extra_members(problem);
    json_object_set_new(doc->schemas, "Problem",
                        json_pack("{s:s, s:s, s:o, s:[s,s,s,s,s]}", "type", "object", "description",
                                  "Problem document (RFC 9457). Some codes have further members.",
                                  "properties", problem, "required", "type", "title", "status",
                                  "detail", "code"));
    json_object_set_new(
        doc->schemas, "Violation",
        json_pack("{s:s, s:{s:o, s:o, s:o}, s:[s,s,s]}", "type", "object", "properties", "pointer",
                  text_schema("JSON pointer into the body, or `?name` of a query parameter"),
                  "code", violation_code_schema(doc->pool), "detail",
                  text_schema("Message for people"), "required", "pointer", "code", "detail"));
}
