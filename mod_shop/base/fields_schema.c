/* SPDX-License-Identifier: MIT
 * Field tables as JSON Schema 2020-12, for the OpenAPI document. Schemas of bodies are closed,
 * because unknown members are refused; schemas of replies are open, so that later versions may add
 * members. */
#include "fields.h"

#include <apr_strings.h>

#include "text_pattern.h"

/* Rows that are not printed for everybody. */
#define FOR_SOME (SHOP_FOR_OWNER | SHOP_FOR_ADMIN)

static json_t *object_schema(const shop_field_t *fields, const shop_schema_use_t *use);

/* The purpose for an object or list inside: never partial. */
static json_t *inner_schema(const shop_field_t *fields, const shop_schema_use_t *use)
{
    shop_schema_use_t inner = *use;

    inner.partial = false;
    return object_schema(fields, &inner);
}

static int64_t power_of_ten(int exponent)
{
    int64_t power = 1;

    while (exponent-- > 0) {
        power *= 10;
    }
    return power;
}

static void put(json_t *schema, const char *name, json_t *value)
{
    json_object_set_new(schema, name, value);
}

/* Bounds in major units. 9,999,999.99 is written as "less than 10,000,000", because as a double it
 * would print as 9999999.9900000002; amounts have no further decimals. */
static void put_money_bounds(json_t *schema, const shop_field_t *row, int exponent)
{
    int64_t unit = power_of_ten(exponent);

    if (row->min % unit == 0) {
        put(schema, "minimum", json_integer(row->min / unit));
    } else if ((row->min - 1) % unit == 0) {
        put(schema, "exclusiveMinimum", json_integer((row->min - 1) / unit));
    } else {
        put(schema, "minimum", json_real((double)row->min / (double)unit));
    }
    if (row->max % unit == 0) {
        put(schema, "maximum", json_integer(row->max / unit));
    } else if ((row->max + 1) % unit == 0) {
        put(schema, "exclusiveMaximum", json_integer((row->max + 1) / unit));
    } else {
        put(schema, "maximum", json_real((double)row->max / (double)unit));
    }
}

static void put_bounds(json_t *schema, const shop_field_t *row, const shop_schema_use_t *use)
{
    const char *low = "minLength";
    const char *high = "maxLength";

    if (row->flags & SHOP_NEW_PASSWORD) {
        put(schema, low, json_integer(use->password_min));
        put(schema, high, json_integer(use->password_max));
        return;
    }
    if ((!row->min && !row->max) || ((row->flags & SHOP_TRIMMED) && row->pattern)) {
        return;
    }
    switch (row->kind) {
    case SHOP_FIELD_MONEY: put_money_bounds(schema, row, use->currency_exponent); return;
    case SHOP_FIELD_INT:
        low = "minimum";
        high = "maximum";
        break;
    case SHOP_FIELD_LIST:
    case SHOP_FIELD_STRINGS:
        low = "minItems";
        high = "maxItems";
        break;
    case SHOP_FIELD_STRING:
    case SHOP_FIELD_TEXT:
    case SHOP_FIELD_SECRET:
    case SHOP_FIELD_EMAIL:
    case SHOP_FIELD_URL: break;
    default: return;
    }
    put(schema, low, json_integer(row->min));
    put(schema, high, json_integer(row->max));
}

static const char *type_of(shop_field_kind_t kind)
{
    switch (kind) {
    case SHOP_FIELD_INT: return "integer";
    case SHOP_FIELD_MONEY: return "number";
    case SHOP_FIELD_BOOL: return "boolean";
    case SHOP_FIELD_OBJECT: return "object";
    case SHOP_FIELD_LIST:
    case SHOP_FIELD_STRINGS: return "array";
    default: return "string";
    }
}

static json_t *enum_of(const char *const *values)
{
    json_t *names = json_array();

    for (; *values; values++) {
        json_array_append_new(names, json_string(*values));
    }
    return names;
}

static json_t *kind_schema(const shop_field_t *row, const shop_schema_use_t *use)
{
    json_t *schema;

    if (row->kind == SHOP_FIELD_OBJECT) {
        return inner_schema(row->fields, use);
    }
    schema = json_object();
    put(schema, "type", json_string(type_of(row->kind)));
    switch (row->kind) {
    case SHOP_FIELD_ID: put(schema, "pattern", json_string("^[0-9a-fA-F]{24}$")); break;
    case SHOP_FIELD_EMAIL: put(schema, "format", json_string("email")); break;
    case SHOP_FIELD_URL: put(schema, "format", json_string("uri-reference")); break;
    case SHOP_FIELD_SECRET: put(schema, "format", json_string("password")); break;
    case SHOP_FIELD_TIME: put(schema, "format", json_string("date-time")); break;
    case SHOP_FIELD_LIST: put(schema, "items", inner_schema(row->fields, use)); break;
    case SHOP_FIELD_STRINGS:
        put(schema, "items",
            json_pack("{s:s, s:o*}", "type", "string", "enum",
                      row->values ? enum_of(row->values) : NULL));
        break;
    case SHOP_FIELD_ENUM: put(schema, "enum", enum_of(row->values)); break;
    default: break;
    }
    return schema;
}

/* What a text is refused without, except its length: the row's own rule, else that of its kind. Not
 * in replies, where texts of earlier rules may stand. */
static void put_pattern(json_t *schema, const shop_field_t *row)
{
    const char *pattern = row->pattern;

    switch (row->kind) {
    case SHOP_FIELD_STRING:
        pattern = pattern        ? pattern
                  : row->min > 0 ? SHOP_TEXT_SEEN_LINE_PATTERN
                                 : SHOP_TEXT_LINE_PATTERN;
        break;
    case SHOP_FIELD_TEXT:
        pattern = row->min > 0 ? SHOP_TEXT_SEEN_LINES_PATTERN : SHOP_TEXT_LINES_PATTERN;
        break;
    case SHOP_FIELD_SECRET: pattern = SHOP_TEXT_ANY_PATTERN; break;
    default: break;
    }
    if (pattern) {
        put(schema, "pattern", json_string(pattern));
    }
}

/* Can the member be null in this schema? Replies print null for absent values. */
static bool may_be_null(const shop_field_t *row, bool for_reply)
{
    if (!for_reply || (row->flags & SHOP_NULLABLE)) {
        return row->flags & SHOP_NULLABLE;
    }
    switch (row->kind) {
    case SHOP_FIELD_INT:
    case SHOP_FIELD_MONEY:
    case SHOP_FIELD_BOOL:
    case SHOP_FIELD_LIST:
    case SHOP_FIELD_STRINGS: return false;
    default: return !(row->flags & (SHOP_REQUIRED | SHOP_OMIT_NULL));
    }
}

static void put_null(json_t *schema)
{
    const char *type = json_string_value(json_object_get(schema, "type"));

    json_t *values = json_object_get(schema, "enum");

    put(schema, "type", json_pack("[s,s]", type, "null"));
    if (values) {
        json_array_append_new(values, json_null());
    }
}

static void put_description(json_t *schema, const shop_field_t *row, bool for_reply)
{
    const char *readers = "";

    if (for_reply && (row->flags & FOR_SOME)) {
        readers = row->flags & SHOP_FOR_ADMIN ? "; shown to admins"
                                              : "; shown to the owner and to admins";
    }
    if (row->help) {
        put(schema, "description", json_sprintf("%s%s", row->help, readers));
    }
}

/* A default that stands for "none" is left out, because a client cannot send it. */
static void put_default(json_t *schema, const shop_field_t *row, int exponent)
{
    int64_t number = row->default_number;

    if (!(row->flags & SHOP_DEFAULT) || (number < 0 && number < row->min)) {
        return;
    }
    switch (row->kind) {
    case SHOP_FIELD_BOOL: put(schema, "default", json_boolean(number)); break;
    case SHOP_FIELD_INT: put(schema, "default", json_integer(number)); break;
    case SHOP_FIELD_MONEY:
        if (number % power_of_ten(exponent) == 0) {
            put(schema, "default", json_integer(number / power_of_ten(exponent)));
        } else {
            put(schema, "default", json_real((double)number / (double)power_of_ten(exponent)));
        }
        break;
    default: put(schema, "default", json_string(row->default_text)); break;
    }
}

static json_t *row_schema(const shop_field_t *row, const shop_schema_use_t *use)
{
    json_t *schema = kind_schema(row, use);

    if (!use->reply) {
        put_bounds(schema, row, use);
        put_pattern(schema, row);
    }
    if (!use->reply && !use->partial) {
        put_default(
            schema, row,
            use->currency_exponent); /* a PATCH has no defaults: absent members stay unchanged */
    }
    if (may_be_null(row, use->reply)) {
        put_null(schema);
    }
    put_description(schema, row, use->reply);
    return schema;
}

bool shop_field_is_shown(const shop_field_t *row, const shop_schema_use_t *use)
{
    bool sized = row->kind != SHOP_FIELD_OBJECT && row->kind != SHOP_FIELD_LIST;

    if (use->reply) {
        return !(row->flags & (SHOP_WRITE_ONLY | SHOP_FOR_NOBODY)) &&
               row->kind != SHOP_FIELD_SECRET;
    }
    return !(row->flags & (SHOP_READ_ONLY | SHOP_FOR_NOBODY)) &&
           !(use->partial && (row->flags & SHOP_ON_CREATE)) && (sized || row->size);
}

static json_t *object_schema(const shop_field_t *fields, const shop_schema_use_t *use)
{
    json_t *schema = json_object();
    json_t *properties = json_object();
    json_t *required = json_array();

    for (const shop_field_t *row = fields; row->name; row++) {
        bool always = use->reply ? !(row->flags & (SHOP_OMIT_NULL | FOR_SOME))
                                 : !use->partial && (row->flags & SHOP_REQUIRED);

        if (!shop_field_is_shown(row, use)) {
            continue;
        }
        put(properties, row->name, row_schema(row, use));
        if (always) {
            json_array_append_new(required, json_string(row->name));
        }
    }
    put(schema, "type", json_string("object"));
    put(schema, "properties", properties);
    if (json_array_size(required)) {
        put(schema, "required", required);
    } else {
        json_decref(required);
    }
    if (!use->reply) {
        put(schema, "additionalProperties", json_false());
    }
    return schema;
}

json_t *shop_fields_schema(const shop_field_t *fields, const shop_schema_use_t *use,
                           apr_pool_t *pool)
{
    return shop_json_own(object_schema(fields, use), pool);
}
