/* SPDX-License-Identifier: MIT
 * The order and coupon routes in process: dispatcher, handlers and use cases over fakes. Who calls
 * is said by a header, since signing in is tested elsewhere. */
#include <jansson.h>
#include <stdlib.h>

#include "mod_shop/app.h"
#include "mod_shop/cache/cache.h"
#include "mod_shop/cart/cart_module.h"
#include "mod_shop/catalogue/catalogue_module.h"
#include "mod_shop/coupons/coupons_module.h"
#include "mod_shop/guard/guards.h"
#include "mod_shop/http/dispatch.h"
#include "mod_shop/orders/orders_module.h"
#include "tests/kit/order_shop.h"

extern const shop_route_t shop_order_routes[];
extern const shop_route_t shop_coupon_routes[];

static shop_app_t app;
static shop_orders_repos_t orders_repos;
static shop_catalogue_repos_t catalogue_repos;
static shop_cart_repos_t cart_repos;
static shop_coupons_repos_t coupons_repos;
static shop_dispatch_t dispatch;
static shop_settings_t settings;
static order_shop_t *shop;
static shop_res_t res;
static int wrong_codes;

static const shop_route_t *const tables[] = { shop_order_routes, shop_coupon_routes, NULL };

static void count_hit(shop_limit_state_t *state, shop_limiter_t *limiter, const char *key,
                      int limit, int window_s, int cost, apr_pool_t *pool)
{
    (void)limiter;
    (void)key;
    (void)pool;
    wrong_codes += cost;
    state->allowed = wrong_codes <= limit;
    state->remaining = wrong_codes < limit ? limit - wrong_codes : 0;
    state->reset_s = window_s;
}

static shop_limiter_t limiter = { .hit = count_hit };
static shop_guards_t ports = { .limiter = &limiter };

static shop_error_t *sign_in(const struct shop_guards_t *unused, shop_req_t *req, shop_res_t *reply)
{
    const char *user = shop_req_header(req, "X-User");

    (void)unused;
    (void)reply;
    if (!user) {
        return shop_err(req->pool, TOKEN_MISSING, "sign in");
    }
    req->caller.role = !strcmp(user, "admin") ? SHOP_ROLE_ADMIN : SHOP_ROLE_USER;
    req->caller.user_id = !strcmp(user, "admin") ? USER(99) : user;
    if (req->route->access == SHOP_ACCESS_ADMIN && req->caller.role != SHOP_ROLE_ADMIN) {
        return shop_err(req->pool, FORBIDDEN, "admins only");
    }
    return NULL;
}

static const shop_guard_t guards[] = { sign_in, NULL };

/* A cache that only counts how often it was emptied. */
static int emptied;

static void count_emptying(shop_cache_t *cache, const char *const *subjects, int count,
                           apr_pool_t *pool)
{
    (void)cache;
    (void)subjects;
    (void)count;
    (void)pool;
    emptied++;
}

static void open_shop(int64_t stock, int64_t uses)
{
    shop = order_shop(stock, uses);
    shop_settings_defaults(&settings);
    settings.currency = "USD";
    settings.currency_exponent = 2;
    wrong_codes = 0;
    memset(&app, 0, sizeof(app));
    app.settings = &settings;
    app.clock = &shop->clock;
    orders_repos = (shop_orders_repos_t){ shop->ports.orders };
    catalogue_repos = (shop_catalogue_repos_t){ shop->ports.products };
    cart_repos = (shop_cart_repos_t){ shop->ports.carts };
    coupons_repos = (shop_coupons_repos_t){ shop->ports.coupons };
    app.orders = &orders_repos;
    app.catalogue = &catalogue_repos;
    app.cart = &cart_repos;
    app.coupons = &coupons_repos;
    app.guards = &ports;
    app.cache = apr_pmemdup(t_pool, shop_cache_none(t_pool), sizeof(*app.cache));
    app.cache->invalidate = count_emptying;
    emptied = 0;
    dispatch = (shop_dispatch_t){ .routes = tables, .guards = guards, .settings = &settings };
}

static shop_error_t *read_body(void *baton, char *buffer, apr_size_t *size, apr_pool_t *pool)
{
    const char **rest = baton;
    apr_size_t left = strlen(*rest);

    (void)pool;
    *size = left < *size ? left : *size;
    memcpy(buffer, *rest, *size);
    *rest += *size;
    return NULL;
}

/* "POST /orders?x=y" by user, with one extra header or NULL. Gives the JSON answered. */
static json_t *call(const char *what, const char *user, const char *header, const char *value,
                    const char *body)
{
    shop_req_t *req = apr_pcalloc(t_pool, sizeof(*req));
    char *path = strchr(apr_pstrdup(t_pool, what), ' ');
    const char **rest = apr_palloc(t_pool, sizeof(*rest));

    req->pool = t_pool;
    req->id = "test";
    req->method = apr_pstrmemdup(t_pool, what, (apr_size_t)(strchr(what, ' ') - what));
    req->path = ++path;
    if (strchr(path, '?')) {
        req->query = strchr(path, '?') + 1;
        *strchr(path, '?') = '\0';
    }
    req->root = "/api";
    req->client_ip = "127.0.0.1";
    req->headers = apr_table_make(t_pool, 4);
    req->now = shop->clock.fixed;
    req->deadline = shop_clock_monotonic() + apr_time_from_sec(5);
    req->content_length = -1;
    if (user) {
        apr_table_setn(req->headers, "X-User", user);
    }
    if (header) {
        apr_table_setn(req->headers, header, value);
    }
    if (body) {
        apr_table_setn(req->headers, "Content-Type", "application/json");
        req->content_length = (apr_off_t)strlen(body);
        *rest = body;
        req->body_read = read_body;
        req->body_baton = rest;
    }
    shop_http_dispatch(&app, &dispatch, req, &res);
    return res.body ? shop_json_own(json_loadb(res.body, res.size, 0, NULL), t_pool) : NULL;
}

static const char *text(const json_t *json, const char *name)
{
    return json_string_value(json_object_get(json, name));
}

#define ADDRESS                                                                      \
    "{\"street\":\"1 Main St\",\"city\":\"Town\",\"state\":\"\",\"country\":\"US\"," \
    "\"zip_code\":\"1\"}"
#define ORDER "{\"shipping_address\":" ADDRESS ",\"payment_method\":\"credit_card\""
#define T_PROBLEM(json, wanted, wanted_code)          \
    do {                                              \
        const json_t *problem_ = (json);              \
                                                      \
        T_INT(res.status, (wanted));                  \
        T_STR(text(problem_, "code"), (wanted_code)); \
    } while (0)

static void an_order_is_placed_shown_and_listed(void)
{
    json_t *order, *again;
    const char *path, *etag;

    open_shop(10, 5);
    order_shop_fill(shop, USER(0), 2, 3);
    order = call("POST /orders", USER(0), NULL, NULL, ORDER ",\"coupon_code\":\"ten\"}");
    T_INT(res.status, 201);
    etag = res.etag;
    T_STR(apr_table_get(res.headers, "Location"),
          apr_pstrcat(t_pool, "/api/orders/", text(order, "id"), NULL));
    T_TRUE(strstr(res.body, "\"subtotal\":27.50,\"discount\":2.75,\"total\":24.75") != NULL);
    T_STR(text(order, "status"), "pending");
    T_STR(text(order, "coupon_code"), "TEN");
    T_TRUE(!json_object_get(order, "user_id"));
    T_INT(json_array_size(json_object_get(order, "next_statuses")), 2);
    T_INT(json_array_size(json_object_get(order, "history")), 1);
    path = apr_pstrcat(t_pool, "GET /orders/", text(order, "id"), NULL);
    again = call(path, USER(0), NULL, NULL, NULL);
    T_INT(res.status, 200);
    T_TRUE(json_equal(order, again));
    T_STR(res.etag, etag);
    T_PROBLEM(call(path, USER(1), NULL, NULL, NULL), 404, "not_found");
    again = call(path, "admin", NULL, NULL, NULL);
    T_STR(text(again, "user_id"), USER(0));
    again = call("GET /orders", USER(0), NULL, NULL, NULL);
    T_INT(json_array_size(json_object_get(again, "items")), 1);
    again = call("GET /orders", USER(1), NULL, NULL, NULL);
    T_INT(json_array_size(json_object_get(again, "items")), 0);
    again = call(apr_pstrcat(t_pool, "GET /orders?status=pending&user_id=", USER(0), NULL), "admin",
                 NULL, NULL, NULL);
    T_INT(json_array_size(json_object_get(again, "items")), 1);
    T_PROBLEM(
        call(apr_pstrcat(t_pool, "GET /orders?user_id=", USER(0), NULL), USER(0), NULL, NULL, NULL),
        422, "validation_failed");
    order_shop_audit(shop, 1, "after one order by HTTP");
}

static void a_replay_is_the_same_bytes(void)
{
    const char *body, *etag, *location;
    apr_size_t size;

    open_shop(10, 5);
    order_shop_fill(shop, USER(0), 1, 0);
    call("POST /orders", USER(0), "Idempotency-Key", "a b", ORDER "}");
    T_INT(res.status, 201);
    T_TRUE(!apr_table_get(res.headers, "Idempotent-Replayed"));
    body = res.body;
    size = res.size;
    etag = res.etag;
    location = apr_table_get(res.headers, "Location");
    call("POST /orders", USER(0), "Idempotency-Key", "a b",
         "{\"payment_method\":\"credit_card\", \"shipping_address\":" ADDRESS "}");
    T_INT(res.status, 201);
    T_STR(apr_table_get(res.headers, "Idempotent-Replayed"), "true");
    T_INT(res.size, size);
    T_TRUE(res.size == size && !memcmp(res.body, body, size));
    T_STR(res.etag, etag);
    T_STR(apr_table_get(res.headers, "Location"), location);
    T_PROBLEM(
        call("POST /orders", USER(0), "Idempotency-Key", "a b", ORDER ",\"expected_total\":10}"),
        422, "idempotency_mismatch");
    T_PROBLEM(call("POST /orders", USER(0), "Idempotency-Key", "", ORDER "}"), 400, "bad_request");
    order_shop_audit(shop, 1, "after a replay by HTTP");
}

static void what_is_not_allowed_changes_nothing(void)
{
    static const struct {
        const char *body;
        int status;
        const char *code;
    } table[] = {
        { ORDER ",\"total\":1}", 422, "validation_failed" },
        { ORDER ",\"items\":[]}", 422, "validation_failed" },
        { ORDER ",\"status\":\"paid\"}", 422, "validation_failed" },
        { ORDER ",\"coupon_code\":{\"$gt\":\"\"}}", 422, "validation_failed" },
        { ORDER ",\"coupon_code\":[\"A\",\"B\"]}", 422, "validation_failed" },
        { ORDER ",\"coupon_code\":\"NOSUCH\"}", 422, "coupon_not_applicable" },
        { ORDER ",\"coupon_code\":\"?\"}", 422, "coupon_not_applicable" },
        { ORDER ",\"expected_total\":9.99}", 409, "total_changed" },
        { "{\"shipping_address\":" ADDRESS ",\"payment_method\":\"gold\"}", 422,
          "validation_failed" },
        { "{\"shipping_address\":{\"street\":\"a\\r\\nb\",\"city\":\"c\",\"state\":\"d\","
          "\"country\":\"e\",\"zip_code\":\"f\"},\"payment_method\":\"paypal\"}",
          422, "validation_failed" },
        { "{\"payment_method\":\"paypal\"}", 422, "validation_failed" },
    };

    open_shop(10, 5);
    order_shop_fill(shop, USER(0), 1, 0);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        T_PROBLEM(call("POST /orders", USER(0), NULL, NULL, table[i].body), table[i].status,
                  table[i].code);
    }
    T_INT(order_shop_stock(shop, 0), 10);
    T_PROBLEM(call("POST /orders", USER(1), NULL, NULL, ORDER "}"), 409, "cart_empty");
    T_PROBLEM(call("POST /orders", NULL, NULL, NULL, ORDER "}"), 401, "token_missing");
    call("POST /orders", USER(0), NULL, NULL, ORDER ",\"expected_total\":10.00}");
    T_INT(res.status, 201);
}

static void coupon_codes_cannot_be_guessed(void)
{
    open_shop(10, 5);
    order_shop_fill(shop, USER(0), 1, 0);
    for (int i = 0; i < 19; i++) {
        T_PROBLEM(call("POST /orders", USER(0), NULL, NULL, ORDER ",\"coupon_code\":\"GUESS\"}"),
                  422, "coupon_not_applicable");
    }
    call("POST /cart/quote", USER(0), NULL, NULL, "{\"coupon_code\":\"GUESS\"}");
    T_INT(res.status, 200);
    T_PROBLEM(call("POST /orders", USER(0), NULL, NULL, ORDER ",\"coupon_code\":\"GUESS\"}"), 429,
              "rate_limited");
    T_PROBLEM(call("POST /orders", USER(0), NULL, NULL, ORDER ",\"coupon_code\":\"TEN\"}"), 429,
              "rate_limited");
    call("POST /orders", USER(0), NULL, NULL, ORDER "}");
    T_INT(res.status, 201);
}

static void a_known_key_is_answered_whatever_was_guessed_since(void)
{
    open_shop(10, 5);
    order_shop_fill(shop, USER(0), 1, 0);
    call("POST /orders", USER(0), "Idempotency-Key", "once", ORDER ",\"coupon_code\":\"TEN\"}");
    T_INT(res.status, 201);
    for (int i = 0; i < 20; i++) {
        call("POST /cart/quote", USER(0), NULL, NULL, "{\"coupon_code\":\"GUESS\"}");
    }
    call("POST /orders", USER(0), "Idempotency-Key", "once", ORDER ",\"coupon_code\":\"TEN\"}");
    T_INT(res.status, 201);
    T_STR(apr_table_get(res.headers, "Idempotent-Replayed"), "true");
}

static void only_what_took_stock_makes_the_catalogue_stale(void)
{
    json_t *order;

    open_shop(10, 5);
    T_PROBLEM(call("POST /orders", USER(0), NULL, NULL, ORDER "}"), 409, "cart_empty");
    order_shop_fill(shop, USER(0), 1, 0);
    T_PROBLEM(call("POST /orders", USER(0), NULL, NULL, ORDER ",\"expected_total\":0.01}"), 409,
              "total_changed");
    T_INT(emptied, 0);
    order = call("POST /orders", USER(0), NULL, NULL, ORDER "}");
    T_INT(res.status, 201);
    T_INT(emptied, 1);
    call(apr_psprintf(t_pool, "POST /orders/%s/cancel",
                      json_string_value(json_object_get(order, "id"))),
         USER(0), NULL, NULL, NULL);
    T_INT(res.status, 200);
    T_INT(emptied, 2);
}

static void the_window_of_a_coupon_counts(void)
{
    static const char *const coupons[][2] = {
        { "\"valid_from\":\"2020-01-01T00:00:00Z\",\"valid_until\":\"2026-09-21T13:46:39Z\"",
          "expired" },
        { "\"valid_from\":\"2026-09-21T14:13:21Z\",\"valid_until\":\"2030-01-01T00:00:00Z\"",
          "not_started" },
        { "\"valid_from\":\"2020-01-01T00:00:00Z\",\"valid_until\":\"2030-01-01T00:00:00Z\","
          "\"min_purchase\":109.99",
          "min_purchase" },
    };
    json_t *json;

    open_shop(20, 5);
    order_shop_fill(shop, USER(0), 1, 0);
    for (int i = 0; i < 3; i++) {
        const char *body =
            apr_psprintf(t_pool, "{\"code\":\"c-%d\",\"discount_percent\":5,%s}", i, coupons[i][0]);

        json = call("POST /coupons", "admin", NULL, NULL, body);
        T_INT(res.status, 201);
        T_STR(text(json, "code"), apr_psprintf(t_pool, "C-%d", i));
        json = call("POST /orders", USER(0), NULL, NULL,
                    apr_psprintf(t_pool, ORDER ",\"coupon_code\":\"c-%d\"}", i));
        T_PROBLEM(json, 422, "coupon_not_applicable");
        T_STR(text(json, "reason"), coupons[i][1]);
    }
    T_TRUE(strstr(res.body, "\"missing\":99.99") != NULL); /* and not 99.989999999999995 */
    json = call("POST /cart/quote", USER(0), NULL, NULL, "{\"coupon_code\":\"c-2\"}");
    T_TRUE(strstr(res.body, "\"coupon\":{\"code\":\"C-2\",\"applies\":false,"
                            "\"reason\":\"min_purchase\",\"missing\":99.99}") != NULL);
    json = call("POST /cart/quote", USER(0), NULL, NULL, "{\"coupon_code\":\"ten\"}");
    T_TRUE(strstr(res.body, "\"discount\":1.00,\"total\":9.00,\"currency\":\"USD\","
                            "\"coupon\":{\"code\":\"TEN\",\"applies\":true}") != NULL);
    json = call("POST /cart/quote", USER(1), NULL, NULL, "{}");
    T_INT(res.status, 200);
    T_TRUE(json_is_null(json_object_get(json, "coupon")));
}

static void orders_are_cancelled_and_moved(void)
{
    json_t *order;
    const char *cancel, *patch, *etag;

    open_shop(10, 5);
    order_shop_fill(shop, USER(0), 4, 0);
    order = call("POST /orders", USER(0), NULL, NULL, ORDER ",\"coupon_code\":\"TEN\"}");
    cancel = apr_pstrcat(t_pool, "POST /orders/", text(order, "id"), "/cancel", NULL);
    patch = apr_pstrcat(t_pool, "PATCH /orders/", text(order, "id"), NULL);
    T_PROBLEM(call(cancel, USER(1), NULL, NULL, NULL), 404, "not_found");
    T_PROBLEM(call(patch, USER(0), NULL, NULL, "{\"status\":\"paid\"}"), 403, "forbidden");
    T_PROBLEM(call(patch, "admin", NULL, NULL, "{\"status\":\"shipped\"}"), 409,
              "invalid_transition");
    T_PROBLEM(call(patch, "admin", NULL, NULL, "{\"status\":\"placing\"}"), 422,
              "validation_failed");
    T_PROBLEM(call(patch, "admin", "If-Match", "\"other\"", "{\"status\":\"paid\"}"), 412,
              "precondition_failed");
    call(apr_pstrcat(t_pool, "GET /orders/", text(order, "id"), NULL), "admin", NULL, NULL, NULL);
    etag = res.etag;
    order = call(patch, "admin", "If-Match", etag,
                 "{\"status\":\"paid\",\"note\":\"by wire\",\"tracking_number\":\"T1\"}");
    T_INT(res.status, 200);
    T_STR(text(order, "status"), "paid");
    T_STR(text(order, "tracking_number"), "T1");
    T_STR(text(json_array_get(json_object_get(order, "history"), 1), "note"), "by wire");
    order = call(cancel, USER(0), NULL, NULL, NULL);
    T_INT(res.status, 200);
    T_STR(text(order, "status"), "cancelled");
    T_TRUE(!json_object_get(json_array_get(json_object_get(order, "history"), 1), "note"));
    T_INT(json_array_size(json_object_get(order, "next_statuses")), 0);
    T_PROBLEM(call(cancel, USER(0), NULL, NULL, NULL), 409, "invalid_transition");
    T_INT(order_shop_stock(shop, 0), 10);
    order_shop_audit(shop, 1, "after a cancel by HTTP");
}

static void a_tracking_number_comes_and_goes(void)
{
    const char *patch;
    json_t *order;

    open_shop(10, 5);
    order_shop_fill(shop, USER(0), 1, 0);
    order = call("POST /orders", USER(0), NULL, NULL, ORDER "}");
    patch = apr_pstrcat(t_pool, "PATCH /orders/", text(order, "id"), NULL);
    order = call(patch, "admin", NULL, NULL,
                 "{\"status\":\"paid\",\"note\":null,\"tracking_number\":\"T1\"}");
    T_STR(text(order, "tracking_number"), "T1");
    order = call(patch, "admin", NULL, NULL, "{\"status\":\"processing\"}");
    T_STR(text(order, "tracking_number"), "T1");
    order = call(patch, "admin", NULL, NULL, "{\"status\":\"shipped\",\"tracking_number\":null}");
    T_INT(res.status, 200);
    T_TRUE(!json_object_get(order, "tracking_number"));
    T_PROBLEM(
        call(patch, "admin", NULL, NULL, "{\"status\":\"refunded\",\"tracking_number\":\"T2\"}"),
        422, "validation_failed");
}

static void refunds_pay_back_what_was_paid(void)
{
    json_t *order, *refund, *list;
    const char *refunds, *one, *patch, *body;

    open_shop(10, 5);
    order_shop_fill(shop, USER(0), 4, 0);
    order =
        call("POST /orders", USER(0), NULL, NULL, ORDER ",\"coupon_code\":\"TEN\"}"); /* 36.00 */
    refunds = apr_pstrcat(t_pool, "POST /orders/", text(order, "id"), "/refunds", NULL);
    patch = apr_pstrcat(t_pool, "PATCH /orders/", text(order, "id"), NULL);
    T_PROBLEM(call(refunds, "admin", NULL, NULL, "{\"amount\":1}"), 409, "invalid_transition");
    call(patch, "admin", NULL, NULL, "{\"status\":\"paid\"}");
    T_PROBLEM(call(refunds, USER(0), NULL, NULL, "{\"amount\":1}"), 403, "forbidden");
    T_PROBLEM(call(refunds, "admin", NULL, NULL, "{\"amount\":0}"), 422, "validation_failed");
    T_PROBLEM(call(refunds, "admin", NULL, NULL, "{\"amount\":0.001}"), 422, "validation_failed");
    T_PROBLEM(call(refunds, "admin", NULL, NULL, "{}"), 422, "validation_failed");
    refund = call(refunds, "admin", "Idempotency-Key", "r1",
                  "{\"amount\":3.5,\"restock\":true,\"reason\":\"broken\"}");
    T_INT(res.status, 201);
    body = apr_pstrmemdup(t_pool, res.body, res.size);
    one = apr_pstrcat(t_pool, "/orders/", text(order, "id"), "/refunds/", text(refund, "id"), NULL);
    T_STR(apr_table_get(res.headers, "Location"), apr_pstrcat(t_pool, "/api", one, NULL));
    T_INT(order_shop_stock(shop, 0), 10);
    refund = call(refunds, "admin", "Idempotency-Key", "r1",
                  "{\"reason\":\"broken\",\"amount\":3.50,\"restock\":true}");
    T_INT(res.status, 201);
    T_STR(apr_table_get(res.headers, "Idempotent-Replayed"), "true");
    T_STR(apr_pstrmemdup(t_pool, res.body, res.size), body);
    T_PROBLEM(call(refunds, "admin", "Idempotency-Key", "r1", "{\"amount\":4}"), 422,
              "idempotency_mismatch");
    refund = call(refunds, "admin", NULL, NULL, "{\"amount\":32.51}");
    T_PROBLEM(refund, 409, "refund_too_large");
    T_TRUE(json_number_value(json_object_get(refund, "remaining")) == 32.5);
    refund = call(apr_pstrcat(t_pool, "GET ", one, NULL), "admin", NULL, NULL, NULL);
    T_STR(text(refund, "reason"), "broken");
    T_STR(text(refund, "by"), USER(99));
    refund = call(apr_pstrcat(t_pool, "GET ", one, NULL), USER(0), NULL, NULL, NULL);
    T_TRUE(json_number_value(json_object_get(refund, "amount")) == 3.5);
    T_TRUE(!json_object_get(refund, "reason") && !json_object_get(refund, "by"));
    T_PROBLEM(call(apr_pstrcat(t_pool, "GET ", one, NULL), USER(1), NULL, NULL, NULL), 404,
              "not_found");
    call(refunds, "admin", NULL, NULL, "{\"amount\":2.5,\"restock\":true}");
    T_INT(res.status, 201);
    order = call(patch, "admin", NULL, NULL, "{\"status\":\"processing\"}");
    T_TRUE(json_number_value(json_object_get(order, "refunded")) == 6);
    order = call(patch, "admin", NULL, NULL, "{\"status\":\"refunded\",\"note\":\"lost\"}");
    T_INT(res.status, 200);
    T_STR(text(order, "status"), "refunded");
    T_TRUE(json_number_value(json_object_get(order, "refunded")) == 36);
    list = call(apr_pstrcat(t_pool, "GET /orders/", text(order, "id"), "/refunds", NULL), USER(0),
                NULL, NULL, NULL);
    T_INT(json_array_size(json_object_get(list, "items")), 3);
    T_PROBLEM(call(refunds, "admin", NULL, NULL, "{\"amount\":0.01}"), 409, "refund_too_large");
    T_PROBLEM(call(patch, "admin", NULL, NULL, "{\"status\":\"refunded\"}"), 409,
              "invalid_transition");
    T_INT(order_shop_stock(shop, 0), 10);
    order_shop_settle(shop);
    order_shop_audit(shop, 1, "after refunds by HTTP");
}

static void the_last_refund_makes_the_order_refunded(void)
{
    const char *refunds;
    json_t *order;

    open_shop(10, 5);
    order_shop_fill(shop, USER(0), 1, 0);
    order = call("POST /orders", USER(0), NULL, NULL, ORDER "}"); /* 10.00 */
    refunds = apr_pstrcat(t_pool, "POST /orders/", text(order, "id"), "/refunds", NULL);
    call(apr_pstrcat(t_pool, "PATCH /orders/", text(order, "id"), NULL), "admin", NULL, NULL,
         "{\"status\":\"paid\"}");
    call(refunds, "admin", NULL, NULL, "{\"amount\":9.99}");
    T_INT(order_shop_stock(shop, 0), 9);
    call(refunds, "admin", NULL, NULL, "{\"amount\":0.01,\"restock\":true}");
    order = call(apr_pstrcat(t_pool, "GET /orders/", text(order, "id"), NULL), USER(0), NULL, NULL,
                 NULL);
    T_STR(text(order, "status"), "refunded");
    T_INT(json_array_size(json_object_get(order, "history")), 3);
    T_INT(order_shop_stock(shop, 0), 10);
    order_shop_settle(shop);
    order_shop_audit(shop, 1, "after the last refund");
}

static void coupons_are_managed(void)
{
    json_t *coupon;
    const char *etag;

    open_shop(10, 3);
    T_PROBLEM(call("GET /coupons", USER(0), NULL, NULL, NULL), 403, "forbidden");
    T_PROBLEM(call("POST /coupons", "admin", NULL, NULL,
                   "{\"code\":\"ten\",\"discount_percent\":1,"
                   "\"valid_from\":\"2020-01-01T00:00:00Z\",\"valid_until\":"
                   "\"2020-01-02T00:00:00Z\"}"),
              409, "coupon_exists");
    order_shop_fill(shop, USER(0), 1, 0);
    call("POST /orders", USER(0), NULL, NULL, ORDER ",\"coupon_code\":\"TEN\"}");
    coupon = call("GET /coupons/ten", "admin", NULL, NULL, NULL);
    T_INT(json_integer_value(json_object_get(coupon, "used")), 1);
    T_INT(json_integer_value(json_object_get(coupon, "remaining")), 2);
    etag = res.etag;
    coupon = call("PATCH /coupons/TEN", "admin", "If-Match", etag, "{\"usage_limit\":1}");
    T_INT(res.status, 200);
    T_INT(json_integer_value(json_object_get(coupon, "remaining")), 0);
    coupon = call("PATCH /coupons/TEN", "admin", NULL, NULL, "{\"usage_limit\":7}");
    T_INT(json_integer_value(json_object_get(coupon, "remaining")), 6);
    T_INT(json_integer_value(json_object_get(coupon, "used")), 1);
    coupon = call("PATCH /coupons/TEN", "admin", NULL, NULL, "{\"usage_limit\":null}");
    T_TRUE(json_is_null(json_object_get(coupon, "remaining")));
    T_INT(json_integer_value(json_object_get(coupon, "used")), 1);
    order_shop_fill(shop, USER(1), 1, 0);
    call("POST /orders", USER(1), NULL, NULL, ORDER ",\"coupon_code\":\"TEN\"}");
    T_INT(res.status, 201);
    T_PROBLEM(call("PATCH /coupons/TEN", "admin", NULL, NULL, "{\"usage_limit\":1}"), 409,
              "coupon_limit_below_used");
    coupon = call("PATCH /coupons/TEN", "admin", NULL, NULL, "{\"usage_limit\":2}");
    T_INT(json_integer_value(json_object_get(coupon, "remaining")), 0);
    T_PROBLEM(call("PATCH /coupons/TEN", "admin", "If-Match", etag, "{\"discount_percent\":2}"),
              412, "precondition_failed");
    T_PROBLEM(call("PATCH /coupons/TEN", "admin", NULL, NULL,
                   "{\"valid_until\":\"1970-01-01T00:00:00Z\"}"),
              422, "validation_failed");
    call("DELETE /coupons/TEN", "admin", NULL, NULL, NULL);
    T_INT(res.status, 200);
    T_PROBLEM(call("GET /coupons/TEN", "admin", NULL, NULL, NULL), 404, "not_found");
}

static const shop_test_t tests[] = {
    SHOP_TEST(an_order_is_placed_shown_and_listed, "an order is placed, shown and listed"),
    SHOP_TEST(a_replay_is_the_same_bytes, "a replay is the same bytes, ETag and Location"),
    SHOP_TEST(what_is_not_allowed_changes_nothing, "what is not allowed changes nothing"),
    SHOP_TEST(coupon_codes_cannot_be_guessed, "the 21st wrong coupon code is 429"),
    SHOP_TEST(a_known_key_is_answered_whatever_was_guessed_since,
              "a known key is answered whatever was guessed since"),
    SHOP_TEST(only_what_took_stock_makes_the_catalogue_stale,
              "only what took stock makes the cached catalogue stale"),
    SHOP_TEST(the_window_of_a_coupon_counts, "a coupon's refusal says why and what is missing"),
    SHOP_TEST(orders_are_cancelled_and_moved, "orders are cancelled once and move along arrows"),
    SHOP_TEST(a_tracking_number_comes_and_goes, "a tracking number comes, stays and goes by null"),
    SHOP_TEST(refunds_pay_back_what_was_paid, "refunds pay back what was paid and no more"),
    SHOP_TEST(the_last_refund_makes_the_order_refunded, "the last refund makes an order refunded"),
    SHOP_TEST(coupons_are_managed, "an admin makes, changes and deletes coupons"),
    SHOP_TEST_END,
};
SHOP_SUITE("order API", tests)
