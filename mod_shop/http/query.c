/* SPDX-License-Identifier: MIT
 * Parses query strings by field tables. Unknown, repeated and malformed parameters are violations:
 * with a filter silently ignored, a list would show more than the client asked for. */
#include "query.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "../base/clock.h"
#include "uri.h"

/* More than any table has rows; further parameters are not read. */
#define MAX_PARAMETERS 64

typedef struct parameter_t {
    const char *name;    /* decoded; NULL when it is malformed */
    const char *value;   /* the same */
    bool nul;            /* the value contains U+0000 and is NULL for that reason */
    const char *pointer; /* "?name" */
} parameter_t;

/* Malformed names are shown undecoded, without bytes that are not printable ASCII. */
static const char *shown(const char *raw, apr_size_t size, apr_pool_t *pool)
{
    char *text = apr_pstrmemdup(pool, raw, size);

    for (char *at = text; *at; at++) {
        if (!apr_isprint((unsigned char)*at) || (unsigned char)*at >= 0x80) {
            *at = '?';
        }
    }
    return text;
}

static void split(parameter_t *parameter, const char *pair, apr_size_t size, apr_pool_t *pool)
{
    const char *equals = memchr(pair, '=', size);
    apr_size_t name_size = equals ? (apr_size_t)(equals - pair) : size;
    const char *value = equals ? equals + 1 : pair + size;

    parameter->name = shop_uri_decode(pair, name_size, true, pool);
    parameter->value = shop_uri_decode(value, (apr_size_t)(pair + size - value), true, pool);
    parameter->nul = !parameter->value &&
                     strstr(shown(value, (apr_size_t)(pair + size - value), pool), "%00") != NULL;
    parameter->pointer = apr_pstrcat(
        pool, "?", parameter->name ? parameter->name : shown(pair, name_size, pool), NULL);
}

static bool read_bool(shop_error_t **err, bool *is, const parameter_t *parameter, apr_pool_t *pool)
{
    *is = !strcmp(parameter->value, "true");
    if (!*is && strcmp(parameter->value, "false")) {
        shop_error_violate(err, pool, parameter->pointer, "type", "must be true or false");
        return false;
    }
    return true;
}

static bool read_value(shop_error_t **err, void *member, const shop_field_t *row,
                       const parameter_t *parameter, int exponent, apr_pool_t *pool)
{
    const char *text = parameter->value;

    if (parameter->nul) {
        shop_error_violate(err, pool, parameter->pointer, "nul",
                           "must not hold the character U+0000");
        return false;
    }
    if (!text) {
        shop_error_violate(err, pool, parameter->pointer, "format",
                           "is not percent-encoded UTF-8 text");
        return false;
    }
    switch (row->kind) {
    case SHOP_FIELD_INT:
    case SHOP_FIELD_MONEY:
        return shop_field_read_number(err, member, text, row, parameter->pointer, exponent, pool);
    case SHOP_FIELD_BOOL: return read_bool(err, member, parameter, pool);
    case SHOP_FIELD_TIME:
        if (!shop_time_parse(member, text)) {
            shop_error_violate(err, pool, parameter->pointer, "format",
                               "must be a time with a zone such as 2026-11-23T22:39:26Z");
            return false;
        }
        return true;
    default:
        if (!shop_field_check_text(err, &text, row, parameter->pointer, pool)) {
            return false;
        }
        *(const char **)member = text;
        return true;
    }
}

static void read_parameter(shop_error_t **err, void *record, shop_present_t *present,
                           const shop_field_t *fields, const parameter_t *parameter, int exponent,
                           apr_pool_t *pool)
{
    const shop_field_t *row =
        fields && parameter->name ? shop_fields_row(fields, parameter->name) : NULL;
    shop_present_t bit;

    if (!row) {
        shop_error_violate(err, pool, parameter->pointer, "unknown",
                           "is not a parameter of this route");
        return;
    }
    bit = UINT64_C(1) << (row - fields);
    if (*present & bit) {
        shop_error_violate(err, pool, parameter->pointer, "duplicate", "is given more than once");
        return;
    }
    *present |= bit;
    read_value(err, (char *)record + row->offset, row, parameter, exponent, pool);
}

static void require_rows(shop_error_t **err, shop_present_t present, const shop_field_t *fields,
                         apr_pool_t *pool)
{
    for (const shop_field_t *row = fields; row && row->name; row++) {
        if ((row->flags & SHOP_REQUIRED) && !(present >> (row - fields) & 1)) {
            shop_error_violate(err, pool, apr_pstrcat(pool, "?", row->name, NULL), "required",
                               "is required");
        }
    }
}

shop_error_t *shop_query_read(void *record, shop_present_t *present, const shop_field_t *fields,
                              const char *query, int currency_exponent, apr_pool_t *pool)
{
    shop_error_t *err = NULL;
    int count = 0;

    *present = 0;
    while (query && *query) {
        apr_size_t size = strcspn(query, "&");
        parameter_t parameter;

        if (count++ == MAX_PARAMETERS) {
            shop_error_violate(&err, pool, "?", "length", "names more than %d parameters",
                               MAX_PARAMETERS);
            break;
        }
        if (size) {
            split(&parameter, query, size, pool);
            read_parameter(&err, record, present, fields, &parameter, currency_exponent, pool);
        }
        query += size;
        query += *query == '&';
    }
    require_rows(&err, *present, fields, pool);
    return err;
}

const char *shop_query_without(const char *query, const char *name, apr_pool_t *pool)
{
    const char *kept = "";

    while (query && *query) {
        apr_size_t size = strcspn(query, "&");
        parameter_t parameter;

        split(&parameter, query, size, pool);
        if (size && (!parameter.name || strcmp(parameter.name, name))) {
            kept =
                apr_pstrcat(pool, kept, *kept ? "&" : "", shop_uri_query(query, size, pool), NULL);
        }
        query += size;
        query += *query == '&';
    }
    return kept;
}

bool shop_query_is_paged(const shop_field_t *fields)
{
    static const shop_field_t rows[] = { SHOP_PAGE_PARAMS };
    const int count = (int)(sizeof(rows) / sizeof(rows[0]));

    for (int i = 0; i < count; i++) {
        if (!fields || !fields[i].name || strcmp(fields[i].name, rows[i].name) ||
            fields[i].offset != rows[i].offset) {
            return false;
        }
    }
    return true;
}

shop_error_t *shop_query_page(shop_list_query_t *list, const shop_page_params_t *page,
                              const char *sort, apr_pool_t *pool)
{
    shop_cursor_t *after = NULL;

    list->limit = page->limit;
    list->count = page->count;
    list->after = NULL;
    if (page->cursor) {
        SHOP_TRY(shop_cursor_decode(&after, page->cursor, sort, pool));
        list->after = after;
    }
    return NULL;
}
