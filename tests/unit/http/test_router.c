/* SPDX-License-Identifier: MIT
 * Paths and methods. */
#include "tests/kit/harness.h"
#include "tests/kit/toy.h"

static void literals_win_over_arguments(void)
{
    shop_req_t *req = toy_request("GET", "/lamps/featured", NULL);

    T_OK(shop_router_match(req, toy_routes));
    T_STR(req->route->operation, "featuredLamp");
    req = toy_request("GET", "/lamps/x/featured", NULL);
    T_OK(shop_router_match(req, toy_routes));
    T_STR(req->route->operation, "firstOpen");
    T_STR(shop_req_arg(req, "a"), "lamps");
    T_STR(shop_req_arg(req, "b"), "featured");
    T_STR(shop_req_arg(req, "c"), NULL);
}

static void only_one_spelling_of_a_path_is_known(void)
{
    static const char *const paths[] = {
        "/lamps/",
        "//lamps",
        "/lamps//",
        "/Lamps",
        "/lamps;x",
        "lamps",
        "",
        "/",
        "/./lamps",
        "/lamps/a/",
        "/lamps/a/b",
        "/lamps/a/switch/",
        "/lamps//switch",
        "/lamp",
        "/lampss",
        "/lamps/a/switch/b/c",
        "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z/a/b/c/d/e/f/g/h/i/j/k/l/m/n",
    };

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        T_ERR(shop_router_match(toy_request("GET", paths[i], NULL), toy_routes), NOT_FOUND);
    }
}

static void arguments_hold_no_control_characters_and_no_broken_text(void)
{
    static const char *const paths[] = { "/lamps/x\r\nSet-Cookie:x", "/lamps/\x1b[31m",
                                         "/lamps/\xc0\xaf", "/lamps/\x7f" };

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        T_ERR(shop_router_match(toy_request("GET", paths[i], NULL), toy_routes), NOT_FOUND);
    }
    T_OK(shop_router_match(toy_request("GET", "/lamps/l\xc3\xa4mp", NULL), toy_routes));
}

static void a_method_is_compared_exactly_and_405_lists_those_there_are(void)
{
    static const struct {
        const char *method, *path, *allow;
    } cases[] = {
        { "DELETE", "/lamps", "GET, HEAD, POST, OPTIONS" },
        { "get", "/lamps", "GET, HEAD, POST, OPTIONS" },
        { "TRACE", "/lamps/a", "GET, HEAD, PUT, PATCH, OPTIONS" },
        { "PATCH", "/lamps/featured", "GET, HEAD, OPTIONS" },
        { "FOO", "/lamps/a/switch", "POST, OPTIONS" },
        { "HEAD", "/lamps/a/switch", "POST, OPTIONS" },
        { "", "/refresh", "POST, OPTIONS" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        shop_req_t *req = toy_request(cases[i].method, cases[i].path, NULL);
        shop_error_t *err = shop_router_match(req, toy_routes);

        if (T_ERR(err, METHOD_NOT_ALLOWED)) {
            T_STR(err->allow, cases[i].allow);
        }
    }
}

static void head_is_get(void)
{
    shop_req_t *req = toy_request("HEAD", "/lamps/featured", NULL);

    T_OK(shop_router_match(req, toy_routes));
    T_STR(req->route->operation, "featuredLamp");
}

static void an_identifier_has_24_hex_digits_and_is_compared_in_lower_case(void)
{
    static const char *const bad[] = { "abc", "0123456789abcdef0123456",
                                       "0123456789abcdef012345678", "{\"$ne\":1}",
                                       "0123456789abcdef0123456g" };
    const char *id = NULL;
    shop_req_t *req = toy_request("GET", "/lamps/0123456789ABCDEF01234567", NULL);

    T_OK(shop_router_match(req, toy_routes));
    T_OK(shop_req_id(&id, req, "id"));
    T_STR(id, TOY_ID);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        req = toy_request("GET", apr_pstrcat(t_pool, "/lamps/", bad[i], NULL), NULL);
        T_OK(shop_router_match(req, toy_routes));
        T_ERR(shop_req_id(&id, req, "id"), NOT_FOUND);
    }
    T_ERR(shop_req_id(&id, req, "no_such_argument"), NOT_FOUND);
}

static void a_path_nobody_has_allows_nothing(void)
{
    T_STR(shop_router_allow("/nowhere", toy_routes, t_pool), NULL);
}

static const shop_test_t tests[] = {
    SHOP_TEST(literals_win_over_arguments, "literal segments win over arguments"),
    SHOP_TEST(only_one_spelling_of_a_path_is_known,
              "a trailing slash, a double slash, another case are other paths"),
    SHOP_TEST(arguments_hold_no_control_characters_and_no_broken_text,
              "path arguments hold no control characters and no broken UTF-8"),
    SHOP_TEST(a_method_is_compared_exactly_and_405_lists_those_there_are,
              "methods are compared exactly; 405 lists those there are"),
    SHOP_TEST(head_is_get, "HEAD finds the route of GET"),
    SHOP_TEST(an_identifier_has_24_hex_digits_and_is_compared_in_lower_case,
              "identifiers have 24 hex digits and come out in lower case"),
    SHOP_TEST(a_path_nobody_has_allows_nothing, "a path that no route has allows nothing"),
    SHOP_TEST_END,
};
SHOP_SUITE("router", tests)
