/* SPDX-License-Identifier: MIT
 * Lists of products. A page is one range of one index, in that index's order: the keys by_name,
 * by_price and by_created end with the id, so they are unique and page 10,000 costs as much as
 * page 1. Text from a request is always a value here, never an operator or a pattern. */
#include "product_list_mongo.h"

#include <string.h>

#include "product_bson.h"

/* Where the words of a search must be. */
typedef enum {
    FOUND_ANYWHERE,
    FOUND_IN_NAME,
    FOUND_ELSEWHERE /* not in the name alone */
} found_t;

/* One command of a list. */
typedef struct page_t {
    const shop_product_query_t *query;
    shop_product_forms_t forms;
    shop_product_sort_t sort; /* NAME for relevance: each part is by name */
    bool down;
    found_t found;
    const char *after; /* key of the last product of the previous page, or NULL */
    int64_t limit;
} page_t;

static const char *const key_names[SHOP_SORT_COUNT] = { [SHOP_SORT_CREATED] = "by_created",
                                                        [SHOP_SORT_NAME] = "by_name",
                                                        [SHOP_SORT_PRICE] = "by_price",
                                                        [SHOP_SORT_RELEVANCE] = "by_name" };

/* Most selective index first: sold-out and featured products are few. */
static const char *index_of(const page_t *page)
{
    static const char *const flagged[] = { "out_created", "out_name", "out_price" };
    static const char *const sold_out[] = { "sold_out_created", "sold_out_name", "sold_out_price" };
    static const char *const featured[] = { "featured_created", "featured_name", "featured_price" };
    static const char *const keyed[] = { "key_created", "key_name", "key_price" };
    static const char *const category[] = { "category_created", "category_name", "category_price" };
    static const char *const words[] = { "words_created", "words_name", "words_price" };
    static const char *const live[] = { "live_created", "live_name", "live_price" };
    const shop_product_query_t *query = page->query;

    if (query->in_stock == 0) {
        return page->forms.flagged ? flagged[page->sort] : sold_out[page->sort];
    }
    if (query->featured == 1) {
        return featured[page->sort];
    }
    if (query->words) {
        return page->found == FOUND_IN_NAME ? "title_name" : words[page->sort];
    }
    if (query->category) {
        return page->forms.keyed ? keyed[page->sort] : category[page->sort];
    }
    return live[page->sort];
}

static void append_all(bson_t *filter, const char *name, const apr_array_header_t *words)
{
    bson_t condition, list;

    BSON_APPEND_DOCUMENT_BEGIN(filter, name, &condition);
    bson_append_array_begin(&condition, "$all", -1, &list);
    for (int i = 0; i < words->nelts; i++) {
        char buffer[16];
        const char *index;

        bson_uint32_to_string((uint32_t)i, &index, buffer, sizeof(buffer));
        bson_append_utf8(&list, index, -1, APR_ARRAY_IDX(words, i, const char *), -1);
    }
    bson_append_array_end(&condition, &list);
    bson_append_document_end(filter, &condition);
}

static void append_words(bson_t *filter, const apr_array_header_t *words, found_t found)
{
    bson_t list, not ;

    append_all(filter, found == FOUND_IN_NAME ? "name_words" : "words", words);
    if (found == FOUND_ELSEWHERE) {
        bson_append_array_begin(filter, "$nor", -1, &list);
        BSON_APPEND_DOCUMENT_BEGIN(&list, "0", &not );
        append_all(&not, "name_words", words);
        bson_append_document_end(&list, &not );
        bson_append_array_end(filter, &list);
    }
}

/* A range of keys; NULL is open. */
typedef struct range_t {
    const char *above; /* exclusive */
    const char *from;  /* inclusive; not beside above */
    const char *to;    /* exclusive */
} range_t;

/* The range of keys: after the previous page and, when sorted by price, within the price bounds. A
 * forged cursor cannot extend it. */
static range_t range_of(const page_t *page, apr_pool_t *pool)
{
    range_t range = { NULL, NULL, NULL };

    if (page->sort == SHOP_SORT_PRICE) {
        shop_product_price_range(&range.from, &range.to, page->query->min_price,
                                 page->query->max_price, pool);
    }
    if (page->after && !page->down && (!range.from || strcmp(page->after, range.from) >= 0)) {
        range.above = page->after;
        range.from = NULL;
    }
    if (page->after && page->down && (!range.to || strcmp(page->after, range.to) < 0)) {
        range.to = page->after;
    }
    return range;
}

static void append_key_range(bson_t *filter, const page_t *page, apr_pool_t *pool)
{
    range_t range = range_of(page, pool);
    bson_t condition;

    if (!range.from && !range.above && !range.to) {
        return;
    }
    BSON_APPEND_DOCUMENT_BEGIN(filter, key_names[page->sort], &condition);
    if (range.above) {
        BSON_APPEND_UTF8(&condition, "$gt", range.above);
    }
    if (range.from) {
        BSON_APPEND_UTF8(&condition, "$gte", range.from);
    }
    if (range.to) {
        BSON_APPEND_UTF8(&condition, "$lt", range.to);
    }
    bson_append_document_end(filter, &condition);
}

static void append_prices(bson_t *filter, const shop_product_query_t *query)
{
    bson_t range;

    if (query->min_price < 0 && query->max_price < 0) {
        return;
    }
    BSON_APPEND_DOCUMENT_BEGIN(filter, "price", &range);
    if (query->min_price >= 0) {
        BSON_APPEND_INT64(&range, "$gte", query->min_price);
    }
    if (query->max_price >= 0) {
        BSON_APPEND_INT64(&range, "$lte", query->max_price);
    }
    bson_append_document_end(filter, &range);
}

static bson_t *filter_of(const page_t *page, apr_pool_t *pool)
{
    const shop_product_query_t *query = page->query;
    bson_t *filter = bson_new(), stock;

    BSON_APPEND_NULL(filter, "deleted_at");
    if (query->category && page->forms.keyed) {
        BSON_APPEND_UTF8(filter, "category_key", shop_category_key(query->category, pool));
    } else if (query->category) {
        BSON_APPEND_UTF8(filter, "category", query->category);
    }
    if (query->featured >= 0) {
        BSON_APPEND_BOOL(filter, "featured", query->featured == 1);
    }
    if (query->words) {
        append_words(filter, query->words, page->found);
    }
    if (query->in_stock == 0 && page->forms.flagged) {
        BSON_APPEND_BOOL(filter, "sold_out", true);
    } else if (query->in_stock >= 0) {
        BSON_APPEND_DOCUMENT_BEGIN(filter, "stock", &stock);
        BSON_APPEND_INT64(&stock, query->in_stock ? "$gt" : "$lte", 0);
        bson_append_document_end(filter, &stock);
    }
    append_key_range(filter, page, pool);
    if (page->sort != SHOP_SORT_PRICE) {
        append_prices(filter, query);
    }
    return filter;
}

static bson_t *options_of(const page_t *page, bool hint)
{
    bson_t *opts = bson_new(), sort;

    shop_product_project(opts);
    BSON_APPEND_DOCUMENT_BEGIN(opts, "sort", &sort);
    bson_append_int32(&sort, key_names[page->sort], -1, page->down ? -1 : 1);
    bson_append_document_end(opts, &sort);
    BSON_APPEND_INT64(opts, "limit", page->limit);
    if (hint) {
        BSON_APPEND_UTF8(opts, "hint", index_of(page));
    }
    return opts;
}

/* Gives the index as a hint, so that the planner cannot choose a blocking sort. Where the index is
 * missing (`shopctl migrate` creates it), the query is sent without the hint: same result, but
 * slower. */
static shop_error_t *read_page(apr_array_header_t *products, shop_mongo_t *mongo,
                               const page_t *page, apr_pool_t *pool)
{
    bson_t *filter = filter_of(page, pool);
    shop_error_t *err = NULL;

    for (int hint = 1; hint >= 0; hint--) {
        bson_t *opts = options_of(page, hint);

        err = shop_mongo_find(mongo, SHOP_PRODUCTS_COLLECTION, filter, opts, shop_product_collect,
                              products, pool);
        bson_destroy(opts);
        if (!err || err->code != SHOP_INTERNAL) {
            break;
        }
        products->nelts = 0;
    }
    bson_destroy(filter);
    return err;
}

/* Two parts, each by name; *titles: number of products in the first part. */
static shop_error_t *read_by_relevance(apr_array_header_t *products, int *titles,
                                       shop_mongo_t *mongo, page_t *page, apr_pool_t *pool)
{
    const shop_cursor_t *after = page->query->list.after;
    apr_array_header_t *others = apr_array_make(pool, 16, sizeof(shop_product_t *));
    int64_t wanted = page->limit;

    page->sort = SHOP_SORT_NAME;
    if (!after || after->number == 0) {
        page->found = FOUND_IN_NAME;
        SHOP_TRY(read_page(products, mongo, page, pool));
        page->after = NULL;
    }
    *titles = products->nelts;
    page->found = FOUND_ELSEWHERE;
    page->limit = wanted - products->nelts;
    if (page->limit > 0) {
        SHOP_TRY(read_page(others, mongo, page, pool));
        apr_array_cat(products, others);
    }
    return NULL;
}

static shop_error_t *count_all(int64_t *total, shop_mongo_t *mongo, const page_t *page,
                               apr_pool_t *pool)
{
    page_t whole = *page;
    shop_error_t *err = NULL;
    bson_t *filter;

    whole.after = NULL;
    whole.found = FOUND_ANYWHERE;
    if (whole.sort == SHOP_SORT_RELEVANCE) {
        whole.sort = SHOP_SORT_NAME;
    }
    filter = filter_of(&whole, pool);
    for (int hint = 1; hint >= 0; hint--) {
        err = shop_mongo_count_documents(total, mongo, SHOP_PRODUCTS_COLLECTION, filter,
                                         hint ? index_of(&whole) : NULL, SHOP_COUNT_CAP + 1, pool);
        if (!err || err->code != SHOP_INTERNAL) {
            break;
        }
    }
    bson_destroy(filter);
    return err;
}

static page_t first_page(const shop_product_query_t *query, shop_product_forms_t forms,
                         apr_pool_t *pool)
{
    const shop_cursor_t *after = query->list.after;
    page_t page = { .query = query, .forms = forms, .limit = query->list.limit + 1 };

    page.sort = shop_product_sort(&page.down, query->sort);
    if (after) {
        page.after = shop_product_key_of(page.sort, after->text, after->number, after->id, pool);
    }
    return page;
}

void shop_product_mongo_plan(bson_t **filter, bson_t **opts, const shop_product_query_t *query,
                             shop_product_forms_t forms, apr_pool_t *pool)
{
    page_t page = first_page(query, forms, pool);

    if (page.sort == SHOP_SORT_RELEVANCE) {
        page.sort = SHOP_SORT_NAME;
        page.found = FOUND_IN_NAME;
    }
    *filter = filter_of(&page, pool);
    *opts = options_of(&page, true);
}

shop_error_t *shop_product_mongo_list(apr_array_header_t **products, shop_list_end_t *end,
                                      shop_mongo_t *mongo, const shop_product_query_t *query,
                                      shop_product_forms_t forms, apr_pool_t *pool)
{
    page_t page = first_page(query, forms, pool);
    int titles = 0;

    *products = apr_array_make(pool, (int)page.limit, sizeof(shop_product_t *));
    *end = (shop_list_end_t){ .total = query->list.count ? 0 : -1 };
    if (query->nothing) {
        return NULL;
    }
    if (query->list.count) {
        SHOP_TRY(count_all(&end->total, mongo, &page, pool));
    }
    if (page.sort == SHOP_SORT_RELEVANCE) {
        SHOP_TRY(read_by_relevance(*products, &titles, mongo, &page, pool));
    } else {
        SHOP_TRY(read_page(*products, mongo, &page, pool));
    }
    if ((*products)->nelts > query->list.limit) {
        int last = --(*products)->nelts - 1;

        end->next = shop_product_cursor(APR_ARRAY_IDX(*products, last, shop_product_t *),
                                        query->sort, last < titles ? 0 : 1, pool);
    }
    return NULL;
}
