/* SPDX-License-Identifier: MIT
 * Percent-encoding. Text from the request line is encoded here before it gets into a header, so
 * that a line break cannot start another header field. */
#include "uri.h"

#include <apr_lib.h>
#include <string.h>

#include "../base/json.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (apr_isxdigit(c)) {
        return apr_tolower(c) - 'a' + 10;
    }
    return -1;
}

bool shop_uri_is_utf8(const char *text)
{
    json_t *string = json_string(text); /* jansson accepts valid UTF-8 only */

    json_decref(string);
    return string != NULL;
}

const char *shop_uri_decode(const char *text, apr_size_t size, bool form, apr_pool_t *pool)
{
    char *decoded = apr_palloc(pool, size + 1);
    char *out = decoded;

    for (apr_size_t i = 0; i < size; i++) {
        char c = text[i];

        if (c == '%') {
            int high = i + 2 < size ? hex_digit(text[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(text[i + 2]) : -1;

            if (low < 0) {
                return NULL;
            }
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && form) {
            c = ' ';
        }
        if (!c) {
            return NULL;
        }
        *out++ = c;
    }
    *out = '\0';
    return shop_uri_is_utf8(decoded) ? decoded : NULL;
}

static const char *escape(const char *text, apr_size_t size, const char *also, apr_pool_t *pool)
{
    static const char digits[] = "0123456789ABCDEF";
    char *escaped = apr_palloc(pool, 3 * size + 1);
    char *out = escaped;

    for (apr_size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c && c < 0x80 && (apr_isalnum(c) || strchr(also, c))) {
            *out++ = (char)c;
        } else {
            *out++ = '%';
            *out++ = digits[c >> 4];
            *out++ = digits[c & 15];
        }
    }
    *out = '\0';
    return escaped;
}

const char *shop_uri_path(const char *path, apr_pool_t *pool)
{
    return escape(path, strlen(path), "-._~!$&'()*+,;=:@/", pool);
}

const char *shop_uri_query(const char *query, apr_size_t size, apr_pool_t *pool)
{
    return escape(query, size, "-._~!$&'()*+,;=:@/?%", pool);
}
