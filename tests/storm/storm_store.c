/* SPDX-License-Identifier: MIT
 * What the storm runs over: the fakes, or MongoDB's adapters on a database of their own. */
#include "storm.h"

#include <stdio.h>

#include "mod_shop/cart/cart_mongo.h"
#include "mod_shop/catalogue/product_mongo.h"
#include "mod_shop/coupons/coupon_mongo.h"
#include "mod_shop/orders/order_mongo.h"
#include "mod_shop/inventory/stock_mongo.h"
#include "tests/kit/contract_store.h"
#include "tests/kit/cart_mem.h"
#include "tests/kit/coupon_mem.h"
#include "tests/kit/order_mem.h"
#include "tests/kit/product_mem.h"

static shop_mongo_t *mongo;

const shop_order_ports_t *storm_store_mem(apr_pool_t *pool)
{
    shop_order_ports_t *ports = apr_pcalloc(pool, sizeof(*ports));

    ports->orders = shop_order_repo_mem(pool);
    ports->carts = shop_cart_repo_mem(pool);
    ports->products = shop_product_repo_mem(pool);
    ports->stock = shop_product_mem_stock(ports->products);
    ports->coupons = shop_coupon_repo_mem(pool);
    ports->coupon_uses = shop_coupon_mem_uses(ports->coupons);
    return ports;
}

int storm_store_open(void)
{
    const shop_mongo_index_t *const tables[] = { shop_order_indexes, shop_coupon_indexes,
                                                 shop_product_indexes, shop_stock_indexes, NULL };

    mongo = contract_store_open("storm", tables);
    return mongo == NULL;
}

int storm_store_close(void)
{
    return contract_store_drop();
}

const shop_order_ports_t *storm_store_mongo(apr_pool_t *pool)
{
    static const char *const collections[] = { "orders",      "products", "coupons",
                                               "redemptions", "carts",    NULL };
    shop_order_ports_t *ports = apr_pcalloc(pool, sizeof(*ports));
    bson_t all = BSON_INITIALIZER;
    shop_error_t *err = NULL;

    for (const char *const *name = collections; *name && !err; name++) {
        err = shop_mongo_delete(NULL, mongo, *name, &all, SHOP_MONGO_MAJORITY, pool);
    }
    bson_destroy(&all);
    if (err) {
        fprintf(stderr, "%s (%s)\n", err->detail, err->cause ? err->cause : "");
        return NULL;
    }
    ports->orders = shop_order_repo_mongo(mongo, pool);
    ports->carts = shop_cart_repo_mongo(mongo, pool);
    ports->products = shop_product_repo_mongo(mongo, NULL, pool);
    ports->stock = shop_reservations_mongo(&shop_stock_units, mongo, pool);
    ports->coupons = shop_coupon_repo_mongo(mongo, pool);
    ports->coupon_uses = shop_reservations_mongo(&shop_coupon_uses, mongo, pool);
    return ports;
}
