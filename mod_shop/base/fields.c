/* SPDX-License-Identifier: MIT
 * Reads request bodies by field tables. Members that a table does not name never reach a struct, so
 * a request can only set what its table allows. */
#include "fields.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "clock.h"
#include "id.h"
#include "money.h"
#include "number.h"
#include "text.h"

/* The context of reading one body. */
typedef struct reading_t {
    shop_error_t *err;
    const shop_json_doc_t *doc;
    int currency_exponent;
    apr_pool_t *pool;
} reading_t;

static void read_object(reading_t *reading, void *record, shop_present_t *present,
                        const shop_field_t *fields, const json_t *object, bool partial,
                        const char *above);

static bool is_bounded(const shop_field_t *field)
{
    return field->min || field->max;
}

static bool length_fits(shop_error_t **err, int64_t length, const shop_field_t *field,
                        const char *pointer, const char *unit, apr_pool_t *pool)
{
    if (!is_bounded(field) || (length >= field->min && length <= field->max)) {
        return true;
    }
    if (field->min == field->max) {
        shop_error_violate(err, pool, pointer, "length", "must have %" APR_INT64_T_FMT " %s",
                           field->min, unit);
    } else {
        shop_error_violate(err, pool, pointer, "length",
                           "must have %" APR_INT64_T_FMT " to %" APR_INT64_T_FMT " %s", field->min,
                           field->max, unit);
    }
    return false;
}

static bool is_one_of(const char *text, const char *const *values)
{
    for (; *values; values++) {
        if (!strcmp(text, *values)) {
            return true;
        }
    }
    return false;
}

static const char *listed(const char *const *values, apr_pool_t *pool)
{
    const char *list = *values;

    for (values++; *values; values++) {
        list = apr_pstrcat(pool, list, ", ", *values, NULL);
    }
    return list;
}

static const char *lower_case(const char *text, apr_pool_t *pool)
{
    char *copy = apr_pstrdup(pool, text);

    for (char *at = copy; *at; at++) {
        *at = (char)apr_tolower(*at);
    }
    return copy;
}

static bool is_clean(shop_error_t **err, const char *text, bool multiline, const char *pointer,
                     apr_pool_t *pool)
{
    int32_t point = shop_text_refused(text, multiline);

    if (point >= 0) {
        shop_error_violate(err, pool, pointer, "format", "must not hold the character U+%04X",
                           (unsigned)point);
    }
    return point < 0;
}

static bool is_enum(shop_error_t **err, const char *text, const shop_field_t *field,
                    const char *pointer, apr_pool_t *pool)
{
    if (is_one_of(text, field->values)) {
        return true;
    }
    shop_error_violate(err, pool, pointer, "enum", "must be one of %s",
                       listed(field->values, pool));
    return false;
}

bool shop_field_check_text(shop_error_t **err, const char **text, const shop_field_t *field,
                           const char *pointer, apr_pool_t *pool)
{
    const char *wanted = NULL;

    if (field->kind == SHOP_FIELD_EMAIL || (field->flags & SHOP_TRIMMED)) {
        *text = shop_text_trim(*text, pool);
    }
    switch (field->kind) {
    case SHOP_FIELD_ID:
        if (shop_id_valid(*text)) {
            *text = lower_case(*text, pool); /* identifiers are compared as text */
            return true;
        }
        wanted = "must be 24 hexadecimal digits";
        break;
    case SHOP_FIELD_EMAIL:
        wanted = shop_text_is_email(*text) ? NULL : "must be an e-mail address";
        break;
    case SHOP_FIELD_URL:
        wanted = shop_text_is_image_url(*text) ? NULL : "must be an http(s) URL or absolute path";
        break;
    case SHOP_FIELD_ENUM: return is_enum(err, *text, field, pointer, pool);
    case SHOP_FIELD_STRING:
    case SHOP_FIELD_TEXT:
        if (!is_clean(err, *text, field->kind == SHOP_FIELD_TEXT, pointer, pool)) {
            return false;
        }
        if (field->min > 0 && !(field->flags & SHOP_TRIMMED) && **text && shop_text_blank(*text)) {
            wanted = "must not be blank";
        }
        break;
    default: break;
    }
    if (wanted) {
        shop_error_violate(err, pool, pointer, "format", "%s", wanted);
        return false;
    }
    return length_fits(err, (int64_t)shop_text_length(*text), field, pointer, "characters", pool);
}

/* A bound of the row, printed as in JSON. */
static const char *bound(int64_t number, const shop_field_t *field, int currency_exponent,
                         apr_pool_t *pool)
{
    return shop_money_text(number, field->kind == SHOP_FIELD_MONEY ? currency_exponent : 0, pool);
}

static bool number_fits(shop_error_t **err, int64_t number, const shop_field_t *field,
                        const char *pointer, int currency_exponent, apr_pool_t *pool)
{
    if (!is_bounded(field) || (number >= field->min && number <= field->max)) {
        return true;
    }
    if (number > field->max) {
        shop_error_violate(err, pool, pointer, "too_large", "must be at most %s",
                           bound(field->max, field, currency_exponent, pool));
    } else if (number < 0 && field->min >= 0) {
        shop_error_violate(err, pool, pointer, "negative", "must be at least %s",
                           bound(field->min, field, currency_exponent, pool));
    } else {
        shop_error_violate(err, pool, pointer, "too_small", "must be at least %s",
                           bound(field->min, field, currency_exponent, pool));
    }
    return false;
}

bool shop_field_read_number(shop_error_t **err, int64_t *number, const char *text,
                            const shop_field_t *field, const char *pointer, int currency_exponent,
                            apr_pool_t *pool)
{
    bool money = field->kind == SHOP_FIELD_MONEY;
    int decimals = money ? currency_exponent : 0;
    shop_number_t read = shop_number_read(number, text, decimals);

    if (read == SHOP_NUMBER_NONE) {
        shop_error_violate(err, pool, pointer, "type", "must be a %snumber", money ? "" : "whole ");
    } else if (money && text[strcspn(text, "eE")]) {
        shop_error_violate(err, pool, pointer, "format",
                           "must be a plain decimal without an exponent");
    } else if (read == SHOP_NUMBER_DECIMALS && decimals) {
        shop_error_violate(err, pool, pointer, "decimals", "must have at most %d decimals",
                           decimals);
    } else if (read == SHOP_NUMBER_DECIMALS) {
        shop_error_violate(err, pool, pointer, "decimals", "must be a whole number");
    } else if (read != SHOP_NUMBER_OK && !is_bounded(field)) {
        shop_error_violate(err, pool, pointer,
                           read == SHOP_NUMBER_LARGE ? "too_large" : "too_small",
                           "does not fit in 64 bits");
    } else {
        *number = read == SHOP_NUMBER_LARGE   ? INT64_MAX
                  : read == SHOP_NUMBER_SMALL ? INT64_MIN
                                              : *number;
        return number_fits(err, *number, field, pointer, currency_exponent, pool);
    }
    return false;
}

static bool wrong_type(reading_t *reading, const char *pointer, const char *wanted)
{
    shop_error_violate(&reading->err, reading->pool, pointer, "type", "must be %s", wanted);
    return false;
}

static bool read_number(reading_t *reading, int64_t *number, const shop_field_t *field,
                        const json_t *value, const char *pointer)
{
    const char *text = shop_json_number(reading->doc, value, reading->pool);

    return shop_field_read_number(&reading->err, number, text ? text : "", field, pointer,
                                  reading->currency_exponent, reading->pool);
}

static bool read_text(reading_t *reading, const char **text, const shop_field_t *field,
                      const json_t *value, const char *pointer)
{
    if (!json_is_string(value)) {
        return wrong_type(reading, pointer, "text");
    }
    *text = json_string_value(value);
    return shop_field_check_text(&reading->err, text, field, pointer, reading->pool);
}

static bool read_time(reading_t *reading, apr_time_t *time, const json_t *value,
                      const char *pointer)
{
    if (!json_is_string(value)) {
        return wrong_type(reading, pointer, "a time as text");
    }
    if (!shop_time_parse(time, json_string_value(value))) {
        shop_error_violate(&reading->err, reading->pool, pointer, "format",
                           "must be a time with a zone such as 2026-11-23T22:39:26Z");
        return false;
    }
    return true;
}

static int64_t default_number(const shop_field_t *row)
{
    bool none = (row->flags & SHOP_NULLABLE) && row->kind != SHOP_FIELD_BOOL;

    return row->flags & SHOP_DEFAULT ? row->default_number : none ? -1 : 0;
}

void shop_field_default(void *member, const shop_field_t *row)
{
    switch (row->kind) {
    case SHOP_FIELD_INT:
    case SHOP_FIELD_MONEY: *(int64_t *)member = default_number(row); break;
    case SHOP_FIELD_BOOL: *(bool *)member = default_number(row) != 0; break;
    case SHOP_FIELD_TIME: *(apr_time_t *)member = 0; break;
    case SHOP_FIELD_OBJECT:
    case SHOP_FIELD_LIST:
    case SHOP_FIELD_STRINGS: *(void **)member = NULL; break;
    default: *(const char **)member = row->default_text; break;
    }
}

void shop_fields_default(void *record, const shop_field_t *fields)
{
    for (const shop_field_t *row = fields; row->name; row++) {
        shop_field_default((char *)record + row->offset, row);
    }
}

static bool read_struct(reading_t *reading, void **record, const shop_field_t *field,
                        const json_t *value, const char *pointer)
{
    shop_present_t present = 0;

    if (!json_is_object(value)) {
        return wrong_type(reading, pointer, "an object");
    }
    *record = apr_pcalloc(reading->pool, field->size);
    shop_fields_default(*record, field->fields);
    read_object(reading, *record, &present, field->fields, value, false, pointer);
    return true;
}

static bool read_list(reading_t *reading, apr_array_header_t **list, const shop_field_t *field,
                      const json_t *value, const char *pointer)
{
    int size = (int)json_array_size(value);

    if (!json_is_array(value)) {
        return wrong_type(reading, pointer, "a list");
    }
    if (!length_fits(&reading->err, size, field, pointer, "elements", reading->pool)) {
        return false;
    }
    *list = apr_array_make(reading->pool, size, sizeof(void *));
    for (int i = 0; i < size; i++) {
        const char *at = apr_psprintf(reading->pool, "%s/%d", pointer, i);
        const json_t *element = json_array_get(value, (size_t)i);

        if (field->kind == SHOP_FIELD_LIST) {
            read_struct(reading, apr_array_push(*list), field, element, at);
        } else if (!json_is_string(element)) {
            wrong_type(reading, at, "text");
        } else if (is_clean(&reading->err, json_string_value(element), false, at, reading->pool)) {
            APR_ARRAY_PUSH(*list, const char *) = json_string_value(element);
        }
    }
    return true;
}

static bool read_null(reading_t *reading, void *member, const shop_field_t *field,
                      const char *pointer)
{
    if (!(field->flags & SHOP_NULLABLE)) {
        shop_error_violate(&reading->err, reading->pool, pointer, "null", "must not be null");
        return false;
    }
    shop_field_default(member, field);
    return true;
}

static bool read_value(reading_t *reading, void *member, const shop_field_t *field,
                       const json_t *value, const char *pointer)
{
    if (json_is_null(value)) {
        return read_null(reading, member, field, pointer);
    }
    switch (field->kind) {
    case SHOP_FIELD_INT:
    case SHOP_FIELD_MONEY: return read_number(reading, member, field, value, pointer);
    case SHOP_FIELD_BOOL:
        if (!json_is_boolean(value)) {
            return wrong_type(reading, pointer, "true or false");
        }
        *(bool *)member = json_is_true(value);
        return true;
    case SHOP_FIELD_TIME: return read_time(reading, member, value, pointer);
    case SHOP_FIELD_OBJECT: return read_struct(reading, member, field, value, pointer);
    case SHOP_FIELD_LIST:
    case SHOP_FIELD_STRINGS: return read_list(reading, member, field, value, pointer);
    default: return read_text(reading, member, field, value, pointer);
    }
}

const shop_field_t *shop_fields_row(const shop_field_t *fields, const char *name)
{
    for (; fields->name; fields++) {
        if (!strcmp(fields->name, name)) {
            return fields;
        }
    }
    return NULL;
}

/* May the row be in a body? Rows of structs without a size are for replies only. */
static bool is_accepted(const shop_field_t *row, bool change)
{
    bool sized = row->kind != SHOP_FIELD_OBJECT && row->kind != SHOP_FIELD_LIST;

    return !(row->flags & (SHOP_READ_ONLY | SHOP_FOR_NOBODY)) &&
           !(change && (row->flags & SHOP_ON_CREATE)) && (sized || row->size);
}

static void read_object(reading_t *reading, void *record, shop_present_t *present,
                        const shop_field_t *fields, const json_t *object, bool partial,
                        const char *above)
{
    const char *name;
    json_t *value;

    *present = 0;
    for (const shop_field_t *row = fields; row->name; row++) {
        const json_t *given = json_object_get(object, row->name);

        if (!is_accepted(row, partial)) {
            continue; /* when it is present, the second loop reports it as unknown */
        }
        if (given) {
            read_value(reading, (char *)record + row->offset, row, given,
                       shop_json_pointer(above, row->name, reading->pool));
            *present |= UINT64_C(1) << (row - fields);
        } else if ((row->flags & SHOP_REQUIRED) && !partial) {
            shop_error_violate(&reading->err, reading->pool,
                               shop_json_pointer(above, row->name, reading->pool), "required",
                               "is required");
        }
    }
    /* jansson's iterators lack const */
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        const shop_field_t *row = shop_fields_row(fields, name);

        if (!row || !is_accepted(row, partial)) {
            shop_error_violate(&reading->err, reading->pool,
                               shop_json_pointer(above, name, reading->pool), "unknown",
                               "is not a member that can be given here");
        }
    }
}

shop_error_t *shop_fields_read(void *record, shop_present_t *present, const shop_field_t *fields,
                               const shop_json_doc_t *doc, bool partial, int currency_exponent,
                               apr_pool_t *pool)
{
    reading_t reading = { NULL, doc, currency_exponent, pool };

    read_object(&reading, record, present, fields, doc->root, partial, "");
    return reading.err;
}

bool shop_fields_has(shop_present_t present, const shop_field_t *fields, const char *name)
{
    const shop_field_t *row = shop_fields_row(fields, name);

    return row && (present >> (row - fields) & 1);
}

size_t shop_field_size(shop_field_kind_t kind)
{
    switch (kind) {
    case SHOP_FIELD_INT:
    case SHOP_FIELD_MONEY: return sizeof(int64_t);
    case SHOP_FIELD_TIME: return sizeof(apr_time_t);
    case SHOP_FIELD_BOOL: return sizeof(bool);
    default: return sizeof(void *);
    }
}

void shop_fields_merge(void *record, const void *body, const shop_field_t *fields,
                       shop_present_t present)
{
    for (const shop_field_t *row = fields; row->name; row++) {
        if ((present >> (row - fields) & 1) && is_accepted(row, true)) {
            memcpy((char *)record + row->offset, (const char *)body + row->offset,
                   shop_field_size(row->kind));
        }
    }
}
