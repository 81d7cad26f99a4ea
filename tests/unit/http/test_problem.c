/* SPDX-License-Identifier: MIT
 * Problem documents. */
#include "mod_shop/http/problem.h"

#include <stdio.h>

#include "mod_shop/base/log.h"
#include "tests/kit/harness.h"
#include "tests/kit/toy.h"

static char logged[2048];
static int logged_number;

static void keep_line(shop_log_level_t level, int number, const char *request_id, const char *text)
{
    (void)level;
    logged_number = number;
    snprintf(logged, sizeof(logged), "%s %s", request_id ? request_id : "-", text);
}

static const char *member(const json_t *doc, const char *name)
{
    return json_string_value(json_object_get(doc, name));
}

static void a_problem_has_every_member_of_the_contract(void)
{
    shop_req_t *req = toy_request("GET", "/nowhere", NULL);
    shop_res_t *res;
    json_t *doc;

    toy_settings.problem_base = "https://shop.example/problems/";
    res = toy_send(req);
    doc = t_json(res);
    T_STR(res->content_type, "application/problem+json");
    T_STR(member(doc, "type"), "https://shop.example/problems/not-found");
    T_STR(member(doc, "title"), "Not found");
    T_INT(json_integer_value(json_object_get(doc, "status")), 404);
    T_STR(member(doc, "detail"), "there is no such route");
    T_STR(member(doc, "instance"), "urn:request:req-1");
    T_STR(member(doc, "request_id"), "req-1");
    T_STR(member(doc, "code"), "not_found");
    T_TRUE(!json_object_get(doc, "errors"));
}

static void the_cause_goes_to_the_log_and_never_to_the_client(void)
{
    shop_res_t *res;

    shop_log_set_sink(keep_line);
    logged[0] = '\0';
    res = toy_send(toy_request("GET", "/broken", NULL));
    shop_log_set_sink(NULL);
    T_INT(res->status, 503);
    T_TRUE(res->body && !strstr(res->body, "hunter2") && !strstr(res->body, "connecting"));
    T_INT(logged_number, SHOP_LOG_PROBLEM);
    T_TRUE(strstr(logged, TOY_SECRET));
    T_TRUE(strstr(logged, "req-1"));
}

static void what_the_handler_said_about_its_reply_is_gone(void)
{
    shop_res_t *res = toy_send(toy_request("GET", "/broken", NULL));

    T_STR(apr_table_get(res->headers, "Cache-Control"), "no-store");
    T_STR(apr_table_get(res->headers, "Link"), NULL);
    T_STR(res->etag, NULL);
    T_STR(apr_table_get(res->headers, "Retry-After"), "2");
}

static void headers_follow_from_the_code(void)
{
    static const struct {
        shop_code_t code;
        const char *header, *value;
    } cases[] = {
        { SHOP_TOKEN_MISSING, "WWW-Authenticate", "Bearer realm=\"shop\"" },
        { SHOP_INVALID_CREDENTIALS, "WWW-Authenticate", "Bearer realm=\"shop\"" },
        { SHOP_TOKEN_INVALID, "WWW-Authenticate",
          "Bearer realm=\"shop\", error=\"invalid_token\", "
          "error_description=\"the token is not valid here\"" },
        { SHOP_TOKEN_EXPIRED, "WWW-Authenticate",
          "Bearer realm=\"shop\", error=\"invalid_token\", "
          "error_description=\"the token has expired\"" },
        { SHOP_FORBIDDEN, "WWW-Authenticate", NULL },
        { SHOP_RATE_LIMITED, "Retry-After", "30" },
        { SHOP_UNAVAILABLE, "Retry-After", "2" },
        { SHOP_IDEMPOTENCY_IN_PROGRESS, "Retry-After", "1" },
        { SHOP_CONFLICT, "Retry-After", NULL },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        shop_req_t *req = toy_request("GET", "/lamps", NULL);

        toy_guard_code = cases[i].code;
        T_STR(apr_table_get(toy_send(req)->headers, cases[i].header), cases[i].value);
    }
}

static void extra_members_and_retry_after_of_the_error_are_used(void)
{
    shop_error_t *err = shop_err(t_pool, OUT_OF_STOCK, "not enough");
    shop_res_t res = { .pool = t_pool, .headers = apr_table_make(t_pool, 2) };

    shop_error_extra(err, t_pool, "lines", json_pack("[{s:i}]", "available", 3));
    shop_error_extra(err, t_pool, "missing", json_real(0.1));
    err->retry_after = 9;
    shop_problem_reply(&res, toy_request("GET", "/", NULL), err, "urn:x:");
    T_TRUE(strstr(res.body, "\"type\":\"urn:x:out-of-stock\""));
    T_TRUE(strstr(res.body, "\"lines\":[{\"available\":3}]"));
    T_TRUE(strstr(res.body, "\"missing\":0.1}"));
    T_STR(apr_table_get(res.headers, "Retry-After"), "9");
    T_TRUE(res.error == err);
}

static void a_detail_that_is_no_text_is_replaced(void)
{
    apr_size_t size = 0;
    shop_error_t *err = shop_err(t_pool, BAD_REQUEST, "path \xff\xfe");
    const char *text = shop_problem_document(&size, err, NULL, NULL, t_pool);
    json_t *doc = shop_json_own(json_loadb(text, size, 0, NULL), t_pool);

    T_STR(member(doc, "detail"), "Bad request");
    T_TRUE(!json_object_get(doc, "instance") && !json_object_get(doc, "request_id"));
}

static void a_refusal_of_httpds_own_keeps_its_status(void)
{
    static const struct {
        int status;
        const char *reason, *code, *title, *type;
    } cases[] = {
        { 404, "Not Found", "not_found", "Not found", "urn:x:not-found" },
        { 401, "Unauthorized", "token_missing", "Sign-in required", "urn:x:token-missing" },
        { 417, "Expectation Failed", "expectation_failed", "Expectation failed",
          "urn:x:expectation-failed" },
        { 505, "HTTP Version Not Supported", "http_version_not_supported",
          "HTTP version not supported", "urn:x:http-version-not-supported" },
        { 410, "Gone", "gone", "Gone", "urn:x:gone" },
        { 402, "Payment Required", "payment_required", "Payment Required",
          "urn:x:payment-required" },
        { 499, "Status 499", "status_499", "Status 499", "urn:x:status-499" },
        { 599, "", "", "", "urn:x:" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        apr_size_t size = 0;
        const char *text =
            shop_problem_of_status(&size, cases[i].status, cases[i].reason, "id", "urn:x:", t_pool);
        json_t *doc = shop_json_own(json_loadb(text, size, 0, NULL), t_pool);

        T_INT(json_integer_value(json_object_get(doc, "status")), cases[i].status);
        T_STR(member(doc, "code"), cases[i].code);
        T_STR(member(doc, "title"), cases[i].title);
        T_STR(member(doc, "type"), cases[i].type);
        T_STR(member(doc, "detail"), cases[i].reason);
        T_STR(member(doc, "instance"), "urn:request:id");
    }
}

static const shop_test_t tests[] = {
    SHOP_TEST(a_problem_has_every_member_of_the_contract,
              "a problem has type, title, status, detail, instance, request_id and code"),
    SHOP_TEST(the_cause_goes_to_the_log_and_never_to_the_client,
              "the cause goes to the log and never to the client"),
    SHOP_TEST(what_the_handler_said_about_its_reply_is_gone,
              "a problem is no-store and has neither Link nor ETag"),
    SHOP_TEST(headers_follow_from_the_code, "401 has a challenge; 429 and 503 say when"),
    SHOP_TEST(extra_members_and_retry_after_of_the_error_are_used,
              "an error's own members and Retry-After are shown"),
    SHOP_TEST(a_refusal_of_httpds_own_keeps_its_status,
              "a refusal of httpd's own keeps its status, whatever that is"),
    SHOP_TEST(a_detail_that_is_no_text_is_replaced, "a problem is always valid JSON"),
    SHOP_TEST_END,
};
SHOP_SUITE("problem", tests)
