/* SPDX-License-Identifier: MIT
 * The bounds of stock, and its changes over HTTP. */
#include <jansson.h>

#include "tests/kit/kit.h"

static void stock_stays_between_nothing_and_its_bound(void)
{
    T_OK(shop_stock_may_move(5, -5, t_pool));
    T_ERR(shop_stock_may_move(5, -6, t_pool), STOCK_NEGATIVE);
    T_OK(shop_stock_may_move(0, SHOP_STOCK_MAX, t_pool));
    T_ERR(shop_stock_may_move(1, SHOP_STOCK_MAX, t_pool), VALIDATION_FAILED);
}

/* ---- over HTTP ---- */

static const shop_res_t *keyed(const char *key, const char *path, const char *body)
{
    kit_header("Idempotency-Key", key);
    return kit_send("admin", "POST", path, body);
}

static const char *replayed(const shop_res_t *res)
{
    const char *header = apr_table_get(res->headers, "Idempotent-Replayed");

    return header ? header : "no";
}

static void stock_moves_by_delta_or_set_and_a_key_counts_once(void)
{
    const shop_res_t *first, *res;
    const char *product, *path;

    kit_begin();
    product = apr_pstrcat(t_pool, "/products/", kit_product("Lamp", "10", 7), NULL);
    path = apr_pstrcat(t_pool, product, "/stock", NULL);
    first = keyed("k1", path, "{\"delta\":-3,\"reason\":\"broken\"}");
    T_INT(first->status, 200);
    T_STR(replayed(first), "no");
    T_TRUE(t_says(first, "\"stock\":4"));
    T_STR(first->etag, kit_send(NULL, "GET", product, NULL)->etag);
    T_SEND(200, "admin", "POST", path, "{\"delta\":1,\"reason\":\"found\"}");
    res = keyed("k1", path, "{ \"reason\": \"broken\", \"delta\": -3 }");
    T_INT(res->status, 200);
    T_STR(replayed(res), "true");
    T_INT(res->size, first->size);
    T_TRUE(!memcmp(res->body, first->body, first->size)); /* though the stock is 5 by now */
    T_STR(res->etag, first->etag);
    T_TRUE(t_says(kit_send(NULL, "GET", product, NULL), "\"stock\":5"));
    res = kit_send("admin", "POST", path, "{\"delta\":-6,\"reason\":\"x\"}");
    T_INT(res->status, 409);
    T_TRUE(t_says(res, "\"stock_negative\""));
    T_TRUE(t_says(kit_send("admin", "POST", path, "{\"set\":9,\"reason\":\"counted\"}"),
                  "\"stock\":9"));
    res = kit_send("admin", "GET", path, NULL);
    T_INT(json_array_size(json_object_get(t_json(res), "items")), 3);
    T_TRUE(t_says(res, "\"delta\":-3,\"stock_after\":4,\"reason\":\"broken\","
                       "\"by\":\"" KIT_ADMIN));
}

static void a_key_is_for_one_body(void)
{
    static const char *const others[] = { "{\"delta\":-2,\"reason\":\"broken\"}",
                                          "{\"delta\":-3,\"reason\":\"lost\"}",
                                          "{\"set\":4,\"reason\":\"broken\"}" };
    const char *path;

    kit_begin();
    path = apr_pstrcat(t_pool, "/products/", kit_product("Lamp", "10", 7), "/stock", NULL);
    T_INT(keyed("k1", path, "{\"delta\":-3,\"reason\":\"broken\"}")->status, 200);
    for (int i = 0; i < 3; i++) {
        const shop_res_t *res = keyed("k1", path, others[i]);

        T_INT(res->status, 422);
        T_TRUE(t_says(res, "\"idempotency_mismatch\""));
        T_STR(replayed(res), "no");
    }
    T_INT(json_array_size(json_object_get(t_json(kit_send("admin", "GET", path, NULL)), "items")),
          1);
}

static const shop_test_t rules[] = { SHOP_TEST(stock_stays_between_nothing_and_its_bound,
                                               "stock stays between nothing and its bound"),
                                     SHOP_TEST_END };
SHOP_SUITE("stock", rules)

static const shop_test_t api[] = { SHOP_TEST(stock_moves_by_delta_or_set_and_a_key_counts_once,
                                             "stock moves by delta or set, and a key counts once"),
                                   SHOP_TEST(a_key_is_for_one_body,
                                             "a key is for one body: amount, kind and reason"),
                                   SHOP_TEST_END };
SHOP_SUITE("stock over HTTP", api)
