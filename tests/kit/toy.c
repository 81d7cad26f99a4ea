/* SPDX-License-Identifier: MIT
 * The toy API behind the tests of mod_shop/http. */
#include "tests/kit/toy.h"

#include "mod_shop/http/etag.h"

const shop_field_t toy_lamp_fields[] = {
    SHOP_FIELD(toy_lamp_t, id, ID, SHOP_READ_ONLY, 0, 0, "identifier"),
    SHOP_FIELD(toy_lamp_t, name, STRING, SHOP_REQUIRED, 1, 20, "what it is called"),
    SHOP_FIELD(toy_lamp_t, price, MONEY, SHOP_REQUIRED, 0, 999999999, "what it costs"),
    SHOP_FIELD_DEFAULT(toy_lamp_t, stock, INT, 0, 0, 2147483647, "how many there are", 7),
    SHOP_FIELD(toy_lamp_t, lit, BOOL, 0, 0, 0, "is it on"),
    SHOP_FIELDS_END,
};

static const shop_field_t query_fields[] = {
    SHOP_PAGE_PARAMS,
    SHOP_FIELD(toy_query_t, q, STRING, 0, 0, 40, "words to look for"),
    SHOP_FIELD_DEFAULT(toy_query_t, min_price, MONEY, 0, 0, 999999999, "lowest price", -1),
    SHOP_FIELDS_END,
};

shop_settings_t toy_settings;
struct toy_seen_t toy_seen;
shop_code_t toy_guard_code;

static toy_lamp_t stored = { TOY_ID, "Lamp", 1999, 5, true };

static shop_error_t *lamp_list(const struct shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    static const shop_cursor_t next = { "", "Lamp", 0, TOY_ID };
    shop_list_end_t end = { &next, -1 };
    apr_array_header_t *items = apr_array_make(req->pool, 1, sizeof(void *));

    (void)app;
    toy_seen.calls++;
    toy_seen.query = *(toy_query_t *)req->query_record;
    APR_ARRAY_PUSH(items, toy_lamp_t *) = &stored;
    shop_res_public(res, 30);
    return shop_res_list(res, req, toy_lamp_fields, items, &end);
}

static shop_error_t *lamp_show(const struct shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    (void)app;
    toy_seen.calls++;
    SHOP_TRY(shop_req_id(&toy_seen.id, req, "id"));
    return shop_res_object(res, 200, toy_lamp_fields, &stored);
}

static shop_error_t *lamp_featured(const struct shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    (void)app;
    (void)req;
    toy_seen.calls++;
    toy_seen.id = "featured";
    return shop_res_object(res, 200, toy_lamp_fields, &stored);
}

static shop_error_t *lamp_write(const struct shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    (void)app;
    toy_seen.calls++;
    toy_seen.present = req->present;
    toy_seen.lamp = *(toy_lamp_t *)req->record;
    SHOP_TRY(shop_etag_if_match(req, shop_res_object_etag(res, toy_lamp_fields, &stored, req->pool),
                                false));
    if (!strcmp(req->method, "POST")) {
        shop_res_location(res, req, "/lamps/%s", TOY_ID);
    }
    return shop_res_object(res, req->route->status, toy_lamp_fields, &toy_seen.lamp);
}

static shop_error_t *lamp_switch(const struct shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    (void)app;
    (void)req;
    toy_seen.calls++;
    shop_res_bytes(res, 200, "{}", 2);
    return NULL;
}

static shop_error_t *lamp_break(const struct shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    (void)app;
    toy_seen.calls++;
    shop_res_public(res, 30);
    apr_table_setn(res->headers, "Link", "<x>");
    return shop_error_cause(shop_err(req->pool, UNAVAILABLE, "a database is away"), req->pool,
                            "connecting to %s failed", TOY_SECRET);
}

static shop_error_t *lamp_forget(const struct shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    (void)app;
    (void)req;
    (void)res;
    return NULL;
}

static const shop_code_t create_errors[] = { SHOP_CONFLICT, SHOP_OK };

static const shop_route_t lamp_routes[] = {
    { .method = "GET",
      .path = "/lamps",
      .handler = lamp_list,
      .operation = "listLamps",
      .summary = "Lamps",
      .tag = "lamps",
      .access = SHOP_ACCESS_PUBLIC,
      .query = query_fields,
      .query_size = sizeof(toy_query_t),
      .status = 200,
      .reply_kind = SHOP_REPLY_LIST,
      .reply = toy_lamp_fields },
    { .method = "POST",
      .path = "/lamps",
      .handler = lamp_write,
      .operation = "createLamp",
      .summary = "A new lamp",
      .tag = "lamps",
      .access = SHOP_ACCESS_ADMIN,
      .idempotency_key = true,
      .body = toy_lamp_fields,
      .body_size = sizeof(toy_lamp_t),
      .status = 201,
      .reply = toy_lamp_fields,
      .errors = create_errors },
    { .method = "GET",
      .path = "/lamps/{id}",
      .handler = lamp_show,
      .operation = "showLamp",
      .summary = "One lamp",
      .tag = "lamps",
      .access = SHOP_ACCESS_PUBLIC,
      .status = 200,
      .reply = toy_lamp_fields },
    { .method = "GET",
      .path = "/lamps/featured",
      .handler = lamp_featured,
      .operation = "featuredLamp",
      .summary = "The lamp of the day",
      .tag = "lamps",
      .access = SHOP_ACCESS_PUBLIC,
      .status = 200,
      .reply = toy_lamp_fields },
    { .method = "PATCH",
      .path = "/lamps/{id}",
      .handler = lamp_write,
      .operation = "changeLamp",
      .summary = "Changes a lamp",
      .tag = "lamps",
      .access = SHOP_ACCESS_ADMIN,
      .if_match = true,
      .body = toy_lamp_fields,
      .body_size = sizeof(toy_lamp_t),
      .partial = true,
      .status = 200,
      .reply = toy_lamp_fields },
    { .method = "PUT",
      .path = "/lamps/{id}",
      .handler = lamp_write,
      .operation = "replaceLamp",
      .summary = "Replaces a lamp",
      .tag = "lamps",
      .access = SHOP_ACCESS_ADMIN,
      .if_match = true,
      .body = toy_lamp_fields,
      .body_size = sizeof(toy_lamp_t),
      .body_limit = 100,
      .status = 200,
      .reply = toy_lamp_fields },
    { .method = NULL },
};

static const shop_route_t other_routes[] = {
    { .method = "POST",
      .path = "/lamps/{id}/switch",
      .handler = lamp_switch,
      .operation = "switchLamp",
      .summary = "Switches a lamp",
      .tag = "lamps",
      .access = SHOP_ACCESS_CUSTOMER,
      .status = 200,
      .reply_kind = SHOP_REPLY_RAW },
    { .method = "POST",
      .path = "/refresh",
      .handler = lamp_switch,
      .operation = "refresh",
      .summary = "A new pair",
      .tag = "tokens",
      .access = SHOP_ACCESS_REFRESH,
      .status = 200,
      .reply_kind = SHOP_REPLY_RAW },
    { .method = "GET",
      .path = "/broken",
      .handler = lamp_break,
      .operation = "breakLamp",
      .summary = "Fails",
      .tag = "other",
      .access = SHOP_ACCESS_PUBLIC,
      .rate = SHOP_RATE_CLASS_EXEMPT,
      .status = 200,
      .reply_kind = SHOP_REPLY_RAW },
    { .method = "GET",
      .path = "/forgotten",
      .handler = lamp_forget,
      .operation = "forgetLamp",
      .summary = "Sets no reply",
      .tag = "other",
      .access = SHOP_ACCESS_PUBLIC,
      .status = 200,
      .reply_kind = SHOP_REPLY_RAW },
    { .method = "GET",
      .path = "/unset",
      .handler = lamp_switch,
      .operation = "unsetLamp",
      .summary = "Has no access rule",
      .tag = "other",
      .status = 200,
      .reply_kind = SHOP_REPLY_RAW },
    { .method = "GET",
      .path = "/{a}/x/{b}",
      .handler = lamp_switch,
      .operation = "firstOpen",
      .summary = "An argument first",
      .tag = "other",
      .access = SHOP_ACCESS_OPTIONAL,
      .status = 200,
      .reply_kind = SHOP_REPLY_RAW },
    { .method = NULL },
};

const shop_route_t *const toy_routes[] = { lamp_routes, other_routes, NULL };
static const shop_tag_t tags[] = {
    { "lamps", "Lamps." }, { "tokens", "Tokens." }, { "other", "Others." }, { .name = NULL }
};
const shop_tag_t *const toy_tags[] = { tags, NULL };

static shop_error_t *toy_guard(const struct shop_guards_t *ports, shop_req_t *req, shop_res_t *res)
{
    (void)ports;
    apr_table_setn(res->headers, "RateLimit", "\"toy\";r=9;t=60");
    return toy_guard_code ? shop_error_create(req->pool, toy_guard_code, __FILE__, __LINE__,
                                              "the guard says no")
                          : NULL;
}

static const shop_guard_t guards[] = { toy_guard, NULL };
static const shop_dispatch_t toy_dispatch = { .routes = toy_routes,
                                              .guards = guards,
                                              .settings = &toy_settings };

shop_req_t *toy_request(const char *method, const char *path, const char *query)
{
    shop_req_t *req = t_request(method, path);

    memset(&toy_seen, 0, sizeof(toy_seen));
    toy_guard_code = SHOP_OK;
    shop_settings_defaults(&toy_settings);
    req->query = query;
    return req;
}

void toy_header(shop_req_t *req, const char *name, const char *value)
{
    if (value) {
        apr_table_setn(req->headers, name, value);
    } else {
        apr_table_unset(req->headers, name);
    }
}

shop_res_t *toy_send(shop_req_t *req)
{
    shop_res_t *res = apr_pcalloc(t_pool, sizeof(*res));

    shop_http_dispatch(NULL, &toy_dispatch, req, res);
    return res;
}

const char *toy_code(const shop_res_t *res)
{
    return json_string_value(json_object_get(t_json(res), "code"));
}

const char *toy_violation(const shop_res_t *res, const char *pointer)
{
    json_t *errors = json_object_get(t_json(res), "errors");
    json_t *row;
    size_t i;

    json_array_foreach(errors, i, row)
    {
        if (!strcmp(json_string_value(json_object_get(row, "pointer")), pointer)) {
            return json_string_value(json_object_get(row, "code"));
        }
    }
    return NULL;
}
