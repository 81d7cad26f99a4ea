/* SPDX-License-Identifier: MIT
 * Writes JSON into a growing buffer. Amounts of money are printed from integers. */
#include <apr_strings.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "money.h"

static void reserve(shop_json_out_t *out, apr_size_t more)
{
    char *bytes;
    apr_size_t room = out->room;

    if (out->size + more <= room) {
        return;
    }
    while (room < out->size + more) {
        room *= 2;
    }
    bytes = apr_palloc(out->pool, room);
    memcpy(bytes, out->bytes, out->size);
    out->bytes = bytes;
    out->room = room;
}

static void put(shop_json_out_t *out, const char *bytes, apr_size_t size)
{
    reserve(out, size);
    memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
}

static void separate(shop_json_out_t *out)
{
    if (out->comma) {
        put(out, ",", 1);
    }
}

static void put_value(shop_json_out_t *out, const char *text)
{
    separate(out);
    put(out, text, strlen(text));
    out->comma = true;
}

void shop_json_out_init(shop_json_out_t *out, apr_pool_t *pool, apr_size_t expected)
{
    out->pool = pool;
    out->room = expected < 64 ? 64 : expected;
    out->bytes = apr_palloc(pool, out->room);
    out->size = 0;
    out->comma = false;
}

void shop_json_begin(shop_json_out_t *out, char bracket)
{
    separate(out);
    put(out, &bracket, 1);
    out->comma = false;
}

void shop_json_end(shop_json_out_t *out, char bracket)
{
    put(out, &bracket, 1);
    out->comma = true;
}

static void put_escaped(shop_json_out_t *out, const char *text)
{
    static const char hex[] = "0123456789abcdef";
    const char *from = text;

    put(out, "\"", 1);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        char escape[6] = { '\\', 'u', '0', '0', 0, 0 };

        if (c >= 0x20 && c != '"' && c != '\\') {
            continue;
        }
        put(out, from, (apr_size_t)(text - from));
        from = text + 1;
        if (c == '"' || c == '\\') {
            escape[1] = (char)c;
            put(out, escape, 2);
        } else if (c == '\n' || c == '\t' || c == '\r') {
            escape[1] = c == '\n' ? 'n' : c == '\t' ? 't' : 'r';
            put(out, escape, 2);
        } else {
            escape[4] = hex[c >> 4];
            escape[5] = hex[c & 15];
            put(out, escape, 6);
        }
    }
    put(out, from, (apr_size_t)(text - from));
    put(out, "\"", 1);
}

void shop_json_key(shop_json_out_t *out, const char *key)
{
    separate(out);
    put_escaped(out, key);
    put(out, ":", 1);
    out->comma = false;
}

void shop_json_string(shop_json_out_t *out, const char *value)
{
    if (!value) {
        shop_json_null(out);
        return;
    }
    separate(out);
    put_escaped(out, value);
    out->comma = true;
}

void shop_json_int(shop_json_out_t *out, int64_t value)
{
    char text[24];

    apr_snprintf(text, sizeof(text), "%" APR_INT64_T_FMT, (apr_int64_t)value);
    put_value(out, text);
}

void shop_json_bool(shop_json_out_t *out, bool value)
{
    put_value(out, value ? "true" : "false");
}

void shop_json_null(shop_json_out_t *out)
{
    put_value(out, "null");
}

void shop_json_money(shop_json_out_t *out, int64_t amount, int exponent)
{
    put_value(out, shop_money_text(amount, exponent, out->pool));
}

void shop_json_time(shop_json_out_t *out, apr_time_t time)
{
    char text[21];

    if (!time) {
        shop_json_null(out);
        return;
    }
    shop_time_format(text, time);
    shop_json_string(out, text);
}

void shop_json_raw(shop_json_out_t *out, const char *json, apr_size_t size)
{
    separate(out);
    put(out, json, size);
    out->comma = true;
}

const char *shop_json_finish(shop_json_out_t *out, apr_size_t *size)
{
    reserve(out, 1);
    out->bytes[out->size] = '\0';
    if (size) {
        *size = out->size;
    }
    return out->bytes;
}
