/* SPDX-License-Identifier: MIT
 * Shared by the handlers of orders: ports of the app, the order of the path, invalidation of
 * replies. */
#include "order_access_api.h"

#include <string.h>

#include "../cache/cache.h"
#include "../cart/cart_module.h"
#include "../catalogue/catalogue_module.h"
#include "../coupons/coupons_module.h"
#include "../inventory/inventory_module.h"
#include "../settings.h"
#include "order_read.h"

shop_order_ports_t shop_order_ports_of(const shop_app_t *app)
{
    return (shop_order_ports_t){
        .orders = app->orders->orders,
        .carts = app->cart->carts,
        .products = app->catalogue->products,
        .stock = app->inventory->units,
        .coupons = app->coupons->coupons,
        .coupon_uses = app->coupons->uses,
        .drops = app->orders->drops,
        .clock = app->clock,
        .currency = app->settings->currency,
        .currency_exponent = app->settings->currency_exponent,
        .rounding = app->settings->rounding,
    };
}

bool shop_order_is_admin(const shop_req_t *req)
{
    return req->caller.role == SHOP_ROLE_ADMIN;
}

shop_error_t *shop_order_load(shop_order_t **order, const shop_app_t *app, const shop_req_t *req)
{
    const char *id;

    SHOP_TRY(shop_req_id(&id, req, "id"));
    SHOP_TRY(shop_order_read(order, app->orders->orders, id, req->pool));
    return shop_order_is_admin(req) || !strcmp((*order)->user_id, req->caller.user_id)
               ? NULL
               : shop_err(req->pool, NOT_FOUND, "there is no such order");
}

shop_error_t *shop_order_stock_written(const shop_app_t *app, const shop_order_t *order,
                                       shop_error_t *err, apr_pool_t *pool)
{
    int count = order->items->nelts;
    const char **subjects = apr_palloc(pool, sizeof(*subjects) * (size_t)(count + 1));

    for (int i = 0; i < count; i++) {
        subjects[i] = APR_ARRAY_IDX(order->items, i, shop_order_line_t *)->unit_id;
    }
    subjects[count] = SHOP_SUBJECT_STOCK;
    return shop_cache_written(app->cache, subjects, count + 1, err, pool);
}
