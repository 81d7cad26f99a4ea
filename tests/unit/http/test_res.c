/* SPDX-License-Identifier: MIT
 * Replies. */
#include "mod_shop/cache/cache.h"
#include "mod_shop/http/etag.h"
#include "mod_shop/http/uri.h"
#include "tests/kit/harness.h"
#include "tests/kit/toy.h"

static shop_res_t *fresh_res(void)
{
    shop_res_t *res = apr_pcalloc(t_pool, sizeof(*res));

    res->pool = t_pool;
    res->headers = apr_table_make(t_pool, 4);
    res->currency_exponent = 2;
    return res;
}

static const toy_lamp_t lamp = { TOY_ID, "L\"amp", 1999, 5, true };

static void an_object_is_bytes_with_their_tag(void)
{
    shop_res_t *res = fresh_res();

    T_OK(shop_res_object(res, 201, toy_lamp_fields, &lamp));
    T_INT(res->status, 201);
    T_STR(res->content_type, "application/json");
    T_STR(res->body, "{\"id\":\"" TOY_ID "\",\"name\":\"L\\\"amp\",\"price\":19.99,\"stock\":5,"
                     "\"lit\":true}");
    T_INT(res->size, strlen(res->body));
    T_STR(res->etag, shop_etag_of(res->body, res->size, t_pool));
    T_STR(shop_res_object_etag(res, toy_lamp_fields, &lamp, t_pool), res->etag);
}

static void a_list_has_items_and_a_cursor(void)
{
    const shop_cursor_t next = { "-name", "Lamp", 0, TOY_ID };
    static const struct {
        bool more;
        int64_t total;
        const char *tail;
    } cases[] = {
        { false, -1, "],\"next_cursor\":null}" },
        { false, 0, "],\"next_cursor\":null,\"total\":0}" },
        { false, 10000, "],\"next_cursor\":null,\"total\":10000}" },
        { false, 10001, "],\"next_cursor\":null,\"total\":10000,\"total_capped\":true}" },
    };
    apr_array_header_t *items = apr_array_make(t_pool, 2, sizeof(void *));
    shop_req_t *req = toy_request("GET", "/lamps", NULL);
    shop_list_end_t end = { &next, -1 };
    shop_res_t *res = fresh_res();

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const shop_list_end_t last = { NULL, cases[i].total };

        T_OK(shop_res_list(res, req, toy_lamp_fields, items, &last));
        T_STR(res->body, apr_pstrcat(t_pool, "{\"items\":[", cases[i].tail, NULL));
        T_STR(apr_table_get(res->headers, "Link"), NULL);
    }
    APR_ARRAY_PUSH(items, const toy_lamp_t *) = &lamp;
    APR_ARRAY_PUSH(items, const toy_lamp_t *) = &lamp;
    T_OK(shop_res_list(res, req, toy_lamp_fields, items, &end));
    T_INT(json_array_size(json_object_get(t_json(res), "items")), 2);
    T_STR(json_string_value(json_object_get(t_json(res), "next_cursor")),
          shop_cursor_encode(&next, t_pool));
}

static void the_link_keeps_the_other_parameters_and_names_no_host(void)
{
    const shop_cursor_t next = { "", NULL, 7, TOY_ID };
    const char *cursor = shop_cursor_encode(&next, t_pool);
    static const struct {
        const char *query, *before;
    } cases[] = {
        { NULL, "" },
        { "limit=2&cursor=old", "limit=2&" },
        { "cursor=old", "" },
        { "q=a%20b&limit=2", "q=a%20b&limit=2&" },
        { "q=\"><x", "q=%22%3E%3Cx&" },
    };
    apr_array_header_t *items = apr_array_make(t_pool, 1, sizeof(void *));

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        shop_req_t *req = toy_request("GET", "/lamps", cases[i].query);
        shop_list_end_t end = { &next, -1 };
        shop_res_t *res = fresh_res();

        T_OK(shop_res_list(res, req, toy_lamp_fields, items, &end));
        T_STR(apr_table_get(res->headers, "Link"),
              apr_pstrcat(t_pool, "</api/lamps?", cases[i].before, "cursor=", cursor,
                          ">; rel=\"next\"", NULL));
    }
}

static void a_location_cannot_carry_a_line_break(void)
{
    shop_res_t *res = fresh_res();

    shop_res_location(res, toy_request("POST", "/lamps", NULL), "/lamps/%s", "a\r\nb \xc3\xa4");
    T_STR(apr_table_get(res->headers, "Location"), "/api/lamps/a%0D%0Ab%20%C3%A4");
}

static void a_page_is_the_reply_again(void)
{
    const shop_cursor_t next = { "", NULL, 7, TOY_ID };
    shop_list_end_t end = { &next, 3 };
    apr_array_header_t *items = apr_array_make(t_pool, 1, sizeof(void *));
    shop_res_t *res = fresh_res();
    shop_res_t *again = fresh_res();
    shop_page_t *page;

    T_OK(shop_res_list(res, toy_request("GET", "/lamps", NULL), toy_lamp_fields, items, &end));
    page = shop_res_to_page(res, t_pool);
    page->immortal = true;
    shop_res_page(again, page);
    T_INT(again->status, 200);
    T_TRUE(again->body == res->body && again->size == res->size && again->immortal);
    T_STR(again->etag, res->etag);
    T_STR(again->content_type, "application/json");
    T_STR(apr_table_get(again->headers, "Link"), apr_table_get(res->headers, "Link"));
}

static void the_empty_cache_never_hits_and_takes_nothing(void)
{
    shop_cache_t *cache = shop_cache_none(t_pool);
    shop_page_t page = { .etag = "\"x\"", .bytes = "{}", .size = 2 };
    shop_cache_slot_t slot;

    T_TRUE(cache->get(cache, "k", &slot, 60, t_pool) == NULL);
    T_TRUE(!slot.usable);
    cache->put(cache, &slot, &page, 60, t_pool);
    cache->invalidate(cache, NULL, 0, t_pool);
    T_TRUE(cache->get(cache, "k", &slot, 60, t_pool) == NULL);
}

static void public_replies_say_how_long(void)
{
    shop_res_t *res = fresh_res();

    shop_res_public(res, 60);
    T_STR(apr_table_get(res->headers, "Cache-Control"), "public, max-age=60");
    shop_res_public(res, 0);
    T_STR(apr_table_get(res->headers, "Cache-Control"), "public, no-cache");
}

static const shop_test_t tests[] = {
    SHOP_TEST(an_object_is_bytes_with_their_tag, "an object is its bytes and their tag"),
    SHOP_TEST(a_list_has_items_and_a_cursor, "a list has items, next_cursor and a capped total"),
    SHOP_TEST(the_link_keeps_the_other_parameters_and_names_no_host,
              "Link keeps the other parameters and repeats no Host"),
    SHOP_TEST(a_location_cannot_carry_a_line_break, "a Location cannot carry a line break"),
    SHOP_TEST(a_page_is_the_reply_again, "a page is the reply again"),
    SHOP_TEST(the_empty_cache_never_hits_and_takes_nothing, "a shop without a cache has no hits"),
    SHOP_TEST(public_replies_say_how_long, "a public reply says how long it may be kept"),
    SHOP_TEST_END,
};
SHOP_SUITE("res", tests)
