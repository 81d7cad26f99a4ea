/* SPDX-License-Identifier: MIT
 * Encodes and decodes base64url. Not constant-time: do not use it where the duration must not
 * reveal the bytes. */
#include "base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const char *shop_base64url_encode(const void *bytes, apr_size_t size, apr_pool_t *pool)
{
    const unsigned char *in = bytes;
    char *text = apr_palloc(pool, size / 3 * 4 + 4);
    char *out = text;
    unsigned bits = 0;
    int held = 0;

    for (apr_size_t i = 0; i < size; i++) {
        bits = bits << 8 | in[i];
        held += 8;
        while (held >= 6) {
            held -= 6;
            *out++ = alphabet[bits >> held & 63];
        }
        bits &= (1U << held) - 1;
    }
    if (held) {
        *out++ = alphabet[bits << (6 - held) & 63];
    }
    *out = '\0';
    return text;
}

bool shop_base64url_decode(const char **bytes, apr_size_t *size, const char *text,
                           apr_size_t length, apr_pool_t *pool)
{
    char *out = apr_palloc(pool, length / 4 * 3 + 4);
    apr_size_t written = 0;
    unsigned bits = 0;
    int held = 0;

    for (apr_size_t i = 0; i < length; i++) {
        const char *at = text[i] ? strchr(alphabet, text[i]) : NULL;

        if (!at) {
            return false;
        }
        bits = bits << 6 | (unsigned)(at - alphabet);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[written++] = (char)(bits >> held & 255);
        }
        bits &= (1U << held) - 1;
    }
    if (length % 4 == 1 || bits) {
        return false;
    }
    out[written] = '\0';
    *bytes = out;
    *size = written;
    return true;
}
