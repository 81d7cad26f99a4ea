/* SPDX-License-Identifier: MIT
 * GET /, GET /health/live, GET /health/ready, GET /openapi.json. None of them looks at the caller,
 * and the health checks are not limited: whoever counts them would take a shop out of service for
 * being watched. */
#include <apr_strings.h>

#include "../app.h"
#include "../http/etag.h"
#include "health.h"
#include "ops.h"

#define RETRY_AFTER "2"
#define OPENAPI_MAX_AGE_S 300

static shop_error_t *show_live(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    static const char body[] = "{\"status\":\"ok\"}";

    (void)app;
    (void)req;
    shop_res_bytes(res, 200, body, sizeof(body) - 1);
    res->immortal = true;
    return NULL;
}

static const char *status_name(shop_health_status_t status)
{
    return status == SHOP_HEALTH_OK ? "ok" : status == SHOP_HEALTH_DEGRADED ? "degraded" : "down";
}

static void member(shop_json_out_t *out, const char *name, const char *value)
{
    shop_json_key(out, name);
    shop_json_string(out, value);
}

static shop_error_t *show_ready(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    shop_health_verdict_t verdict;
    shop_json_out_t out;
    const char *bytes;
    apr_size_t size;

    if (!app->health) {
        return shop_err(req->pool, UNAVAILABLE, "this process has not opened its store");
    }
    shop_health_ask(&verdict, app->health, req->pool);
    shop_json_out_init(&out, res->pool, 128);
    shop_json_begin(&out, '{');
    member(&out, "status", status_name(verdict.status));
    member(&out, "mongodb", verdict.mongodb);
    member(&out, "schema", verdict.schema);
    member(&out, "indexes", verdict.indexes);
    member(&out, "redis", verdict.redis);
    member(&out, "orders", verdict.orders);
    shop_json_end(&out, '}');
    bytes = shop_json_finish(&out, &size);
    if (verdict.status == SHOP_HEALTH_DOWN) {
        apr_table_setn(res->headers, "Retry-After", RETRY_AFTER);
        shop_res_bytes(res, 503, bytes, size);
    } else {
        shop_res_bytes(res, 200, bytes, size);
    }
    return NULL;
}

typedef struct start_t {
    const char *openapi, *health, *products, *categories, *register_account, *sign_in, *cart,
        *orders;
} start_t;

#define LINK_FIELD(member, name, text) \
    SHOP_FIELD_NAMED(name, start_t, member, STRING, SHOP_REQUIRED, 1, 256, text)

static const shop_field_t start_fields[] = {
    LINK_FIELD(openapi, "openapi", "This document"),
    LINK_FIELD(health, "health", "Readiness"),
    LINK_FIELD(products, "products", "The catalogue"),
    LINK_FIELD(categories, "categories", "The categories of the catalogue"),
    LINK_FIELD(register_account, "register", "POST: make an account"),
    LINK_FIELD(sign_in, "login", "POST: sign in"),
    LINK_FIELD(cart, "cart", "The caller's cart"),
    LINK_FIELD(orders, "orders", "The caller's orders"),
    SHOP_FIELDS_END,
};

/* Where to go on from the API's root. The relations are those of RFC 8631. */
static shop_error_t *show_start(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    const char *root = req->root ? req->root : "";
    start_t start = { .openapi = apr_pstrcat(req->pool, root, "/openapi.json", NULL),
                      .health = apr_pstrcat(req->pool, root, "/health/ready", NULL),
                      .products = apr_pstrcat(req->pool, root, "/products", NULL),
                      .categories = apr_pstrcat(req->pool, root, "/categories", NULL),
                      .register_account = apr_pstrcat(req->pool, root, "/auth/register", NULL),
                      .sign_in = apr_pstrcat(req->pool, root, "/auth/login", NULL),
                      .cart = apr_pstrcat(req->pool, root, "/cart", NULL),
                      .orders = apr_pstrcat(req->pool, root, "/orders", NULL) };

    (void)app;
    apr_table_setn(res->headers, "Link",
                   apr_psprintf(req->pool, "<%s>; rel=\"service-desc\", <%s>; rel=\"status\"",
                                start.openapi, start.health));
    return shop_res_object(res, 200, start_fields, &start);
}

static shop_error_t *show_openapi(const shop_app_t *app, shop_req_t *req, shop_res_t *res)
{
    if (!app->openapi) {
        return shop_err(req->pool, NOT_FOUND, "there is no such resource");
    }
    shop_res_bytes(res, 200, app->openapi, app->openapi_size);
    res->immortal = true;
    res->etag = shop_etag_of(app->openapi, app->openapi_size, res->pool);
    shop_res_public(res, OPENAPI_MAX_AGE_S);
    return NULL;
}

typedef struct status_t {
    const char *status, *mongodb, *schema, *indexes, *redis, *orders;
} status_t;

#define STATUS_FIELD(member, text) SHOP_FIELD(status_t, member, STRING, SHOP_REQUIRED, 1, 16, text)

static const shop_field_t live_fields[] = { STATUS_FIELD(status, "`ok`"), SHOP_FIELDS_END };

static const shop_field_t ready_fields[] = {
    STATUS_FIELD(status,
                 "`ok`, `degraded` (Redis is unavailable, or an order waits too long for the "
                 "background work) or `down` (503)"),
    STATUS_FIELD(mongodb, "`ok` or `down`"),
    STATUS_FIELD(schema, "`ok`, `older` (run `shopctl migrate`), `newer` (install the version that "
                         "migrated the database), `currency` (its amounts are in another one) or "
                         "`unknown`"),
    STATUS_FIELD(indexes, "`ok`, `missing` (run `shopctl migrate`) or `unknown`"),
    STATUS_FIELD(redis, "`ok`, `down` or `off`"),
    STATUS_FIELD(orders, "`ok`, `delayed` or `unknown`"),
    SHOP_FIELDS_END,
};

static const shop_code_t ready_errors[] = { SHOP_UNAVAILABLE, SHOP_OK };

const shop_route_t shop_ops_routes[] = {
    { .method = "GET",
      .path = "/",
      .handler = show_start,
      .operation = "showStart",
      .summary = "List where to go on from here",
      .tag = "operations",
      .access = SHOP_ACCESS_PUBLIC,
      .status = 200,
      .reply = start_fields },
    { .method = "GET",
      .path = "/health/live",
      .handler = show_live,
      .operation = "showLiveness",
      .summary = "Liveness: the process answers. Uses no database.",
      .tag = "operations",
      .access = SHOP_ACCESS_PUBLIC,
      .rate = SHOP_RATE_CLASS_EXEMPT,
      .status = 200,
      .reply = live_fields },
    { .method = "GET",
      .path = "/health/ready",
      .handler = show_ready,
      .operation = "showReadiness",
      .summary = "Readiness, at most one second old. 503 with the same members if not ready.",
      .tag = "operations",
      .access = SHOP_ACCESS_PUBLIC,
      .rate = SHOP_RATE_CLASS_EXEMPT,
      .status = 200,
      .reply = ready_fields,
      .errors = ready_errors },
    { .method = "GET",
      .path = "/openapi.json",
      .handler = show_openapi,
      .operation = "showOpenapi",
      .summary = "Get this document",
      .tag = "operations",
      .access = SHOP_ACCESS_PUBLIC,
      .status = 200,
      .reply_kind = SHOP_REPLY_RAW },
    { .method = NULL },
};
