/* SPDX-License-Identifier: MIT
 * The JSON log: one object a line, whatever bytes the texts have. */
#include "mod_shop/base/log_json.h"

#include <jansson.h>

#include "tests/kit/harness.h"

#define AT (INT64_C(1795905906) * APR_USEC_PER_SEC + 1234)

/* What Python's splitlines and a terminal take for the end of a line or for an order. */
static bool is_one_line(const char *line, apr_size_t size)
{
    for (apr_size_t i = 0; i + 1 < size; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f) {
            return false;
        }
    }
    return line[size - 1] == '\n' && !strstr(line, "\xe2\x80\xa8") && !strstr(line, "\xc2\x85");
}

/* The object of a line, which the pool does not own. */
static json_t *read_back(const shop_log_record_t *record)
{
    apr_size_t size = 0;
    const char *line = shop_log_json(&size, record, t_pool);

    T_INT(size, strlen(line));
    T_TRUE(size <= SHOP_JSON_LINE_MAX);
    T_TRUE(is_one_line(line, size));
    return json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);
}

static void a_line_has_what_is_known(void)
{
    shop_log_request_t request = { "GET", "showProduct", NULL, "127.0.0.1", 503, 1234567, 2 };
    shop_log_record_t record = { AT,     SHOP_LOG_ERROR, SHOP_LOG_PROBLEM, "no \"store\"",
                                 "id-1", "books",        &request };
    shop_log_record_t bare = { AT, SHOP_LOG_DEBUG, 0, "x", NULL, NULL, NULL };
    apr_size_t size;

    T_STR(shop_log_json(&size, &record, t_pool),
          "{\"time\":\"2026-11-28T22:45:06.001234Z\",\"level\":\"error\",\"code\":\"SHOP0300\","
          "\"message\":\"no \\\"store\\\"\",\"shop\":\"books\",\"request_id\":\"id-1\","
          "\"method\":\"GET\",\"route\":\"showProduct\",\"status\":503,\"duration_ms\":1234.567,"
          "\"commands\":2,\"client\":\"127.0.0.1\"}\n");
    T_STR(shop_log_json(&size, &bare, t_pool),
          "{\"time\":\"2026-11-28T22:45:06.001234Z\",\"level\":\"debug\",\"message\":\"x\"}\n");
}

static void a_duration_is_never_negative(void)
{
    shop_log_request_t request = { .duration = -5 };
    shop_log_record_t record = { AT, SHOP_LOG_INFO, 0, "x", NULL, NULL, &request };
    json_t *line = read_back(&record);

    T_TRUE(json_real_value(json_object_get(line, "duration_ms")) == 0);
    T_TRUE(json_object_get(line, "status") == NULL);
    json_decref(line);
}

static void bytes_of_any_kind_stay_one_object(void)
{
    static const struct {
        const char *text, *read;
    } cases[] = {
        { "\"},{\"level\":\"x\"\\", "\"},{\"level\":\"x\"\\" },
        { "a\nb\r\tc\x1b[31m\x7f", "a b  c [31m " },
        { "\xff\xfe\xc3", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xf0\x9f\x98\x80 \xc3\xa4", "\xf0\x9f\x98\x80 \xc3\xa4" },
        { "a\xe2\x80\xa8z\xc2\x85y\xe2\x80\xaex", "a z y x" },
        { "", "" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        shop_log_request_t request = { .method = cases[i].text };
        shop_log_record_t record = { AT, SHOP_LOG_WARN, 0, cases[i].text, NULL, NULL, &request };
        json_t *line = read_back(&record);

        T_STR(json_string_value(json_object_get(line, "message")), cases[i].read);
        T_STR(json_string_value(json_object_get(line, "method")), cases[i].read);
        json_decref(line);
    }
}

static char *filled(const char *with, apr_size_t size)
{
    char *text = apr_palloc(t_pool, size + 1);

    for (apr_size_t i = 0; i < size; i++) {
        text[i] = with[i % strlen(with)];
    }
    text[size] = '\0';
    return text;
}

static void a_line_fits_a_pipe(void)
{
    static const char *const kinds[] = { "x", "\"", "\\", "\xff", "\xf0\x9f\x98\x80", "\n" };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const char *text = filled(kinds[i], 8192);
        shop_log_request_t request = { text, text, text, text, 999, INT64_MAX, INT32_MAX };
        shop_log_record_t record = { AT, SHOP_LOG_NOTICE, 9999, text, text, text, &request };
        json_t *line = read_back(&record);

        T_TRUE(strlen(json_string_value(json_object_get(line, "message"))) >= 1390);
        json_decref(line);
    }
}

static const shop_test_t tests[] = {
    SHOP_TEST(a_line_has_what_is_known, "a line has the members that are known, and no other"),
    SHOP_TEST(a_duration_is_never_negative, "a duration is never negative"),
    SHOP_TEST(bytes_of_any_kind_stay_one_object, "bytes of any kind stay one object on one line"),
    SHOP_TEST(a_line_fits_a_pipe, "a line of the longest texts fits a pipe"),
    SHOP_TEST_END,
};
SHOP_SUITE("json log", tests)
