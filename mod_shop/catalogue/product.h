/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CATALOGUE_PRODUCT_H
#define SHOP_CATALOGUE_PRODUCT_H

/* A product, and queries of the catalogue. No I/O. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/cursor.h"
#include "../base/error.h"

#define SHOP_STOCK_MAX INT64_C(2147483647)

typedef struct shop_product_t {
    const char *id;
    const char *name;
    const char *description; /* "" when absent */
    int64_t price;           /* minor units */
    const char *currency;    /* the shop's currency; not stored */
    const char *category;
    int64_t stock;         /* units that can be ordered now */
    const char *image_url; /* NULL when absent */
    bool featured;
    apr_time_t created_at;
    apr_time_t updated_at;
    int64_t rev;
} shop_product_t;

typedef struct shop_product_query_t {
    shop_list_query_t list;
    const char *category;         /* NULL: any */
    apr_array_header_t *words;    /* const char *; all must match; NULL: no search */
    bool nothing;                 /* q contained no word: the result is empty */
    int64_t min_price, max_price; /* minor units, -1: open */
    int in_stock, featured;       /* -1 any, 0 no, 1 yes */
    const char *sort;             /* name, price, created_at, with '-' descending; relevance */
} shop_product_query_t;

typedef struct shop_category_t {
    const char *name; /* as it was written first */
    int64_t products;
} shop_category_t;

/* One way in which a category is written, and the products that have it so. */
typedef struct shop_category_spelling_t {
    const char *name;
    const char *first; /* the lowest SHOP_SORT_CREATED key of them */
    int64_t products;
} shop_category_spelling_t;

/* What categories are compared by: two spellings with the same key are one category. */
const char *shop_category_key(const char *category, apr_pool_t *pool);
/* The categories that the spellings (shop_category_spelling_t, in any order) make: each with the
 * name that came first and the products of all its spellings, by name. keyed false: each spelling
 * is a category. Array of shop_category_t * in pool, with the spellings' texts. */
apr_array_header_t *shop_categories_of(const apr_array_header_t *spellings, bool keyed,
                                       apr_pool_t *pool);

/* The search words stored with a product: of name, category and description, at most 64. */
apr_array_header_t *shop_product_words(const shop_product_t *product, apr_pool_t *pool);
/* The words of the name and their prefixes from three characters on, so that "umb" finds an
 * umbrella by equality; at most 96. A product matches a search if every word is in one of the two
 * lists. */
apr_array_header_t *shop_product_name_words(const shop_product_t *product, apr_pool_t *pool);

/* What ?sort= means. */
typedef enum {
    SHOP_SORT_CREATED,
    SHOP_SORT_NAME,
    SHOP_SORT_PRICE,
    SHOP_SORT_RELEVANCE, /* products with every word in the name first, then the others; each part
                            by name */
    SHOP_SORT_COUNT
} shop_product_sort_t;

#define SHOP_PRODUCT_SORTS_HELP                                                         \
    "`name`, `price` or `created_at`; with a leading `-` descending. `relevance`, the " \
    "default with `q`: first the products with all words in their name, then the "      \
    "others, both by name. The default without `q` is `-created_at`."

/* Values of ?sort=, NULL-terminated. */
extern const char *const shop_product_sorts[];
shop_product_sort_t shop_product_sort(bool *down, const char *sort);

/* One string per sort that sorts like (value, id). It is stored, so that a page is one range of one
 * index even when values are equal. */
const char *shop_product_key(const shop_product_t *product, shop_product_sort_t sort,
                             apr_pool_t *pool);
/* The same of a cursor; folded is the case-folded name. */
const char *shop_product_key_of(shop_product_sort_t sort, const char *folded, int64_t number,
                                const char *id, apr_pool_t *pool);
/* The range of price keys for min..max (-1: no bound): [*from, *to); NULL: no bound. */
void shop_product_price_range(const char **from, const char **to, int64_t min, int64_t max,
                              apr_pool_t *pool);
/* The cursor after last, the last product of a page. rank: 0 or 1 for relevance. */
const shop_cursor_t *shop_product_cursor(const shop_product_t *last, const char *sort, int rank,
                                         apr_pool_t *pool);

#endif
