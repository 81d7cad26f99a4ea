/* SPDX-License-Identifier: MIT
 * Carts from documents. */
#include "cart_bson.h"

/* The member `lines` of a cart or of a claim. */
static apr_array_header_t *read_lines(const bson_t *doc, apr_pool_t *pool)
{
    apr_array_header_t *lines = apr_array_make(pool, 8, sizeof(shop_cart_line_t *));
    bson_t list, entry;
    bson_iter_t iter;

    if (!shop_bson_child(&list, doc, "lines") || !bson_iter_init(&iter, &list)) {
        return lines;
    }
    while (bson_iter_next(&iter)) {
        const uint8_t *bytes;
        uint32_t size;
        shop_cart_line_t *line;

        if (!BSON_ITER_HOLDS_DOCUMENT(&iter)) {
            continue;
        }
        bson_iter_document(&iter, &size, &bytes);
        if (!bson_init_static(&entry, bytes, size)) {
            continue;
        }
        line = apr_pcalloc(pool, sizeof(*line));
        line->product_id = shop_bson_oid(&entry, "product", pool);
        line->quantity = shop_bson_int(&entry, "q", 0);
        if (line->product_id && line->quantity > 0) {
            APR_ARRAY_PUSH(lines, shop_cart_line_t *) = line;
        }
    }
    return lines;
}

static shop_cart_claim_t *read_claim(const bson_t *doc, apr_pool_t *pool)
{
    shop_cart_claim_t *claim;
    bson_t ordering, coupon;

    if (!shop_bson_child(&ordering, doc, "ordering")) {
        return NULL;
    }
    claim = apr_pcalloc(pool, sizeof(*claim));
    claim->order_id = shop_bson_oid(&ordering, "o", pool);
    claim->at = shop_bson_time(&ordering, "at");
    claim->rev = shop_bson_int(&ordering, "rev", 0);
    claim->key_slot = shop_bson_string(&ordering, "key", pool);
    claim->lines = read_lines(&ordering, pool);
    claim->coupon_user_limit = -1;
    if (shop_bson_child(&coupon, &ordering, "coupon")) {
        claim->coupon_code = shop_bson_string(&coupon, "code", pool);
        claim->coupon_born = shop_bson_int(&coupon, "born", 0);
        claim->coupon_limited = shop_bson_bool(&coupon, "limited");
        claim->coupon_user_limit = shop_bson_int(&coupon, "user_limit", -1);
    }
    return claim->order_id ? claim : NULL;
}

shop_cart_t *shop_cart_of_bson(const bson_t *doc, const char *user_id, apr_pool_t *pool)
{
    shop_cart_t *cart = apr_pcalloc(pool, sizeof(*cart));

    cart->user_id = user_id;
    if (!doc) {
        cart->lines = apr_array_make(pool, 8, sizeof(shop_cart_line_t *));
        return cart;
    }
    cart->gen = shop_bson_int(doc, "gen", 0);
    cart->rev = shop_bson_int(doc, "rev", 0);
    cart->updated_at = shop_bson_time(doc, "updated_at");
    cart->lines = read_lines(doc, pool);
    cart->claim = read_claim(doc, pool);
    return cart;
}
