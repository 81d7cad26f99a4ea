/* SPDX-License-Identifier: MIT
 * Query strings. */
#include "mod_shop/http/query.h"

#include "tests/kit/harness.h"
#include "tests/kit/toy.h"

typedef struct probe_t {
    shop_page_params_t page;
    const char *q;
    const char *sort;
    const char *user_id;
    int64_t price;
    int64_t number;
    bool flag;
    apr_time_t at;
} probe_t;

static const char *const sorts[] = { "name", "-name", NULL };

static const shop_field_t fields[] = {
    SHOP_PAGE_PARAMS,
    SHOP_FIELD(probe_t, q, STRING, 0, 0, 10, ""),
    SHOP_FIELD_ENUM_OF(probe_t, sort, 0, sorts, ""),
    SHOP_FIELD(probe_t, user_id, ID, 0, 0, 0, ""),
    SHOP_FIELD(probe_t, price, MONEY, 0, 0, 1000, ""),
    SHOP_FIELD(probe_t, number, INT, 0, -5, 5, ""),
    SHOP_FIELD(probe_t, flag, BOOL, 0, 0, 0, ""),
    SHOP_FIELD(probe_t, at, TIME, 0, 0, 0, ""),
    SHOP_FIELDS_END,
};

static void good_parameters_reach_the_record(void)
{
    probe_t probe = { .number = 3 };
    shop_present_t present;

    T_OK(shop_query_read(&probe, &present, fields,
                         "limit=7&&q=a%20b+c%26&sort=-name&user_id=0123456789ABCDEF01234567&"
                         "price=9.5&flag=true&at=2026-11-23T22%3A39%3A26Z&count=false&",
                         2, t_pool));
    T_INT(probe.page.limit, 7);
    T_STR(probe.q, "a b c&");
    T_STR(probe.sort, "-name");
    T_STR(probe.user_id, TOY_ID);
    T_INT(probe.price, 950);
    T_INT(probe.number, 3);
    T_TRUE(probe.flag && !probe.page.count);
    T_INT(probe.at / APR_USEC_PER_SEC, 1795473566);
    T_TRUE(shop_fields_has(present, fields, "count"));
    T_TRUE(!shop_fields_has(present, fields, "number"));
}

static void numbers_are_read_by_their_value(void)
{
    probe_t probe = { .number = 3 };
    shop_present_t present;

    T_OK(shop_query_read(&probe, &present, fields, "limit=2e1&number=-5.0&price=9.500000000000", 2,
                         t_pool));
    T_INT(probe.page.limit, 20);
    T_INT(probe.number, -5);
    T_INT(probe.price, 950);
}

static void bad_parameters_are_violations(void)
{
    static const struct {
        const char *query, *pointer, *code;
    } cases[] = {
        { "nonsense=1", "?nonsense", "unknown" },
        { "nonsense", "?nonsense", "unknown" },
        { "=1", "?", "unknown" },
        { "page=2", "?page", "unknown" },
        { "email[$ne]=x", "?email[$ne]", "unknown" },
        { "email%5B%24ne%5D=x", "?email[$ne]", "unknown" },
        { "Limit=1", "?Limit", "unknown" },
        { "limit%00=1", "?limit%00", "unknown" },
        { "%zz=1", "?%zz", "unknown" },
        { "\xff=1", "??", "unknown" },
        { "x%0d%0aSet-Cookie:x=1", "?x\r\nSet-Cookie:x", "unknown" },
        { "limit=1&limit=1", "?limit", "duplicate" },
        { "q=&q=", "?q", "duplicate" },
        { "limit=0", "?limit", "too_small" },
        { "limit=-1", "?limit", "negative" },
        { "limit=101", "?limit", "too_large" },
        { "limit=1e9", "?limit", "too_large" },
        { "limit=1x", "?limit", "type" },
        { "limit=", "?limit", "type" },
        { "limit", "?limit", "type" },
        { "limit=+1", "?limit", "type" },
        { "limit=%201", "?limit", "type" },
        { "limit=%2B1", "?limit", "type" },
        { "limit=1.5", "?limit", "decimals" },
        { "limit=1e", "?limit", "type" },
        { "limit=0x10", "?limit", "type" },
        { "limit=99999999999999999999", "?limit", "too_large" },
        { "limit=-", "?limit", "type" },
        { "number=-6", "?number", "too_small" },
        { "count=1", "?count", "type" },
        { "count", "?count", "type" },
        { "flag=TRUE", "?flag", "type" },
        { "sort=$where", "?sort", "enum" },
        { "sort=", "?sort", "enum" },
        { "user_id=abc", "?user_id", "format" },
        { "price=10.01", "?price", "too_large" },
        { "price=1.001", "?price", "decimals" },
        { "price=1e1", "?price", "format" },
        { "price=-1", "?price", "negative" },
        { "price=", "?price", "type" },
        { "at=yesterday", "?at", "format" },
        { "q=01234567890", "?q", "length" },
        { "q=%00", "?q", "nul" },
        { "q=%c0%af", "?q", "format" },
        { "q=%", "?q", "format" },
        { "q=%4", "?q", "format" },
        { "q=%g0", "?q", "format" },
        { "q=a%0ab", "?q", "format" },
        { "q=%1b", "?q", "format" },
        { "cursor=", "?cursor", "length" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        probe_t probe = { .number = 3 };
        shop_present_t present;
        shop_error_t *err = shop_query_read(&probe, &present, fields, cases[i].query, 2, t_pool);

        t_assert(err && err->code == SHOP_VALIDATION_FAILED &&
                     !strcmp(err->violations->pointer, cases[i].pointer) &&
                     !strcmp(err->violations->code, cases[i].code) && !err->violations->next,
                 __LINE__, __FILE__, "%s: %s %s", cases[i].query,
                 err ? err->violations->pointer : "ok", err ? err->violations->code : "");
    }
}

static void a_route_without_parameters_refuses_every_one(void)
{
    shop_present_t present;

    T_OK(shop_query_read(NULL, &present, NULL, NULL, 2, t_pool));
    T_OK(shop_query_read(NULL, &present, NULL, "", 2, t_pool));
    T_ERR(shop_query_read(NULL, &present, NULL, "limit=1", 2, t_pool), VALIDATION_FAILED);
}

static void every_violation_is_reported_up_to_a_bound(void)
{
    shop_present_t present;
    probe_t probe = { .number = 0 };
    char *many = apr_palloc(t_pool, 8192);
    shop_error_t *err = shop_query_read(&probe, &present, fields, "a=1&b=2&limit=x", 2, t_pool);
    int count = 0;

    for (shop_violation_t *row = err ? err->violations : NULL; row; row = row->next) {
        count++;
    }
    T_INT(count, 3);
    for (int i = 0; i < 4095; i++) {
        memcpy(many + 2 * i, "a&", 2);
    }
    many[8190] = '\0';
    err = shop_query_read(&probe, &present, fields, many, 2, t_pool);
    count = 0;
    for (shop_violation_t *row = err ? err->violations : NULL; row; row = row->next) {
        count++;
    }
    T_INT(count, 65);
}

static void a_parameter_is_taken_out_and_the_rest_made_safe(void)
{
    T_STR(shop_query_without("cursor=a&limit=1&%63ursor=b&q=x", "cursor", t_pool), "limit=1&q=x");
    T_STR(shop_query_without("q=\">\r\n\xff%41", "cursor", t_pool), "q=%22%3E%0D%0A%FF%41");
    T_STR(shop_query_without("cursor=a", "cursor", t_pool), "");
    T_STR(shop_query_without(NULL, "cursor", t_pool), "");
}

static void a_page_is_taken_over_and_its_cursor_checked(void)
{
    const shop_cursor_t cursor = { "name", "Lamp", 0, TOY_ID };
    shop_page_params_t page = { .limit = 20, .count = true };
    shop_list_query_t list;

    T_OK(shop_query_page(&list, &page, "name", t_pool));
    T_INT(list.limit, 20);
    T_TRUE(list.count && !list.after);
    page.limit = 100;
    page.cursor = shop_cursor_encode(&cursor, t_pool);
    if (T_OK(shop_query_page(&list, &page, "name", t_pool))) {
        T_STR(list.after->text, "Lamp");
    }
    T_ERR(shop_query_page(&list, &page, "-name", t_pool), VALIDATION_FAILED);
    T_TRUE(shop_query_is_paged(fields));
    T_TRUE(!shop_query_is_paged(fields + 1));
    T_TRUE(!shop_query_is_paged(toy_lamp_fields));
    T_TRUE(!shop_query_is_paged(NULL));
}

static const shop_test_t tests[] = {
    SHOP_TEST(good_parameters_reach_the_record, "good parameters reach the record"),
    SHOP_TEST(numbers_are_read_by_their_value, "numbers are read by their value"),
    SHOP_TEST(bad_parameters_are_violations, "a bad parameter is one violation with its name"),
    SHOP_TEST(a_route_without_parameters_refuses_every_one,
              "a route without parameters refuses every one"),
    SHOP_TEST(every_violation_is_reported_up_to_a_bound,
              "every violation is reported, up to a bound"),
    SHOP_TEST(a_parameter_is_taken_out_and_the_rest_made_safe,
              "what remains of a query is fit for a header"),
    SHOP_TEST(a_page_is_taken_over_and_its_cursor_checked,
              "a page is taken over and a cursor is good for its own sort"),
    SHOP_TEST_END,
};
SHOP_SUITE("query", tests)
