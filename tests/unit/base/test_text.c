/* SPDX-License-Identifier: MIT
 * What text from outside may hold, and the keys and words made of it. */
#include "mod_shop/base/text.h"

#include "tests/kit/harness.h"

static void invisible_and_controlling_characters_are_not_printable(void)
{
    static const struct {
        const char *text;
        bool line, multiline;
    } cases[] = {
        { "", true, true },
        { "O'Brien <3 $5 off", true, true },
        { "\xc3\x84pfel \xe4\xb8\xad\xf0\x9f\x98\x80", true, true },
        { "\xe2\x9d\xa4\xef\xb8\x8f", true, true }, /* a heart and its variation selector */
        { "a\nb", false, true },
        { "a\tb", false, true },
        { "a\x1b[31m", false, false },
        { "a\x7f", false, false },
        { "a\xc2\x9b", false, false },         /* C1 control */
        { "\xe2\x80\xaegpj", false, false },   /* U+202E right-to-left override */
        { "\xe2\x81\xa6x", false, false },     /* U+2066 isolate */
        { "ad\xe2\x80\x8bmin", false, false }, /* U+200B zero width space */
        { "ad\xe2\x80\x8cmin", false, false }, /* U+200C zero width non-joiner */
        { "ad\xe2\x80\x8dmin", false, true },  /* U+200D zero width joiner */
        { "\xef\xbb\xbfx", false, false },     /* U+FEFF */
        { "ad\xc2\xadmin", false, false },     /* soft hyphen */
        { "\xe3\x85\xa4", false, true },       /* U+3164 Hangul filler */
        { "ad\xcd\x8fmin", false, true },      /* U+034F grapheme joiner */
        { "a\xe2\x80\xa8", false, false },     /* line separator */
        { "\xee\x80\x80", false, false },      /* private use */
        { "\xcd\xb8", false, false },          /* unassigned */
        { "\xf3\xa0\x81\x81", false, false },  /* tag character */
        { "\xff", false, false },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t_assert(shop_text_printable(cases[i].text, false) == cases[i].line, __LINE__, __FILE__,
                 "line %d: %s", (int)i, cases[i].text);
        t_assert(shop_text_printable(cases[i].text, true) == cases[i].multiline, __LINE__, __FILE__,
                 "multiline %d: %s", (int)i, cases[i].text);
    }
}

static void white_space_alone_is_blank(void)
{
    static const char *const blank[] = { "", " ", " \t\n", "\xc2\xa0", "\xe3\x80\x80 " };
    static const char *const filled[] = { "a", " a ", "\xc3\xa9", "." };

    for (size_t i = 0; i < sizeof(blank) / sizeof(blank[0]); i++) {
        t_assert(shop_text_blank(blank[i]), __LINE__, __FILE__, "case %d", (int)i);
    }
    for (size_t i = 0; i < sizeof(filled) / sizeof(filled[0]); i++) {
        t_assert(!shop_text_blank(filled[i]), __LINE__, __FILE__, "case %d", (int)i);
    }
}

static void length_counts_code_points(void)
{
    T_INT(shop_text_length(""), 0);
    T_INT(shop_text_length("abc"), 3);
    T_INT(shop_text_length("\xc3\xa4\xe4\xb8\xad\xf0\x9f\x98\x80"), 3);
}

static void keys_ignore_case_and_composition(void)
{
    static const char *const pairs[][2] = {
        { "ADMIN", "admin" },
        { "\xc3\x84pfel", "a\xcc\x88pfel" },
        { "STRASSE", "stra\xc3\x9f"
                     "e" },
        { "\xce\xa3\xce\x91\xce\xa3", "\xcf\x83\xce\xb1\xcf\x82" },
        { "\xe2\x84\xaa"
          "elvin",
          "kelvin" },
    };

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const char *key = shop_text_fold(pairs[i][0], t_pool);

        T_STR(key, shop_text_fold(pairs[i][1], t_pool));
        T_STR(shop_text_fold(key, t_pool), key);
    }
    T_TRUE(strcmp(shop_text_fold("a", t_pool), shop_text_fold("\xd0\xb0", t_pool)) != 0);
    T_TRUE(shop_text_fold("\xff", t_pool) == NULL);
}

static void image_urls_are_http_or_a_path(void)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        { "https://img.example.com/a.png", true },
        { "HTTP://img.example.com:8080/a?b=c#d", true },
        { "https://[2001:db8::1]/a", true },
        { "https://h/@x", true },
        { "/media/p/1.png", true },
        { "", false },
        { "javascript:alert(1)", false },
        { "data:image/png;base64,AA", false },
        { "file:///etc/passwd", false },
        { "//h/a.png", false },
        { "/\\h/a.png", false },
        { "https://u:p@h/a", false },
        { "https://u@h", false },
        { "https://u%40p/a", false },
        { "https://", false },
        { "https:///a", false },
        { "https://:80/a", false },
        { "https://h/a\r\nX: y", false },
        { "https://h/a b", false },
        { "https://h/\xe2\x80\xaegnp.exe", false },
        { "https://h/\"onerror=x", false },
        { "https://h/<x>", false },
        { "a.png", false },
        { " https://h/a", false },
        { "ftp://h/a", false },
        { "https:h", false },
    };
    char *longest = apr_palloc(t_pool, 2050);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t_assert(shop_text_is_image_url(cases[i].text) == cases[i].good, __LINE__, __FILE__, "%s",
                 cases[i].text);
    }
    memset(longest, 'a', 2049);
    longest[0] = '/';
    longest[2049] = '\0';
    T_TRUE(!shop_text_is_image_url(longest));
    longest[2048] = '\0';
    T_TRUE(shop_text_is_image_url(longest));
}

static const char *words_of(const char *text, int max)
{
    return apr_array_pstrcat(t_pool, shop_text_tokens(text, max, t_pool), ' ');
}

static void tokens_are_words_without_case_marks_or_repeats(void)
{
    T_STR(words_of("Caf\xc3\xa9, CAFE -- cafe\xcc\x81!", 10), "cafe");
    T_STR(words_of("USB-C 3.2 cable (2m)", 10), "usb c 3 2 cable 2m");
    T_STR(words_of("(a+)+$ .*", 10), "a");
    T_STR(words_of("\xef\xac\x81ne \xef\xbc\xa1", 10), "fine a");
    T_STR(words_of("one two three", 2), "one two");
    T_STR(words_of("", 10), "");
    T_STR(words_of("--", 10), "");
    T_STR(words_of("\xff", 10), "");
    T_STR(words_of("a", 0), "");
    T_INT(shop_text_tokens("a b a b c", 10, t_pool)->nelts, 3);
    T_STR(words_of("w\xe2\x80\x8bord", 10), "word");
}

static const shop_test_t tests[] = {
    SHOP_TEST(invisible_and_controlling_characters_are_not_printable,
              "invisible and controlling characters are not printable"),
    SHOP_TEST(white_space_alone_is_blank, "white space alone is blank"),
    SHOP_TEST(length_counts_code_points, "length counts code points"),
    SHOP_TEST(keys_ignore_case_and_composition, "keys ignore case and composition, and are fixed"),
    SHOP_TEST(image_urls_are_http_or_a_path, "image URLs are http(s) without user, or a path"),
    SHOP_TEST(tokens_are_words_without_case_marks_or_repeats,
              "tokens are words without case, marks or repeats"),
    SHOP_TEST_END,
};
SHOP_SUITE("text", tests)
