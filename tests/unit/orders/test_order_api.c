/* SPDX-License-Identifier: MIT
 * The order and coupon routes in process: dispatcher, handlers and use cases over fakes. */
#include "tests/kit/kit.h"
#include "tests/kit/order_shop.h"

static order_shop_t *shop;

static void open_shop(int64_t stock, int64_t uses)
{
    shop = order_shop(stock, uses);
    kit_begin();
    kit.app.clock = &shop->clock;
    kit.orders.orders = shop->ports.orders;
    kit.catalogue.products = shop->ports.products;
    kit.inventory.units = shop->ports.stock;
    kit.cart.carts = shop->ports.carts;
    kit.coupons.coupons = shop->ports.coupons;
    kit.coupons.uses = shop->ports.coupon_uses;
}

static const char *text(const json_t *json, const char *name)
{
    return json_string_value(json_object_get(json, name));
}

#define ADDRESS                                                                      \
    "{\"street\":\"1 Main St\",\"city\":\"Town\",\"state\":\"\",\"country\":\"US\"," \
    "\"zip_code\":\"\"}"
#define ORDER "{\"shipping_address\":" ADDRESS ",\"payment_method\":\"credit_card\""

static void an_order_is_placed_shown_and_listed(void)
{
    json_t *order, *again;
    const char *path, *etag;

    open_shop(10, 5);
    order_shop_fill(shop, USER(0), 2, 3);
    T_SEND(201, USER(0), "POST", "/orders", ORDER ",\"coupon_code\":\" ten\xc2\xa0\"}");
    order = kit.json;
    etag = kit.res->etag;
    T_STR(kit_reply_header("Location"), apr_pstrcat(t_pool, "/api/orders/", kit_text("id"), NULL));
    T_TRUE(t_says(kit.res, "\"subtotal\":27.50,\"discount\":2.75,\"total\":24.75"));
    T_STR(kit_text("status"), "pending");
    T_STR(kit_text("coupon_code"), "TEN");
    T_TRUE(!json_object_get(kit.json, "user_id"));
    T_INT(kit_count("next_statuses"), 2);
    T_INT(kit_count("history"), 1);
    path = apr_pstrcat(t_pool, "/orders/", kit_text("id"), NULL);
    T_SEND(200, USER(0), "GET", path, NULL);
    again = kit.json;
    T_TRUE(json_equal(order, again));
    T_STR(kit.res->etag, etag);
    T_PROBLEM(404, "not_found", USER(1), "GET", path, NULL);
    T_SEND(200, "admin", "GET", path, NULL);
    T_STR(kit_text("user_id"), USER(0));
    T_SEND(200, USER(0), "GET", "/orders", NULL);
    T_INT(kit_count("items"), 1);
    T_SEND(200, USER(1), "GET", "/orders", NULL);
    T_INT(kit_count("items"), 0);
    T_SEND(200, "admin", "GET",
           apr_pstrcat(t_pool, "/orders?status=pending&user_id=", USER(0), NULL), NULL);
    T_INT(kit_count("items"), 1);
    T_PROBLEM(422, "validation_failed", USER(0), "GET",
              apr_pstrcat(t_pool, "/orders?user_id=", USER(0), NULL), NULL);
    order_shop_audit(shop, 1, "after one order by HTTP");
}

static void a_replay_is_the_same_bytes(void)
{
    const char *body, *etag, *location;
    apr_size_t size;

    open_shop(10, 5);
    order_shop_fill(shop, USER(0), 1, 0);
    kit_header("Idempotency-Key", "a b");
    T_SEND(201, USER(0), "POST", "/orders", ORDER "}");
    T_TRUE(!kit_reply_header("Idempotent-Replayed"));
    body = kit.res->body;
    size = kit.res->size;
    etag = kit.res->etag;
    location = kit_reply_header("Location");
    kit_header("Idempotency-Key", "a b");
    T_SEND(201, USER(0), "POST", "/orders",
           "{\"payment_method\":\"credit_card\", \"shipping_address\":" ADDRESS "}");
    T_STR(kit_reply_header("Idempotent-Replayed"), "true");
    T_INT(kit.res->size, size);
    T_TRUE(kit.res->size == size && !memcmp(kit.res->body, body, size));
    T_STR(kit.res->etag, etag);
    T_STR(kit_reply_header("Location"), location);
    kit_header("Idempotency-Key", "a b");
    T_PROBLEM(422, "idempotency_mismatch", USER(0), "POST", "/orders",
              ORDER ",\"expected_total\":10}");
    kit_header("Idempotency-Key", "");
    T_PROBLEM(400, "bad_request", USER(0), "POST", "/orders", ORDER "}");
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
        T_PROBLEM(table[i].status, table[i].code, USER(0), "POST", "/orders", table[i].body);
    }
    T_INT(order_shop_stock(shop, 0), 10);
    T_PROBLEM(409, "cart_empty", USER(1), "POST", "/orders", ORDER "}");
    T_PROBLEM(401, "token_missing", NULL, "POST", "/orders", ORDER "}");
    T_SEND(201, USER(0), "POST", "/orders", ORDER ",\"expected_total\":10.00}");
}

static void coupon_codes_cannot_be_guessed(void)
{
    open_shop(10, 5);
    order_shop_fill(shop, USER(0), 1, 0);
    for (int i = 0; i < 19; i++) {
        T_PROBLEM(422, "coupon_not_applicable", USER(0), "POST", "/orders",
                  ORDER ",\"coupon_code\":\"GUESS\"}");
    }
    T_SEND(200, USER(0), "POST", "/cart/quote", "{\"coupon_code\":\"GUESS\"}");
    T_PROBLEM(429, "rate_limited", USER(0), "POST", "/orders", ORDER ",\"coupon_code\":\"GUESS\"}");
    T_PROBLEM(429, "rate_limited", USER(0), "POST", "/orders", ORDER ",\"coupon_code\":\"TEN\"}");
    T_SEND(201, USER(0), "POST", "/orders", ORDER "}");
}

static void a_known_key_is_answered_whatever_was_guessed_since(void)
{
    open_shop(10, 5);
    order_shop_fill(shop, USER(0), 1, 0);
    kit_header("Idempotency-Key", "once");
    T_SEND(201, USER(0), "POST", "/orders", ORDER ",\"coupon_code\":\"TEN\"}");
    for (int i = 0; i < 20; i++) {
        kit_send(USER(0), "POST", "/cart/quote", "{\"coupon_code\":\"GUESS\"}");
    }
    kit_header("Idempotency-Key", "once");
    T_SEND(201, USER(0), "POST", "/orders", ORDER ",\"coupon_code\":\"TEN\"}");
    T_STR(kit_reply_header("Idempotent-Replayed"), "true");
}

static void only_what_took_stock_makes_the_catalogue_stale(void)
{
    json_t *order;

    open_shop(10, 5);
    T_PROBLEM(409, "cart_empty", USER(0), "POST", "/orders", ORDER "}");
    order_shop_fill(shop, USER(0), 1, 0);
    T_PROBLEM(409, "total_changed", USER(0), "POST", "/orders", ORDER ",\"expected_total\":0.01}");
    T_INT(kit.invalidated, 0);
    T_SEND(201, USER(0), "POST", "/orders", ORDER "}");
    order = kit.json;
    T_INT(kit.invalidated, 1);
    T_SEND(
        200, USER(0), "POST",
        apr_psprintf(t_pool, "/orders/%s/cancel", json_string_value(json_object_get(order, "id"))),
        NULL);
    T_INT(kit.invalidated, 2);
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
    open_shop(20, 5);
    order_shop_fill(shop, USER(0), 1, 0);
    for (int i = 0; i < 3; i++) {
        const char *body =
            apr_psprintf(t_pool, "{\"code\":\"c-%d\",\"discount_percent\":5,%s}", i, coupons[i][0]);

        T_SEND(201, "admin", "POST", "/coupons", body);
        T_STR(kit_text("code"), apr_psprintf(t_pool, "C-%d", i));
        T_PROBLEM(422, "coupon_not_applicable", USER(0), "POST", "/orders",
                  apr_psprintf(t_pool, ORDER ",\"coupon_code\":\"c-%d\"}", i));
        T_STR(kit_text("reason"), coupons[i][1]);
    }
    T_TRUE(t_says(kit.res, "\"missing\":99.99")); /* and not 99.989999999999995 */
    kit_send(USER(0), "POST", "/cart/quote", "{\"coupon_code\":\"c-2\"}");
    T_TRUE(t_says(kit.res, "\"coupon\":{\"code\":\"C-2\",\"applies\":false,"
                           "\"reason\":\"min_purchase\",\"missing\":99.99}"));
    kit_send(USER(0), "POST", "/cart/quote", "{\"coupon_code\":\"ten\"}");
    T_TRUE(t_says(kit.res, "\"discount\":1.00,\"total\":9.00,\"currency\":\"USD\","
                           "\"coupon\":{\"code\":\"TEN\",\"applies\":true}"));
    T_SEND(200, USER(1), "POST", "/cart/quote", "{}");
    T_TRUE(json_is_null(json_object_get(kit.json, "coupon")));
}

/* ---- the store goes away behind the change ---- */

static shop_order_repo_t present;
static int finds_left;

static shop_error_t *find_then_away(shop_order_t **order, shop_order_repo_t *repo, const char *id,
                                    apr_pool_t *pool)
{
    *order = NULL;
    return finds_left-- > 0 ? present.find(order, repo, id, pool)
                            : shop_err(pool, UNAVAILABLE, "the store is away");
}

static void a_cancel_with_an_unknown_outcome_is_503_and_the_catalogue_is_stale(void)
{
    const char *path;

    open_shop(10, 5);
    order_shop_fill(shop, USER(0), 1, 0);
    T_SEND(201, USER(0), "POST", "/orders", ORDER "}");
    path = apr_pstrcat(t_pool, "/orders/", kit_text("id"), NULL);
    present = *kit.orders.orders;
    kit.orders.orders->find = find_then_away;
    for (int finds = 1; finds < 3; finds++) { /* the handler reads it first */
        int invalidated = kit.invalidated;

        finds_left = finds;
        T_SEND(503, USER(0), "POST", apr_pstrcat(t_pool, path, "/cancel", NULL), NULL);
        T_INT(kit.invalidated, invalidated + 1);
    }
    kit.orders.orders->find = present.find;
    order_shop_settle(shop);
    order_shop_audit(shop, 1, "after a cancel with an unknown outcome");
}

static void orders_are_cancelled_and_moved(void)
{
    json_t *order;
    const char *cancel, *patch, *etag;

    open_shop(10, 5);
    order_shop_fill(shop, USER(0), 4, 0);
    T_SEND(201, USER(0), "POST", "/orders", ORDER ",\"coupon_code\":\"TEN\"}");
    order = kit.json;
    cancel = apr_pstrcat(t_pool, "/orders/", kit_text("id"), "/cancel", NULL);
    patch = apr_pstrcat(t_pool, "/orders/", kit_text("id"), NULL);
    T_PROBLEM(404, "not_found", USER(1), "POST", cancel, NULL);
    T_PROBLEM(403, "forbidden", USER(0), "PATCH", patch, "{\"status\":\"paid\"}");
    T_PROBLEM(409, "invalid_transition", "admin", "PATCH", patch, "{\"status\":\"shipped\"}");
    T_PROBLEM(422, "validation_failed", "admin", "PATCH", patch, "{\"status\":\"placing\"}");
    kit_header("If-Match", "\"other\"");
    T_PROBLEM(412, "precondition_failed", "admin", "PATCH", patch, "{\"status\":\"paid\"}");
    T_SEND(200, "admin", "GET", apr_pstrcat(t_pool, "/orders/", text(order, "id"), NULL), NULL);
    etag = kit.res->etag;
    kit_header("If-Match", etag);
    T_SEND(200, "admin", "PATCH", patch,
           "{\"status\":\"paid\",\"note\":\"by wire\",\"tracking_number\":\"T1\"}");
    T_STR(kit_text("status"), "paid");
    T_STR(kit_text("tracking_number"), "T1");
    T_STR(text(json_array_get(json_object_get(kit.json, "history"), 1), "note"), "by wire");
    T_SEND(200, USER(0), "POST", cancel, NULL);
    T_STR(kit_text("status"), "cancelled");
    T_TRUE(!json_object_get(json_array_get(json_object_get(kit.json, "history"), 1), "note"));
    T_INT(kit_count("next_statuses"), 0);
    T_PROBLEM(409, "invalid_transition", USER(0), "POST", cancel, NULL);
    T_INT(order_shop_stock(shop, 0), 10);
    order_shop_audit(shop, 1, "after a cancel by HTTP");
}

static void a_tracking_number_comes_and_goes(void)
{
    const char *patch;

    open_shop(10, 5);
    order_shop_fill(shop, USER(0), 1, 0);
    T_SEND(201, USER(0), "POST", "/orders", ORDER "}");
    patch = apr_pstrcat(t_pool, "/orders/", kit_text("id"), NULL);
    T_SEND(200, "admin", "PATCH", patch,
           "{\"status\":\"paid\",\"note\":null,\"tracking_number\":\"T1\"}");
    T_STR(kit_text("tracking_number"), "T1");
    T_SEND(200, "admin", "PATCH", patch, "{\"status\":\"processing\"}");
    T_STR(kit_text("tracking_number"), "T1");
    T_SEND(200, "admin", "PATCH", patch, "{\"status\":\"shipped\",\"tracking_number\":null}");
    T_TRUE(!json_object_get(kit.json, "tracking_number"));
    T_PROBLEM(422, "validation_failed", "admin", "PATCH", patch,
              "{\"status\":\"refunded\",\"tracking_number\":\"T2\"}");
}

static void what_goes_with_a_status_is_corrected(void)
{
    const char *patch, *etag;

    open_shop(10, 5);
    order_shop_fill(shop, USER(0), 1, 0);
    T_SEND(201, USER(0), "POST", "/orders", ORDER "}");
    patch = apr_pstrcat(t_pool, "/orders/", kit_text("id"), NULL);
    T_SEND(200, "admin", "PATCH", patch, "{\"status\":\"paid\"}");
    T_SEND(200, "admin", "PATCH", patch, "{\"status\":\"processing\"}");
    T_SEND(200, "admin", "PATCH", patch,
           "{\"status\":\"shipped\",\"tracking_number\":\"WRONG\",\"note\":\"left at noon\"}");
    etag = apr_pstrdup(t_pool, kit.res->etag);
    T_SEND(200, "admin", "PATCH", patch, "{\"tracking_number\":\"RIGHT\"}");
    T_STR(kit_text("tracking_number"), "RIGHT");
    T_STR(kit_text("status"), "shipped");
    T_INT(kit_count("history"), 4);
    kit_header("If-Match", etag);
    T_PROBLEM(412, "precondition_failed", "admin", "PATCH", patch, "{\"note\":\"x\"}");
    T_SEND(200, "admin", "PATCH", patch, "{\"status\":\"shipped\",\"note\":\"left at one\"}");
    T_STR(text(json_array_get(json_object_get(kit.json, "history"), 3), "note"), "left at one");
    T_SEND(200, "admin", "PATCH", patch, "{\"tracking_number\":null,\"note\":null}");
    T_TRUE(!json_object_get(kit.json, "tracking_number"));
    T_TRUE(!text(json_array_get(json_object_get(kit.json, "history"), 3), "note"));
    T_SEND(200, "admin", "PATCH", patch, "{}");
    T_PROBLEM(409, "invalid_transition", "admin", "PATCH", patch, "{\"status\":\"shipped\"}");
    T_PROBLEM(409, "invalid_transition", "admin", "PATCH", patch,
              "{\"status\":\"paid\",\"tracking_number\":\"X\"}");
    T_PROBLEM(422, "validation_failed", "admin", "PATCH", patch, "{\"tracking_number\":\"\"}");
    T_PROBLEM(403, "forbidden", USER(0), "PATCH", patch, "{\"tracking_number\":\"MINE\"}");
}

static void a_cancelled_order_that_was_paid_is_paid_back(void)
{
    const char *order, *refunds;

    open_shop(10, 5);
    order_shop_fill(shop, USER(0), 3, 0);
    T_SEND(201, USER(0), "POST", "/orders", ORDER "}");
    T_TRUE(json_number_value(json_object_get(kit.json, "refundable")) == 0);
    order = apr_pstrcat(t_pool, "/orders/", kit_text("id"), NULL);
    refunds = apr_pstrcat(t_pool, order, "/refunds", NULL);
    T_SEND(200, "admin", "PATCH", order, "{\"status\":\"paid\"}");
    T_SEND(201, "admin", "POST", refunds, "{\"amount\":5}");
    T_SEND(200, USER(0), "POST", apr_pstrcat(t_pool, order, "/cancel", NULL), NULL);
    T_TRUE(json_number_value(json_object_get(kit.json, "refundable")) == 25);
    T_INT(order_shop_stock(shop, 0), 10);
    T_PROBLEM(409, "refund_too_large", "admin", "POST", refunds, "{\"amount\":25.01}");
    T_SEND(201, "admin", "POST", refunds, "{\"amount\":20,\"restock\":true}");
    T_TRUE(!json_is_true(json_object_get(kit.json, "restock")));
    T_INT(order_shop_stock(shop, 0), 10);
    T_SEND(201, "admin", "POST", refunds, "{\"amount\":5}");
    T_SEND(200, USER(0), "GET", order, NULL);
    T_STR(kit_text("status"), "cancelled");
    T_TRUE(json_number_value(json_object_get(kit.json, "refunded")) == 30);
    T_TRUE(json_number_value(json_object_get(kit.json, "refundable")) == 0);
    T_PROBLEM(409, "refund_too_large", "admin", "POST", refunds, "{\"amount\":0.01}");
    order_shop_settle(shop);
    order_shop_audit(shop, 1, "after refunds of a cancelled order");
    order_shop_fill(shop, USER(0), 1, 0);
    T_SEND(201, USER(0), "POST", "/orders", ORDER "}");
    order = apr_pstrcat(t_pool, "/orders/", kit_text("id"), NULL);
    T_SEND(200, USER(0), "POST", apr_pstrcat(t_pool, order, "/cancel", NULL), NULL);
    T_PROBLEM(409, "invalid_transition", "admin", "POST",
              apr_pstrcat(t_pool, order, "/refunds", NULL), "{\"amount\":1}");
}

static void a_coupon_that_takes_nothing_off_is_not_used(void)
{
    open_shop(10, 5);
    T_SEND(201, "admin", "POST", "/coupons",
           "{\"code\":\"ZERO\",\"discount_percent\":1,\"max_discount\":0,"
           "\"valid_from\":\"2020-01-01T00:00:00Z\",\"valid_until\":\"2040-01-02T00:00:00Z\","
           "\"usage_limit_per_user\":1}");
    order_shop_fill(shop, USER(0), 1, 0);
    T_SEND(200, USER(0), "POST", "/cart/quote", "{\"coupon_code\":\"zero\"}");
    T_TRUE(json_is_false(json_object_get(json_object_get(kit.json, "coupon"), "applies")));
    T_STR(text(json_object_get(kit.json, "coupon"), "reason"), "no_discount");
    T_PROBLEM(422, "coupon_not_applicable", USER(0), "POST", "/orders",
              ORDER ",\"coupon_code\":\"ZERO\"}");
    T_STR(kit_text("reason"), "no_discount");
    T_SEND(200, "admin", "PATCH", "/coupons/ZERO", "{\"max_discount\":null}");
    T_SEND(201, USER(0), "POST", "/orders", ORDER ",\"coupon_code\":\"ZERO\"}");
    T_TRUE(json_number_value(json_object_get(kit.json, "discount")) == 0.1);
}

static void refunds_pay_back_what_was_paid(void)
{
    const char *refunds, *one, *patch, *body;

    open_shop(10, 5);
    order_shop_fill(shop, USER(0), 4, 0);
    T_SEND(201, USER(0), "POST", "/orders", ORDER ",\"coupon_code\":\"TEN\"}");
    patch = apr_pstrcat(t_pool, "/orders/", kit_text("id"), NULL); /* 36.00 */
    refunds = apr_pstrcat(t_pool, patch, "/refunds", NULL);
    T_PROBLEM(409, "invalid_transition", "admin", "POST", refunds, "{\"amount\":1}");
    T_SEND(200, "admin", "PATCH", patch, "{\"status\":\"paid\"}");
    T_PROBLEM(403, "forbidden", USER(0), "POST", refunds, "{\"amount\":1}");
    T_PROBLEM(422, "validation_failed", "admin", "POST", refunds, "{\"amount\":0}");
    T_PROBLEM(422, "validation_failed", "admin", "POST", refunds, "{\"amount\":0.001}");
    T_PROBLEM(422, "validation_failed", "admin", "POST", refunds, "{}");
    kit_header("Idempotency-Key", "r1");
    T_SEND(201, "admin", "POST", refunds,
           "{\"amount\":3.5,\"restock\":true,\"reason\":\"broken\"}");
    body = apr_pstrmemdup(t_pool, kit.res->body, kit.res->size);
    one = apr_pstrcat(t_pool, refunds, "/", kit_text("id"), NULL);
    T_STR(kit_reply_header("Location"), apr_pstrcat(t_pool, "/api", one, NULL));
    T_INT(order_shop_stock(shop, 0), 10);
    kit_header("Idempotency-Key", "r1");
    T_SEND(201, "admin", "POST", refunds,
           "{\"reason\":\"broken\",\"amount\":3.50,\"restock\":true}");
    T_STR(kit_reply_header("Idempotent-Replayed"), "true");
    T_STR(apr_pstrmemdup(t_pool, kit.res->body, kit.res->size), body);
    kit_header("Idempotency-Key", "r1");
    T_PROBLEM(422, "idempotency_mismatch", "admin", "POST", refunds, "{\"amount\":4}");
    T_PROBLEM(409, "refund_too_large", "admin", "POST", refunds, "{\"amount\":32.51}");
    T_TRUE(json_number_value(json_object_get(kit.json, "remaining")) == 32.5);
    T_SEND(200, "admin", "GET", one, NULL);
    T_STR(kit_text("reason"), "broken");
    T_STR(kit_text("by"), KIT_ADMIN);
    T_SEND(200, USER(0), "GET", one, NULL);
    T_TRUE(json_number_value(json_object_get(kit.json, "amount")) == 3.5);
    T_TRUE(!json_object_get(kit.json, "reason") && !json_object_get(kit.json, "by"));
    T_PROBLEM(404, "not_found", USER(1), "GET", one, NULL);
    T_SEND(201, "admin", "POST", refunds, "{\"amount\":2.5,\"restock\":true}");
    T_SEND(200, "admin", "PATCH", patch, "{\"status\":\"processing\"}");
    T_TRUE(json_number_value(json_object_get(kit.json, "refunded")) == 6);
    T_SEND(200, "admin", "PATCH", patch, "{\"status\":\"refunded\",\"note\":\"lost\"}");
    T_STR(kit_text("status"), "refunded");
    T_TRUE(json_number_value(json_object_get(kit.json, "refunded")) == 36);
    T_SEND(200, USER(0), "GET", refunds, NULL);
    T_INT(kit_count("items"), 3);
    T_PROBLEM(409, "refund_too_large", "admin", "POST", refunds, "{\"amount\":0.01}");
    T_PROBLEM(409, "invalid_transition", "admin", "PATCH", patch, "{\"status\":\"refunded\"}");
    T_INT(order_shop_stock(shop, 0), 10);
    order_shop_settle(shop);
    order_shop_audit(shop, 1, "after refunds by HTTP");
}

static void the_last_refund_makes_the_order_refunded(void)
{
    const char *order, *refunds;

    open_shop(10, 5);
    order_shop_fill(shop, USER(0), 1, 0);
    T_SEND(201, USER(0), "POST", "/orders", ORDER "}");
    order = apr_pstrcat(t_pool, "/orders/", kit_text("id"), NULL); /* 10.00 */
    refunds = apr_pstrcat(t_pool, order, "/refunds", NULL);
    T_SEND(200, "admin", "PATCH", order, "{\"status\":\"paid\"}");
    T_SEND(201, "admin", "POST", refunds, "{\"amount\":9.99}");
    T_INT(order_shop_stock(shop, 0), 9);
    T_SEND(201, "admin", "POST", refunds, "{\"amount\":0.01,\"restock\":true}");
    T_SEND(200, USER(0), "GET", order, NULL);
    T_STR(kit_text("status"), "refunded");
    T_INT(kit_count("history"), 3);
    T_INT(order_shop_stock(shop, 0), 10);
    order_shop_settle(shop);
    order_shop_audit(shop, 1, "after the last refund");
}

static void coupons_are_managed(void)
{
    const char *etag;

    open_shop(10, 3);
    T_PROBLEM(403, "forbidden", USER(0), "GET", "/coupons", NULL);
    T_PROBLEM(409, "coupon_exists", "admin", "POST", "/coupons",
              "{\"code\":\"ten\",\"discount_percent\":1,"
              "\"valid_from\":\"2020-01-01T00:00:00Z\",\"valid_until\":"
              "\"2020-01-02T00:00:00Z\"}");
    order_shop_fill(shop, USER(0), 1, 0);
    T_SEND(201, USER(0), "POST", "/orders", ORDER ",\"coupon_code\":\"TEN\"}");
    T_SEND(200, "admin", "GET", "/coupons/ten", NULL);
    T_INT(kit_int("used"), 1);
    T_INT(kit_int("remaining"), 2);
    etag = kit.res->etag;
    kit_header("If-Match", etag);
    T_SEND(200, "admin", "PATCH", "/coupons/TEN", "{\"usage_limit\":1}");
    T_INT(kit_int("remaining"), 0);
    T_SEND(200, "admin", "PATCH", "/coupons/TEN", "{\"usage_limit\":7}");
    T_INT(kit_int("remaining"), 6);
    T_INT(kit_int("used"), 1);
    T_SEND(200, "admin", "PATCH", "/coupons/TEN", "{\"usage_limit\":null}");
    T_TRUE(json_is_null(json_object_get(kit.json, "remaining")));
    T_INT(kit_int("used"), 1);
    order_shop_fill(shop, USER(1), 1, 0);
    T_SEND(201, USER(1), "POST", "/orders", ORDER ",\"coupon_code\":\"TEN\"}");
    T_PROBLEM(409, "coupon_limit_below_used", "admin", "PATCH", "/coupons/TEN",
              "{\"usage_limit\":1}");
    T_SEND(200, "admin", "PATCH", "/coupons/TEN", "{\"usage_limit\":2}");
    T_INT(kit_int("remaining"), 0);
    kit_header("If-Match", etag);
    T_PROBLEM(412, "precondition_failed", "admin", "PATCH", "/coupons/TEN",
              "{\"discount_percent\":2}");
    T_PROBLEM(422, "validation_failed", "admin", "PATCH", "/coupons/TEN",
              "{\"valid_until\":\"1970-01-01T00:00:00Z\"}");
    T_SEND(200, "admin", "DELETE", "/coupons/TEN", NULL);
    T_PROBLEM(404, "not_found", "admin", "GET", "/coupons/TEN", NULL);
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
    SHOP_TEST(a_cancel_with_an_unknown_outcome_is_503_and_the_catalogue_is_stale,
              "a cancel with an unknown outcome is 503, and the catalogue is stale"),
    SHOP_TEST(orders_are_cancelled_and_moved, "orders are cancelled once and move along arrows"),
    SHOP_TEST(a_tracking_number_comes_and_goes, "a tracking number comes, stays and goes by null"),
    SHOP_TEST(what_goes_with_a_status_is_corrected,
              "tracking number and note are corrected without a change of status"),
    SHOP_TEST(a_cancelled_order_that_was_paid_is_paid_back,
              "an order that was cancelled after payment is paid back, and no more"),
    SHOP_TEST(a_coupon_that_takes_nothing_off_is_not_used,
              "a coupon that takes nothing off does not apply and is not used"),
    SHOP_TEST(refunds_pay_back_what_was_paid, "refunds pay back what was paid and no more"),
    SHOP_TEST(the_last_refund_makes_the_order_refunded, "the last refund makes an order refunded"),
    SHOP_TEST(coupons_are_managed, "an admin makes, changes and deletes coupons"),
    SHOP_TEST_END,
};
SHOP_SUITE("order API", tests)
