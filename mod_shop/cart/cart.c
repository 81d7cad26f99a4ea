/* SPDX-License-Identifier: MIT
 * Rules of a cart: prices, totals and limits. No I/O, no clock. */
#include "cart.h"

#include <inttypes.h>
#include <string.h>

#include "../base/money.h"

int shop_cart_place(const shop_cart_t *cart, const char *product_id)
{
    for (int i = 0; i < cart->lines->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(cart->lines, i, shop_cart_line_t *)->product_id, product_id)) {
            return i;
        }
    }
    return -1;
}

const shop_cart_line_t *shop_cart_line(const shop_cart_t *cart, const char *product_id)
{
    int place = shop_cart_place(cart, product_id);

    return place < 0 ? NULL : APR_ARRAY_IDX(cart->lines, place, shop_cart_line_t *);
}

bool shop_cart_is_same(const shop_cart_t *a, const shop_cart_t *b)
{
    bool same = a->gen == b->gen && a->rev == b->rev && a->lines->nelts == b->lines->nelts;

    for (int i = 0; same && i < a->lines->nelts; i++) {
        const shop_cart_line_t *one = APR_ARRAY_IDX(a->lines, i, shop_cart_line_t *);
        const shop_cart_line_t *other = APR_ARRAY_IDX(b->lines, i, shop_cart_line_t *);

        same = one->quantity == other->quantity && !strcmp(one->product_id, other->product_id);
    }
    return same;
}

shop_error_t *shop_cart_may_hold(const shop_product_t *product, int64_t quantity, apr_pool_t *pool)
{
    shop_error_t *err = NULL;
    json_t *lines;

    if (quantity > SHOP_QUANTITY_MAX) {
        shop_error_violate(&err, pool, "/quantity", "too_large",
                           "would make the line larger than %" PRId64, SHOP_QUANTITY_MAX);
        return err;
    }
    if (quantity <= product->stock) {
        return NULL;
    }
    lines = json_array();
    json_array_append_new(lines,
                          json_pack("{s:s, s:I, s:I}", "product_id", product->id, "requested",
                                    (json_int_t)quantity, "available", (json_int_t)product->stock));
    err = shop_err(pool, OUT_OF_STOCK, "there are %" PRId64 " of %s, not %" PRId64, product->stock,
                   product->name, quantity);
    shop_error_extra(err, pool, "lines", lines);
    return err;
}

static const shop_product_t *find_product(const apr_array_header_t *products, const char *id)
{
    for (int i = 0; i < products->nelts; i++) {
        const shop_product_t *product = APR_ARRAY_IDX(products, i, const shop_product_t *);

        if (!strcmp(product->id, id)) {
            return product;
        }
    }
    return NULL;
}

static shop_error_t *add_item(shop_cart_view_t *view, const shop_cart_line_t *line,
                              const shop_product_t *product, apr_pool_t *pool)
{
    shop_cart_item_t *item = apr_pcalloc(pool, sizeof(*item));

    item->product_id = product->id;
    item->name = product->name;
    item->price = product->price;
    item->quantity = line->quantity;
    item->available = product->stock;
    SHOP_TRY(shop_money_times(&item->line_total, item->price, item->quantity, pool));
    SHOP_TRY(shop_money_add(&view->total, view->total, item->line_total, pool));
    view->item_count += item->quantity;
    APR_ARRAY_PUSH(view->items, shop_cart_item_t *) = item;
    return NULL;
}

shop_error_t *shop_cart_price(shop_cart_view_t **view, const shop_cart_t *cart,
                              const apr_array_header_t *products, const char *currency,
                              apr_pool_t *pool)
{
    shop_cart_view_t *priced = apr_pcalloc(pool, sizeof(*priced));

    priced->items = apr_array_make(pool, cart->lines->nelts + 1, sizeof(shop_cart_item_t *));
    priced->currency = currency;
    priced->updated_at = cart->updated_at;
    for (int i = 0; i < cart->lines->nelts; i++) {
        const shop_cart_line_t *line = APR_ARRAY_IDX(cart->lines, i, shop_cart_line_t *);
        const shop_product_t *product = find_product(products, line->product_id);

        if (product) { /* otherwise the product was deleted and the line is not shown */
            SHOP_TRY(add_item(priced, line, product, pool));
        }
    }
    *view = priced;
    return NULL;
}
