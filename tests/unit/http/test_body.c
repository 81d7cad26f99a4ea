/* SPDX-License-Identifier: MIT
 * Bodies through the dispatcher: sizes, media types, fields. */
#include "tests/kit/harness.h"
#include "tests/kit/toy.h"

#define SWITCH "/lamps/" TOY_ID "/switch"

static const char *spaces(apr_size_t count, const char *tail)
{
    char *text = apr_palloc(t_pool, count + strlen(tail) + 1);

    memset(text, ' ', count);
    memcpy(text + count, tail, strlen(tail) + 1);
    return text;
}

static void an_announced_body_over_the_limit_is_refused_unread(void)
{
    shop_req_t *req = toy_request("POST", "/lamps", NULL);
    shop_res_t *res;

    t_body(req, "{}");
    req->content_length = SHOP_BODY_LIMIT + 1;
    res = toy_send(req);
    T_INT(res->status, 413);
    T_TRUE(res->close);
    T_TRUE(req->body_unread);
    T_INT(t_body_taken(req), 0);
}

static void a_chunked_body_is_cut_at_the_limit(void)
{
    static const char good[] = "{\"name\":\"Lamp\",\"price\":1}";
    apr_size_t pad = SHOP_BODY_LIMIT - strlen(good);

    for (apr_size_t more = 0; more <= 1; more++) {
        const char *text = spaces(pad + more, good);
        shop_req_t *req = toy_request("POST", "/lamps", NULL);
        shop_res_t *res;

        t_chunks(req, text, strlen(text), 777);
        res = toy_send(req);
        T_INT(res->status, more ? 413 : 201);
        T_INT(res->close, more);
    }
}

static void a_route_may_have_a_limit_of_its_own(void)
{
    for (apr_size_t more = 0; more <= 1; more++) {
        shop_req_t *req = toy_request("PUT", "/lamps/" TOY_ID, NULL);
        shop_res_t *res;

        t_body(req, spaces(100 + more - 25, "{\"name\":\"Lamp\",\"price\":1}"));
        T_INT(req->content_length, 100 + more);
        res = toy_send(req);
        T_INT(res->status, more ? 413 : 200);
        T_INT(res->close, more);
    }
}

static void a_large_body_left_unread_closes_the_connection(void)
{
    static const struct {
        apr_off_t length;
        bool close;
    } cases[] = { { 65536, false }, { 65537, true }, { -2, true }, { -1, false }, { 0, false } };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        shop_req_t *req = toy_request("POST", "/lamps", NULL);
        shop_res_t *res;

        req->content_length = cases[i].length;
        toy_guard_code = SHOP_TOKEN_MISSING;
        res = toy_send(req);
        T_INT(res->status, 401);
        T_INT(res->close, cases[i].close);
        T_INT(req->body_unread, cases[i].close);
    }
}

static void a_body_must_say_that_it_is_json(void)
{
    static const struct {
        const char *method, *type;
        int status;
    } cases[] = {
        { "PUT", "application/json", 200 },
        { "PUT", "Application/Json; Charset=UTF-8", 200 },
        { "PUT", NULL, 415 },
        { "PUT", "text/plain", 415 },
        { "PUT", "application/json; charset=utf-16", 415 },
        { "PUT", "application/x-www-form-urlencoded", 415 },
        { "PUT", "application/merge-patch+json", 415 },
        { "PATCH", "application/merge-patch+json", 200 },
        { "PATCH", "application/json", 200 },
        { "PATCH", "application/json-patch+json", 415 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        shop_req_t *req = toy_request(cases[i].method, "/lamps/" TOY_ID, NULL);
        shop_res_t *res;
        bool patch_refused = cases[i].status == 415 && !strcmp(cases[i].method, "PATCH");

        t_body(req, "{\"name\":\"Lamp\",\"price\":1}");
        toy_header(req, "Content-Type", cases[i].type);
        res = toy_send(req);
        T_INT(res->status, cases[i].status);
        T_STR(apr_table_get(res->headers, "Accept-Patch"),
              patch_refused ? "application/merge-patch+json, application/json" : NULL);
    }
}

static void what_is_no_json_object_is_400(void)
{
    static const char *const bodies[] = {
        "",
        "{",
        "{}x",
        "\xef\xbb\xbf{}",
        "{/**/}",
        "{'a':1}",
        "{\"a\":NaN}",
        "[]",
        "1",
        "null",
        "{\"a\":1,}",
        "{\"a\":1,\"a\":2}",
        "{\"role\":1,\"r\\u006fle\":2}",
        "{\"a\":\"\xc0\xaf\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\u0000\"}",
        "{\"price\":1e400}",
        "{\"stock\":9223372036854775808}",
    };

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        shop_req_t *req = toy_request("POST", "/lamps", NULL);
        shop_res_t *res;

        t_body(req, bodies[i]);
        res = toy_send(req);
        t_assert(res->status == 400, __LINE__, __FILE__, "%s gives %d", bodies[i], res->status);
        T_STR(toy_code(res), "malformed_json");
        T_INT(toy_seen.calls, 0);
    }
}

static void a_route_without_a_body_takes_none_or_an_empty_object(void)
{
    static const struct {
        const char *body, *type;
        int status;
    } cases[] = {
        { NULL, NULL, 200 },
        { "", NULL, 200 },
        { "{}", NULL, 200 },
        { " {} ", "text/plain", 200 },
        { "{\"a\":1}", "application/json", 422 },
        { "x", NULL, 400 },
        { "[]", NULL, 400 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        shop_req_t *req = toy_request("POST", SWITCH, NULL);
        shop_res_t *res;

        if (cases[i].body) {
            t_body(req, cases[i].body);
        }
        toy_header(req, "Content-Type", cases[i].type);
        res = toy_send(req);
        T_INT(res->status, cases[i].status);
        if (cases[i].status == 422) {
            T_STR(toy_violation(res, "/a"), "unknown");
        }
    }
}

static void unknown_members_are_named_by_pointer(void)
{
    static const struct {
        const char *member, *pointer;
    } cases[] = {
        { "id", "/id" },     { "__proto__", "/__proto__" },
        { "$set", "/$set" }, { "a.b", "/a.b" },
        { "a/b", "/a~1b" },  { "a~b", "/a~0b" },
        { "", "/" },         { "~/", "/~0~1" },
        { "Name", "/Name" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        shop_req_t *req = toy_request("POST", "/lamps", NULL);
        shop_res_t *res;

        t_body(req, apr_psprintf(t_pool, "{\"name\":\"L\",\"price\":1,\"%s\":{\"$gt\":\"\"}}",
                                 cases[i].member));
        res = toy_send(req);
        T_INT(res->status, 422);
        T_STR(toy_violation(res, cases[i].pointer), "unknown");
        T_INT(toy_seen.calls, 0);
    }
}

static void absent_members_keep_their_defaults_and_a_patch_knows_what_was_named(void)
{
    shop_req_t *req = toy_request("POST", "/lamps", NULL);

    t_body(req, "{\"name\":\"Lamp\",\"price\":19.99}");
    T_INT(toy_send(req)->status, 201);
    T_INT(toy_seen.lamp.stock, 7);
    T_INT(toy_seen.lamp.price, 1999);
    req = toy_request("PATCH", "/lamps/" TOY_ID, NULL);
    t_body(req, "{\"lit\":true}");
    T_INT(toy_send(req)->status, 200);
    T_TRUE(shop_fields_has(toy_seen.present, toy_lamp_fields, "lit"));
    T_TRUE(!shop_fields_has(toy_seen.present, toy_lamp_fields, "name"));
}

static const shop_test_t tests[] = {
    SHOP_TEST(an_announced_body_over_the_limit_is_refused_unread,
              "an announced body over the limit is 413 before a byte is read"),
    SHOP_TEST(a_chunked_body_is_cut_at_the_limit, "65,536 bytes in chunks pass, one more is 413"),
    SHOP_TEST(a_route_may_have_a_limit_of_its_own, "a route may have a limit of its own"),
    SHOP_TEST(a_large_body_left_unread_closes_the_connection,
              "a large body left unread closes the connection"),
    SHOP_TEST(a_body_must_say_that_it_is_json, "a body that does not say it is JSON is 415"),
    SHOP_TEST(what_is_no_json_object_is_400, "what is no JSON object is 400"),
    SHOP_TEST(a_route_without_a_body_takes_none_or_an_empty_object,
              "a route without a body takes none or {}"),
    SHOP_TEST(unknown_members_are_named_by_pointer, "unknown members are 422 with their pointer"),
    SHOP_TEST(absent_members_keep_their_defaults_and_a_patch_knows_what_was_named,
              "absent members keep their defaults; a patch knows what was named"),
    SHOP_TEST_END,
};
SHOP_SUITE("body", tests)
