/* SPDX-License-Identifier: MIT
 * The catalogue in memory. Keeps everything in its own pool; what it gives out is a copy. The stock
 * is a unit of the fake of reservations, whose lock is the lock of all this. */
#include "tests/kit/product_mem.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "mod_shop/base/id.h"

#define PRODUCTS_MAX 4096

typedef struct stored_t {
    shop_product_t product; /* its stock is the unit's; see product_of */
    shop_unit_mem_t *unit;
} stored_t;

typedef struct product_mem_t {
    shop_product_repo_t port;
    apr_pool_t *pool;
    shop_reservations_t *units;
    stored_t *products[PRODUCTS_MAX];
    int count;
} product_mem_t;

/* Takes the lock; leave gives it back. UNAVAILABLE when the store is away. */
static shop_error_t *enter(product_mem_t **mem, shop_product_repo_t *port, apr_pool_t *pool)
{
    *mem = (product_mem_t *)port;
    return shop_reservations_mem_enter((*mem)->units, pool);
}

static void leave(product_mem_t *mem)
{
    shop_reservations_mem_leave(mem->units);
}

static shop_product_t *product_of(stored_t *stored)
{
    stored->product.stock = stored->unit->available;
    return &stored->product;
}

static shop_product_t *copy_of(const shop_product_t *product, apr_pool_t *pool)
{
    shop_product_t *copy = apr_pmemdup(pool, product, sizeof(*product));

    copy->id = apr_pstrdup(pool, product->id);
    copy->name = apr_pstrdup(pool, product->name);
    copy->description = apr_pstrdup(pool, product->description ? product->description : "");
    copy->category = apr_pstrdup(pool, product->category);
    copy->image_url = apr_pstrdup(pool, product->image_url);
    copy->currency = NULL; /* not stored */
    return copy;
}

static stored_t *seek(const product_mem_t *mem, const char *id)
{
    for (int i = 0; i < mem->count; i++) {
        if (!strcmp(mem->products[i]->product.id, id)) {
            return mem->products[i];
        }
    }
    return NULL;
}

static stored_t *seek_live(const product_mem_t *mem, const char *id)
{
    stored_t *stored = seek(mem, id);

    return stored && !stored->unit->deleted ? stored : NULL;
}

static shop_error_t *mem_insert(shop_product_repo_t *port, const shop_product_t *product,
                                apr_pool_t *pool)
{
    shop_error_t *err = NULL;
    product_mem_t *mem;

    SHOP_TRY(enter(&mem, port, pool));
    if (seek(mem, product->id) || mem->count == PRODUCTS_MAX) {
        err = shop_err(pool, CONFLICT, "this product exists already");
    } else {
        stored_t *stored = apr_pcalloc(mem->pool, sizeof(*stored));

        stored->product = *copy_of(product, mem->pool);
        stored->unit = shop_reservations_mem_add(mem->units, product->id);
        stored->unit->available = product->stock;
        stored->unit->sold_out = product->stock <= 0;
        stored->unit->terms = product->price;
        mem->products[mem->count++] = stored;
    }
    leave(mem);
    return err;
}

static shop_error_t *mem_find(shop_product_t **product, shop_product_repo_t *port, const char *id,
                              apr_pool_t *pool)
{
    stored_t *stored;
    product_mem_t *mem;

    SHOP_TRY(enter(&mem, port, pool));
    stored = seek_live(mem, id);
    *product = stored ? copy_of(product_of(stored), pool) : NULL;
    leave(mem);
    return NULL;
}

static shop_error_t *mem_find_to_order(apr_array_header_t **products, apr_array_header_t **stale,
                                       int *most, shop_product_repo_t *port, const char *const *ids,
                                       int count, apr_time_t before, apr_pool_t *pool)
{
    product_mem_t *mem;

    *products = apr_array_make(pool, count + 1, sizeof(shop_product_t *));
    *stale = apr_array_make(pool, 1, sizeof(shop_leftover_t *));
    *most = 0;
    if (count == 0) {
        return NULL;
    }
    SHOP_TRY(enter(&mem, port, pool));
    for (int i = 0; i < count; i++) {
        stored_t *stored = seek_live(mem, ids[i]);
        int reservations;

        if (stored) {
            APR_ARRAY_PUSH(*products, shop_product_t *) = copy_of(product_of(stored), pool);
            reservations = shop_reservations_mem_stale(*stale, stored->unit, before, pool);
            *most = reservations > *most ? reservations : *most;
        }
    }
    leave(mem);
    return NULL;
}

static shop_error_t *mem_find_many(apr_array_header_t **products, shop_product_repo_t *port,
                                   const char *const *ids, int count, apr_pool_t *pool)
{
    apr_array_header_t *stale;
    int most;

    return mem_find_to_order(products, &stale, &most, port, ids, count, 0, pool);
}

static shop_error_t *mem_update(bool *done, shop_product_repo_t *port,
                                const shop_product_t *product, apr_pool_t *pool)
{
    stored_t *stored;
    product_mem_t *mem;

    SHOP_TRY(enter(&mem, port, pool));
    stored = seek_live(mem, product->id);
    *done = stored && stored->product.rev == product->rev - 1;
    if (*done) {
        apr_time_t created_at = stored->product.created_at;

        stored->product = *copy_of(product, mem->pool);
        stored->product.created_at = created_at;
        stored->unit->terms = product->price;
    }
    leave(mem);
    return NULL;
}

static shop_error_t *mem_remove(bool *done, shop_product_repo_t *port, const char *id, int64_t rev,
                                apr_time_t now, apr_pool_t *pool)
{
    stored_t *stored;
    product_mem_t *mem;

    SHOP_TRY(enter(&mem, port, pool));
    stored = seek_live(mem, id);
    *done = stored && stored->product.rev == rev;
    if (*done) {
        stored->unit->deleted = true;
        stored->product.updated_at = now;
        stored->product.rev++;
    }
    leave(mem);
    return NULL;
}

/* ---- lists ---- */

static bool has_all(const apr_array_header_t *words, const apr_array_header_t *more,
                    const apr_array_header_t *wanted)
{
    for (int i = 0; i < wanted->nelts; i++) {
        const char *word = APR_ARRAY_IDX(wanted, i, const char *);
        bool found = false;

        for (int k = 0; k < words->nelts && !found; k++) {
            found = !strcmp(APR_ARRAY_IDX(words, k, const char *), word);
        }
        for (int k = 0; more && k < more->nelts && !found; k++) {
            found = !strcmp(APR_ARRAY_IDX(more, k, const char *), word);
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

static bool fits(stored_t *stored, const shop_product_query_t *query, apr_pool_t *pool)
{
    const shop_product_t *product = product_of(stored);

    return (!query->category || !strcmp(shop_category_key(query->category, pool),
                                        shop_category_key(product->category, pool))) &&
           (query->min_price < 0 || product->price >= query->min_price) &&
           (query->max_price < 0 || product->price <= query->max_price) &&
           (query->in_stock != 0 || stored->unit->sold_out) &&
           (query->in_stock <= 0 || product->stock > 0) &&
           (query->featured < 0 || query->featured == product->featured);
}

/* A product in a list: rank is 0 but for relevance. */
typedef struct row_t {
    const shop_product_t *product;
    const char *key;
    int rank;
    bool down;
} row_t;

static int by_place(const void *a, const void *b)
{
    const row_t *one = a, *two = b;
    int order = one->rank != two->rank ? one->rank - two->rank : strcmp(one->key, two->key);

    return one->down ? -order : order;
}

static int collect_rows(row_t *rows, const product_mem_t *mem, const shop_product_query_t *query,
                        apr_pool_t *pool)
{
    int count = 0;
    bool down;
    shop_product_sort_t sort = shop_product_sort(&down, query->sort);

    for (int i = 0; i < mem->count; i++) {
        const shop_product_t *product = product_of(mem->products[i]);
        int rank = 0;

        if (mem->products[i]->unit->deleted || !fits(mem->products[i], query, pool)) {
            continue;
        }
        if (query->words) {
            apr_array_header_t *title = shop_product_name_words(product, pool);

            if (!has_all(shop_product_words(product, pool), title, query->words)) {
                continue;
            }
            rank = sort == SHOP_SORT_RELEVANCE && !has_all(title, NULL, query->words);
        }
        rows[count++] = (row_t){ product, shop_product_key(product, sort, pool), rank, down };
    }
    qsort(rows, (size_t)count, sizeof(*rows), by_place);
    return count;
}

static bool is_behind(const row_t *row, const shop_product_query_t *query, apr_pool_t *pool)
{
    const shop_cursor_t *after = query->list.after;
    bool down;
    shop_product_sort_t sort = shop_product_sort(&down, query->sort);
    row_t last = { NULL, NULL, 0, down };

    if (!after) {
        return true;
    }
    last.key = shop_product_key_of(sort, after->text, after->number, after->id, pool);
    last.rank = sort == SHOP_SORT_RELEVANCE && after->number != 0;
    return by_place(row, &last) > 0;
}

static shop_error_t *mem_list(apr_array_header_t **products, shop_list_end_t *end,
                              shop_product_repo_t *port, const shop_product_query_t *query,
                              apr_pool_t *pool)
{
    row_t *rows = apr_palloc(pool, PRODUCTS_MAX * sizeof(*rows));
    int count, last = -1;
    product_mem_t *mem;

    *products = apr_array_make(pool, 16, sizeof(shop_product_t *));
    *end = (shop_list_end_t){ .total = query->list.count ? 0 : -1 };
    SHOP_TRY(enter(&mem, port, pool));
    count = query->nothing ? 0 : collect_rows(rows, mem, query, pool);
    if (query->list.count) {
        end->total = count < SHOP_COUNT_CAP ? count : SHOP_COUNT_CAP + 1;
    }
    for (int i = 0; i < count; i++) {
        if (!is_behind(&rows[i], query, pool)) {
            continue;
        }
        if ((*products)->nelts == query->list.limit) {
            end->next = shop_product_cursor(copy_of(rows[last].product, pool), query->sort,
                                            rows[last].rank, pool);
            break;
        }
        APR_ARRAY_PUSH(*products, shop_product_t *) = copy_of(rows[i].product, pool);
        last = i;
    }
    leave(mem);
    return NULL;
}

static shop_error_t *mem_categories(apr_array_header_t **categories, shop_product_repo_t *port,
                                    apr_pool_t *pool)
{
    apr_array_header_t *spellings = apr_array_make(pool, 16, sizeof(shop_category_spelling_t));
    product_mem_t *mem;

    SHOP_TRY(enter(&mem, port, pool));
    for (int i = 0; i < mem->count; i++) {
        const shop_product_t *product = &mem->products[i]->product;

        if (!mem->products[i]->unit->deleted) {
            APR_ARRAY_PUSH(spellings, shop_category_spelling_t) =
                (shop_category_spelling_t){ .name = apr_pstrdup(pool, product->category),
                                            .first =
                                                shop_product_key(product, SHOP_SORT_CREATED, pool),
                                            .products = 1 };
        }
    }
    leave(mem);
    *categories = shop_categories_of(spellings, true, pool);
    return NULL;
}

shop_product_repo_t *shop_product_repo_mem(apr_pool_t *pool)
{
    static const shop_product_repo_t port = { .insert = mem_insert,
                                              .find = mem_find,
                                              .find_many = mem_find_many,
                                              .find_to_order = mem_find_to_order,
                                              .list = mem_list,
                                              .update = mem_update,
                                              .remove = mem_remove,
                                              .categories = mem_categories };
    product_mem_t *mem = apr_pcalloc(pool, sizeof(*mem));

    mem->port = port;
    /* A pool of its own: the caller's may be used by its own thread meanwhile. */
    apr_pool_create(&mem->pool, pool);
    mem->units = shop_reservations_mem(pool);
    return &mem->port;
}

shop_reservations_t *shop_product_mem_stock(const shop_product_repo_t *repo)
{
    return ((const product_mem_t *)repo)->units;
}

shop_product_t *shop_product_mem_seek(const shop_product_repo_t *repo, const char *id)
{
    stored_t *stored = seek_live((const product_mem_t *)repo, id);

    return stored ? product_of(stored) : NULL;
}

void shop_product_mem_away(shop_product_repo_t *repo, bool away)
{
    shop_reservations_mem_away(shop_product_mem_stock(repo), away);
}

int shop_product_mem_calls(const shop_product_repo_t *repo)
{
    return shop_reservations_mem_calls(shop_product_mem_stock(repo));
}
