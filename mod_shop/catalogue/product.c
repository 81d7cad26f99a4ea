/* SPDX-License-Identifier: MIT
 * Products: search terms, sort keys and rules. No I/O, no clock. */
#include "product.h"

#include <apr_strings.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../base/text.h"

#define WORDS_MAX 64
#define NAME_WORDS_MAX 96
#define PREFIX_MIN 3

const char *const shop_product_sorts[] = { "name",       "-name",       "price",     "-price",
                                           "created_at", "-created_at", "relevance", NULL };

apr_array_header_t *shop_product_words(const shop_product_t *product, apr_pool_t *pool)
{
    const char *text = apr_pstrcat(pool, product->name, " ", product->category, " ",
                                   product->description ? product->description : "", NULL);

    return shop_text_tokens(text, WORDS_MAX, pool);
}

static bool has_word(const apr_array_header_t *words, const char *word)
{
    for (int i = 0; i < words->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(words, i, const char *), word)) {
            return true;
        }
    }
    return false;
}

static bool starts_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

/* Adds the prefixes of word of at least PREFIX_MIN characters that are not in words yet. */
static void add_prefixes(apr_array_header_t *words, const char *word, apr_pool_t *pool)
{
    int characters = 0;

    for (const char *at = word; *at && words->nelts < NAME_WORDS_MAX; at++) {
        const char *prefix;

        if (!starts_character(*at)) {
            continue;
        }
        if (characters++ < PREFIX_MIN) {
            continue;
        }
        prefix = apr_pstrmemdup(pool, word, (apr_size_t)(at - word));
        if (!has_word(words, prefix)) {
            APR_ARRAY_PUSH(words, const char *) = prefix;
        }
    }
}

apr_array_header_t *shop_product_name_words(const shop_product_t *product, apr_pool_t *pool)
{
    apr_array_header_t *words = shop_text_tokens(product->name, WORDS_MAX, pool);
    int whole = words->nelts;

    for (int i = 0; i < whole; i++) {
        add_prefixes(words, APR_ARRAY_IDX(words, i, const char *), pool);
    }
    return words;
}

const char *shop_category_key(const char *category, apr_pool_t *pool)
{
    const char *key = shop_text_name_key(category, pool);

    return key ? key : category;
}

typedef struct keyed_spelling_t {
    const char *key;
    const shop_category_spelling_t *spelling;
} keyed_spelling_t;

static int by_key_and_age(const void *a, const void *b)
{
    const keyed_spelling_t *one = a, *two = b;
    int order = strcmp(one->key, two->key);

    return order ? order : strcmp(one->spelling->first, two->spelling->first);
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(shop_category_t *const *)a)->name, (*(shop_category_t *const *)b)->name);
}

apr_array_header_t *shop_categories_of(const apr_array_header_t *spellings, bool keyed,
                                       apr_pool_t *pool)
{
    apr_array_header_t *categories = apr_array_make(pool, 16, sizeof(shop_category_t *));
    size_t count = (size_t)spellings->nelts;
    keyed_spelling_t *sorted = apr_palloc(pool, (count + 1) * sizeof(*sorted));
    shop_category_t *category = NULL;

    for (size_t i = 0; i < count; i++) {
        sorted[i].spelling = &APR_ARRAY_IDX(spellings, i, shop_category_spelling_t);
        sorted[i].key =
            keyed ? shop_category_key(sorted[i].spelling->name, pool) : sorted[i].spelling->name;
    }
    qsort(sorted, count, sizeof(*sorted), by_key_and_age);
    for (size_t i = 0; i < count; i++) {
        if (!category || strcmp(sorted[i].key, sorted[i - 1].key) != 0) {
            category = apr_pcalloc(pool, sizeof(*category));
            category->name = sorted[i].spelling->name;
            APR_ARRAY_PUSH(categories, shop_category_t *) = category;
        }
        category->products += sorted[i].spelling->products;
    }
    qsort(categories->elts, (size_t)categories->nelts, sizeof(shop_category_t *), by_name);
    return categories;
}

shop_product_sort_t shop_product_sort(bool *down, const char *sort)
{
    *down = *sort == '-';
    sort += *down;
    if (!strcmp(sort, "name")) {
        return SHOP_SORT_NAME;
    }
    if (!strcmp(sort, "price")) {
        return SHOP_SORT_PRICE;
    }
    return strcmp(sort, "relevance") ? SHOP_SORT_CREATED : SHOP_SORT_RELEVANCE;
}

static const char *number_key(int64_t number, const char *id, apr_pool_t *pool)
{
    return shop_sort_key_of_number(number > 0 ? number : 0, id, pool);
}

const char *shop_product_key_of(shop_product_sort_t sort, const char *folded, int64_t number,
                                const char *id, apr_pool_t *pool)
{
    switch (sort) {
    case SHOP_SORT_PRICE: return number_key(number, id, pool);
    case SHOP_SORT_CREATED:
        /* MongoDB stores milliseconds. The key must be the same before and after storing. */
        return number_key(number / 1000, id, pool);
    default: return shop_sort_key_of_text(folded, id, pool);
    }
}

const char *shop_product_key(const shop_product_t *product, shop_product_sort_t sort,
                             apr_pool_t *pool)
{
    return shop_product_key_of(sort, shop_sort_text(product->name, pool),
                               sort == SHOP_SORT_PRICE ? product->price : product->created_at,
                               product->id, pool);
}

void shop_product_price_range(const char **from, const char **to, int64_t min, int64_t max,
                              apr_pool_t *pool)
{
    *from = min < 0 ? NULL : number_key(min, "", pool);
    *to = max < 0 ? NULL : number_key(max + 1, "", pool);
}

const shop_cursor_t *shop_product_cursor(const shop_product_t *last, const char *sort, int rank,
                                         apr_pool_t *pool)
{
    shop_cursor_t *cursor = apr_pcalloc(pool, sizeof(*cursor));
    bool down;

    cursor->sort = sort;
    cursor->id = last->id;
    switch (shop_product_sort(&down, sort)) {
    case SHOP_SORT_PRICE: cursor->number = last->price; break;
    case SHOP_SORT_CREATED: cursor->number = last->created_at; break;
    default:
        cursor->text = shop_sort_text(last->name, pool);
        cursor->number = rank;
        break;
    }
    return cursor;
}
