/* SPDX-License-Identifier: MIT
 * The OpenAPI document says what the tables say. */
#include "mod_shop/openapi/openapi.h"

#include <stdlib.h>

#include "mod_shop/app.h"
#include "mod_shop/openapi/openapi_parts.h"
#include "tests/kit/toy.h"

static json_t *document(void)
{
    shop_settings_t settings;

    shop_settings_defaults(&settings);
    settings.password_min = 9;
    settings.page_max = 50;
    return shop_openapi_document(toy_routes, toy_tags, "/api", &settings, t_pool);
}

static json_t *operation(json_t *doc, const char *path, const char *method)
{
    return json_object_get(json_object_get(json_object_get(doc, "paths"), path), method);
}

/* What json refers to, or json itself when it is no reference; NULL where nothing stands there. */
static json_t *resolved(json_t *doc, json_t *json)
{
    const char *ref = json_string_value(json_object_get(json, "$ref"));
    char *rest;

    if (!ref) {
        return json;
    }
    T_TRUE(!strncmp(ref, "#/", 2));
    json = doc;
    for (const char *name = apr_strtok(apr_pstrdup(t_pool, ref + 2), "/", &rest); name;
         name = apr_strtok(NULL, "/", &rest)) {
        json = json_object_get(json, name);
    }
    return json;
}

static json_t *parameter(json_t *doc, json_t *parameters, size_t i)
{
    return resolved(doc, json_array_get(parameters, i));
}

static json_t *response(json_t *doc, const char *path, const char *method, const char *status)
{
    return resolved(
        doc, json_object_get(json_object_get(operation(doc, path, method), "responses"), status));
}

static const char *at(json_t *json, const char *a, const char *b)
{
    return json_string_value(json_object_get(json_object_get(json, a), b));
}

static int count_tag(json_t *tags, const char *name)
{
    json_t *tag;
    size_t i;
    int count = 0;

    json_array_foreach(tags, i, tag)
    {
        count += !strcmp(json_string_value(json_object_get(tag, "name")), name);
    }
    return count;
}

static void a_module_describes_each_tag(void)
{
    shop_settings_t settings;
    json_t *tags;
    int seen = 0;

    shop_settings_defaults(&settings);
    tags = json_object_get(shop_app_openapi(&settings, t_pool), "tags");
    for (const shop_route_t *const *table = shop_app_routes(); *table; table++) {
        for (const shop_route_t *route = *table; route->method; route++, seen++) {
            t_assert(route->tag && count_tag(tags, route->tag) == 1, __LINE__, __FILE__,
                     "%s: its tag %s is not described in one module's record", route->operation,
                     route->tag);
        }
    }
    T_TRUE(seen > 30);
}

static void every_route_is_an_operation(void)
{
    static const char *const methods[][2] = { { "GET", "get" },
                                              { "POST", "post" },
                                              { "PUT", "put" },
                                              { "PATCH", "patch" },
                                              { "DELETE", "delete" } };
    json_t *doc = document();
    int count = 0;

    for (const shop_route_t *const *table = toy_routes; *table; table++) {
        for (const shop_route_t *route = *table; route->method; route++) {
            for (size_t i = 0; i < 5; i++) {
                if (!strcmp(route->method, methods[i][0])) {
                    json_t *made = operation(doc, route->path, methods[i][1]);

                    count++;
                    T_STR(json_string_value(json_object_get(made, "operationId")),
                          route->operation);
                    T_TRUE(json_object_size(json_object_get(made, "responses")) >= 3);
                }
            }
        }
    }
    T_INT(count, 12);
}

static void statuses_follow_from_the_shape_of_the_route(void)
{
    static const struct {
        const char *path, *method, *statuses; /* each and no other, in order */
    } cases[] = {
        { "/lamps", "get", "200 304 400 406 408 413 414 422 429 503" },
        { "/lamps", "post", "201 400 401 403 406 408 409 413 414 415 422 429 503" },
        { "/lamps/{id}", "patch", "200 400 401 403 404 406 408 412 413 414 415 422 428 429 503" },
        { "/lamps/{id}/switch", "post", "200 400 401 404 406 408 413 414 422 429 503" },
        { "/broken", "get", "200 304 400 406 408 413 414 422 503" },
    };
    json_t *doc = document();

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *responses =
            json_object_get(operation(doc, cases[i].path, cases[i].method), "responses");
        const char *seen = "";

        for (int status = 200; status < 600; status++) {
            const char *text = apr_itoa(t_pool, status);

            if (resolved(doc, json_object_get(responses, text))) {
                seen = apr_pstrcat(t_pool, seen, *seen ? " " : "", text, NULL);
            }
        }
        T_STR(seen, cases[i].statuses);
    }
}

static void parameters_are_those_of_the_tables(void)
{
    json_t *doc = document();
    json_t *list = json_object_get(operation(doc, "/lamps", "get"), "parameters");
    json_t *patch = json_object_get(operation(doc, "/lamps/{id}", "patch"), "parameters");
    json_t *post = json_object_get(operation(doc, "/lamps", "post"), "parameters");
    static const char *const names[] = { "limit", "cursor",    "count",
                                         "q",     "min_price", "If-None-Match" };

    T_INT(json_array_size(list), 6);
    for (size_t i = 0; i < 6; i++) {
        T_STR(json_string_value(json_object_get(parameter(doc, list, i), "name")), names[i]);
    }
    T_INT(json_array_size(patch), 2);
    T_STR(at(parameter(doc, patch, 0), "schema", "pattern"), "^[0-9a-fA-F]{24}$");
    T_STR(json_string_value(json_object_get(parameter(doc, patch, 1), "name")), "If-Match");
    T_STR(json_string_value(json_object_get(parameter(doc, post, 0), "name")), "Idempotency-Key");
}

static void bodies_are_closed_and_a_patch_requires_nothing(void)
{
    json_t *doc = document();
    json_t *schemas = json_object_get(json_object_get(doc, "components"), "schemas");
    json_t *create = json_object_get(schemas, "CreateLampBody");
    json_t *change = json_object_get(schemas, "ChangeLampBody");
    json_t *content = json_object_get(
        json_object_get(operation(doc, "/lamps/{id}", "patch"), "requestBody"), "content");

    T_TRUE(json_is_false(json_object_get(create, "additionalProperties")));
    T_INT(json_array_size(json_object_get(create, "required")), 2);
    T_TRUE(!json_object_get(json_object_get(create, "properties"), "id"));
    T_TRUE(change && !json_object_get(change, "required"));
    T_TRUE(json_object_get(content, "application/json"));
    T_TRUE(json_object_get(content, "application/merge-patch+json"));
    T_TRUE(!json_object_get(schemas, "ReplaceLampBody")); /* the same table as on create */
}

static void one_reply_table_is_one_schema(void)
{
    json_t *doc = document();
    json_t *schemas = json_object_get(json_object_get(doc, "components"), "schemas");
    json_t *properties = json_object_get(json_object_get(schemas, "Lamp"), "properties");

    T_INT(json_object_size(schemas), 6); /* Problem, Violation, Lamp, LampList and two bodies */
    T_TRUE(json_object_get(properties, "id"));
    T_INT(json_object_size(properties), 5);
}

/* How many references json holds, each of which must lead somewhere. */
static int count_references(json_t *doc, json_t *json)
{
    int count = 0;
    const char *name;
    json_t *member;
    size_t i;

    if (json_object_get(json, "$ref")) {
        T_TRUE(resolved(doc, json) != NULL);
        return 1;
    }
    json_object_foreach(json, name, member)
    {
        count += count_references(doc, member);
    }
    json_array_foreach(json, i, member)
    {
        count += count_references(doc, member);
    }
    return count;
}

static void every_reference_leads_somewhere(void)
{
    json_t *doc = document();

    T_TRUE(count_references(doc, doc) > 100);
}

static void equal_error_answers_stand_once(void)
{
    json_t *doc = document();
    json_t *responses = json_object_get(json_object_get(doc, "components"), "responses");
    json_t *paths = json_object_get(doc, "paths");
    const char *a, *b, *path, *method, *status;
    json_t *one, *other, *item, *made;

    json_object_foreach(responses, a, one)
    {
        json_object_foreach(responses, b, other)
        {
            T_TRUE(!strcmp(a, b) || !json_equal(one, other));
        }
    }
    json_object_foreach(paths, path, item)
    {
        json_object_foreach(item, method, made)
        {
            json_object_foreach(json_object_get(made, "responses"), status, one)
            {
                T_INT(json_object_get(one, "$ref") != NULL, status[0] != '2');
            }
        }
    }
}

static void an_error_answer_says_its_codes_and_headers(void)
{
    static const struct {
        const char *path, *method, *status, *begins, *has, *header, *lacks;
    } cases[] = {
        { "/lamps", "post", "400", "`bad_request`: ", "\n\n`malformed_json`: ", "RateLimit",
          "WWW-Authenticate" },
        { "/lamps", "post", "401", "`token_missing`: ", "\n\n`token_revoked`: ", "WWW-Authenticate",
          "Accept-Patch" },
        { "/{a}/x/{b}", "get", "401",
          "`token_invalid`: ", "\n\n`token_revoked`: ", "WWW-Authenticate", "Accept-Patch" },
        { "/lamps/{id}", "patch", "415", "`unsupported_media_type`: ", "", "Accept-Patch",
          "Retry-After" },
        { "/lamps", "post", "415", "`unsupported_media_type`: ", "", "RateLimit", "Accept-Patch" },
        { "/lamps", "get", "503", "`unavailable`: ", "", "Retry-After", "ETag" },
        { "/broken", "get", "503", "`unavailable`: ", "", "Retry-After", "RateLimit" },
    };
    json_t *doc = document();

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *made = response(doc, cases[i].path, cases[i].method, cases[i].status);
        const char *text = json_string_value(json_object_get(made, "description"));
        json_t *headers = json_object_get(made, "headers");

        T_TRUE(text && !strncmp(text, cases[i].begins, strlen(cases[i].begins)));
        T_TRUE(text && strstr(text, cases[i].has));
        T_TRUE(resolved(doc, json_object_get(headers, cases[i].header)) != NULL);
        T_TRUE(!json_object_get(headers, cases[i].lacks));
        T_STR(at(json_object_get(json_object_get(made, "content"), "application/problem+json"),
                 "schema", "$ref"),
              "#/components/schemas/Problem");
    }
}

static void a_violation_has_one_of_the_codes_of_the_table(void)
{
    json_t *schemas = json_object_get(json_object_get(document(), "components"), "schemas");
    json_t *properties = json_object_get(json_object_get(schemas, "Violation"), "properties");
    json_t *code = json_object_get(properties, "code");
    const char *help = json_string_value(json_object_get(code, "description"));
    size_t i = 0;

    for (; shop_violation_kinds[i].code; i++) {
        T_STR(json_string_value(json_array_get(json_object_get(code, "enum"), i)),
              shop_violation_kinds[i].code);
        T_TRUE(help && strstr(help, shop_violation_kinds[i].help));
    }
    T_TRUE(i > 1);
    T_INT(json_array_size(json_object_get(code, "enum")), i);
}

static void codes_stand_by_status(void)
{
    for (shop_code_t code = SHOP_OK + 2; code < SHOP_CODE_COUNT; code++) {
        T_TRUE(shop_code_status(code) >= shop_code_status(code - 1));
    }
}

static void security_says_which_token(void)
{
    json_t *doc = document();
    json_t *refresh = json_object_get(operation(doc, "/refresh", "post"), "security");
    json_t *open = json_object_get(operation(doc, "/lamps", "get"), "security");
    json_t *either = json_object_get(operation(doc, "/{a}/x/{b}", "get"), "security");

    T_TRUE(json_object_get(json_array_get(refresh, 0), "refresh"));
    T_INT(json_array_size(open), 0);
    T_INT(json_array_size(either), 2);
    T_INT(json_object_size(json_array_get(either, 0)), 0);
}

static void a_list_names_its_items(void)
{
    json_t *doc = document();
    json_t *schemas = json_object_get(json_object_get(doc, "components"), "schemas");
    json_t *list = json_object_get(json_object_get(schemas, "LampList"), "properties");
    json_t *content = json_object_get(
        json_object_get(response(doc, "/lamps", "get", "200"), "content"), "application/json");

    T_STR(at(content, "schema", "$ref"), "#/components/schemas/LampList");
    T_STR(at(json_object_get(list, "items"), "items", "$ref"), "#/components/schemas/Lamp");
}

static void the_settings_bound_what_they_rule(void)
{
    json_t *doc = document();
    json_t *list = json_object_get(operation(doc, "/lamps", "get"), "parameters");
    json_t *limit = json_object_get(parameter(doc, list, 0), "schema");

    T_INT(json_integer_value(json_object_get(limit, "maximum")), 50);
    T_INT(json_integer_value(json_object_get(limit, "default")), 20);
}

static bool is_read(const shop_route_t *route, const shop_schema_use_t *use)
{
    json_t *example = shop_openapi_example(route->body, use);
    char *text = json_dumps(example, JSON_COMPACT);
    void *record = apr_pcalloc(t_pool, route->body_size);
    shop_present_t present;
    shop_json_doc_t json;
    shop_error_t *err = shop_json_parse(&json, apr_pstrdup(t_pool, text), strlen(text), t_pool);

    if (!err) {
        err = shop_fields_read(record, &present, route->body, &json, route->partial,
                               use->currency_exponent, t_pool);
    }
    t_assert(!err, __LINE__, __FILE__, "%s: %s of %s", route->operation, err ? err->detail : "",
             text);
    free(text);
    json_decref(example);
    return !err;
}

static void every_body_has_an_example_that_is_accepted(void)
{
    int seen = 0;

    for (const shop_route_t *const *table = shop_app_routes(); *table; table++) {
        for (const shop_route_t *route = *table; route->method; route++) {
            for (int exponent = 0; route->body && exponent <= 3; exponent++) {
                shop_schema_use_t use = { .partial = route->partial,
                                          .currency_exponent = exponent,
                                          .password_min = 8,
                                          .password_max = 256 };

                seen += is_read(route, &use);
            }
        }
    }
    T_TRUE(seen > 40);
}

static void the_same_tables_give_the_same_bytes(void)
{
    char *one = json_dumps(document(), JSON_SORT_KEYS | JSON_INDENT(2));
    char *two = json_dumps(document(), JSON_SORT_KEYS | JSON_INDENT(2));

    T_STR(one, two);
    T_TRUE(strstr(one, "\"openapi\": \"3.1.0\""));
    T_TRUE(!strstr(one, "null\"null") && !strstr(one, "9999999.99"));
    if (getenv("SHOP_TEST_OPENAPI_OUT")) { /* for a validator by hand */
        json_dump_file(document(), getenv("SHOP_TEST_OPENAPI_OUT"), JSON_SORT_KEYS);
    }
    free(one);
    free(two);
}

static const shop_test_t tests[] = {
    SHOP_TEST(a_module_describes_each_tag, "each tag of a route is described by one module"),
    SHOP_TEST(every_route_is_an_operation, "every route is an operation"),
    SHOP_TEST(statuses_follow_from_the_shape_of_the_route,
              "statuses follow from the shape of the route"),
    SHOP_TEST(parameters_are_those_of_the_tables, "parameters are those of the tables"),
    SHOP_TEST(bodies_are_closed_and_a_patch_requires_nothing,
              "bodies are closed; a patch requires nothing and has two media types"),
    SHOP_TEST(one_reply_table_is_one_schema, "one table is one schema, whoever uses it"),
    SHOP_TEST(every_reference_leads_somewhere, "every reference leads somewhere"),
    SHOP_TEST(equal_error_answers_stand_once, "equal error answers stand once"),
    SHOP_TEST(an_error_answer_says_its_codes_and_headers,
              "an error answer says its codes and its header fields"),
    SHOP_TEST(a_violation_has_one_of_the_codes_of_the_table,
              "a violation has one of the codes of violations.def"),
    SHOP_TEST(codes_stand_by_status, "errors.def is sorted by status, as the document needs it"),
    SHOP_TEST(security_says_which_token, "security says which token"),
    SHOP_TEST(a_list_names_its_items, "a list names its items"),
    SHOP_TEST(the_settings_bound_what_they_rule, "the settings bound what they rule"),
    SHOP_TEST(every_body_has_an_example_that_is_accepted,
              "every body of the shop has an example that is accepted"),
    SHOP_TEST(the_same_tables_give_the_same_bytes, "the same tables give the same bytes"),
    SHOP_TEST_END,
};
SHOP_SUITE("openapi", tests)
