/* SPDX-License-Identifier: MIT
 * What text from outside may hold, and the keys and words made of it. */
#include "mod_shop/base/text.h"

#include "tests/kit/harness.h"

static void controls_and_overrides_are_refused_and_every_spelling_is_taken(void)
{
    static const struct {
        const char *text;
        int32_t line, multiline; /* the first code point refused, -1: none */
    } cases[] = {
        { "", -1, -1 },
        { "O'Brien <3 $5 off", -1, -1 },
        { "\xc3\x84pfel \xe4\xb8\xad\xf0\x9f\x98\x80", -1, -1 },
        { "\xe2\x9d\xa4\xef\xb8\x8f", -1, -1 }, /* a heart and its variation selector */
        { "\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae\xd9\x88\xd8\xa7\xd9\x87\xd9\x85", -1,
          -1 }, /* Persian with U+200C zero width non-joiner */
        { "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9", -1, -1 }, /* U+200D joins emoji */
        { "\xd7\x90\xe2\x80\x8f"
          "1\xe2\x80\x8e",
          -1, -1 },                              /* U+200F and U+200E: direction marks */
        { "ad\xc2\xadmin", -1, -1 },             /* U+00AD soft hyphen */
        { "\xef\xbb\xbfx", -1, -1 },             /* U+FEFF at the beginning */
        { "ad\xe2\x80\x8bmin", -1, -1 },         /* U+200B zero width space */
        { "\xe2\x81\xa6x\xe2\x81\xa9", -1, -1 }, /* U+2066 to U+2069 isolate */
        { "\xe3\x85\xa4", -1, -1 },              /* U+3164 Hangul filler */
        { "ad\xcd\x8fmin", -1, -1 },             /* U+034F grapheme joiner */
        { "\xf0\x9f\x8f\xb4\xf3\xa0\x81\xa7\xf3\xa0\x81\xa2\xf3\xa0\x81\xbf", -1, -1 }, /* tags */
        { "\xee\x80\x80", -1, -1 },     /* U+E000 private use */
        { "\xcd\xb8", -1, -1 },         /* U+0378 unassigned */
        { "\xf0\x9f\xab\xa9", -1, -1 }, /* U+1FAE9 emoji of Unicode 16 */
        { "\xf0\xae\xaf\xb0", -1, -1 }, /* U+2EBF0 ideograph of Unicode 15.1 */
        { "a\nb", '\n', -1 },
        { "a\tb", '\t', -1 },
        { "a\rb", '\r', '\r' },
        { "a\r\nb", '\r', '\r' },
        { "a\x1b[31m", 0x1b, 0x1b },
        { "\x01", 1, 1 },
        { "a\x7f", 0x7f, 0x7f },
        { "a\xc2\x80", 0x80, 0x80 },
        { "a\xc2\x85", 0x85, 0x85 }, /* next line */
        { "a\xc2\x9b", 0x9b, 0x9b },
        { "a\xc2\x9f", 0x9f, 0x9f },
        { "a\xc2\xa0", -1, -1 },
        { "a\xe2\x80\xa8", 0x2028, 0x2028 }, /* line separator */
        { "a\xe2\x80\xa9", 0x2029, 0x2029 },
        { "\xe2\x80\xaa", 0x202a, 0x202a }, /* embeddings and overrides */
        { "\xe2\x80\xab", 0x202b, 0x202b },
        { "\xe2\x80\xac", 0x202c, 0x202c },
        { "\xe2\x80\xad", 0x202d, 0x202d },
        { "\xe2\x80\xaegpj", 0x202e, 0x202e },
        { "\xe2\x80\xaf", -1, -1 },         /* U+202F narrow no-break space */
        { "\xef\xb7\x8f", -1, -1 },         /* U+FDCF */
        { "\xef\xb7\x90", 0xfdd0, 0xfdd0 }, /* noncharacters */
        { "\xef\xb7\xaf", 0xfdef, 0xfdef },
        { "\xef\xbf\xbe", 0xfffe, 0xfffe },
        { "\xef\xbf\xbf", 0xffff, 0xffff },
        { "\xf0\x9f\xbf\xbe", 0x1fffe, 0x1fffe },
        { "\xf4\x8f\xbf\xbf", 0x10ffff, 0x10ffff },
        { "\xf4\x8f\xbf\xbd", -1, -1 }, /* U+10FFFD */
        { "\xff", SHOP_TEXT_BROKEN, SHOP_TEXT_BROKEN },
        { "\xed\xa0\x80", SHOP_TEXT_BROKEN, SHOP_TEXT_BROKEN }, /* a lone surrogate */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int32_t line = shop_text_refused(cases[i].text, false);
        int32_t multiline = shop_text_refused(cases[i].text, true);

        t_assert(line == cases[i].line && multiline == cases[i].multiline, __LINE__, __FILE__,
                 "case %d: %s: U+%04X, U+%04X", (int)i, cases[i].text, (unsigned)line,
                 (unsigned)multiline);
    }
}

static void what_shows_nothing_is_blank(void)
{
    static const char *const blank[] = { "",
                                         " ",
                                         " \t\n",
                                         "\xc2\xa0",
                                         "\xe3\x80\x80 ",
                                         "\xe2\x80\x8b",
                                         "\xe3\x85\xa4",
                                         " \xef\xbb\xbf\xc2\xad\xe2\x81\xa0",
                                         "\xef\xb8\x8f",
                                         "\xf3\xa0\x84\x80" };
    static const char *const filled[] = { "a",       " a ", "\xc3\xa9", ".", "\xf0\x9f\xab\xa9",
                                          "\xcc\x81" };

    for (size_t i = 0; i < sizeof(blank) / sizeof(blank[0]); i++) {
        t_assert(shop_text_blank(blank[i]), __LINE__, __FILE__, "case %d", (int)i);
    }
    for (size_t i = 0; i < sizeof(filled) / sizeof(filled[0]); i++) {
        t_assert(!shop_text_blank(filled[i]), __LINE__, __FILE__, "case %d", (int)i);
    }
}

static void spaces_at_the_ends_are_trimmed_and_nothing_else(void)
{
    static const char *const cases[][2] = {
        { "", "" },
        { "a", "a" },
        { " a b ", "a b" },
        { "   ", "" },
        { "\xc2\xa0\xe3\x80\x80"
          "a\xe2\x80\x89",
          "a" },
        { "\ta\n", "\ta\n" }, /* controls are refused, not forgiven */
        { "\xe2\x80\x8b"
          "a",
          "\xe2\x80\x8b"
          "a" }, /* zero width is no space */
        { "\xe2\x80\xae"
          "a",
          "\xe2\x80\xae"
          "a" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        T_STR(shop_text_trim(cases[i][0], t_pool), cases[i][1]);
    }
}

static void usernames_are_letters_digits_or_marks_of_any_script(void)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        { "bob", true },
        { "a_b.c-d", true },
        { "..", true },
        { "42", true },
        { "\xe6\x9d\x8e\xe6\x98\x8e", true },                         /* Chinese */
        { "O\xcc\x88zg\xc3\xbcr", true },                             /* a decomposed letter */
        { "\xe0\xa4\xb0\xe0\xa4\xbe\xe0\xa4\x9c\xe0\xa5\x80", true }, /* Devanagari with signs */
        { "\xd9\xa1\xd9\xa2", true },                                 /* Arabic-Indic digits */
        { "\xe8\x91\x9b\xf3\xa0\x84\x80", true }, /* an ideograph and its variation selector */
        { "\xf0\xae\xaf\xb0", true },             /* an ideograph newer than some tables */
        { "", false },
        { "john smith", false },
        { "o'brien", false },
        { "a@b", false },
        { "a/b", false },
        { "a+b", false },
        { "ad\xe2\x80\x8bmin", false },
        { "ad\xe2\x80\x8cmin", false },
        { "\xe2\x80\xae"
          "bob",
          false },
        { "a\x1b", false },
        { "\xe3\x85\xa4\xe3\x85\xa4", false }, /* letters that show nothing */
        { "\xf0\x9f\x98\x80x", false },        /* emoji */
        { "\xf0\x9f\xab\xa9x", false },        /* one newer than some tables */
        { "\xef\xbf\xbfx", false },
        { "\xc2\xbd", false }, /* a number that is no digit */
        { "\xee\x80\x80x", false },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t_assert(shop_text_is_username(cases[i].text) == cases[i].good, __LINE__, __FILE__,
                 "case %d: %s", (int)i, cases[i].text);
    }
}

static void names_nobody_can_tell_apart_have_one_key(void)
{
    static const char *const same[][2] = {
        { "Caf\xc3\xa9", "Cafe\xcc\x81" },
        { "Caf\xc3\xa9", "Caf\xc3\xa9 " },
        { "Caf\xc3\xa9", " \xc2\xa0"
                         "Caf\xc3\xa9" },
        { "Home and garden", "Home  and\xe3\x80\x80garden" },
        { "Books", "Bo\xc2\xadoks\xe2\x80\x8b" },
        { "Books", "\xef\xbb\xbf"
                   "Books" },
        { "Books", "Bo\xcd\x8foks" },
        { "\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae", "\xd9\x85\xdb\x8c\xd8\xae" },
        { "\xe2\x9d\xa4", "\xe2\x9d\xa4\xef\xb8\x8f" },
        { "a b", "a \xe2\x80\x8b b" },
        { "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "\xed\x95\x9c" }, /* Hangul */
        { "e\xcd\x8f\xcc\x81", "\xc3\xa9" },
    };
    static const char *const other[][2] = {
        { "Books", "books" },
        { "Stra\xc3\x9f"
          "e",
          "Strasse" },
        { "Caf\xc3\xa9", "Cafe" },
        { "ab", "a b" },
        { "\xef\xac\x81ne", "fine" }, /* a ligature looks different */
        /* the flags of England and Scotland */
        { "\xf0\x9f\x8f\xb4\xf3\xa0\x81\xa7\xf3\xa0\x81\xa2\xf3\xa0\x81\xa5\xf3\xa0\x81\xae"
          "\xf3\xa0\x81\xa7\xf3\xa0\x81\xbf",
          "\xf0\x9f\x8f\xb4\xf3\xa0\x81\xa7\xf3\xa0\x81\xa2\xf3\xa0\x81\xb3\xf3\xa0\x81\xa3"
          "\xf3\xa0\x81\xb4\xf3\xa0\x81\xbf" },
    };

    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        const char *key = shop_text_name_key(same[i][0], t_pool);

        T_STR(shop_text_name_key(same[i][1], t_pool), key);
        T_STR(shop_text_name_key(key, t_pool), key);
        T_STR(shop_text_username_key(same[i][1], t_pool), shop_text_username_key(key, t_pool));
    }
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        const char *key = shop_text_name_key(other[i][0], t_pool);

        t_assert(strcmp(key, shop_text_name_key(other[i][1], t_pool)) != 0, __LINE__, __FILE__,
                 "%s and %s", other[i][0], other[i][1]);
        T_STR(shop_text_name_key(key, t_pool), key);
    }
    T_STR(shop_text_name_key(" a  b ", t_pool), "a b");
    T_STR(shop_text_username_key("BOB\xcd\x8f", t_pool), "bob");
    T_STR(shop_text_name_key("\xf0\xae\xaf\xb0", t_pool), "\xf0\xae\xaf\xb0");
}

static void passwords_are_compared_as_rfc_8265_says(void)
{
    static const char *const cases[][2] = {
        { "correct horse", "correct horse" },
        { "  two  spaces  ", "  two  spaces  " }, /* kept */
        { "Pa\xcc\x88ss", "P\xc3\xa4ss" },
        { "P\xc3\xa4ss", "P\xc3\xa4ss" },
        { "a\xc2\xa0"
          "b\xe3\x80\x80"
          "c",
          "a b c" },
        { "\xef\xac\x81\xef\xbc\xa1", "\xef\xac\x81\xef\xbc\xa1" }, /* no compatibility forms */
        { "MiXeD\x1b\xe2\x80\x8b", "MiXeD\x1b\xe2\x80\x8b" },       /* no case, nothing dropped */
        { "\xf0\x9f\xab\xa9", "\xf0\x9f\xab\xa9" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        T_STR(shop_text_opaque(cases[i][0], t_pool), cases[i][1]);
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
        { "https://h/\xe2\x80\x8b"
          "a",
          false },
        { "https://h/\xc2\xad", false },
        { "https://h/\xc2\xa0", false },
        { "https://h/\xe4\xb8\xad\xcc\x88", true },
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
    SHOP_TEST(controls_and_overrides_are_refused_and_every_spelling_is_taken,
              "controls and overrides are refused, and every spelling is taken"),
    SHOP_TEST(what_shows_nothing_is_blank, "what shows nothing is blank"),
    SHOP_TEST(spaces_at_the_ends_are_trimmed_and_nothing_else,
              "spaces at the ends are trimmed, and nothing else"),
    SHOP_TEST(usernames_are_letters_digits_or_marks_of_any_script,
              "usernames are letters, digits or marks of any script"),
    SHOP_TEST(names_nobody_can_tell_apart_have_one_key, "names nobody can tell apart have one key"),
    SHOP_TEST(passwords_are_compared_as_rfc_8265_says, "passwords are compared as RFC 8265 says"),
    SHOP_TEST(length_counts_code_points, "length counts code points"),
    SHOP_TEST(keys_ignore_case_and_composition, "keys ignore case and composition, and are fixed"),
    SHOP_TEST(image_urls_are_http_or_a_path, "image URLs are http(s) without user, or a path"),
    SHOP_TEST(tokens_are_words_without_case_marks_or_repeats,
              "tokens are words without case, marks or repeats"),
    SHOP_TEST_END,
};
SHOP_SUITE("text", tests)
