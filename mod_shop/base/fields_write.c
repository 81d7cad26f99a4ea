/* SPDX-License-Identifier: MIT
 * Prints replies by field tables. Members that a table does not name are never printed; secrets
 * never are, whatever their flags. */
#include "fields.h"

bool shop_field_is_null(const void *member, const shop_field_t *row)
{
    switch (row->kind) {
    case SHOP_FIELD_INT:
    case SHOP_FIELD_MONEY:
        /* without one of the flags, negative numbers are values (a stock movement) */
        return (row->flags & (SHOP_OMIT_NULL | SHOP_NULLABLE)) && *(const int64_t *)member < 0;
    case SHOP_FIELD_TIME: return *(const apr_time_t *)member == 0;
    case SHOP_FIELD_BOOL: return false;
    default: return *(const void *const *)member == NULL;
    }
}

static void write_list(shop_json_out_t *out, const shop_field_t *row,
                       const apr_array_header_t *list, shop_audience_t audience,
                       int currency_exponent)
{
    shop_json_begin(out, '[');
    for (int i = 0; list && i < list->nelts; i++) {
        if (row->kind == SHOP_FIELD_LIST) {
            shop_fields_write(out, row->fields, APR_ARRAY_IDX(list, i, const void *), audience,
                              currency_exponent);
        } else {
            shop_json_string(out, APR_ARRAY_IDX(list, i, const char *));
        }
    }
    shop_json_end(out, ']');
}

static void write_value(shop_json_out_t *out, const shop_field_t *row, const void *member,
                        shop_audience_t audience, int currency_exponent)
{
    switch (row->kind) {
    case SHOP_FIELD_INT: shop_json_int(out, *(const int64_t *)member); break;
    case SHOP_FIELD_MONEY: shop_json_money(out, *(const int64_t *)member, currency_exponent); break;
    case SHOP_FIELD_BOOL: shop_json_bool(out, *(const bool *)member); break;
    case SHOP_FIELD_TIME: shop_json_time(out, *(const apr_time_t *)member); break;
    case SHOP_FIELD_OBJECT:
        shop_fields_write(out, row->fields, *(const void *const *)member, audience,
                          currency_exponent);
        break;
    default: shop_json_string(out, *(const char *const *)member); break;
    }
}

static bool is_seen(const shop_field_t *row, shop_audience_t audience)
{
    if ((row->flags & (SHOP_WRITE_ONLY | SHOP_FOR_NOBODY)) || row->kind == SHOP_FIELD_SECRET) {
        return false;
    }
    if (row->flags & SHOP_FOR_ADMIN) {
        return audience == SHOP_AUDIENCE_ADMIN;
    }
    return !(row->flags & SHOP_FOR_OWNER) || audience != SHOP_AUDIENCE_EVERYBODY;
}

void shop_fields_write(shop_json_out_t *out, const shop_field_t *fields, const void *record,
                       shop_audience_t audience, int currency_exponent)
{
    shop_json_begin(out, '{');
    for (const shop_field_t *row = fields; row->name; row++) {
        const void *member = (const char *)record + row->offset;
        bool null = shop_field_is_null(member, row);

        if (!is_seen(row, audience) || (null && (row->flags & SHOP_OMIT_NULL))) {
            continue;
        }
        shop_json_key(out, row->name);
        if (row->kind == SHOP_FIELD_LIST || row->kind == SHOP_FIELD_STRINGS) {
            write_list(out, row, *(const apr_array_header_t *const *)member, audience,
                       currency_exponent);
        } else if (null) {
            shop_json_null(out);
        } else {
            write_value(out, row, member, audience, currency_exponent);
        }
    }
    shop_json_end(out, '}');
}
