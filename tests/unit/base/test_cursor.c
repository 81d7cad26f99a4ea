/* SPDX-License-Identifier: MIT
 * Cursors and the base64url under them. */
#include "mod_shop/base/cursor.h"

#include "mod_shop/base/base64.h"
#include "tests/kit/harness.h"

#define ID "0123456789abcdef01234567"

static void a_cursor_comes_back_as_it_went(void)
{
    static const shop_cursor_t cases[] = {
        { "", NULL, 0, ID },
        { "-price", NULL, -1, ID },
        { "price", NULL, INT64_MAX, ID },
        { "created_at", NULL, INT64_MIN, ID },
        { "name", "", 0, ID },
        { "name", "L\xc3\xa4mp \"x\" \\ \n", 0, ID },
        { "-code", "SUMMER_10-x", 0, "SUMMER_10-x" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *text = shop_cursor_encode(&cases[i], t_pool);
        shop_cursor_t *back = NULL;

        T_INT(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              strlen(text));
        if (T_OK(shop_cursor_decode(&back, text, cases[i].sort, t_pool))) {
            T_STR(back->sort, cases[i].sort);
            T_STR(back->text, cases[i].text);
            T_INT(back->number, cases[i].number);
            T_STR(back->id, cases[i].id);
        }
    }
}

static void a_cursor_is_good_for_its_own_sort_only(void)
{
    const shop_cursor_t cursor = { "price", NULL, 5, ID };
    const char *text = shop_cursor_encode(&cursor, t_pool);
    shop_cursor_t *back = NULL;
    shop_error_t *err = shop_cursor_decode(&back, text, "-price", t_pool);

    if (T_ERR(err, VALIDATION_FAILED)) {
        T_STR(err->violations->pointer, "?cursor");
    }
    T_TRUE(back == NULL);
}

static void a_damaged_cursor_is_refused(void)
{
    static const char *const inner[] = {
        "",
        "{}",
        "[]",
        "1",
        "[\"\",null,0]",
        "[\"\",null,0,\"a\",1]",
        "[null,null,0,\"a\"]",
        "[\"\",7,0,\"a\"]",
        "[\"\",{\"$gt\":\"\"},0,\"a\"]",
        "[\"\",null,\"0\",\"a\"]",
        "[\"\",null,0.5,\"a\"]",
        "[\"\",null,0,7]",
        "[\"\",null,0,\"\"]",
        "[\"\",null,0,{\"$ne\":1}]",
        "[\"\",null,0,\"a b\"]",
        "[\"\",null,0,\"$where\"]",
        "[\"\",null,0,\"\\u0000\"]",
        "[\"\",null,9223372036854775808,\"a\"]",
        "[\"\",null,0,\"a\"]x",
        "[\"\",null,0,\"a\"",
        "[\"\",null,0,\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]",
    };
    static const char *const outer[] = { "",      "AAAA", "{}",     "=",   "A",
                                         "WyIi+", "Ww==", "WyIi/w", "\xff" };
    shop_cursor_t *back = NULL;

    T_OK(shop_cursor_decode(&back, shop_base64url_encode("[\"\",null,0,\"a\"]", 15, t_pool), "",
                            t_pool));
    for (size_t i = 0; i < sizeof(inner) / sizeof(inner[0]); i++) {
        T_ERR(shop_cursor_decode(&back, shop_base64url_encode(inner[i], strlen(inner[i]), t_pool),
                                 "", t_pool),
              VALIDATION_FAILED);
    }
    for (size_t i = 0; i < sizeof(outer) / sizeof(outer[0]); i++) {
        T_ERR(shop_cursor_decode(&back, outer[i], "", t_pool), VALIDATION_FAILED);
    }
}

static void base64url_follows_rfc_4648(void)
{
    static const char *const cases[][2] = {
        { "", "" },
        { "f", "Zg" },
        { "fo", "Zm8" },
        { "foo", "Zm9v" },
        { "foob", "Zm9vYg" },
        { "fooba", "Zm9vYmE" },
        { "foobar", "Zm9vYmFy" },
        { "\xfb\xff\xbf", "-_-_" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *back = NULL;
        apr_size_t size = 99;

        T_STR(shop_base64url_encode(cases[i][0], strlen(cases[i][0]), t_pool), cases[i][1]);
        T_TRUE(shop_base64url_decode(&back, &size, cases[i][1], strlen(cases[i][1]), t_pool));
        T_STR(back, cases[i][0]);
        T_INT(size, strlen(cases[i][0]));
    }
}

static void base64url_has_one_spelling_for_each_text(void)
{
    static const char *const bad[] = { "Z",   "A",     "AAAAA", "Zg==", "Zg=",    "Zh",
                                       "Zm9", "Zm9vY", "+/+/",  "Zm 9", "Zm9v\n", "Zm9v." };
    const char *back = NULL;
    apr_size_t size = 0;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        t_assert(!shop_base64url_decode(&back, &size, bad[i], strlen(bad[i]), t_pool), __LINE__,
                 __FILE__, "%s", bad[i]);
    }
    T_TRUE(!shop_base64url_decode(&back, &size, "Zm\0v", 4, t_pool));
}

static void sort_keys_order_as_values_do(void)
{
    static const int64_t numbers[] = { INT64_MIN, -256, -255, -1, 0, 1, 255, 256, INT64_MAX };
    static const char *const names[] = { "", "a", "A\tb", "aB", "ab c", "abc", "\xc3\xa4" };
    const char *before = "";

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const char *low = shop_sort_key_of_number(numbers[i], "a", t_pool);

        T_TRUE(strcmp(before, low) < 0);
        before = shop_sort_key_of_number(numbers[i], "b", t_pool); /* ties by id */
        T_TRUE(strcmp(low, before) < 0);
    }
    before = "";
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *text = shop_sort_text(names[i], t_pool);
        const char *low = shop_sort_key_of_text(text, "a", t_pool);

        T_TRUE(strcmp(before, low) < 0);
        before = shop_sort_key_of_text(text, "b", t_pool);
        T_TRUE(strcmp(low, before) < 0);
    }
    T_STR(shop_sort_text(NULL, t_pool), "");
    T_INT(strlen(shop_sort_text(apr_psprintf(t_pool, "%0100d", 0), t_pool)), 64);
}

static const shop_test_t tests[] = {
    SHOP_TEST(a_cursor_comes_back_as_it_went, "a cursor comes back as it went"),
    SHOP_TEST(a_cursor_is_good_for_its_own_sort_only, "a cursor is good for its own sort only"),
    SHOP_TEST(a_damaged_cursor_is_refused, "a damaged or invented cursor is refused"),
    SHOP_TEST(base64url_follows_rfc_4648, "base64url follows RFC 4648, without padding"),
    SHOP_TEST(base64url_has_one_spelling_for_each_text, "base64url takes the canonical text only"),
    SHOP_TEST(sort_keys_order_as_values_do, "sort keys order as (value, id) does"),
    SHOP_TEST_END,
};
SHOP_SUITE("cursor", tests)
