/* SPDX-License-Identifier: MIT
 * The order of refusals, and what every reply carries. */
#include "tests/kit/harness.h"
#include "tests/kit/toy.h"

#define GOOD "{\"name\":\"Lamp\",\"price\":19.99}"

/* A request that is wrong in everything; each step repairs the first thing that was refused. */
static void refusals_come_in_the_order_of_the_contract(void)
{
    enum { ROUTE, METHOD, TOKEN, ROLE, ACCEPT, TYPE, SIZE, KEY, SYNTAX, FIELDS, OBJECT, DONE };
    static const char *const codes[] = {
        "not_found",      "method_not_allowed",     "token_missing",       "forbidden",
        "not_acceptable", "unsupported_media_type", "payload_too_large",   "bad_request",
        "malformed_json", "validation_failed",      "precondition_failed", NULL,
    };

    for (int step = ROUTE; step <= DONE; step++) {
        const char *body = step > FIELDS ? GOOD : step > SYNTAX ? "{}" : "{";
        shop_req_t *req = toy_request(step > METHOD ? "POST" : "DELETE",
                                      step > ROUTE ? "/lamps" : "/nowhere", "nonsense=1");
        shop_res_t *res;

        if (step <= SIZE) {
            char *large = apr_palloc(t_pool, SHOP_BODY_LIMIT + 2);

            memset(large, ' ', SHOP_BODY_LIMIT + 1);
            large[SHOP_BODY_LIMIT + 1] = '\0';
            body = large;
        }
        t_body(req, body);
        req->query = step > FIELDS ? NULL : "nonsense=1";
        toy_header(req, "Content-Type", step > TYPE ? "application/json" : "text/plain");
        toy_header(req, "Accept", step > ACCEPT ? NULL : "text/html");
        toy_header(req, "Idempotency-Key", step > KEY ? "k" : "");
        toy_header(req, "If-Match", step > OBJECT ? NULL : "\"stale\"");
        toy_guard_code = step > ROLE ? SHOP_OK : step > TOKEN ? SHOP_FORBIDDEN : SHOP_TOKEN_MISSING;
        res = toy_send(req);
        T_STR(toy_code(res), codes[step]);
        T_INT(toy_seen.calls, step >= OBJECT);
        T_INT(res->status, step == DONE ? 201 : res->status);
    }
}

static void the_body_is_not_touched_before_the_guards_have_passed(void)
{
    shop_req_t *req = toy_request("POST", "/lamps", NULL);
    shop_res_t *res;

    t_body(req, GOOD);
    toy_guard_code = SHOP_TOKEN_MISSING;
    res = toy_send(req);
    T_INT(res->status, 401);
    T_INT(t_body_taken(req), 0);
    T_TRUE(!res->close);
}

static void a_route_without_a_rule_is_closed_whatever_the_guards_say(void)
{
    shop_res_t *res = toy_send(toy_request("GET", "/unset", NULL));

    T_INT(res->status, 403);
    T_STR(toy_code(res), "forbidden");
    T_INT(toy_seen.calls, 0);
}

static void options_needs_no_token_and_lists_the_methods(void)
{
    shop_req_t *req = toy_request("OPTIONS", "/lamps/a", NULL);
    shop_res_t *res;

    toy_guard_code = SHOP_TOKEN_MISSING;
    res = toy_send(req);
    T_INT(res->status, 204);
    T_STR(apr_table_get(res->headers, "Allow"), "GET, HEAD, PUT, PATCH, OPTIONS");
    T_STR(apr_table_get(res->headers, "Access-Control-Allow-Origin"), NULL);
    T_STR(res->content_type, NULL);
    T_STR(res->body, NULL);
    T_INT(toy_send(toy_request("OPTIONS", "/nowhere", NULL))->status, 404);
}

static void the_method_override_is_ignored(void)
{
    shop_req_t *req = toy_request("GET", "/lamps/" TOY_ID, NULL);

    toy_header(req, "X-HTTP-Method-Override", "DELETE");
    T_INT(toy_send(req)->status, 200);
    req = toy_request("POST", "/lamps/" TOY_ID, NULL);
    toy_header(req, "X-HTTP-Method-Override", "PATCH");
    T_INT(toy_send(req)->status, 405);
}

static void an_encoded_body_is_refused(void)
{
    shop_req_t *req = toy_request("POST", "/lamps", "{}");

    toy_header(req, "Content-Type", "application/json");
    toy_header(req, "Content-Encoding", "gzip");
    T_STR(toy_code(toy_send(req)), "unsupported_media_type");
}

static void every_reply_carries_the_common_headers(void)
{
    static const char *const paths[] = { ("/lamps/" TOY_ID), "/nowhere", "/broken", "/unset" };

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        shop_res_t *res = toy_send(toy_request("GET", paths[i], NULL));

        T_STR(apr_table_get(res->headers, "X-Content-Type-Options"), "nosniff");
        T_STR(apr_table_get(res->headers, "X-Request-Id"), "req-1");
        T_STR(apr_table_get(res->headers, "Cache-Control"), "no-store");
        T_STR(apr_table_get(res->headers, "Access-Control-Allow-Origin"), NULL);
    }
    T_STR(apr_table_get(toy_send(toy_request("GET", "/lamps", NULL))->headers, "Cache-Control"),
          "public, max-age=30");
}

static void headers_of_the_guards_stay_on_a_refusal(void)
{
    shop_req_t *req = toy_request("GET", "/broken", NULL);
    shop_res_t *res;

    toy_guard_code = SHOP_RATE_LIMITED;
    res = toy_send(req);
    T_INT(res->status, 429);
    T_STR(apr_table_get(res->headers, "RateLimit"), "\"toy\";r=9;t=60");
}

static void an_unchanged_object_is_304_without_a_body(void)
{
    static const char *const methods[] = { "GET", "HEAD" };

    for (int i = 0; i < 2; i++) {
        shop_res_t *first = toy_send(toy_request(methods[i], "/lamps", "limit=3"));
        shop_req_t *req = toy_request(methods[i], "/lamps", "limit=3");
        shop_res_t *res;

        T_INT(first->status, 200);
        T_TRUE(first->etag && first->size > 0);
        toy_header(req, "If-None-Match", apr_pstrcat(t_pool, "W/", first->etag, NULL));
        res = toy_send(req);
        T_INT(res->status, 304);
        T_STR(res->etag, first->etag);
        T_STR(res->body, NULL);
        T_STR(res->content_type, NULL);
        T_INT(res->size, 0);
        /* what filters decide by is that of the 200 */
        T_INT(res->unsent.size, first->size);
        T_STR(res->unsent.type, first->content_type);
        T_TRUE(!memcmp(res->unsent.bytes, first->body, first->size));
        T_STR(apr_table_get(res->headers, "Cache-Control"), "public, max-age=30");
        T_STR(apr_table_get(res->headers, "Link"), apr_table_get(first->headers, "Link"));
    }
}

static void if_none_match_does_not_touch_writes(void)
{
    shop_req_t *req = toy_request("PATCH", "/lamps/" TOY_ID, NULL);

    t_body(req, "{}");
    toy_header(req, "If-None-Match", "*");
    T_INT(toy_send(req)->status, 200);
}

static void idempotency_keys_have_1_to_255_printable_characters(void)
{
    char longest[257];
    static const char *const bad[] = { "", "a\tb", "a\x1b", "\xc3\xa4", "\x7f" };

    memset(longest, 'k', sizeof(longest));
    for (int length = 255; length <= 256; length++) {
        shop_req_t *req = toy_request("POST", "/lamps", NULL);

        t_body(req, GOOD);
        toy_header(req, "Idempotency-Key", apr_pstrmemdup(t_pool, longest, (apr_size_t)length));
        T_INT(toy_send(req)->status, length == 255 ? 201 : 400);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        shop_req_t *req = toy_request("POST", "/lamps", NULL);

        t_body(req, GOOD);
        toy_header(req, "Idempotency-Key", bad[i]);
        T_STR(toy_code(toy_send(req)), "bad_request");
        T_INT(toy_seen.calls, 0);
    }
}

static void a_route_that_takes_no_key_does_not_look_at_it(void)
{
    shop_req_t *req = toy_request("POST", "/lamps/" TOY_ID "/switch", NULL);

    toy_header(req, "Idempotency-Key", "");
    T_INT(toy_send(req)->status, 200);
}

static void a_handler_that_answers_nothing_is_a_500(void)
{
    shop_res_t *res = toy_send(toy_request("GET", "/forgotten", NULL));

    T_INT(res->status, 500);
    T_STR(toy_code(res), "internal");
}

static void the_query_record_holds_the_defaults(void)
{
    T_INT(toy_send(toy_request("GET", "/lamps", NULL))->status, 200);
    T_INT(toy_seen.query.page.limit, 20);
    T_INT(toy_seen.query.min_price, -1);
    T_STR(toy_seen.query.q, NULL);
    T_INT(toy_send(toy_request("GET", "/lamps", "limit=5&min_price=9.5&q=x"))->status, 200);
    T_INT(toy_seen.query.page.limit, 5);
    T_INT(toy_seen.query.min_price, 950);
    T_STR(toy_seen.query.q, "x");
}

static void the_configured_page_bound_holds(void)
{
    shop_req_t *req = toy_request("GET", "/lamps", "limit=51");
    shop_res_t *res;

    toy_settings.page_max = 50;
    res = toy_send(req);
    T_INT(res->status, 422);
    T_STR(toy_violation(res, "?limit"), "too_large");
    T_INT(toy_seen.calls, 0);
}

static void query_and_body_are_refused_in_one_answer(void)
{
    shop_req_t *req = toy_request("POST", "/lamps", "x=1");
    shop_res_t *res;

    t_body(req, "{\"name\":7}");
    res = toy_send(req);
    T_INT(res->status, 422);
    T_STR(toy_violation(res, "/name"), "type");
    T_STR(toy_violation(res, "/price"), "required");
    T_STR(toy_violation(res, "?x"), "unknown");
}

static const shop_test_t tests[] = {
    SHOP_TEST(refusals_come_in_the_order_of_the_contract,
              "404 405 401 403 406 415 413 400 422 412, in this order"),
    SHOP_TEST(the_body_is_not_touched_before_the_guards_have_passed,
              "the body is not touched before the guards have passed"),
    SHOP_TEST(a_route_without_a_rule_is_closed_whatever_the_guards_say,
              "a route without an access rule is 403 for everybody"),
    SHOP_TEST(options_needs_no_token_and_lists_the_methods,
              "OPTIONS needs no token and answers 204 with Allow"),
    SHOP_TEST(the_method_override_is_ignored, "X-HTTP-Method-Override is ignored"),
    SHOP_TEST(an_encoded_body_is_refused, "a body with Content-Encoding is 415"),
    SHOP_TEST(every_reply_carries_the_common_headers,
              "every reply has nosniff, a request id, and no-store unless it is public"),
    SHOP_TEST(headers_of_the_guards_stay_on_a_refusal, "RateLimit stays on a refusal"),
    SHOP_TEST(an_unchanged_object_is_304_without_a_body,
              "If-None-Match gives 304 with the headers and without the body"),
    SHOP_TEST(if_none_match_does_not_touch_writes, "If-None-Match is for reading only"),
    SHOP_TEST(idempotency_keys_have_1_to_255_printable_characters,
              "an Idempotency-Key has 1 to 255 printable characters"),
    SHOP_TEST(a_route_that_takes_no_key_does_not_look_at_it,
              "a route that takes no Idempotency-Key ignores it"),
    SHOP_TEST(a_handler_that_answers_nothing_is_a_500, "a handler without a reply is a 500"),
    SHOP_TEST(the_query_record_holds_the_defaults, "absent parameters have their defaults"),
    SHOP_TEST(the_configured_page_bound_holds, "the configured page size bounds limit"),
    SHOP_TEST(query_and_body_are_refused_in_one_answer,
              "violations of query and body come in one answer"),
    SHOP_TEST_END,
};
SHOP_SUITE("dispatch", tests)
