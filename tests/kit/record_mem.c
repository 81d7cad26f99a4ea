/* SPDX-License-Identifier: MIT
 * A record's store over an array. What goes in and out is copied row by row, so that a test cannot
 * change what is stored by changing what it was given. */
#include "tests/kit/record_mem.h"

#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <stdlib.h>
#include <string.h>

typedef struct record_mem_t {
    shop_record_store_t port;
    apr_pool_t *pool;
    apr_thread_mutex_t *lock;
    apr_array_header_t *all; /* void * */
} record_mem_t;

static record_mem_t *enter(shop_record_store_t *store)
{
    record_mem_t *mem = (record_mem_t *)store;

    apr_thread_mutex_lock(mem->lock);
    return mem;
}

static shop_error_t *leave(record_mem_t *mem, shop_error_t *err)
{
    apr_thread_mutex_unlock(mem->lock);
    return err;
}

/* ---- copies ---- */

static void copy_rows(void *to, const void *from, const shop_field_t *fields, apr_pool_t *pool);

static void *copy_object(const void *from, const shop_field_t *row, apr_pool_t *pool)
{
    void *to = apr_pcalloc(pool, row->size);

    copy_rows(to, from, row->fields, pool);
    return to;
}

static void copy_list(apr_array_header_t **to, const apr_array_header_t *from,
                      const shop_field_t *row, apr_pool_t *pool)
{
    *to = apr_array_make(pool, from->nelts + 1, sizeof(void *));
    for (int i = 0; i < from->nelts; i++) {
        if (row->kind == SHOP_FIELD_LIST) {
            APR_ARRAY_PUSH(*to, void *) =
                copy_object(APR_ARRAY_IDX(from, i, const void *), row, pool);
        } else {
            APR_ARRAY_PUSH(*to, const char *) =
                apr_pstrdup(pool, APR_ARRAY_IDX(from, i, const char *));
        }
    }
}

static void copy_member(void *to, const void *from, const shop_field_t *row, apr_pool_t *pool)
{
    switch (row->kind) {
    case SHOP_FIELD_INT:
    case SHOP_FIELD_MONEY: *(int64_t *)to = *(const int64_t *)from; break;
    case SHOP_FIELD_TIME: *(apr_time_t *)to = *(const apr_time_t *)from; break;
    case SHOP_FIELD_BOOL: *(bool *)to = *(const bool *)from; break;
    case SHOP_FIELD_OBJECT:
        *(void **)to = copy_object(*(const void *const *)from, row, pool);
        break;
    case SHOP_FIELD_LIST:
    case SHOP_FIELD_STRINGS:
        copy_list(to, *(const apr_array_header_t *const *)from, row, pool);
        break;
    default: *(const char **)to = apr_pstrdup(pool, *(const char *const *)from); break;
    }
}

/* What is absent, or is never stored, comes back as its default. */
static void copy_rows(void *to, const void *from, const shop_field_t *fields, apr_pool_t *pool)
{
    for (const shop_field_t *row = fields; row->name; row++) {
        const void *member = (const char *)from + row->offset;
        void *target = (char *)to + row->offset;

        shop_field_default(target, row);
        if (!(row->flags & SHOP_NOT_STORED) && !shop_field_is_null(member, row)) {
            copy_member(target, member, row, pool);
        }
    }
}

static void *copy_of(const shop_record_t *record, const void *from, apr_pool_t *pool)
{
    void *to = apr_pcalloc(pool, record->size);

    copy_rows(to, from, record->fields, pool);
    return to;
}

/* ---- looking ---- */

static const char *text_in(const record_mem_t *mem, const void *one, const char *member)
{
    const shop_field_t *row = shop_fields_row(mem->port.record->fields, member);

    return *(const char *const *)((const char *)one + row->offset);
}

static int index_by(const record_mem_t *mem, const char *member, const char *value)
{
    for (int i = 0; value && i < mem->all->nelts; i++) {
        const char *text = text_in(mem, APR_ARRAY_IDX(mem->all, i, void *), member);

        if (text && !strcmp(text, value)) {
            return i;
        }
    }
    return -1;
}

/* self: the record that may have the value, or -1. */
static shop_error_t *check_unique(const record_mem_t *mem, const void *one, int self,
                                  apr_pool_t *pool)
{
    const shop_record_t *record = mem->port.record;

    for (const shop_record_unique_t *unique = record->unique; unique && unique->member; unique++) {
        int i = index_by(mem, unique->member, text_in(mem, one, unique->member));

        if (i >= 0 && i != self) {
            return shop_record_taken(record, unique, pool);
        }
    }
    return NULL;
}

static shop_error_t *mem_insert(shop_record_store_t *store, const void *one, apr_pool_t *pool)
{
    record_mem_t *mem = enter(store);
    shop_error_t *err = check_unique(mem, one, -1, pool);

    if (!err && index_by(mem, store->record->id, shop_record_id(store->record, one)) >= 0) {
        err = shop_err(pool, INTERNAL, "the %s could not be stored", store->record->noun);
    }
    if (!err) {
        APR_ARRAY_PUSH(mem->all, void *) = copy_of(store->record, one, mem->pool);
    }
    return leave(mem, err);
}

static shop_error_t *mem_find_by(void **one, shop_record_store_t *store, const char *member,
                                 const char *value, apr_pool_t *pool)
{
    record_mem_t *mem = enter(store);
    int i = index_by(mem, member, value);

    *one = i < 0 ? NULL : copy_of(store->record, APR_ARRAY_IDX(mem->all, i, void *), pool);
    return leave(mem, NULL);
}

static shop_error_t *mem_find(void **one, shop_record_store_t *store, const char *id,
                              apr_pool_t *pool)
{
    return mem_find_by(one, store, store->record->id, id, pool);
}

/* ---- lists ---- */

typedef struct place_t {
    const char *key;
    const void *one;
} place_t;

static int by_key(const void *a, const void *b)
{
    return strcmp(((const place_t *)a)->key, ((const place_t *)b)->key);
}

static bool is_of(const record_mem_t *mem, const void *one, const char *owner)
{
    const char *text = owner ? text_in(mem, one, mem->port.record->owner) : NULL;

    return !owner || (text && !strcmp(text, owner));
}

/* Those of the owner, sorted upwards. */
static apr_array_header_t *places_of(const record_mem_t *mem, const shop_record_sort_t *sort,
                                     const char *owner, apr_pool_t *pool)
{
    const shop_record_t *record = mem->port.record;
    apr_array_header_t *places = apr_array_make(pool, mem->all->nelts + 1, sizeof(place_t));

    for (int i = 0; i < mem->all->nelts; i++) {
        const void *one = APR_ARRAY_IDX(mem->all, i, void *);

        if (is_of(mem, one, owner)) {
            APR_ARRAY_PUSH(places, place_t) =
                (place_t){ sort->by_id ? shop_record_id(record, one)
                                       : shop_record_key(record, sort->row, one, pool),
                           one };
        }
    }
    qsort(places->elts, (size_t)places->nelts, sizeof(place_t), by_key);
    return places;
}

static shop_error_t *mem_list(apr_array_header_t **all, shop_list_end_t *end,
                              shop_record_store_t *store, const shop_record_query_t *query,
                              apr_pool_t *pool)
{
    record_mem_t *mem = (record_mem_t *)store;
    shop_record_sort_t sort;
    apr_array_header_t *places;

    *all = apr_array_make(pool, 8, sizeof(void *));
    *end = (shop_list_end_t){ NULL, -1 };
    SHOP_TRY(shop_record_sort(&sort, store->record, query, pool));
    enter(store);
    places = places_of(mem, &sort, query->owner, pool);
    for (int i = 0; i < places->nelts && (*all)->nelts <= query->list.limit; i++) {
        const place_t *place =
            &APR_ARRAY_IDX(places, sort.down ? places->nelts - 1 - i : i, place_t);
        int order = sort.after ? strcmp(place->key, sort.after) : 0;

        if (!sort.after || (sort.down ? order < 0 : order > 0)) {
            APR_ARRAY_PUSH(*all, void *) = copy_of(store->record, place->one, pool);
        }
    }
    shop_record_end_page(*all, end, store->record, query, &sort, pool);
    end->total = query->list.count ? places->nelts : -1;
    return leave(mem, NULL);
}

static shop_error_t *mem_count(int64_t *count, shop_record_store_t *store, const char *owner,
                               apr_pool_t *pool)
{
    record_mem_t *mem = enter(store);

    (void)pool;
    *count = 0;
    for (int i = 0; i < mem->all->nelts; i++) {
        *count += is_of(mem, APR_ARRAY_IDX(mem->all, i, void *), owner);
    }
    return leave(mem, NULL);
}

/* ---- changing ---- */

static int index_at_rev(const record_mem_t *mem, const char *id, int64_t rev)
{
    int i = index_by(mem, mem->port.record->id, id);

    return i >= 0 && shop_record_rev(mem->port.record, APR_ARRAY_IDX(mem->all, i, void *)) == rev
               ? i
               : -1;
}

/* What one says, but for the rows that are written once. */
static void *changed(const shop_record_t *record, const void *stored, const void *one,
                     apr_pool_t *pool)
{
    void *after = copy_of(record, one, pool), *before = copy_of(record, stored, pool);

    for (const shop_field_t *row = record->fields; row->name; row++) {
        if (row->flags & SHOP_ON_CREATE) {
            memcpy((char *)after + row->offset, (char *)before + row->offset,
                   shop_field_size(row->kind));
        }
    }
    return after;
}

static shop_error_t *mem_update(bool *done, shop_record_store_t *store, const void *one,
                                apr_pool_t *pool)
{
    const shop_record_t *record = store->record;
    record_mem_t *mem = enter(store);
    int i = index_at_rev(mem, shop_record_id(record, one), shop_record_rev(record, one) - 1);
    void **stored, *after;
    shop_error_t *err;

    *done = false;
    if (i < 0) {
        return leave(mem, NULL);
    }
    stored = &APR_ARRAY_IDX(mem->all, i, void *);
    after = changed(record, *stored, one, mem->pool);
    err = check_unique(mem, after, i, pool);
    *done = !err;
    *stored = err ? *stored : after;
    return leave(mem, err);
}

static shop_error_t *mem_remove(bool *done, shop_record_store_t *store, const char *id, int64_t rev,
                                apr_pool_t *pool)
{
    record_mem_t *mem = enter(store);
    int i = index_at_rev(mem, id, rev);

    (void)pool;
    *done = i >= 0;
    if (*done) {
        APR_ARRAY_IDX(mem->all, i, void *) = APR_ARRAY_IDX(mem->all, mem->all->nelts - 1, void *);
        mem->all->nelts--;
    }
    return leave(mem, NULL);
}

shop_record_store_t *shop_record_mem(const shop_record_t *record, apr_pool_t *pool)
{
    record_mem_t *mem = apr_pcalloc(pool, sizeof(*mem));

    apr_pool_create(&mem->pool, pool);
    apr_thread_mutex_create(&mem->lock, APR_THREAD_MUTEX_DEFAULT, pool);
    mem->all = apr_array_make(mem->pool, 16, sizeof(void *));
    mem->port = (shop_record_store_t){ .record = record,
                                       .insert = mem_insert,
                                       .find = mem_find,
                                       .find_by = mem_find_by,
                                       .list = mem_list,
                                       .update = mem_update,
                                       .remove = mem_remove,
                                       .count = mem_count };
    return &mem->port;
}
