/* SPDX-License-Identifier: MIT
 * Parameters of an operation: those of the path, of the query table, and of the header fields that
 * the route's flags name. */
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "../http/query.h"
#include "openapi_parts.h"

static json_t *header_parameter(const char *name, const char *description, json_t *schema)
{
    return json_pack("{s:s, s:s, s:b, s:s, s:o}", "name", name, "in", "header", "required", 0,
                     "description", description, "schema", schema);
}

static bool is_id(const char *name)
{
    size_t length = strlen(name);

    return !strcmp(name, "id") || !strcmp(name, "rid") ||
           (length > 3 && !strcmp(name + length - 3, "_id"));
}

/* "product_id", and "id" below /products: "Identifier of the product". "code" below /coupons: "Code
 * of the coupon". */
static const char *path_description(const char *path, const char *name, apr_pool_t *pool)
{
    size_t length = strlen(name);
    const char *noun = apr_pstrmemdup(pool, path + 1, strcspn(path + 1, "/"));

    if (length > 3 && !strcmp(name + length - 3, "_id")) {
        noun = apr_pstrmemdup(pool, name, length - 3);
    } else if (*noun && noun[strlen(noun) - 1] == 's') {
        noun = apr_pstrmemdup(pool, noun, strlen(noun) - 1);
    }
    return apr_psprintf(pool, "%s of the %s",
                        is_id(name) ? "Identifier" : shop_openapi_capitalised(name, pool), noun);
}

/* What the handler demands of a name in the path: the rule of the reply's member of that name. */
static const char *path_pattern(const shop_route_t *route, const char *name)
{
    const shop_field_t *row = route->reply ? shop_fields_row(route->reply, name) : NULL;

    return is_id(name) ? "^[0-9a-fA-F]{24}$" : row ? row->pattern : NULL;
}

static void add_path_parameters(json_t *parameters, const shop_route_t *route, apr_pool_t *pool)
{
    const char *open = route->path;

    while ((open = strchr(open, '{'))) {
        const char *name = apr_pstrmemdup(pool, open + 1, strcspn(open + 1, "}"));

        json_array_append_new(parameters,
                              json_pack("{s:s, s:s, s:b, s:s, s:{s:s, s:s*}}", "name", name, "in",
                                        "path", "required", 1, "description",
                                        path_description(route->path, name, pool), "schema", "type",
                                        "string", "pattern", path_pattern(route, name)));
        open++;
    }
}

static void add_query_parameters(shop_openapi_t *doc, json_t *parameters, const shop_route_t *route)
{
    shop_schema_use_t use = shop_openapi_use(doc, false, false);
    json_t *schema;

    if (!route->query) {
        return;
    }
    schema = shop_fields_schema(route->query, &use, doc->pool);
    for (const shop_field_t *row = route->query; row->name; row++) {
        json_t *own = json_object_get(json_object_get(schema, "properties"), row->name);
        bool required = row->flags & SHOP_REQUIRED;

        json_object_del(own, "description"); /* the parameter has it */
        if (row == route->query && shop_query_is_paged(row)) {
            json_object_set_new(own, "maximum", json_integer(doc->settings->page_max));
            json_object_set_new(own, "default", json_integer(doc->settings->page_default));
        }
        json_array_append_new(parameters,
                              json_pack("{s:s, s:s, s:b, s:s, s:O}", "name", row->name, "in",
                                        "query", "required", required ? 1 : 0, "description",
                                        row->help ? row->help : "", "schema", own));
    }
}

json_t *shop_openapi_parameters(shop_openapi_t *doc, const shop_route_t *route)
{
    json_t *parameters = json_array();

    add_path_parameters(parameters, route, doc->pool);
    add_query_parameters(doc, parameters, route);
    if (route->idempotency_key) {
        json_array_append_new(
            parameters,
            header_parameter(
                "Idempotency-Key",
                "Requests with the same key and body are carried out once; the others get the "
                "stored reply.",
                json_pack("{s:s, s:i, s:i, s:s}", "type", "string", "minLength", 1, "maxLength",
                          SHOP_IDEMPOTENCY_KEY_MAX, "pattern", SHOP_IDEMPOTENCY_KEY_PATTERN)));
    }
    if (route->if_match) {
        json_array_append_new(
            parameters,
            header_parameter("If-Match", "The ETag of the representation that the change is for.",
                             json_pack("{s:s}", "type", "string")));
    }
    if (!strcmp(route->method, "GET")) {
        json_array_append_new(parameters, header_parameter("If-None-Match",
                                                           "ETags of representations in the cache.",
                                                           json_pack("{s:s}", "type", "string")));
    }
    return parameters;
}

typedef struct shared_t {
    int uses;
    const char *name; /* in components/parameters; NULL: not there yet */
} shared_t;

/* The entry of an equal parameter, made on first use. Two are equal when they print the same. */
static shared_t *shared_entry(apr_hash_t *entries, const json_t *parameter, apr_pool_t *pool)
{
    char *print = json_dumps(parameter, JSON_SORT_KEYS | JSON_COMPACT);
    const char *key = apr_pstrdup(pool, print ? print : "");
    shared_t *entry = apr_hash_get(entries, key, APR_HASH_KEY_STRING);

    free(print);
    if (!entry) {
        entry = apr_pcalloc(pool, sizeof(*entry));
        apr_hash_set(entries, key, APR_HASH_KEY_STRING, entry);
    }
    return entry;
}

/* The parameter's own name or, where another parameter has it, "name-2", "name-3" and so on. */
static const char *free_name(const json_t *components, const json_t *parameter, apr_pool_t *pool)
{
    const char *own = json_string_value(json_object_get(parameter, "name"));
    const char *name = own;

    for (int i = 2; json_object_get(components, name); i++) {
        name = apr_psprintf(pool, "%s-%d", own, i);
    }
    return name;
}

static void count_uses(apr_hash_t *entries, json_t *parameters, apr_pool_t *pool)
{
    json_t *parameter;
    size_t i;

    json_array_foreach(parameters, i, parameter)
    {
        shared_entry(entries, parameter, pool)->uses++;
    }
}

static void move_shared(json_t *components, apr_hash_t *entries, json_t *parameters,
                        apr_pool_t *pool)
{
    json_t *parameter;
    size_t i;

    json_array_foreach(parameters, i, parameter)
    {
        shared_t *entry = shared_entry(entries, parameter, pool);

        if (entry->uses < 2) {
            continue;
        }
        if (!entry->name) {
            entry->name = free_name(components, parameter, pool);
            json_object_set(components, entry->name, parameter);
        }
        json_array_set_new(parameters, i, shop_openapi_ref("parameters", entry->name, pool));
    }
}

json_t *shop_openapi_share_parameters(json_t *paths, apr_pool_t *pool)
{
    json_t *components = json_object();
    apr_hash_t *entries = apr_hash_make(pool);

    for (int pass = 0; pass < 2; pass++) { /* all uses are counted before any is moved */
        const char *path, *method;
        json_t *item, *operation;

        json_object_foreach(paths, path, item)
        {
            json_object_foreach(item, method, operation)
            {
                json_t *parameters = json_object_get(operation, "parameters");

                if (pass == 0) {
                    count_uses(entries, parameters, pool);
                } else {
                    move_shared(components, entries, parameters, pool);
                }
            }
        }
    }
    return components;
}
