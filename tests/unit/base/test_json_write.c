/* SPDX-License-Identifier: MIT
 * Writing JSON: commas, escapes, money and time; what is written reads back. */
#include "mod_shop/base/json.h"
#include "tests/kit/harness.h"

static void commas_stand_between_and_nowhere_else(void)
{
    shop_json_out_t out;
    apr_size_t size = 0;

    shop_json_out_init(&out, t_pool, 0);
    shop_json_begin(&out, '{');
    shop_json_key(&out, "a");
    shop_json_begin(&out, '[');
    shop_json_end(&out, ']');
    shop_json_key(&out, "b");
    shop_json_begin(&out, '[');
    shop_json_int(&out, INT64_MIN);
    shop_json_bool(&out, true);
    shop_json_bool(&out, false);
    shop_json_null(&out);
    shop_json_string(&out, NULL);
    shop_json_begin(&out, '{');
    shop_json_end(&out, '}');
    shop_json_raw(&out, "[1]", 3);
    shop_json_end(&out, ']');
    shop_json_key(&out, "c");
    shop_json_string(&out, "");
    shop_json_end(&out, '}');
    T_STR(shop_json_finish(&out, &size),
          "{\"a\":[],\"b\":[-9223372036854775808,true,false,null,null,{},[1]],\"c\":\"\"}");
    T_INT(size, strlen(out.bytes));
}

static const char *string_of(const char *text)
{
    shop_json_out_t out;

    shop_json_out_init(&out, t_pool, 0);
    shop_json_string(&out, text);
    return shop_json_finish(&out, NULL);
}

static void strings_are_escaped(void)
{
    T_STR(string_of("a\"b\\c\n\t\r\x01\x1f\x7f/"), "\"a\\\"b\\\\c\\n\\t\\r\\u0001\\u001f\x7f/\"");
    T_STR(string_of("\xc3\xa4\xf0\x9f\x98\x80"), "\"\xc3\xa4\xf0\x9f\x98\x80\"");
    T_STR(string_of("\n"), "\"\\n\"");
}

static void money_is_printed_from_integers(void)
{
    static const struct {
        int64_t amount;
        int exponent;
        const char *text;
    } cases[] = {
        { 9999, 2, "99.99" },   { 5, 2, "0.05" },
        { 0, 2, "0.00" },       { -5, 2, "-0.05" },
        { -1234, 3, "-1.234" }, { 7, 0, "7" },
        { 1000, 3, "1.000" },   { 9007199254740991, 2, "90071992547409.91" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        shop_json_out_t out;

        shop_json_out_init(&out, t_pool, 0);
        shop_json_money(&out, cases[i].amount, cases[i].exponent);
        T_STR(shop_json_finish(&out, NULL), cases[i].text);
    }
}

static void no_time_prints_null(void)
{
    shop_json_out_t out;

    shop_json_out_init(&out, t_pool, 0);
    shop_json_begin(&out, '[');
    shop_json_time(&out, 0);
    shop_json_time(&out, apr_time_from_sec(1) + 999999);
    shop_json_end(&out, ']');
    T_STR(shop_json_finish(&out, NULL), "[null,\"1970-01-01T00:00:01Z\"]");
}

static void every_string_reads_back_as_it_was(void)
{
    uint64_t state = 7;

    for (int i = 0; i < 20000; i++) {
        char text[40];
        json_t *back;
        const char *json;
        size_t size = t_random(&state) % (sizeof(text) - 1);

        for (size_t at = 0; at < size; at++) {
            text[at] = (char)(1 + t_random(&state) % 127);
        }
        text[size] = '\0';
        json = string_of(text);
        back = json_loads(json, JSON_DECODE_ANY, NULL);
        T_STR(json_string_value(back), text);
        json_decref(back);
        if (i % 1000 == 999) {
            apr_pool_clear(t_pool);
        }
    }
}

static void a_buffer_grows_from_any_size(void)
{
    shop_json_out_t out;
    apr_size_t size;

    shop_json_out_init(&out, t_pool, 1);
    shop_json_begin(&out, '[');
    for (int i = 0; i < 10000; i++) {
        shop_json_int(&out, i % 10);
    }
    shop_json_end(&out, ']');
    shop_json_finish(&out, &size);
    T_INT(size, 20001);
    T_INT(out.bytes[size], 0);
}

static const shop_test_t tests[] = {
    SHOP_TEST(commas_stand_between_and_nowhere_else, "commas stand between values only"),
    SHOP_TEST(strings_are_escaped, "quotes, backslashes and controls are escaped"),
    SHOP_TEST(money_is_printed_from_integers, "money has exactly its currency's decimals"),
    SHOP_TEST(no_time_prints_null, "time 0 prints null, others whole seconds"),
    SHOP_TEST(every_string_reads_back_as_it_was, "every string reads back as it was"),
    SHOP_TEST(a_buffer_grows_from_any_size, "a buffer grows from any size"),
    SHOP_TEST_END,
};
SHOP_SUITE("json_write", tests)
