/* SPDX-License-Identifier: MIT
 * The port of records, promise by promise. */
#include "tests/kit/record_contract.h"

#include <stdlib.h>

#include "mod_shop/store/record_mongo.h"
#include "tests/kit/contract_store.h"
#include "tests/kit/record_mem.h"

#define RECORDS 13
#define PAGE 4
#define SAMPLES 16

static shop_mongo_t *mongo;

/* What the suites run on, one after the other. */
static struct run_t {
    record_sample_t sample;
    bool real;
} runs[2 * SAMPLES];
static int run_count, next_run;
static const struct run_t *now;

static shop_record_store_t *store;
static const shop_record_t *record;
static bool yes;

static void *make(int n)
{
    return now->sample.make(n, t_pool);
}

static void begin(int records)
{
    const char *const collections[] = { now->sample.record->collection, NULL };

    record = now->sample.record;
    store = shop_record_mem(record, t_pool);
    if (now->real) {
        contract_store_empty(mongo, collections);
        store = shop_record_mongo(record, mongo, t_pool);
    }
    for (int i = 0; i < records; i++) { /* in no order: 5 and 13 have no common factor */
        T_OK(store->insert(store, make(i * 5 % records), t_pool));
    }
}

static bool has_rev(void)
{
    return shop_fields_row(now->sample.record->fields, "rev") != NULL;
}

/* ---- comparing ---- */

static const char *difference(const shop_field_t *fields, const void *a, const void *b);

static bool same_list(const shop_field_t *row, const apr_array_header_t *a,
                      const apr_array_header_t *b)
{
    if (!a || !b || a->nelts != b->nelts) {
        return a == b;
    }
    for (int i = 0; i < a->nelts; i++) {
        const void *x = APR_ARRAY_IDX(a, i, const void *), *y = APR_ARRAY_IDX(b, i, const void *);

        if (row->kind == SHOP_FIELD_LIST ? difference(row->fields, x, y) != NULL : strcmp(x, y)) {
            return false;
        }
    }
    return true;
}

static bool same_member(const shop_field_t *row, const void *a, const void *b)
{
    const char *x = NULL, *y = NULL;

    switch (row->kind) {
    case SHOP_FIELD_INT:
    case SHOP_FIELD_MONEY: return *(const int64_t *)a == *(const int64_t *)b;
    case SHOP_FIELD_TIME: return *(const apr_time_t *)a == *(const apr_time_t *)b;
    case SHOP_FIELD_BOOL: return *(const bool *)a == *(const bool *)b;
    case SHOP_FIELD_LIST:
    case SHOP_FIELD_STRINGS:
        return same_list(row, *(apr_array_header_t *const *)a, *(apr_array_header_t *const *)b);
    default: break;
    }
    x = *(const char *const *)a;
    y = *(const char *const *)b;
    if (!x || !y) {
        return x == y;
    }
    return row->kind == SHOP_FIELD_OBJECT ? !difference(row->fields, x, y) : !strcmp(x, y);
}

/* The first row of a that b does not have; NULL: they are the same. What is not stored is not
 * looked at. */
static const char *difference(const shop_field_t *fields, const void *a, const void *b)
{
    for (const shop_field_t *row = fields; row->name; row++) {
        if (!(row->flags & SHOP_NOT_STORED) &&
            !same_member(row, (const char *)a + row->offset, (const char *)b + row->offset)) {
            return row->name;
        }
    }
    return NULL;
}

static void *found(int n)
{
    void *one = NULL;

    T_OK(store->find(&one, store, shop_record_id(record, make(n)), t_pool));
    return one;
}

#define T_SAME(a, b) T_STR(difference(record->fields, (a), (b)), NULL)

/* ---- the promises ---- */

static void what_goes_in_comes_out(void)
{
    void *none;

    begin(RECORDS);
    for (int n = 0; n < RECORDS; n++) {
        void *one = found(n);

        if (one) {
            T_SAME(make(n), one);
        }
        T_TRUE(one != NULL);
    }
    T_OK(store->find(&none, store, shop_record_id(record, make(RECORDS)), t_pool));
    T_TRUE(!none);
}

static void **text_at(void *one, const char *member)
{
    return (void **)(void *)((char *)one + shop_fields_row(record->fields, member)->offset);
}

static void a_unique_value_is_there_once(void)
{
    begin(3);
    for (const shop_record_unique_t *unique = record->unique; unique && unique->member; unique++) {
        const shop_field_t *row = shop_fields_row(record->fields, unique->member);
        void *other = make(4), *changed = make(2), *one;

        *text_at(other, unique->member) = *text_at(make(1), unique->member);
        t_err(store->insert(store, other, t_pool), unique->taken, __LINE__, __FILE__,
              unique->member);
        if (!strcmp(unique->member, record->id)) {
            continue;
        }
        T_OK(
            store->find_by(&one, store, unique->member, *text_at(make(2), unique->member), t_pool));
        if (one) {
            T_SAME(make(2), one);
        }
        T_TRUE(one != NULL);
        T_OK(
            store->find_by(&one, store, unique->member, *text_at(make(4), unique->member), t_pool));
        T_TRUE(!one);
        if (has_rev() && !(row->flags & SHOP_ON_CREATE)) {
            shop_record_touch(record, changed, 0);
            *text_at(changed, unique->member) = *text_at(make(1), unique->member);
            t_err(store->update(&yes, store, changed, t_pool), unique->taken, __LINE__, __FILE__,
                  unique->member);
            T_TRUE(!yes);
        }
    }
    T_SAME(make(2), found(2));
}

/* All pages of the list, one after the other. */
static apr_array_header_t *whole_list(const char *sort, const char *owner, int64_t total)
{
    shop_record_query_t query = { .list = { .limit = PAGE, .count = true },
                                  .sort = sort,
                                  .owner = owner };
    apr_array_header_t *all = apr_array_make(t_pool, RECORDS, sizeof(void *)), *page;
    shop_list_end_t end;

    do {
        if (!T_OK(store->list(&page, &end, store, &query, t_pool))) {
            break;
        }
        T_INT(end.total, total);
        T_TRUE(end.next ? page->nelts == PAGE : page->nelts <= PAGE);
        apr_array_cat(all, page);
        query.list.after = end.next;
    } while (end.next && all->nelts <= RECORDS);
    return all;
}

static const char *place_of(const char *sort, const void *one)
{
    const shop_field_t *row = shop_fields_row(record->fields, sort + (*sort == '-'));

    return strcmp(row->name, record->id) ? shop_record_key(record, row, one, t_pool)
                                         : shop_record_id(record, one);
}

static void check_list(const char *sort, const char *owner, int64_t total)
{
    apr_array_header_t *all;

    if (!sort) {
        return; /* it has no lists */
    }
    all = whole_list(sort, owner, total);
    T_INT(all->nelts, total);
    for (int i = 1; i < all->nelts; i++) {
        const char *before = place_of(sort, APR_ARRAY_IDX(all, i - 1, void *));
        const char *after = place_of(sort, APR_ARRAY_IDX(all, i, void *));
        int order = strcmp(before, after);

        t_assert(*sort == '-' ? order > 0 : order < 0, __LINE__, __FILE__, "%s: %s before %s", sort,
                 before, after);
    }
}

static const char *owner_of(const void *one)
{
    return record->owner
               ? *(const char *const *)((const char *)one +
                                        shop_fields_row(record->fields, record->owner)->offset)
               : NULL;
}

static void lists_page_in_every_order(void)
{
    int64_t own = 0, count;
    const char *owner;

    begin(RECORDS);
    owner = owner_of(make(1));
    for (int i = 0; owner && i < RECORDS; i++) {
        own += !strcmp(owner_of(make(i)), owner);
    }
    for (const char *const *sort = record->sorts; *sort; sort++) {
        check_list(*sort, NULL, RECORDS);
        if (owner) {
            check_list(*sort, owner, own);
        }
    }
    T_OK(store->count(&count, store, NULL, t_pool));
    T_INT(count, RECORDS);
    T_OK(store->count(&count, store, owner, t_pool));
    T_INT(count, owner ? own : RECORDS);
}

static void a_cursor_from_elsewhere_reads_nothing_strange(void)
{
    begin(RECORDS);
    for (const char *const *sort = record->sorts; *sort; sort++) {
        shop_cursor_t cursor = { .sort = *sort, .text = "m", .number = 7, .id = "zzz-not-an-id" };
        shop_record_query_t query = { .list = { .limit = 100, .after = &cursor }, .sort = *sort };
        apr_array_header_t *all;
        shop_list_end_t end;
        shop_error_t *err = store->list(&all, &end, store, &query, t_pool);

        T_TRUE(!err || err->code == SHOP_VALIDATION_FAILED);
        T_TRUE(err || all->nelts <= RECORDS);
    }
}

/* The n-th's values in one, so that every row changes that may. */
static void *with_values_of(int n, const void *one)
{
    void *other = make(n);
    const shop_field_t *rev = shop_fields_row(record->fields, "rev");

    *text_at(other, record->id) = *text_at((void *)(uintptr_t)one, record->id);
    *(int64_t *)(void *)((char *)other + rev->offset) = shop_record_rev(record, one);
    return other;
}

/* Gives the stored record the values of the n-th, but for the rows that are written once. */
static void change_to(int n)
{
    void *one = found(0), *changed = with_values_of(n, one), *wanted;

    shop_record_touch(record, changed, apr_time_from_sec(1790000099 + n));
    T_OK(store->update(&yes, store, changed, t_pool));
    T_TRUE(yes);
    wanted = apr_pmemdup(t_pool, changed, record->size);
    for (const shop_field_t *row = record->fields; row->name; row++) {
        if (row->flags & SHOP_ON_CREATE) {
            memcpy((char *)wanted + row->offset, (char *)one + row->offset,
                   shop_field_size(row->kind));
        }
    }
    T_SAME(wanted, found(0));
    T_OK(store->update(&yes, store, changed, t_pool)); /* it was written already */
    T_TRUE(!yes);
    check_list(record->sorts[0], NULL, 1);
}

static void a_change_is_by_revision(void)
{
    void *changed;

    if (!has_rev()) {
        return;
    }
    begin(1);
    changed = with_values_of(1, found(0));
    T_OK(store->update(&yes, store, changed, t_pool)); /* rev did not rise */
    T_TRUE(!yes);
    change_to(1);
    change_to(3);
    change_to(2);
    changed = with_values_of(2, found(0));
    shop_record_touch(record, changed, apr_time_from_sec(1790000100));
    *text_at(changed, record->id) = *text_at(make(5), record->id);
    T_OK(store->update(&yes, store, changed, t_pool)); /* there is no such */
    T_TRUE(!yes);
}

static void a_removal_is_by_revision(void)
{
    const char *id;

    if (!has_rev()) {
        return;
    }
    begin(3);
    id = shop_record_id(record, make(1));
    T_OK(store->remove(&yes, store, id, 99, t_pool));
    T_TRUE(!yes);
    T_OK(store->remove(&yes, store, id, shop_record_rev(record, make(1)), t_pool));
    T_TRUE(yes);
    T_OK(store->remove(&yes, store, id, shop_record_rev(record, make(1)), t_pool));
    T_TRUE(!yes);
    T_TRUE(!found(1) && found(0) && found(2));
    check_list(record->sorts[0], NULL, 2);
}

/* ---- MongoDB only ---- */

static void each_operation_is_one_command(void)
{
    shop_record_query_t query = { .list = { .limit = 100 } };
    apr_array_header_t *all;
    shop_list_end_t end;
    int64_t count;
    void *one;

    begin(2);
    shop_mongo_begin(0);
    T_OK(store->insert(store, make(2), t_pool));
    T_INT(shop_mongo_count(), 1);
    one = found(2);
    T_INT(shop_mongo_count(), 2);
    if (record->sorts[0]) {
        shop_mongo_begin(0);
        T_OK(store->list(&all, &end, store, &query, t_pool));
        T_INT(shop_mongo_count(), 1);
    }
    shop_mongo_begin(0);
    T_OK(store->count(&count, store, NULL, t_pool));
    T_INT(shop_mongo_count(), 1);
    if (has_rev()) {
        shop_record_touch(record, one, 1);
        T_OK(store->update(&yes, store, one, t_pool));
        T_INT(shop_mongo_count(), 2);
        T_OK(store->remove(&yes, store, shop_record_id(record, one), shop_record_rev(record, one),
                           t_pool));
        T_INT(shop_mongo_count(), 3);
    }
}

static const char *index_for(const char *sort, const char *owner)
{
    const char *row = sort + (*sort == '-');
    bool by_id = !strcmp(row, record->id);

    return owner   ? apr_psprintf(t_pool, "%s_%s_by_%s", record->collection, record->owner, row)
           : by_id ? "_id_"
                   : apr_psprintf(t_pool, "%s_by_%s", record->collection, row);
}

static void a_page_is_one_range_of_one_index(void)
{
    begin(RECORDS);
    for (const char *const *sort = record->sorts; *sort; sort++) {
        for (int owned = 0; owned <= (record->owner != NULL); owned++) {
            const char *owner = owned ? owner_of(make(1)) : NULL;
            shop_record_query_t query = { .list = { .limit = PAGE },
                                          .sort = *sort,
                                          .owner = owner };
            apr_array_header_t *page;
            contract_plan_t plan;
            shop_list_end_t end;
            bson_t *filter, *opts;

            T_OK(store->list(&page, &end, store, &query, t_pool));
            query.list.after = end.next;
            if (!T_OK(shop_record_mongo_plan(&filter, &opts, record, &query, t_pool))) {
                return;
            }
            plan = contract_store_explain(NULL, record->collection, filter, opts);
            T_STR(plan.source, "IXSCAN");
            T_STR(plan.index, index_for(*sort, owner));
            T_TRUE(!plan.sorts);
            bson_destroy(filter);
            bson_destroy(opts);
        }
    }
}

static const shop_test_t promises[] = {
    SHOP_TEST(what_goes_in_comes_out, "what goes in comes out"),
    SHOP_TEST(a_unique_value_is_there_once, "a unique value is there once, and finds its record"),
    SHOP_TEST(lists_page_in_every_order, "lists page in every order, for all and for an owner"),
    SHOP_TEST(a_cursor_from_elsewhere_reads_nothing_strange,
              "a cursor from elsewhere is refused or harmless"),
    SHOP_TEST(a_change_is_by_revision, "a change is by revision and leaves what is written once"),
    SHOP_TEST(a_removal_is_by_revision, "a removal is by revision"),
    SHOP_TEST_END,
};

static const shop_test_t costs[] = {
    SHOP_TEST(each_operation_is_one_command, "each operation is one command"),
    SHOP_TEST(a_page_is_one_range_of_one_index, "a page is one range of one index"),
    SHOP_TEST_END,
};

static int use_next(void)
{
    now = &runs[next_run++];
    return now->real && !mongo;
}

static int keep_current(void)
{
    now = &runs[next_run - 1];
    return !mongo;
}

/* The suites of one sample on one store. */
static int add_suites(shop_suite_t *suites, const record_sample_t *sample, bool real,
                      apr_pool_t *pool)
{
    const char *name =
        apr_pstrcat(pool, sample->record->collection, real ? ", MongoDB" : ", fake", NULL);

    runs[run_count++] = (struct run_t){ *sample, real };
    suites[0] = (shop_suite_t){ name, promises, use_next, NULL };
    if (real) {
        suites[1] =
            (shop_suite_t){ apr_pstrcat(pool, name, ", costs", NULL), costs, keep_current, NULL };
    }
    return real ? 2 : 1;
}

int record_contract_run(const record_sample_t *samples, int count)
{
    const shop_mongo_index_t *tables[SAMPLES + 1] = { NULL };
    shop_suite_t suites[3 * SAMPLES];
    apr_pool_t *pool;
    int real = contract_store_wanted(), made = 0, failed;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    for (int i = 0; i < count && i < SAMPLES; i++) {
        tables[i] = shop_record_indexes(samples[i].record, pool);
        made += add_suites(suites + made, &samples[i], false, pool);
        if (real) {
            made += add_suites(suites + made, &samples[i], true, pool);
        }
    }
    if (real) {
        mongo = contract_store_open("records", tables);
    }
    failed = shop_tests_run(suites, made);
    if (real && mongo && contract_store_drop()) {
        failed++;
    }
    return failed ? failed : real ? 0 : 77;
}
