/* SPDX-License-Identifier: MIT
 * What every store of records does alike: stamps, sort keys and the ends of pages. Pure: no I/O. */
#include "record.h"

#include <string.h>

#include "../base/id.h"

static void *member_of(const void *one, const shop_field_t *row)
{
    return (char *)(uintptr_t)one + row->offset;
}

const char *shop_record_id(const shop_record_t *record, const void *one)
{
    return *(const char **)member_of(one, shop_fields_row(record->fields, record->id));
}

int64_t shop_record_rev(const shop_record_t *record, const void *one)
{
    const shop_field_t *row = shop_fields_row(record->fields, "rev");

    return row ? *(int64_t *)member_of(one, row) : 0;
}

static void set_time(const shop_record_t *record, void *one, const char *name, apr_time_t now)
{
    const shop_field_t *row = shop_fields_row(record->fields, name);

    if (row) {
        *(apr_time_t *)member_of(one, row) = now;
    }
}

static void set_rev(const shop_record_t *record, void *one, int64_t rev)
{
    const shop_field_t *row = shop_fields_row(record->fields, "rev");

    if (row) {
        *(int64_t *)member_of(one, row) = rev;
    }
}

shop_error_t *shop_record_begin(const shop_record_t *record, void *one, apr_time_t now,
                                apr_pool_t *pool)
{
    const shop_field_t *row = shop_fields_row(record->fields, record->id);
    const char **id = member_of(one, row);

    set_rev(record, one, 1);
    set_time(record, one, "created_at", now);
    set_time(record, one, "updated_at", now);
    return row->kind == SHOP_FIELD_ID && !*id ? shop_id_make(id, pool) : NULL;
}

void shop_record_touch(const shop_record_t *record, void *one, apr_time_t now)
{
    set_rev(record, one, shop_record_rev(record, one) + 1);
    set_time(record, one, "updated_at", now);
}

/* ---- sorting ---- */

static bool is_number(const shop_field_t *row)
{
    return row->kind == SHOP_FIELD_INT || row->kind == SHOP_FIELD_MONEY ||
           row->kind == SHOP_FIELD_TIME;
}

/* The store keeps milliseconds: the key must say the same before and after a reading. */
static int64_t number_of(const shop_field_t *row, int64_t number)
{
    return row->kind == SHOP_FIELD_TIME ? number / 1000 : number;
}

static const char *key_of(const shop_field_t *row, const char *text, int64_t number, const char *id,
                          apr_pool_t *pool)
{
    return is_number(row) ? shop_sort_key_of_number(number_of(row, number), id, pool)
                          : shop_sort_key_of_text(text, id, pool);
}

/* Of one's value in that row: its number or its folded text. */
static void read_value(const char **text, int64_t *number, const shop_field_t *row, const void *one,
                       apr_pool_t *pool)
{
    *text = NULL;
    *number = 0;
    if (is_number(row)) {
        *number = *(const int64_t *)member_of(one, row);
    } else {
        *text = shop_sort_text(*(const char **)member_of(one, row), pool);
    }
}

const char *shop_record_key(const shop_record_t *record, const shop_field_t *row, const void *one,
                            apr_pool_t *pool)
{
    const char *text;
    int64_t number;

    read_value(&text, &number, row, one, pool);
    return key_of(row, text, number, shop_record_id(record, one), pool);
}

static const char *known_sort(const shop_record_t *record, const char *wanted)
{
    for (const char *const *sort = record->sorts; *sort; sort++) {
        if (!wanted || !*wanted || !strcmp(*sort, wanted)) {
            return *sort;
        }
    }
    return NULL;
}

shop_error_t *shop_record_sort(shop_record_sort_t *sort, const shop_record_t *record,
                               const shop_record_query_t *query, apr_pool_t *pool)
{
    const shop_field_t *id = shop_fields_row(record->fields, record->id);
    const shop_cursor_t *after = query->list.after;
    const char *name = known_sort(record, query->sort);
    shop_error_t *err = NULL;

    if (!name) {
        return shop_error_cause(shop_err(pool, INTERNAL, "internal error"), pool,
                                "%s cannot be sorted by %s", record->collection, query->sort);
    }
    *sort = (shop_record_sort_t){ .down = *name == '-' };
    sort->row = shop_fields_row(record->fields, name + sort->down);
    sort->by_id = sort->row == id;
    if (!after) {
        return NULL;
    }
    if (sort->by_id && id->kind == SHOP_FIELD_ID && !shop_id_valid(after->id)) {
        shop_error_violate(&err, pool, "?cursor", "format",
                           "is not a cursor that this list gave out");
        return err;
    }
    sort->after =
        sort->by_id ? after->id : key_of(sort->row, after->text, after->number, after->id, pool);
    return NULL;
}

void shop_record_end_page(apr_array_header_t *all, shop_list_end_t *end,
                          const shop_record_t *record, const shop_record_query_t *query,
                          const shop_record_sort_t *sort, apr_pool_t *pool)
{
    shop_cursor_t *next;
    const void *last;

    end->next = NULL;
    if (all->nelts <= query->list.limit) {
        return;
    }
    apr_array_pop(all);
    last = APR_ARRAY_IDX(all, all->nelts - 1, const void *);
    next = apr_pcalloc(pool, sizeof(*next));
    next->sort = query->sort ? query->sort : "";
    next->id = shop_record_id(record, last);
    if (!sort->by_id) {
        read_value(&next->text, &next->number, sort->row, last, pool);
    }
    end->next = next;
}

shop_error_t *shop_record_taken(const shop_record_t *record, const shop_record_unique_t *unique,
                                apr_pool_t *pool)
{
    return shop_error_create(pool, unique->taken, __FILE__, __LINE__, "another %s has this %s",
                             record->noun, unique->what ? unique->what : unique->member);
}
