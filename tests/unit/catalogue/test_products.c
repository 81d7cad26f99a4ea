/* SPDX-License-Identifier: MIT
 * What a product is, and the catalogue over HTTP. */
#include "mod_shop/catalogue/product.h"
#include "tests/kit/kit.h"
#include "tests/kit/product_mem.h"

#define MISSING "65a0000000000000000000ab"

/* ---- rules ---- */

static void keys_order_like_the_sort_key_and_then_the_id(void)
{
    static const struct {
        const char *low, *high;
        int64_t low_number, high_number;
    } cases[] = {
        { "ab", "abc", 9, 10 },
        { "a b", "ab", 0, 1 },
        { "", "a", 255, 256 },
        { "z", "\xc3\xa9", 999999998, 999999999 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *high_id = "ffffffffffffffffffffffff", *low_id = "000000000000000000000000";

        T_TRUE(strcmp(shop_product_key_of(SHOP_SORT_NAME, cases[i].low, 0, high_id, t_pool),
                      shop_product_key_of(SHOP_SORT_NAME, cases[i].high, 0, low_id, t_pool)) < 0);
        T_TRUE(
            strcmp(shop_product_key_of(SHOP_SORT_PRICE, NULL, cases[i].low_number, high_id, t_pool),
                   shop_product_key_of(SHOP_SORT_PRICE, NULL, cases[i].high_number, low_id,
                                       t_pool)) < 0);
    }
    T_TRUE(strcmp(shop_product_key_of(SHOP_SORT_PRICE, NULL, 5, "a", t_pool),
                  shop_product_key_of(SHOP_SORT_PRICE, NULL, 5, "b", t_pool)) < 0);
}

static const char *joined(const apr_array_header_t *words)
{
    return apr_array_pstrcat(t_pool, words, ' ');
}

static void names_are_found_by_their_beginnings(void)
{
    shop_product_t product = { .name = "Red umbrella", .category = "Rain", .description = "dry" };

    T_STR(joined(shop_product_name_words(&product, t_pool)),
          "red umbrella umb umbr umbre umbrel umbrell");
    T_STR(joined(shop_product_words(&product, t_pool)), "red umbrella rain dry");
}

/* ---- over HTTP ---- */

static void a_product_is_created_and_shown(void)
{
    const shop_res_t *res;
    const char *id, *etag;

    kit_begin();
    res = kit_send("admin", "POST", "/products",
                   "{\"name\":\"Lamp\",\"price\":99.990e0,\"category\":\"x\"}");
    T_INT(res->status, 422);
    res = kit_send("admin", "POST", "/products",
                   "{\"name\":\"Lamp\",\"description\":\"A lamp\",\"price\":99.990,"
                   "\"category\":\"Lights\",\"stock\":7}");
    T_INT(res->status, 201);
    id = json_string_value(json_object_get(t_json(res), "id"));
    T_STR(apr_table_get(res->headers, "Location"), apr_pstrcat(t_pool, "/api/products/", id, NULL));
    T_TRUE(t_says(res, "\"price\":99.99,\"currency\":\"USD\",\"category\":\"Lights\","
                       "\"stock\":7,\"image_url\":null,\"featured\":false"));
    T_TRUE(!t_says(res, "rev") && !t_says(res, "holds"));
    etag = res->etag;
    res = kit_send(NULL, "GET", apr_pstrcat(t_pool, "/products/", id, NULL), NULL);
    T_INT(res->status, 200);
    T_STR(res->etag, etag);
    T_TRUE(strstr(apr_table_get(res->headers, "Cache-Control"), "public") != NULL);
    kit_header("If-None-Match", etag);
    T_SEND(304, NULL, "GET", apr_pstrcat(t_pool, "/products/", id, NULL), NULL);
}

static void what_is_not_allowed_is_refused(void)
{
    static const struct {
        const char *as, *method, *target, *body;
        int status;
    } cases[] = {
        { "user", "POST", "/products", "{\"name\":\"x\",\"price\":1,\"category\":\"x\"}", 403 },
        { NULL, "POST", "/products", "{\"name\":\"x\",\"price\":1,\"category\":\"x\"}", 401 },
        { "user", "DELETE", "/products/" MISSING, NULL, 403 },
        { "user", "GET", "/products/" MISSING "/stock", NULL, 403 },
        { "admin", "POST", "/products", "{\"name\":\"x\",\"price\":-1,\"category\":\"x\"}", 422 },
        { "admin", "POST", "/products", "{\"name\":\"x\",\"price\":0.001,\"category\":\"x\"}",
          422 },
        { "admin", "POST", "/products", "{\"name\":\"x\",\"price\":10000000,\"category\":\"x\"}",
          422 },
        { "admin", "POST", "/products", "{\"name\":\"x\",\"price\":\"1\",\"category\":\"x\"}",
          422 },
        { "admin", "POST", "/products",
          "{\"name\":\"x\",\"price\":1,\"category\":\"x\",\"stock\":2147483648}", 422 },
        { "admin", "POST", "/products", "{\"name\":\"x\",\"price\":1,\"category\":\"x\",\"rev\":1}",
          422 },
        { "admin", "POST", "/products",
          "{\"name\":\"x\",\"price\":1,\"category\":\"x\",\"image_url\":\"javascript:1\"}", 422 },
        { NULL, "GET", "/products/abc", NULL, 404 },
        { NULL, "GET", "/products/" MISSING, NULL, 404 },
        { "admin", "PUT", "/products/" MISSING, "{\"name\":\"x\",\"price\":1,\"category\":\"x\"}",
          404 },
        { "admin", "PATCH", "/products/" MISSING, "{}", 404 },
        { "admin", "DELETE", "/products/" MISSING, NULL, 404 },
        { "admin", "POST", "/products/" MISSING "/stock", "{\"delta\":1,\"reason\":\"r\"}", 404 },
        { "admin", "POST", "/products/" MISSING "/stock", "{\"reason\":\"r\"}", 422 },
        { "admin", "POST", "/products/" MISSING "/stock",
          "{\"delta\":1,\"set\":1,\"reason\":\"r\"}", 422 },
        { "admin", "GET", "/products/" MISSING "/stock", NULL, 404 },
        { NULL, "GET", "/products?limit=0", NULL, 422 },
        { NULL, "GET", "/products?limit=101", NULL, 422 },
        { NULL, "GET", "/products?page=2", NULL, 422 },
        { NULL, "GET", "/products?cursor=AAAA", NULL, 422 },
        { NULL, "GET", "/products?sort=holds", NULL, 422 },
        { NULL, "GET", "/products?sort=relevance", NULL, 422 },
        { NULL, "GET", "/products?limit=1&limit=1", NULL, 422 },
        { NULL, "GET", "/products?min_price=1e1", NULL, 422 },
        { NULL, "GET", "/products/featured?q=x", NULL, 422 },
        { NULL, "GET", "/categories?x=1", NULL, 422 },
    };

    kit_begin();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const shop_res_t *res =
            kit_send(cases[i].as, cases[i].method, cases[i].target, cases[i].body);

        t_assert(res->status == cases[i].status, __LINE__, __FILE__, "%s %s %s: %d, wanted %d",
                 cases[i].method, cases[i].target, cases[i].body ? cases[i].body : "", res->status,
                 cases[i].status);
        T_STR(apr_table_get(res->headers, "Cache-Control"), "no-store");
    }
    T_INT(kit.invalidated, 0);
    T_SEND(422, NULL, "GET",
           apr_psprintf(
               t_pool, "/products?q=%s",
               apr_pstrcat(
                   t_pool,
                   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                   NULL)),
           NULL);
}

static void lists_search_filter_and_page(void)
{
    const shop_res_t *res;
    json_t *page;
    const char *next;

    kit_begin();
    kit_product("Anvil", "30", 0);
    kit_product("Brush", "20", 1);
    kit_product("Cup", "10", 1);
    res = kit_send(NULL, "GET", "/products?sort=-price&limit=2&count=true", NULL);
    T_INT(res->status, 200);
    page = t_json(res);
    T_INT(json_array_size(json_object_get(page, "items")), 2);
    T_INT(json_integer_value(json_object_get(page, "total")), 3);
    T_TRUE(t_says(res, "\"name\":\"Anvil\""));
    T_TRUE(apr_table_get(res->headers, "Link") != NULL);
    next = json_string_value(json_object_get(page, "next_cursor"));
    res = kit_send(NULL, "GET",
                   apr_psprintf(t_pool, "/products?sort=-price&limit=2&cursor=%s", next), NULL);
    T_TRUE(t_says(res, "\"name\":\"Cup\"") && t_says(res, "\"next_cursor\":null"));
    T_SEND(422, NULL, "GET", apr_psprintf(t_pool, "/products?sort=name&cursor=%s", next), NULL);
    res = kit_send(NULL, "GET", "/products?q=bru&in_stock=true&min_price=20&max_price=20.00", NULL);
    T_TRUE(t_says(res, "\"name\":\"Brush\"") && !t_says(res, "Cup"));
    T_TRUE(t_says(kit_send(NULL, "GET", "/products?q=.*&count=true", NULL),
                  "{\"items\":[],\"next_cursor\":null,\"total\":0}"));
    T_TRUE(t_says(kit_send(NULL, "GET", "/products?q=", NULL), "\"items\":[]"));
    T_TRUE(
        t_says(kit_send(NULL, "GET", "/products?min_price=9&max_price=8", NULL), "\"items\":[]"));
    T_TRUE(t_says(kit_send(NULL, "GET", "/categories", NULL),
                  "{\"items\":[{\"name\":\"Things\",\"products\":3}]}"));
    T_TRUE(t_says(kit_send(NULL, "GET", "/products/featured", NULL), "\"items\":[]"));
}

static void put_takes_defaults_patch_keeps_and_neither_moves_stock(void)
{
    const shop_res_t *res;
    const char *path, *old;

    kit_begin();
    path = apr_pstrcat(t_pool, "/products/", kit_product("Lamp", "10", 7), NULL);
    res = kit_send("admin", "PATCH", path,
                   "{\"description\":\"Bright\",\"featured\":true,\"stock\":7}");
    T_INT(res->status, 200);
    T_TRUE(t_says(res, "\"name\":\"Lamp\",\"description\":\"Bright\"") &&
           t_says(res, "\"featured\":true"));
    old = res->etag;
    res = kit_send("admin", "PATCH", path, "{\"description\":null}");
    T_TRUE(t_says(res, "\"description\":\"\""));
    res = kit_send("admin", "PUT", path, "{\"name\":\"New\",\"price\":11,\"category\":\"c\"}");
    T_INT(res->status, 200);
    T_TRUE(t_says(res, "\"price\":11.00") && t_says(res, "\"stock\":7") &&
           t_says(res, "\"featured\":false"));
    T_SEND(422, "admin", "PUT", path, "{\"name\":\"New\"}");
    res = kit_send("admin", "PATCH", path, "{\"stock\":8}");
    T_INT(res->status, 422);
    T_TRUE(t_says(res, "\"stock_not_editable\"") && t_says(res, "\"pointer\":\"/stock\""));
    kit_header("If-Match", old);
    T_SEND(412, "admin", "PATCH", path, "{\"featured\":true}");
    kit.settings.require_if_match = true;
    T_SEND(428, "admin", "DELETE", path, NULL);
    kit_header("If-Match", kit_send(NULL, "GET", path, NULL)->etag);
    res = kit_send("admin", "DELETE", path, NULL);
    T_INT(res->status, 200);
    T_TRUE(t_says(res, "\"name\":\"New\""));
    T_SEND(404, NULL, "GET", path, NULL);
}

static void public_answers_are_cached_until_somebody_writes(void)
{
    const char *path;

    kit_begin();
    path = apr_pstrcat(t_pool, "/products/", kit_product("Lamp", "10", 7), NULL);
    T_INT(kit.invalidated, 1);
    for (int i = 0; i < 2; i++) {
        T_SEND(200, NULL, "GET", path, NULL);
        T_SEND(200, NULL, "GET", "/products?limit=5&sort=name", NULL);
        T_SEND(200, NULL, "GET", "/products?sort=name&limit=5", NULL);
        T_SEND(200, NULL, "GET", "/categories", NULL);
        T_SEND(404, NULL, "GET", "/products/" MISSING, NULL);
    }
    T_INT(kit.hits, 1 + 5); /* the other spelling; then everything, also that there is none */
    T_SEND(200, "admin", "PATCH", path, "{\"price\":12}");
    T_INT(kit.invalidated, 2);
    T_TRUE(t_says(kit_send(NULL, "GET", path, NULL), "12.00"));
    T_TRUE(t_says(kit_send(NULL, "GET", "/products?sort=name&limit=5", NULL), "12.00"));
    shop_product_mem_away(kit.catalogue.products, true);
    T_SEND(200, NULL, "GET", path, NULL);
    T_SEND(503, NULL, "GET", "/products?limit=7", NULL);
    T_SEND(503, "admin", "PATCH", path, "{\"price\":13}");
}

static const shop_test_t rules[] = { SHOP_TEST(keys_order_like_the_sort_key_and_then_the_id,
                                               "keys order like the sort key and then the id"),
                                     SHOP_TEST(names_are_found_by_their_beginnings,
                                               "names are found by their beginnings"),
                                     SHOP_TEST_END };
SHOP_SUITE("products", rules)

static const shop_test_t api[] = {
    SHOP_TEST(a_product_is_created_and_shown, "a product is created and shown"),
    SHOP_TEST(what_is_not_allowed_is_refused, "what is not allowed is refused"),
    SHOP_TEST(lists_search_filter_and_page, "lists search, filter and page"),
    SHOP_TEST(put_takes_defaults_patch_keeps_and_neither_moves_stock,
              "PUT takes defaults, PATCH keeps, neither moves stock"),
    SHOP_TEST(public_answers_are_cached_until_somebody_writes,
              "public answers are cached until somebody writes"),
    SHOP_TEST_END
};
SHOP_SUITE("products over HTTP", api)
