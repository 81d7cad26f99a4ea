/* SPDX-License-Identifier: MIT
 * Validation and normalisation of text from clients. Stateless. */
#include "text.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

apr_size_t shop_text_length(const char *text)
{
    apr_size_t length = 0;

    for (; *text; text++) {
        length += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return length;
}

/* Returns the code point at *at and advances *at past it; -1 at the end, REPLACEMENT for invalid
 * UTF-8. */
static int32_t next_point(const char **at)
{
    utf8proc_int32_t point = 0;
    utf8proc_ssize_t size;

    if (!**at) {
        return -1;
    }
    size = utf8proc_iterate((const utf8proc_uint8_t *)*at, -1, &point);
    *at += size > 0 ? size : 1;
    return size > 0 ? point : SHOP_TEXT_BROKEN;
}

/* Default_Ignorable_Code_Point of the Unicode standard: invisible. Ranges reserved for future
 * characters are not included. */
static bool is_ignorable(int32_t point)
{
    return utf8proc_get_property(point)->ignorable || point == 0x2065 ||
           (point >= 0xfff0 && point <= 0xfff8) || (point >= 0xe0000 && point <= 0xe0fff);
}

static bool is_noncharacter(int32_t point)
{
    return (point & 0xfffe) == 0xfffe || (point >= 0xfdd0 && point <= 0xfdef);
}

/* Controls, separators of lines and paragraphs, bidirectional embeddings and overrides (U+202A to
 * U+202E), noncharacters. Everything else is allowed: it may be a letter of some script, or newer
 * than the tables. */
static bool is_refused(int32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) ||
           (point >= 0x2028 && point <= 0x202e) || point == SHOP_TEXT_BROKEN ||
           is_noncharacter(point);
}

int32_t shop_text_refused(const char *text, bool multiline)
{
    int32_t point;

    while ((point = next_point(&text)) >= 0) {
        if (is_refused(point) && !(multiline && (point == '\n' || point == '\t'))) {
            return point;
        }
    }
    return -1;
}

const char *shop_text_one_line(const char *text, apr_size_t room, apr_pool_t *pool)
{
    char *out = apr_palloc(pool, room + 1);
    apr_size_t size = 0;

    while (*text) {
        const char *from = text;
        int32_t point = next_point(&text);
        const char *shown = point == SHOP_TEXT_BROKEN ? "\xef\xbf\xbd"
                            : is_refused(point)       ? " "
                                                      : from;
        apr_size_t more = shown == from ? (apr_size_t)(text - from) : strlen(shown);

        if (size + more > room) {
            break;
        }
        memcpy(out + size, shown, more);
        size += more;
    }
    out[size] = '\0';
    return out;
}

static bool is_space(int32_t point)
{
    return utf8proc_category(point) == UTF8PROC_CATEGORY_ZS || point == '\t' || point == '\n';
}

bool shop_text_blank(const char *text)
{
    int32_t point;

    while ((point = next_point(&text)) >= 0) {
        if (!is_space(point) && !is_ignorable(point)) {
            return false;
        }
    }
    return true;
}

const char *shop_text_trim(const char *text, apr_pool_t *pool)
{
    const char *start = NULL;
    const char *end = text;

    for (const char *at = text; *at;) {
        const char *before = at;

        if (utf8proc_category(next_point(&at)) != UTF8PROC_CATEGORY_ZS) {
            start = start ? start : before;
            end = at;
        }
    }
    start = start ? start : text;
    return *end || start != text ? apr_pstrmemdup(pool, start, (apr_size_t)(end - start)) : text;
}

/* May it be in a new username? Unassigned code points may be letters of a later Unicode version,
 * except in the blocks that the standard reserves for pictographs. */
static bool is_name_point(int32_t point)
{
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND: return true;
    case UTF8PROC_CATEGORY_CN:
        return !is_refused(point) && !is_ignorable(point) && !(point >= 0x1f000 && point < 0x20000);
    default: return point == '_' || point == '.' || point == '-';
    }
}

bool shop_text_is_username(const char *text)
{
    int32_t point;

    if (shop_text_blank(text)) {
        return false;
    }
    while ((point = next_point(&text)) >= 0) {
        if (!is_name_point(point)) {
            return false;
        }
    }
    return true;
}

static const char *mapped(const char *text, utf8proc_option_t options, apr_pool_t *pool)
{
    utf8proc_uint8_t *folded = NULL;
    char *copy = NULL;

    if (utf8proc_map((const utf8proc_uint8_t *)text, 0, &folded,
                     (utf8proc_option_t)(options | UTF8PROC_NULLTERM | UTF8PROC_STABLE)) >= 0) {
        copy = apr_pstrdup(pool, (const char *)folded);
    }
    free(folded); /* utf8proc allocates with malloc */
    return copy;
}

const char *shop_text_fold(const char *text, apr_pool_t *pool)
{
    return mapped(text, UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD, pool);
}

/* Copies the text without invisible characters and with one space for each run of white space. Tag
 * characters after a black flag are visible: they form the flags of England, Scotland and Wales. */
static const char *seen_only(const char *text, apr_pool_t *pool)
{
    char *copy = apr_palloc(pool, strlen(text) + 1);
    char *out = copy;
    bool gap = false, flag = false;

    for (const char *at = text; *at;) {
        const char *before = at;
        int32_t point = next_point(&at);

        flag = point == 0x1f3f4 || (flag && point > 0xe0000 && point <= 0xe007f);
        if (is_space(point)) {
            gap = out > copy;
        } else if (flag || !is_ignorable(point)) {
            if (gap) {
                *out++ = ' ';
            }
            gap = false;
            memcpy(out, before, (size_t)(at - before));
            out += at - before;
        }
    }
    *out = '\0';
    return copy;
}

const char *shop_text_name_key(const char *name, apr_pool_t *pool)
{
    return mapped(seen_only(name, pool), UTF8PROC_COMPOSE, pool);
}

const char *shop_text_username_key(const char *username, apr_pool_t *pool)
{
    return shop_text_fold(seen_only(username, pool), pool);
}

const char *shop_text_opaque(const char *text, apr_pool_t *pool)
{
    char *copy = apr_palloc(pool, strlen(text) + 1);
    char *out = copy;
    const char *form;

    for (const char *at = text; *at;) {
        const char *before = at;

        if (utf8proc_category(next_point(&at)) == UTF8PROC_CATEGORY_ZS) {
            *out++ = ' ';
        } else {
            memcpy(out, before, (size_t)(at - before));
            out += at - before;
        }
    }
    *out = '\0';
    form = mapped(copy, UTF8PROC_COMPOSE, pool);
    return form && strcmp(form, text) != 0 ? form : text;
}

/* A host name or address with an optional port. false for user info, escapes and an empty host. */
static bool host_ok(const char *host, apr_size_t size)
{
    for (apr_size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)host[i];

        if (c < 0x80 && !apr_isalnum(c) && !strchr("-._:[]", c)) {
            return false;
        }
    }
    return size > 0 && host[0] != ':';
}

/* Only characters that browsers and mail programs show and follow unchanged. */
static bool url_points_ok(const char *text)
{
    int32_t point;

    while ((point = next_point(&text)) >= 0) {
        utf8proc_category_t category = utf8proc_category(point);

        if (is_refused(point) || is_ignorable(point) || category == UTF8PROC_CATEGORY_ZS ||
            category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_CO ||
            (point < 0x80 && strchr("<>\"\\^`{|}", point))) {
            return false;
        }
    }
    return true;
}

bool shop_text_is_image_url(const char *text)
{
    const char *host;

    if (strlen(text) > 2048 || !url_points_ok(text)) {
        return false;
    }
    if (text[0] == '/') {
        return text[1] != '/';
    }
    host = !strncasecmp(text, "https://", 8)  ? text + 8
           : !strncasecmp(text, "http://", 7) ? text + 7
                                              : NULL;
    if (!host) {
        return false;
    }
    return host_ok(host, strcspn(host, "/?#"));
}

static bool seen(const apr_array_header_t *words, const char *word)
{
    for (int i = 0; i < words->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(words, i, const char *), word)) {
            return true;
        }
    }
    return false;
}

static bool is_word_point(utf8proc_int32_t point)
{
    utf8proc_category_t category = utf8proc_category(point);

    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
           (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

apr_array_header_t *shop_text_tokens(const char *text, int max, apr_pool_t *pool)
{
    apr_array_header_t *words = apr_array_make(pool, 16, sizeof(const char *));
    const char *folded = mapped(text,
                                UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD |
                                    UTF8PROC_STRIPMARK | UTF8PROC_IGNORE,
                                pool);
    const char *start = NULL;
    const char *at = folded;

    while (at && words->nelts < max) {
        utf8proc_int32_t point = 0;
        utf8proc_ssize_t size =
            *at ? utf8proc_iterate((const utf8proc_uint8_t *)at, -1, &point) : 0;
        bool inside = size > 0 && is_word_point(point);

        if (inside && !start) {
            start = at;
        } else if (!inside && start) {
            const char *word = apr_pstrmemdup(pool, start, (apr_size_t)(at - start));

            if (at - start <= 64 && !seen(words, word)) {
                APR_ARRAY_PUSH(words, const char *) = word;
            }
            start = NULL;
        }
        at = *at && size > 0 ? at + size : NULL;
    }
    return words;
}
