/* SPDX-License-Identifier: MIT
 * What a cart shows and may hold, and the cart over HTTP. */
#include "mod_shop/base/money.h"
#include "mod_shop/cart/cart.h"
#include "tests/kit/cart_mem.h"
#include "tests/kit/kit.h"
#include "tests/kit/product_mem.h"

#define MISSING "65a0000000000000000000ab"

/* ---- rules ---- */

static shop_product_t lamp = {
    .id = "65a000000000000000000001", .name = "Lamp", .price = 1999, .stock = 4
};

static shop_cart_t *cart_with(int64_t quantity, const char *other)
{
    shop_cart_t *cart = apr_pcalloc(t_pool, sizeof(*cart));
    shop_cart_line_t *lines = apr_pcalloc(t_pool, 2 * sizeof(*lines));

    cart->lines = apr_array_make(t_pool, 2, sizeof(shop_cart_line_t *));
    lines[0] = (shop_cart_line_t){ other, 7 };
    lines[1] = (shop_cart_line_t){ lamp.id, quantity };
    APR_ARRAY_PUSH(cart->lines, shop_cart_line_t *) = &lines[0];
    APR_ARRAY_PUSH(cart->lines, shop_cart_line_t *) = &lines[1];
    return cart;
}

static void a_cart_is_priced_and_leaves_out_the_deleted(void)
{
    apr_array_header_t *products = apr_array_make(t_pool, 1, sizeof(shop_product_t *));
    shop_cart_view_t *view;
    shop_cart_item_t *item;

    APR_ARRAY_PUSH(products, shop_product_t *) = &lamp;
    T_OK(shop_cart_price(&view, cart_with(3, MISSING), products, "USD", t_pool));
    T_INT(view->items->nelts, 1);
    T_INT(view->total, 5997);
    T_INT(view->item_count, 3);
    T_STR(view->currency, "USD");
    item = APR_ARRAY_IDX(view->items, 0, shop_cart_item_t *);
    T_STR(item->product_id, lamp.id);
    T_INT(item->line_total, 5997);
    T_INT(item->available, 4);
}

static void a_total_too_large_is_refused(void)
{
    apr_array_header_t *products = apr_array_make(t_pool, 1, sizeof(shop_product_t *));
    shop_product_t gold = lamp;
    shop_cart_view_t *view;

    gold.price = SHOP_AMOUNT_MAX;
    APR_ARRAY_PUSH(products, shop_product_t *) = &gold;
    T_OK(shop_cart_price(&view, cart_with(1, MISSING), products, "USD", t_pool));
    T_ERR(shop_cart_price(&view, cart_with(2, MISSING), products, "USD", t_pool), AMOUNT_TOO_LARGE);
}

static void a_line_holds_what_there_is_and_no_more_than_its_bound(void)
{
    shop_product_t plenty = lamp;
    shop_error_t *err;

    plenty.stock = 20000;
    T_OK(shop_cart_may_hold(&lamp, 4, t_pool));
    err = shop_cart_may_hold(&lamp, 5, t_pool);
    if (T_ERR(err, OUT_OF_STOCK)) {
        json_t *line = json_array_get(json_object_get(err->extra, "lines"), 0);

        T_STR(json_string_value(json_object_get(line, "product_id")), lamp.id);
        T_INT(json_integer_value(json_object_get(line, "requested")), 5);
        T_INT(json_integer_value(json_object_get(line, "available")), 4);
    }
    T_OK(shop_cart_may_hold(&plenty, 10000, t_pool));
    T_ERR(shop_cart_may_hold(&plenty, 10001, t_pool), VALIDATION_FAILED);
}

/* ---- over HTTP ---- */

static const shop_res_t *put_in(const char *id, int quantity)
{
    return kit_send("user", "POST", "/cart",
                    apr_psprintf(t_pool, "{\"product_id\":\"%s\",\"quantity\":%d}", id, quantity));
}

static const char *line_path(const char *id)
{
    return apr_pstrcat(t_pool, "/cart/", id, NULL);
}

static void a_cart_goes_through_its_life(void)
{
    const shop_res_t *res;
    const char *a, *b;

    kit_begin();
    a = kit_product("Lamp", "19.99", 10);
    b = kit_product("Cup", "5", 10);
    T_TRUE(t_says(kit_send("user", "GET", "/cart", NULL),
                  "{\"items\":[],\"item_count\":0,\"total\":0.00,\"currency\":\"USD\","
                  "\"updated_at\":null}"));
    T_INT(put_in(a, 2)->status, 200);
    res = put_in(b, 1);
    T_TRUE(t_says(res, "\"item_count\":3,\"total\":44.98"));
    res = put_in(a, 1);
    T_TRUE(t_says(res, "\"quantity\":3,\"line_total\":59.97,\"available\":10"));
    T_TRUE(res->etag != NULL);
    res = kit_send("user", "PUT", line_path(b), "{\"quantity\":4}");
    T_TRUE(t_says(res, "\"item_count\":7,\"total\":79.97"));
    T_STR(apr_table_get(res->headers, "Cache-Control"), "no-store");
    res = kit_send("user", "DELETE", line_path(a), NULL);
    T_TRUE(t_says(res, "\"total\":20.00") && !t_says(res, "Lamp"));
    T_SEND(200, "admin", "DELETE", apr_pstrcat(t_pool, "/products/", b, NULL), NULL);
    T_TRUE(t_says(kit_send("user", "GET", "/cart", NULL), "\"items\":[]"));
    T_TRUE(t_says(kit_send("user", "DELETE", "/cart", NULL), "\"items\":[]"));
    T_TRUE(t_says(kit_send("admin", "GET", "/cart", NULL), "\"items\":[]"));
}

static void what_is_not_allowed_is_refused_and_changes_nothing(void)
{
    static const struct {
        const char *method, *target, *body;
        int status;
    } cases[] = {
        { "POST", "/cart", "{\"product_id\":\"%s\",\"quantity\":0}", 422 },
        { "POST", "/cart", "{\"product_id\":\"%s\",\"quantity\":-1}", 422 },
        { "POST", "/cart", "{\"product_id\":\"%s\",\"quantity\":1.5}", 422 },
        { "POST", "/cart", "{\"product_id\":\"%s\",\"quantity\":\"1\"}", 422 },
        { "POST", "/cart", "{\"product_id\":\"%s\",\"quantity\":10001}", 422 },
        { "POST", "/cart", "{\"product_id\":\"%s\",\"quantity\":1,\"price\":0.01}", 422 },
        { "POST", "/cart", "{\"product_id\":\"%s\"}", 422 },
        { "POST", "/cart?user_id=1", "{\"product_id\":\"%s\",\"quantity\":1}", 422 },
        { "POST", "/cart", "{\"product_id\":\"" MISSING "\",\"quantity\":1}", 404 },
        { "POST", "/cart", "{\"product_id\":\"abc\",\"quantity\":1}", 422 },
        { "POST", "/cart", "{\"product_id\":\"%s\",\"quantity\":2}", 409 },
        { "PUT", "/cart/%s", "{\"quantity\":4}", 409 },
        { "PUT", "/cart/" MISSING, "{\"quantity\":1}", 404 },
        { "DELETE", "/cart/" MISSING, NULL, 404 },
        { "DELETE", "/cart/abc", NULL, 404 },
    };
    const shop_res_t *res;
    const char *id;

    kit_begin();
    id = kit_product("Stamp", "5", 3);
    T_INT(put_in(id, 2)->status, 200);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *target = !strcmp(cases[i].target, "/cart/%s") ? line_path(id) : cases[i].target;
        const char *mark = cases[i].body ? strstr(cases[i].body, "%s") : NULL;
        const char *body = mark ? apr_psprintf(t_pool, "%.*s%s%s", (int)(mark - cases[i].body),
                                               cases[i].body, id, mark + 2)
                                : cases[i].body;

        res = kit_send("user", cases[i].method, target, body);
        t_assert(res->status == cases[i].status, __LINE__, __FILE__, "%s %s %s: %d, wanted %d",
                 cases[i].method, target, body ? body : "", res->status, cases[i].status);
        if (cases[i].status == 409) {
            T_TRUE(t_says(res, apr_psprintf(t_pool,
                                            "\"lines\":[{\"product_id\":\"%s\","
                                            "\"requested\":4,\"available\":3}]",
                                            id)));
        }
    }
    T_TRUE(t_says(kit_send("user", "GET", "/cart", NULL), "\"item_count\":2"));
    T_SEND(401, NULL, "GET", "/cart", NULL);
}

static void if_match_guards_the_cart(void)
{
    const char *a, *old;
    const shop_res_t *res;

    kit_begin();
    a = kit_product("Lamp", "10", 10);
    old = put_in(a, 1)->etag;
    res = put_in(a, 1);
    kit_header("If-Match", old);
    T_SEND(412, "user", "PUT", line_path(a), "{\"quantity\":5}");
    kit_header("If-Match", old);
    T_SEND(412, "user", "DELETE", "/cart", NULL);
    kit_header("If-Match", res->etag);
    res = kit_send("user", "PUT", line_path(a), "{\"quantity\":5}");
    T_INT(res->status, 200);
    kit_header("If-Match", apr_pstrcat(t_pool, "W/", res->etag, NULL));
    T_SEND(412, "user", "DELETE", line_path(a), NULL);
    kit_header("If-Match", res->etag);
    T_SEND(200, "user", "DELETE", line_path(a), NULL);
}

static void deleted_products_do_not_fill_the_cart(void)
{
    const char *first = NULL;

    kit_begin();
    for (int i = 0; i < SHOP_CART_LINES_MAX; i++) {
        const char *id = kit_product("Lamp", "1", 1);

        first = first ? first : id;
        T_INT(put_in(id, 1)->status, 200);
    }
    T_INT(put_in(kit_product("Cup", "1", 1), 1)->status, 422);
    T_SEND(200, "admin", "DELETE", apr_pstrcat(t_pool, "/products/", first, NULL), NULL);
    T_TRUE(t_says(put_in(kit_product("Cup", "1", 1), 1), "\"item_count\":100"));
}

static void an_add_asks_the_stores_three_times(void)
{
    const char *id;
    int carts, products;

    kit_begin();
    id = kit_product("Lamp", "1", 9);
    carts = shop_cart_mem_calls(kit.cart.carts);
    products = shop_product_mem_calls(kit.catalogue.products);
    T_INT(put_in(id, 1)->status, 200);
    T_INT(shop_cart_mem_calls(kit.cart.carts) - carts, 2);
    T_INT(shop_product_mem_calls(kit.catalogue.products) - products, 1);
    shop_cart_mem_away(kit.cart.carts, true);
    T_SEND(503, "user", "GET", "/cart", NULL);
}

static const shop_test_t rules[] = {
    SHOP_TEST(a_cart_is_priced_and_leaves_out_the_deleted,
              "a cart is priced and leaves out the deleted"),
    SHOP_TEST(a_total_too_large_is_refused, "a total too large is refused"),
    SHOP_TEST(a_line_holds_what_there_is_and_no_more_than_its_bound,
              "a line holds what there is, and no more than its bound"),
    SHOP_TEST_END
};
SHOP_SUITE("cart", rules)

static const shop_test_t api[] = {
    SHOP_TEST(a_cart_goes_through_its_life, "a cart goes through its life"),
    SHOP_TEST(what_is_not_allowed_is_refused_and_changes_nothing,
              "what is not allowed is refused and changes nothing"),
    SHOP_TEST(if_match_guards_the_cart, "If-Match guards the cart"),
    SHOP_TEST(deleted_products_do_not_fill_the_cart, "deleted products do not fill the cart"),
    SHOP_TEST(an_add_asks_the_stores_three_times, "an add asks the stores three times"),
    SHOP_TEST_END
};
SHOP_SUITE("cart over HTTP", api)
