/* SPDX-License-Identifier: MIT
 * Spellings of Content-Type and Accept. */
#include "mod_shop/http/media.h"
#include "tests/kit/harness.h"

static void json_in_utf8_is_taken_however_it_is_spelled(void)
{
    static const char *const types[] = {
        "application/json",
        "Application/JSON",
        " application/json ",
        "application/json;",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "application/json ; Charset=\"Utf-8\"",
        "application/json;;charset=utf-8;",
        "application/json;\tcharset=utf-8 ",
        "application/json; charset=utf8",
        "application/json; charset=UTF8",
        "application/json; charset=\"utf8\"",
        "application/json; version=1",
        "application/json;odata=verbose",
        "application/json; charset=utf-8; odata.metadata=minimal; IEEE754Compatible=true",
        "application/json; profile=\"https://example.com/a;b,c\"; charset=utf-8",
        "application/json; title=\"\\\"charset=utf-16\\\"\"",
        "application/json; ext=\"\"",
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        t_assert(shop_media_is_json(types[i], false), __LINE__, __FILE__, "%s", types[i]);
    }
}

static void everything_else_is_refused(void)
{
    static const char *const types[] = {
        NULL,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/json; charset=utf-16",
        "application/json; charset=\"utf-8",
        "application/json; charset",
        "application/json; charset=",
        "application/json; charset=utf_8",
        "application/json; charset=utf-7",
        "application/json; charset=us-ascii",
        "application/json; charset=iso-8859-1",
        "application/json; version=1; charset=utf-16",
        "application/json; version",
        "application/json; version=",
        "application/json; =1",
        "application/json; profile=\"open",
        "application/json; charset=utf-8; charset=utf-8",
        "application/json; charset=utf-8; charset=utf8",
        "application/json, application/json",
        "application/jsonp",
        "application/json+x",
        "application",
        "application/",
        "/json",
        "application/json x",
        "application /json",
        "application/json charset=utf-8",
        "application/problem+json",
        "application/merge-patch+json",
        "text/plain; application/json",
        "application/json\r\nX: y",
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        t_assert(!shop_media_is_json(types[i], false), __LINE__, __FILE__, "%s",
                 types[i] ? types[i] : "(none)");
    }
}

static void a_merge_patch_is_taken_where_a_patch_is(void)
{
    T_TRUE(shop_media_is_json("application/merge-patch+json", true));
    T_TRUE(shop_media_is_json("application/Merge-Patch+json; charset=utf-8", true));
    T_TRUE(shop_media_is_json("application/json", true));
    T_TRUE(!shop_media_is_json("application/json-patch+json", true));
}

static void accept_is_read_with_its_weights(void)
{
    static const struct {
        const char *accept;
        bool taken;
    } cases[] = {
        { NULL, true },
        { "", true },
        { " ", true },
        { "*/*", true },
        { "application/*", true },
        { "application/json", true },
        { "APPLICATION/JSON", true },
        { "application/problem+json", true },
        { "text/html", false },
        { "image/*", false },
        { "text/html, */*;q=0.1", true },
        { "text/html,application/xhtml+xml,*/*;q=0.8", true },
        { "application/json;q=0", false },
        { "application/json;q=0.0, text/html", false },
        { "application/json; q=0.000", false },
        { "application/json;q=0.001", true },
        { "application/json;q=0, */*", false },
        { "*/*, application/json;q=0", false },
        { "application/*;q=0, */*", false },
        { "*/*;q=0", false },
        { "application/json;q=0, application/problem+json", true },
        { "application/json;charset=utf-8", true },
        { "application/json;v=\"a,b;q=0\"", true },
        { "text/html;v=\"application/json\"", false },
        { "text/html;v=\", application/json", false },
        { "application/vnd.api+json", false },
        { "garbage", false },
        { "garbage, application/json", true },
        { ", ,application/json", true },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t_assert(shop_media_is_accepted(cases[i].accept) == cases[i].taken, __LINE__, __FILE__,
                 "%s", cases[i].accept ? cases[i].accept : "(none)");
    }
}

static const shop_test_t tests[] = {
    SHOP_TEST(json_in_utf8_is_taken_however_it_is_spelled,
              "application/json in UTF-8 is taken however it is spelled"),
    SHOP_TEST(everything_else_is_refused, "every other Content-Type is refused"),
    SHOP_TEST(a_merge_patch_is_taken_where_a_patch_is, "a merge patch is taken by PATCH"),
    SHOP_TEST(accept_is_read_with_its_weights, "Accept is read with its weights"),
    SHOP_TEST_END,
};
SHOP_SUITE("media", tests)
