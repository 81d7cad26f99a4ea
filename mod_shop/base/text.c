/* SPDX-License-Identifier: MIT
 * Checks and normal forms of text from outside. Never keeps anything. */
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

/* Drawn as nothing although no C*: fillers, joiners of marks. Variation selectors are spared: they
 * follow the emoji and letters they belong to. */
static bool is_invisible(utf8proc_int32_t point)
{
    return utf8proc_get_property(point)->ignorable && !(point >= 0xfe00 && point <= 0xfe0f) &&
           !(point >= 0x180b && point <= 0x180d);
}

bool shop_text_printable(const char *text, bool multiline)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
    utf8proc_int32_t point;

    while (*at) {
        utf8proc_ssize_t size = utf8proc_iterate(at, -1, &point);

        if (size <= 0) {
            return false;
        }
        at += size;
        if (multiline && (point == '\n' || point == '\t' || point == '\r')) {
            continue;
        }
        switch (utf8proc_category(point)) {
        case UTF8PROC_CATEGORY_CC:
        case UTF8PROC_CATEGORY_CF:
        case UTF8PROC_CATEGORY_CS:
        case UTF8PROC_CATEGORY_CO:
        case UTF8PROC_CATEGORY_CN:
        case UTF8PROC_CATEGORY_ZL:
        case UTF8PROC_CATEGORY_ZP:
            /* U+200D joins emoji and Indic letters: harmless in prose, deceptive in names */
            if (!(multiline && point == 0x200d)) {
                return false;
            }
            break;
        default:
            if (!multiline && is_invisible(point)) {
                return false;
            }
            break;
        }
    }
    return true;
}

bool shop_text_blank(const char *text)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
    utf8proc_int32_t point;

    while (*at) {
        utf8proc_ssize_t size = utf8proc_iterate(at, -1, &point);

        if (size <= 0 || (utf8proc_category(point) != UTF8PROC_CATEGORY_ZS && point != '\t' &&
                          point != '\r' && point != '\n')) {
            return false;
        }
        at += size;
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

/* atext of RFC 5322 and dots, none at the ends, none doubled. */
static bool local_part_ok(const char *text, apr_size_t size)
{
    if (!size || size > 64 || text[0] == '.' || text[size - 1] == '.') {
        return false;
    }
    for (apr_size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c >= 0x80 || !(apr_isalnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~.", c))) ||
            (c == '.' && text[i + 1] == '.')) {
            return false;
        }
    }
    return true;
}

/* Letters, digits and hyphens in ASCII; letters, marks and digits beyond: no foreign full stops,
 * spaces or symbols, which mail systems read in ways of their own. */
static bool label_ok(const char *label, apr_size_t size)
{
    utf8proc_int32_t point;
    utf8proc_ssize_t step;

    if (!size || size > 63 || label[0] == '-' || label[size - 1] == '-') {
        return false;
    }
    for (apr_size_t i = 0; i < size; i += (apr_size_t)step) {
        step = utf8proc_iterate((const utf8proc_uint8_t *)label + i, (utf8proc_ssize_t)(size - i),
                                &point);
        if (step <= 0) {
            return false;
        }
        if (point < 0x80 ? !apr_isalnum(point) && point != '-'
                         : utf8proc_category(point) < UTF8PROC_CATEGORY_LU ||
                               utf8proc_category(point) > UTF8PROC_CATEGORY_ND) {
            return false;
        }
    }
    return true;
}

static bool domain_ok(const char *domain)
{
    int labels = 0;

    for (;;) {
        apr_size_t size = strcspn(domain, ".");

        if (!label_ok(domain, size)) {
            return false;
        }
        labels++;
        if (!domain[size]) {
            break;
        }
        domain += size + 1;
    }
    return labels >= 2 && strspn(domain, "0123456789") != strlen(domain);
}

bool shop_text_is_email(const char *text)
{
    const char *at = strrchr(text, '@');

    return at && strlen(text) <= 254 && shop_text_printable(text, false) &&
           local_part_ok(text, (apr_size_t)(at - text)) && domain_ok(at + 1);
}

const char *shop_text_email_key(const char *email, apr_pool_t *pool)
{
    return shop_text_fold(email, pool);
}

/* A name or address with an optional port; user info, escapes and empty hosts fail. */
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

bool shop_text_is_image_url(const char *text)
{
    const char *host;

    if (strlen(text) > 2048 || !shop_text_printable(text, false)) {
        return false;
    }
    for (const char *at = text; *at; at++) {
        if ((unsigned char)*at <= 0x20 || *at == 0x7f || strchr("<>\"\\^`{|}", *at)) {
            return false;
        }
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
