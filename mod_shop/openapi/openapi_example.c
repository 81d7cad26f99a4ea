/* SPDX-License-Identifier: MIT
 * Example bodies: one value for each member, by its name where that says what it is, else by its
 * kind. Every example is valid for its schema (scripts/test document). */
#include <stdlib.h>
#include <string.h>

#include "openapi_parts.h"

/* In the words of one small order, so that replies fit together. Amounts are whole: not every
 * currency has decimals. */
static const struct {
    const char *name;
    const char *json; /* NULL: left out, because another member excludes it */
} values[] = {
    { "access_token", "\"eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl\"" },
    { "amount", "10" },
    { "at", "\"2026-11-23T22:39:26Z\"" },
    { "available", "12" },
    { "by", "\"65f0c1d2a3b4c5d6e7f80901\"" },
    { "category", "\"Lamps\"" },
    { "city", "\"Springfield\"" },
    { "code", "\"SPRING10\"" },
    { "country", "\"US\"" },
    { "coupon_code", "\"SPRING10\"" },
    { "currency", "\"USD\"" },
    { "current_password", "\"correct horse battery staple\"" },
    { "delta", "5" },
    { "description", "\"A lamp for the desk.\"" },
    { "discount", "5" },
    { "discount_percent", "10" },
    { "email", "\"ann@example.com\"" },
    { "expected_total", "45" },
    { "expires_in", "900" },
    { "id", "\"65f0c1d2a3b4c5d6e7f80910\"" },
    { "image_url", "\"https://shop.example.com/lamp.jpg\"" },
    { "item_count", "2" },
    { "line_total", "50" },
    { "max_discount", "15" },
    { "min_purchase", "20" },
    { "missing", NULL },
    { "name", "\"Desk lamp\"" },
    { "new_password", "\"staple battery horse correct\"" },
    { "next_statuses", "[\"paid\",\"cancelled\"]" },
    { "note", "\"left with the neighbour\"" },
    { "number", "\"SH-7Q4K-2M9P\"" },
    { "password", "\"correct horse battery staple\"" },
    { "payment_method", "\"credit_card\"" },
    { "price", "25" },
    { "product_id", "\"65f0c1d2a3b4c5d6e7f80920\"" },
    { "products", "3" },
    { "quantity", "2" },
    { "reason", "\"counted\"" },
    { "refresh_expires_in", "604800" },
    { "refresh_token", "\"eyJhbGciOiJIUzI1NiJ9.e30.cmVmcmVzaA\"" },
    { "refunded", "0" },
    { "remaining", "99" },
    { "role", "\"user\"" },
    { "set", NULL },
    { "state", "\"IL\"" },
    { "stock", "12" },
    { "stock_after", "17" },
    { "street", "\"1 Main Street\"" },
    { "subtotal", "50" },
    { "token_type", "\"Bearer\"" },
    { "total", "45" },
    { "tracking_number", "\"1Z999AA10123456784\"" },
    { "usage_limit", "100" },
    { "usage_limit_per_user", "1" },
    { "used", "1" },
    { "user_id", "\"65f0c1d2a3b4c5d6e7f80901\"" },
    { "username", "\"ann\"" },
    { "valid_from", "\"2026-03-01T00:00:00Z\"" },
    { "valid_until", "\"2026-06-01T00:00:00Z\"" },
    { "zip_code", "\"62701\"" },
};

static const char *named_value(bool *known, const char *name)
{
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        if (!strcmp(values[i].name, name)) {
            *known = true;
            return values[i].json;
        }
    }
    *known = false;
    return NULL;
}

static json_t *by_kind(const shop_field_t *row)
{
    switch (row->kind) {
    case SHOP_FIELD_ID: return json_string("65f0c1d2a3b4c5d6e7f80910");
    case SHOP_FIELD_EMAIL: return json_string("ann@example.com");
    case SHOP_FIELD_URL: return json_string("https://shop.example.com/");
    case SHOP_FIELD_TIME: return json_string("2026-11-23T22:39:26Z");
    case SHOP_FIELD_INT:
    case SHOP_FIELD_MONEY: return json_integer(row->min > 1 ? row->min : 1);
    case SHOP_FIELD_BOOL: return json_true();
    case SHOP_FIELD_STRINGS: return json_array();
    default: return json_string("text");
    }
}

static bool has_value(const char *const *names, const json_t *value)
{
    const char *text = json_string_value(value);

    for (; text && *names; names++) {
        if (!strcmp(*names, text)) {
            return true;
        }
    }
    return false;
}

/* Members of different objects may share a name and not its type. */
static bool fits(const shop_field_t *row, const json_t *value)
{
    switch (row->kind) {
    case SHOP_FIELD_INT:
    case SHOP_FIELD_MONEY: return json_is_number(value) || json_is_null(value);
    case SHOP_FIELD_BOOL: return json_is_boolean(value);
    case SHOP_FIELD_STRINGS: return json_is_array(value);
    default: return json_is_string(value) || json_is_null(value);
    }
}

/* NULL: the example does without this member. */
static json_t *row_example(const shop_field_t *row, const shop_schema_use_t *use)
{
    bool known;
    const char *text = named_value(&known, row->name);
    json_t *value;

    if (known && !text) {
        return NULL;
    }
    if (row->kind == SHOP_FIELD_OBJECT) {
        return shop_openapi_example(row->fields, use);
    }
    if (row->kind == SHOP_FIELD_LIST) {
        return json_pack("[o]", shop_openapi_example(row->fields, use));
    }
    value = known ? json_loads(text, JSON_DECODE_ANY, NULL) : by_kind(row);
    if (!fits(row, value)) {
        json_decref(value);
        value = by_kind(row);
    }
    if (row->kind == SHOP_FIELD_ENUM && !has_value(row->values, value)) {
        json_decref(value);
        value = json_string(row->values[0]);
    }
    return value;
}

json_t *shop_openapi_example(const shop_field_t *fields, const shop_schema_use_t *use)
{
    json_t *example = json_object();

    for (const shop_field_t *row = fields; row->name; row++) {
        if (shop_field_is_shown(row, use)) {
            json_t *value = row_example(row, use);

            if (value) {
                json_object_set_new(example, row->name, value);
            }
        }
    }
    return example;
}
