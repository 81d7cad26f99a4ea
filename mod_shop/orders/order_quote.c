/* SPDX-License-Identifier: MIT
 * Computes the price of a cart: current prices, one coupon, exact sums. Read-only. Placing an order
 * uses the same functions, so that quotes and orders follow the same rules. */
#include "order_quote.h"

#include <stdlib.h>
#include <string.h>

#include "../base/money.h"

static int by_unit(const void *a, const void *b)
{
    return strcmp((*(shop_order_line_t *const *)a)->unit_id,
                  (*(shop_order_line_t *const *)b)->unit_id);
}

static const shop_product_t *product_of(const apr_array_header_t *products, const char *id)
{
    for (int i = 0; i < products->nelts; i++) {
        const shop_product_t *product = APR_ARRAY_IDX(products, i, const shop_product_t *);

        if (!strcmp(product->id, id)) {
            return product;
        }
    }
    return NULL;
}

void shop_order_short(shop_error_t **err, const char *unit_id, int64_t requested, int64_t available,
                      apr_pool_t *pool)
{
    json_t *lines;

    if (!*err) {
        *err = shop_err(pool, OUT_OF_STOCK, "there is not enough of what was ordered");
        shop_error_extra(*err, pool, "lines", json_array());
    }
    lines = json_object_get((*err)->extra, "lines");
    json_array_append_new(lines,
                          json_pack("{s:s, s:I, s:I}", "product_id", unit_id, "requested",
                                    (json_int_t)requested, "available", (json_int_t)available));
}

/* Lines of one product are combined: an order has one reservation per product. */
static void add_line(shop_order_t *order, const shop_product_t *product, int64_t quantity,
                     apr_pool_t *pool)
{
    shop_order_line_t *line;

    for (int i = 0; i < order->items->nelts; i++) {
        line = APR_ARRAY_IDX(order->items, i, shop_order_line_t *);
        if (!strcmp(line->unit_id, product->id)) {
            line->quantity += quantity;
            return;
        }
    }
    line = apr_pcalloc(pool, sizeof(*line));
    line->unit_id = product->id;
    line->name = product->name;
    line->price = product->price;
    line->quantity = quantity;
    APR_ARRAY_PUSH(order->items, shop_order_line_t *) = line;
}

/* Of a reservation that is older, the order was interrupted, or its process lost what it had to
 * confirm. */
static apr_time_t stale_before(const shop_order_ports_t *ports)
{
    return ports->clock->now(ports->clock) - 2 * SHOP_ORDER_LEASE;
}

static void report(const shop_order_ports_t *ports, const apr_array_header_t *stale, bool coupons)
{
    if (ports->drops && stale->nelts) {
        shop_order_drops_add_stale(ports->drops, stale, coupons);
    }
}

/* Lines of deleted products are skipped; they are no error. */
static shop_error_t *price_lines(shop_order_quote_t *quote, const shop_order_ports_t *ports,
                                 const shop_cart_t *cart, apr_pool_t *pool)
{
    shop_order_t *order = quote->order;
    apr_array_header_t *products, *stale;
    int most = 0;
    const char **ids = apr_palloc(pool, sizeof(*ids) * (size_t)(cart->lines->nelts + 1));

    if (!cart->lines->nelts) {
        return NULL;
    }
    for (int i = 0; i < cart->lines->nelts; i++) {
        ids[i] = APR_ARRAY_IDX(cart->lines, i, shop_cart_line_t *)->product_id;
    }
    SHOP_TRY(ports->products->find_to_order(&products, &stale, &most, ports->products, ids,
                                            cart->lines->nelts, stale_before(ports), pool));
    report(ports, stale, false);
    if (ports->drops && most > SHOP_RESERVATIONS_MAX / 2) {
        shop_order_drops_hurry(ports->drops);
    }
    for (int i = 0; i < cart->lines->nelts; i++) {
        const shop_cart_line_t *line = APR_ARRAY_IDX(cart->lines, i, shop_cart_line_t *);
        const shop_product_t *product = product_of(products, line->product_id);

        if (product) {
            add_line(order, product, line->quantity, pool);
        }
    }
    if (order->items->nelts) {
        qsort(order->items->elts, (size_t)order->items->nelts, sizeof(shop_order_line_t *),
              by_unit);
    }
    for (int i = 0; i < order->items->nelts; i++) {
        const shop_order_line_t *line = APR_ARRAY_IDX(order->items, i, shop_order_line_t *);
        const shop_product_t *product = product_of(products, line->unit_id);

        if (product->stock < line->quantity) {
            shop_order_short(&quote->shortage, line->unit_id, line->quantity,
                             product->stock > 0 ? product->stock : 0, pool);
        }
    }
    return NULL;
}

static shop_error_t *price_coupon(shop_order_quote_t *quote, const shop_order_ports_t *ports,
                                  const char *coupon_code, apr_pool_t *pool)
{
    shop_order_t *order = quote->order;
    const char *code = shop_coupon_code(coupon_code, pool);
    shop_coupon_t *coupon = NULL;
    apr_array_header_t *stale;
    int64_t discount;

    if (code) {
        SHOP_TRY(ports->coupons->find_to_order(&coupon, &stale, ports->coupons, code,
                                               stale_before(ports), pool));
        report(ports, stale, true);
    }
    if (!coupon) {
        quote->refusal = shop_coupon_refuse("unknown", "there is no such coupon", pool);
        return NULL;
    }
    quote->coupon = coupon;
    quote->refusal = shop_coupon_applies(coupon, order->subtotal, ports->clock->now(ports->clock),
                                         ports->currency_exponent, pool);
    if (!quote->refusal && coupon->usage_limit >= 0 && coupon->remaining <= 0) {
        quote->refusal = shop_err(pool, COUPON_EXHAUSTED, "coupon %s is used up", code);
    }
    if (quote->refusal) {
        return NULL;
    }
    SHOP_TRY(shop_coupon_discount(&discount, coupon, order->subtotal, ports->rounding, pool));
    if (!discount) { /* a coupon must not be used up without a discount */
        quote->refusal =
            shop_coupon_refuse("no_discount", "the coupon would take nothing off this cart", pool);
        return NULL;
    }
    order->coupon_code = coupon->code;
    order->coupon_limited = coupon->usage_limit >= 0;
    order->coupon_user_limit = coupon->usage_limit_per_user;
    order->coupon_terms_rev = coupon->terms_rev;
    order->coupon_born = coupon->born;
    return shop_order_total(order, discount, pool);
}

shop_error_t *shop_order_price(shop_order_quote_t *quote, const shop_order_ports_t *ports,
                               const char *user_id, const char *coupon_code, apr_pool_t *pool)
{
    shop_cart_t *cart;
    shop_order_t *order = apr_pcalloc(pool, sizeof(*order));

    memset(quote, 0, sizeof(*quote));
    quote->order = order;
    order->user_id = user_id;
    order->currency = ports->currency;
    order->coupon_user_limit = -1;
    order->items = apr_array_make(pool, 8, sizeof(shop_order_line_t *));
    SHOP_TRY(ports->carts->find(&cart, ports->carts, user_id, pool));
    quote->cart = cart;
    order->cart_gen = cart->gen;
    SHOP_TRY(price_lines(quote, ports, cart, pool));
    SHOP_TRY(shop_order_total(order, 0, pool));
    return coupon_code ? price_coupon(quote, ports, coupon_code, pool) : NULL;
}

shop_error_t *shop_order_quote(shop_order_quote_t *quote, const shop_order_ports_t *ports,
                               const char *user_id, const char *coupon_code, apr_pool_t *pool)
{
    int64_t uses = 0;

    SHOP_TRY(shop_order_price(quote, ports, user_id, coupon_code, pool));
    if (!quote->order->coupon_code || quote->order->coupon_user_limit < 0) {
        return NULL;
    }
    SHOP_TRY(ports->coupons->uses(&uses, ports->coupons, quote->order->coupon_code,
                                  quote->order->coupon_born, user_id, pool));
    if (uses >= quote->order->coupon_user_limit) {
        quote->refusal = shop_coupon_refuse("user_limit", "you have used this coupon before", pool);
        return shop_order_total(quote->order, 0, pool);
    }
    return NULL;
}
