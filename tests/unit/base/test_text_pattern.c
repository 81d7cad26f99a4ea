/* SPDX-License-Identifier: MIT
 * The character classes that the OpenAPI document publishes, code point by code point against what
 * text.c takes. */
#include <stdlib.h>
#include <utf8proc.h>

#include "mod_shop/base/text.h"
#include "mod_shop/base/text_pattern.h"
#include "tests/kit/harness.h"

#define POINTS 0x110000

/* One member of a class; *at moves behind it. */
static int32_t member(const char **at)
{
    utf8proc_int32_t point = 0;

    if (!strncmp(*at, "\\u", 2)) {
        char digits[5] = { 0 };

        memcpy(digits, *at + 2, 4);
        *at += 6;
        return (int32_t)strtol(digits, NULL, 16);
    }
    *at += utf8proc_iterate((const utf8proc_uint8_t *)*at, -1, &point);
    return point;
}

/* Which code points the inside of a class names. */
static const bool *members(const char *inside)
{
    bool *named = apr_pcalloc(t_pool, POINTS);

    while (*inside) {
        int32_t first = member(&inside);
        int32_t last = first;

        if (*inside == '-') {
            inside++;
            last = member(&inside);
        }
        for (int32_t point = first; point <= last; point++) {
            named[point] = true;
        }
    }
    return named;
}

static bool is_surrogate(int32_t point)
{
    return point >= 0xd800 && point < 0xe000;
}

static const char *text_of(int32_t point, char *text)
{
    text[utf8proc_encode_char(point, (utf8proc_uint8_t *)text)] = '\0';
    return text;
}

/* The first code point of which the class says something else than text.c; -1: none. U+0000 ends a
 * C text, and no UTF-8 holds a surrogate. */
static int32_t differs(const bool *named, bool (*is)(const char *text))
{
    char text[8];

    for (int32_t point = 1; point < POINTS; point++) {
        if (!is_surrogate(point) && named[point] != is(text_of(point, text))) {
            return point;
        }
    }
    return -1;
}

static bool is_refused_in_line(const char *text)
{
    return shop_text_refused(text, false) >= 0;
}

static bool is_refused_in_lines(const char *text)
{
    return shop_text_refused(text, true) >= 0;
}

/* The class leaves out U+E0000 to U+E0FFF, which only a range can name. */
static bool is_blank_line(const char *text)
{
    return strncmp(text, "\xf3\xa0", 2) != 0 && shop_text_blank(text) &&
           shop_text_refused(text, false) < 0;
}

static bool is_trimmed(const char *text)
{
    return !*shop_text_trim(text, t_pool);
}

static void the_published_classes_are_what_text_is_held_to(void)
{
    T_INT(differs(members(SHOP_TEXT_REFUSED_CONTROLS SHOP_TEXT_REFUSED_OTHERS), is_refused_in_line),
          -1);
    T_INT(differs(members(SHOP_TEXT_REFUSED_CONTROLS_OF_LINES SHOP_TEXT_REFUSED_OTHERS),
                  is_refused_in_lines),
          -1);
    T_INT(differs(members(SHOP_TEXT_BLANKS), is_blank_line), -1);
    T_INT(differs(members(SHOP_TEXT_SPACES), is_trimmed), -1);
    T_TRUE(members(SHOP_TEXT_REFUSED_CONTROLS)[0]);
    T_TRUE(members(SHOP_TEXT_REFUSED_CONTROLS_OF_LINES)[0]);
}

static const shop_test_t tests[] = {
    SHOP_TEST(the_published_classes_are_what_text_is_held_to,
              "the published character classes are what text is held to"),
    SHOP_TEST_END,
};
SHOP_SUITE("text_pattern", tests)
