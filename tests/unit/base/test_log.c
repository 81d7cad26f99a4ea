/* SPDX-License-Identifier: MIT
 * The log: one line per call whatever a client sent, and few lines of what repeats. */
#include "mod_shop/base/log.h"

#include "tests/kit/harness.h"

static char last[4096];
static int lines;

static void keep(shop_log_level_t level, int number, const char *request_id, const char *text)
{
    (void)level;
    (void)number;
    (void)request_id;
    apr_cpystrn(last, text, sizeof(last));
    lines++;
}

static void a_line_stays_one_line(void)
{
    shop_log_set_sink(keep);
    shop_log(SHOP_LOG_ERROR, SHOP_LOG_PROBLEM, "id", "%s", "a\n[error] fake\x1b[31m\r\x7f.");
    shop_log_set_sink(NULL);
    T_STR(last, "a [error] fake [31m  .");
}

static void a_line_has_at_most_2_kib(void)
{
    char *text = apr_palloc(t_pool, 8193);

    memset(text, 'x', 8192);
    text[8192] = '\0';
    shop_log_set_sink(keep);
    shop_log(SHOP_LOG_INFO, 0, NULL, "%s", text);
    shop_log_set_sink(NULL);
    T_INT(strlen(last), 2047);
}

static void what_repeats_is_told_seldom(void)
{
    shop_log_set_sink(keep);
    lines = 0;
    for (int i = 0; i < 1000; i++) {
        shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_REDIS_AWAY, "away %d", i);
    }
    shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_REDIS_ERROR, "another");
    shop_log_set_sink(NULL);
    T_INT(lines, 2);
    T_STR(last, "another");
}

static const shop_test_t tests[] = {
    SHOP_TEST(a_line_stays_one_line, "a line stays one line, without escapes"),
    SHOP_TEST(a_line_has_at_most_2_kib, "a line has at most 2 KiB"),
    SHOP_TEST(what_repeats_is_told_seldom, "what repeats is told once in ten seconds"),
    SHOP_TEST_END,
};
SHOP_SUITE("log", tests)
