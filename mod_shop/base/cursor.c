/* SPDX-License-Identifier: MIT
 * Cursors: a small JSON array as base64url. Clients send them back, so all members are validated
 * like any other input. A cursor holds a position only, no part of the query. */
#include "cursor.h"

#include <apr_strings.h>
#include <inttypes.h>
#include <string.h>

#include "base64.h"
#include "json.h"
#include "text.h"

#define CURSOR_MAX 4096
#define ID_MAX 64
/* Characters of a name that a sort key holds. The limit keeps index keys and cursors short. */
#define KEY_CHARACTERS 64
/* Smaller than every character allowed in a name, so that "ab" + id sorts before "abc" + id. */
#define KEY_GAP "\x01"

const char *shop_cursor_encode(const shop_cursor_t *cursor, apr_pool_t *pool)
{
    shop_json_out_t out;
    const char *bytes;
    apr_size_t size;

    shop_json_out_init(&out, pool, 128);
    shop_json_begin(&out, '[');
    shop_json_string(&out, cursor->sort);
    shop_json_string(&out, cursor->text);
    shop_json_int(&out, cursor->number);
    shop_json_string(&out, cursor->id);
    shop_json_end(&out, ']');
    bytes = shop_json_finish(&out, &size);
    return shop_base64url_encode(bytes, size, pool);
}

/* Ids are hex digits or coupon codes. Nothing else may get from a cursor into a query. */
static bool id_fits(const char *id)
{
    size_t length = strlen(id);

    return length >= 1 && length <= ID_MAX &&
           strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

static bool cursor_of_json(shop_cursor_t *cursor, const json_t *list)
{
    const json_t *text = json_array_get(list, 1);

    if (!json_is_array(list) || json_array_size(list) != 4 ||
        !json_is_string(json_array_get(list, 0)) || !(json_is_string(text) || json_is_null(text)) ||
        !json_is_integer(json_array_get(list, 2)) || !json_is_string(json_array_get(list, 3))) {
        return false;
    }
    cursor->sort = json_string_value(json_array_get(list, 0));
    cursor->text = json_string_value(text);
    cursor->number = json_integer_value(json_array_get(list, 2));
    cursor->id = json_string_value(json_array_get(list, 3));
    return id_fits(cursor->id);
}

shop_error_t *shop_cursor_decode(shop_cursor_t **cursor, const char *text, const char *sort,
                                 apr_pool_t *pool)
{
    shop_cursor_t *read = apr_pcalloc(pool, sizeof(*read));
    shop_error_t *err = NULL;
    size_t length = strlen(text);
    const char *bytes = NULL;
    apr_size_t size = 0;
    json_t *list = NULL;

    if (length <= CURSOR_MAX && shop_base64url_decode(&bytes, &size, text, length, pool)) {
        list = shop_json_own(json_loadb(bytes, size, 0, NULL), pool);
    }
    if (!list || !cursor_of_json(read, list)) {
        shop_error_violate(&err, pool, "?cursor", "format",
                           "is not a cursor that this list gave out");
        return err;
    }
    if (strcmp(read->sort, sort)) {
        shop_error_violate(&err, pool, "?cursor", "format",
                           "belongs to another sort; begin again without it");
        return err;
    }
    *cursor = read;
    return NULL;
}

/* Negative numbers sort first, because '-' is smaller than every digit. Among them two's complement
 * keeps the order. */
const char *shop_sort_key_of_number(int64_t number, const char *id, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%s%016" PRIx64 "%s", number < 0 ? "-" : "", (uint64_t)number, id);
}

const char *shop_sort_key_of_text(const char *text, const char *id, apr_pool_t *pool)
{
    return apr_pstrcat(pool, text ? text : "", KEY_GAP, id, NULL);
}

static bool starts_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

const char *shop_sort_text(const char *name, apr_pool_t *pool)
{
    const char *folded = name ? shop_text_fold(name, pool) : "";
    const char *end;
    int characters = 0;

    if (!folded) {
        folded = name; /* it cannot be normalised */
    }
    for (end = folded; *end; end++) {
        if (starts_character(*end) && characters++ == KEY_CHARACTERS) {
            break;
        }
    }
    return apr_pstrmemdup(pool, folded, (apr_size_t)(end - folded));
}
