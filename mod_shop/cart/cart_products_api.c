/* SPDX-License-Identifier: MIT
 * The products of a cart's lines. Many carts have the same products, so each child caches the
 * members that carts show. */
#include "cart_products_api.h"

#include <apr_strings.h>
#include <string.h>

#include "../cache/cache_local.h"
#include "../catalogue/catalogue_module.h"
#include "../settings.h"

/* A cached product; its name follows. */
typedef struct part_t {
    int64_t price, stock;
} part_t;

static shop_product_t *unpack(const shop_page_t *page, const char *id, apr_pool_t *pool)
{
    shop_product_t *product = apr_pcalloc(pool, sizeof(*product));
    part_t part;

    memcpy(&part, page->bytes,
           sizeof(part)); /* memcpy, because it is not aligned in the cached bytes */
    product->id = id;
    product->price = part.price;
    product->stock = part.stock;
    product->name = apr_pstrmemdup(pool, page->bytes + sizeof(part), page->size - sizeof(part));
    return product;
}

static void keep(shop_cache_t *cache, const shop_cache_slot_t *slot, const shop_product_t *product,
                 int ttl_s, apr_pool_t *pool)
{
    const part_t part = { product->price, product->stock };
    const uint32_t cell = shop_changes_cell(product->id);
    apr_size_t length = strlen(product->name);
    char *bytes = apr_palloc(pool, sizeof(part) + length);
    shop_page_t page = {
        .bytes = bytes, .size = sizeof(part) + length, .cells = &cell, .cell_count = 1
    };

    memcpy(bytes, &part, sizeof(part));
    memcpy(bytes + sizeof(part), product->name, length);
    shop_cache_part_put(cache, slot, &page, ttl_s);
}

/* Fills products from the cache; slots and missing get what is not cached. */
static void look_up(apr_array_header_t *products, apr_array_header_t *missing,
                    shop_cache_slot_t *slots, shop_cache_t *cache, const apr_array_header_t *ids,
                    apr_pool_t *pool)
{
    for (int i = 0; i < ids->nelts; i++) {
        const char *id = APR_ARRAY_IDX(ids, i, const char *);
        shop_cache_slot_t *slot = &slots[missing->nelts];
        const shop_page_t *page =
            shop_cache_part_get(cache, apr_pstrcat(pool, "line:", id, NULL), slot, pool);

        if (page) {
            APR_ARRAY_PUSH(products, shop_product_t *) = unpack(page, id, pool);
        } else {
            APR_ARRAY_PUSH(missing, const char *) = id;
        }
    }
}

static const shop_cache_slot_t *slot_of(const shop_cache_slot_t *slots,
                                        const apr_array_header_t *missing, const char *id)
{
    for (int i = 0; i < missing->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(missing, i, const char *), id)) {
            return &slots[i];
        }
    }
    return NULL;
}

shop_error_t *shop_cart_products(apr_array_header_t **products, const shop_app_t *app,
                                 const apr_array_header_t *ids, apr_pool_t *pool)
{
    int ttl_s = app->settings->cache_products_s;
    shop_cache_t *cache = ttl_s > 0 ? app->local_cache : NULL;
    apr_array_header_t *read, *missing = apr_array_make(pool, ids->nelts + 1, sizeof(const char *));
    shop_cache_slot_t *slots;

    if (!cache) {
        return app->catalogue->products->find_many(
            products, app->catalogue->products, (const char *const *)ids->elts, ids->nelts, pool);
    }
    *products = apr_array_make(pool, ids->nelts + 1, sizeof(shop_product_t *));
    slots = apr_palloc(pool, ((apr_size_t)ids->nelts + 1) * sizeof(*slots));
    look_up(*products, missing, slots, cache, ids, pool);
    SHOP_TRY(app->catalogue->products->find_many(
        &read, app->catalogue->products, (const char *const *)missing->elts, missing->nelts, pool));
    for (int i = 0; i < read->nelts; i++) {
        const shop_product_t *product = APR_ARRAY_IDX(read, i, const shop_product_t *);
        const shop_cache_slot_t *slot = slot_of(slots, missing, product->id);

        if (slot) {
            keep(cache, slot, product, ttl_s, pool);
        }
    }
    apr_array_cat(*products, read);
    return NULL;
}
