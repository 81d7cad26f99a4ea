/* SPDX-License-Identifier: MIT
 * Records to and from documents, row by row. */
#include "record_bson.h"

#include <apr_strings.h>
#include <string.h>

static const void *member_of(const void *one, const shop_field_t *row)
{
    return (const char *)one + row->offset;
}

/* ---- to documents ---- */

static void append_rows(bson_t *doc, const shop_field_t *fields, const void *one, apr_pool_t *pool);

void shop_record_append_key(bson_t *doc, const char *name, const shop_field_t *row,
                            const char *value)
{
    if (row->kind == SHOP_FIELD_ID) {
        shop_bson_append_oid(doc, name, value);
    } else {
        BSON_APPEND_UTF8(doc, name, value);
    }
}

static void append_object(bson_t *doc, const char *name, const shop_field_t *row, const void *one,
                          apr_pool_t *pool)
{
    bson_t object;

    BSON_APPEND_DOCUMENT_BEGIN(doc, name, &object);
    append_rows(&object, row->fields, one, pool);
    bson_append_document_end(doc, &object);
}

static void append_list(bson_t *doc, const char *name, const shop_field_t *row,
                        const apr_array_header_t *elements, apr_pool_t *pool)
{
    bson_t list;

    BSON_APPEND_ARRAY_BEGIN(doc, name, &list);
    for (int i = 0; i < elements->nelts; i++) {
        const char *index = apr_itoa(pool, i);

        if (row->kind == SHOP_FIELD_LIST) {
            append_object(&list, index, row, APR_ARRAY_IDX(elements, i, const void *), pool);
        } else {
            BSON_APPEND_UTF8(&list, index, APR_ARRAY_IDX(elements, i, const char *));
        }
    }
    bson_append_array_end(doc, &list);
}

static void append_value(bson_t *doc, const char *name, const shop_field_t *row, const void *member,
                         apr_pool_t *pool)
{
    switch (row->kind) {
    case SHOP_FIELD_INT:
    case SHOP_FIELD_MONEY: BSON_APPEND_INT64(doc, name, *(const int64_t *)member); break;
    case SHOP_FIELD_BOOL: BSON_APPEND_BOOL(doc, name, *(const bool *)member); break;
    case SHOP_FIELD_TIME: shop_bson_append_time(doc, name, *(const apr_time_t *)member); break;
    case SHOP_FIELD_OBJECT:
        append_object(doc, name, row, *(const void *const *)member, pool);
        break;
    case SHOP_FIELD_LIST:
    case SHOP_FIELD_STRINGS:
        append_list(doc, name, row, *(const apr_array_header_t *const *)member, pool);
        break;
    default: shop_record_append_key(doc, name, row, *(const char *const *)member); break;
    }
}

static void append_rows(bson_t *doc, const shop_field_t *fields, const void *one, apr_pool_t *pool)
{
    for (const shop_field_t *row = fields; row->name; row++) {
        const void *member = member_of(one, row);

        if (!(row->flags & SHOP_NOT_STORED) && !shop_field_is_null(member, row)) {
            append_value(doc, row->name, row, member, pool);
        }
    }
}

/* Is there an earlier sort by the same row? "name" and "-name" share a key. */
static bool is_repeated(const char *const *sorts, const char *const *sort)
{
    for (; sorts < sort; sorts++) {
        if (!strcmp(*sorts + (**sorts == '-'), *sort + (**sort == '-'))) {
            return true;
        }
    }
    return false;
}

/* by_<row> for each row that lists are sorted by. */
static void append_sort_keys(bson_t *doc, const shop_record_t *record, const shop_field_t *id,
                             const void *one, bool change, apr_pool_t *pool)
{
    for (const char *const *sort = record->sorts; *sort; sort++) {
        const shop_field_t *row = shop_fields_row(record->fields, *sort + (**sort == '-'));

        if (row != id && !(change && (row->flags & SHOP_ON_CREATE)) &&
            !is_repeated(record->sorts, sort)) {
            BSON_APPEND_UTF8(doc, apr_pstrcat(pool, "by_", row->name, NULL),
                             shop_record_key(record, row, one, pool));
        }
    }
}

void shop_record_append(bson_t *doc, const shop_record_t *record, const void *one, apr_pool_t *pool)
{
    const shop_field_t *id = shop_fields_row(record->fields, record->id);

    shop_record_append_key(doc, "_id", id, *(const char *const *)member_of(one, id));
    for (const shop_field_t *row = record->fields; row->name; row++) {
        const void *member = member_of(one, row);

        if (row != id && !(row->flags & SHOP_NOT_STORED) && !shop_field_is_null(member, row)) {
            append_value(doc, row->name, row, member, pool);
        }
    }
    append_sort_keys(doc, record, id, one, false, pool);
}

void shop_record_append_change(bson_t *set, bson_t *unset, const shop_record_t *record,
                               const void *one, apr_pool_t *pool)
{
    const shop_field_t *id = shop_fields_row(record->fields, record->id);

    for (const shop_field_t *row = record->fields; row->name; row++) {
        const void *member = member_of(one, row);

        if (row == id || (row->flags & (SHOP_NOT_STORED | SHOP_ON_CREATE))) {
            continue;
        }
        if (shop_field_is_null(member, row)) {
            BSON_APPEND_UTF8(unset, row->name, "");
        } else {
            append_value(set, row->name, row, member, pool);
        }
    }
    append_sort_keys(set, record, id, one, true, pool);
}

/* ---- from documents ---- */

static const shop_field_t *read_rows(void *one, const shop_field_t *fields, const shop_field_t *id,
                                     const bson_t *doc, apr_pool_t *pool);

static void *read_object(const shop_field_t *row, const bson_t *doc, apr_pool_t *pool)
{
    void *object = apr_pcalloc(pool, row->size);

    return read_rows(object, row->fields, NULL, doc, pool) ? NULL : object;
}

static apr_array_header_t *read_list(const shop_field_t *row, const bson_t *list, apr_pool_t *pool)
{
    apr_array_header_t *elements = apr_array_make(pool, 8, sizeof(void *));
    bson_iter_t iter;
    bson_t child;

    if (!bson_iter_init(&iter, list)) {
        return elements;
    }
    while (bson_iter_next(&iter)) {
        const void *element = NULL;

        if (row->kind == SHOP_FIELD_STRINGS) {
            element = shop_bson_iter_string(&iter, pool);
        } else if (shop_bson_iter_child(&child, &iter)) {
            element = read_object(row, &child, pool);
        }
        if (element) {
            APR_ARRAY_PUSH(elements, const void *) = element;
        }
    }
    return elements;
}

static void read_structure(void *member, const shop_field_t *row, const bson_iter_t *iter,
                           apr_pool_t *pool)
{
    bson_t child;

    if (shop_bson_iter_child(&child, iter)) {
        *(void **)member = row->kind == SHOP_FIELD_OBJECT ? read_object(row, &child, pool)
                                                          : (void *)read_list(row, &child, pool);
    }
}

/* member holds its default, which stays when iter is at another type. */
static void read_value(void *member, const shop_field_t *row, const bson_iter_t *iter,
                       apr_pool_t *pool)
{
    const char *text;

    switch (row->kind) {
    case SHOP_FIELD_INT:
    case SHOP_FIELD_MONEY: *(int64_t *)member = shop_bson_iter_int(iter, *(int64_t *)member); break;
    case SHOP_FIELD_BOOL: *(bool *)member = shop_bson_iter_bool(iter, *(bool *)member); break;
    case SHOP_FIELD_TIME: *(apr_time_t *)member = shop_bson_iter_time(iter); break;
    case SHOP_FIELD_OBJECT:
    case SHOP_FIELD_LIST:
    case SHOP_FIELD_STRINGS: read_structure(member, row, iter, pool); break;
    default:
        text = row->kind == SHOP_FIELD_ID ? shop_bson_iter_oid(iter, pool)
                                          : shop_bson_iter_string(iter, pool);
        *(const char **)member = text ? text : *(const char **)member;
        break;
    }
}

static bool is_needed(const shop_field_t *row)
{
    switch (row->kind) {
    case SHOP_FIELD_INT:
    case SHOP_FIELD_MONEY:
    case SHOP_FIELD_BOOL:
    case SHOP_FIELD_TIME: return false;
    default: return row->flags & SHOP_REQUIRED;
    }
}

/* Members stand mostly in the order of the rows: the one behind the last that was found is looked
 * at first. Searching for each from the front costs five times as much. */
typedef struct place_t {
    const bson_t *doc;
    bson_iter_t next;
    bool has_next;
} place_t;

static bool find_member(bson_iter_t *iter, place_t *place, const char *name)
{
    if (place->has_next && !strcmp(bson_iter_key(&place->next), name)) {
        *iter = place->next;
    } else if (!bson_iter_init_find(iter, place->doc, name)) {
        return false;
    }
    place->next = *iter;
    place->has_next = bson_iter_next(&place->next);
    return true;
}

/* id: the row that is _id, or NULL. The row that is needed and missing, or NULL. */
static const shop_field_t *read_rows(void *one, const shop_field_t *fields, const shop_field_t *id,
                                     const bson_t *doc, apr_pool_t *pool)
{
    place_t place = { .doc = doc };
    bson_iter_t iter;

    place.has_next = bson_iter_init(&place.next, doc) && bson_iter_next(&place.next);
    for (const shop_field_t *row = fields; row->name; row++) {
        void *member = (char *)one + row->offset;

        shop_field_default(member, row);
        if (row->flags & SHOP_NOT_STORED) {
            continue;
        }
        if (find_member(&iter, &place, row == id ? "_id" : row->name)) {
            read_value(member, row, &iter, pool);
        }
        if ((row == id || is_needed(row)) && !*(void **)member) {
            return row;
        }
    }
    return NULL;
}

shop_error_t *shop_record_of_bson(void **one, const shop_record_t *record, const bson_t *doc,
                                  apr_pool_t *pool)
{
    const shop_field_t *missing;

    *one = apr_pcalloc(pool, record->size);
    missing =
        read_rows(*one, record->fields, shop_fields_row(record->fields, record->id), doc, pool);
    if (!missing) {
        return NULL;
    }
    *one = NULL;
    return shop_error_cause(shop_err(pool, INTERNAL, "a stored %s cannot be read", record->noun),
                            pool, "a document of %s has no %s", record->collection, missing->name);
}
