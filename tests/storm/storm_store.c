/* SPDX-License-Identifier: MIT
 * What the storm runs over: the fakes, or MongoDB's adapters on a database of their own. */
#include "storm.h"

#include <stdio.h>

#include "mod_shop/cart/cart_mongo.h"
#include "mod_shop/catalogue/product_mongo.h"
#include "mod_shop/coupons/coupon_mongo.h"
#include "mod_shop/orders/order_mongo.h"
#include "mod_shop/inventory/stock_mongo.h"
#include "mod_shop/store/schema.h"
#include "tests/kit/contract_store.h"
#include "tests/kit/cart_mem.h"
#include "tests/kit/coupon_mem.h"
#include "tests/kit/order_mem.h"
#include "tests/kit/product_mem.h"

static shop_mongo_t *mongo;
/* No stage is finished: reservations are swept whenever the storm lets them be. */
static const shop_schema_known_t schema;

static const shop_order_ports_t *open_mem(apr_pool_t *pool)
{
    shop_order_ports_t *ports = apr_pcalloc(pool, sizeof(*ports));

    ports->orders = shop_order_repo_mem(pool);
    ports->carts = shop_cart_repo_mem(pool);
    ports->products = shop_product_repo_mem(pool);
    ports->stock = shop_product_mem_stock(ports->products);
    ports->coupons = shop_coupon_repo_mem(pool);
    ports->coupon_uses = shop_coupon_mem_uses(ports->coupons);
    shop_reservations_mem_claims_open(ports->stock, true);
    shop_reservations_mem_claims_open(ports->coupon_uses, true);
    return ports;
}

static shop_error_t *save_cart_mem(const void **saved, const shop_order_ports_t *ports,
                                   const char *user_id, apr_pool_t *pool)
{
    shop_cart_t *cart;

    SHOP_TRY(ports->carts->find(&cart, ports->carts, user_id, pool));
    *saved = cart;
    return NULL;
}

static shop_error_t *put_cart_mem(const shop_order_ports_t *ports, const char *user_id,
                                  const void *saved, apr_pool_t *pool)
{
    (void)user_id;
    return shop_cart_mem_put(ports->carts, saved, pool);
}

static shop_error_t *remove_order_mem(const shop_order_ports_t *ports, const char *id,
                                      apr_pool_t *pool)
{
    (void)pool;
    shop_order_mem_remove(ports->orders, id);
    return NULL;
}

const storm_store_t storm_store_mem = { "mem", open_mem, save_cart_mem, put_cart_mem,
                                        remove_order_mem };

int storm_store_open(void)
{
    const shop_mongo_index_t *const tables[] = { shop_order_indexes,   shop_coupon_indexes,
                                                 shop_product_indexes, shop_stock_indexes,
                                                 shop_cart_indexes,    NULL };

    mongo = contract_store_open("storm", tables);
    return mongo == NULL;
}

int storm_store_close(void)
{
    return contract_store_drop();
}

static const shop_order_ports_t *open_mongo(apr_pool_t *pool)
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
    ports->stock = shop_reservations_mongo(&shop_stock_units, mongo, &schema, pool);
    ports->coupons = shop_coupon_repo_mongo(mongo, pool);
    ports->coupon_uses = shop_reservations_mongo(&shop_coupon_uses, mongo, &schema, pool);
    return ports;
}

static shop_error_t *save_cart_mongo(const void **saved, const shop_order_ports_t *ports,
                                     const char *user_id, apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER;
    const bson_t *doc = NULL;
    shop_error_t *err;

    (void)ports;
    shop_bson_append_oid(&filter, "_id", user_id);
    err = shop_mongo_find_one(&doc, mongo, "carts", &filter, NULL, pool);
    bson_destroy(&filter);
    *saved = doc;
    return err;
}

static shop_error_t *put_cart_mongo(const shop_order_ports_t *ports, const char *user_id,
                                    const void *saved, apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER;
    const char *duplicate;
    shop_error_t *err;

    (void)ports;
    shop_bson_append_oid(&filter, "_id", user_id);
    err = shop_mongo_delete(NULL, mongo, "carts", &filter, SHOP_MONGO_MAJORITY, pool);
    bson_destroy(&filter);
    return err ? err
               : shop_mongo_insert(&duplicate, mongo, "carts", saved, SHOP_MONGO_MAJORITY, pool);
}

static shop_error_t *remove_order_mongo(const shop_order_ports_t *ports, const char *id,
                                        apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER;
    shop_error_t *err;

    (void)ports;
    shop_bson_append_oid(&filter, "_id", id);
    err = shop_mongo_delete(NULL, mongo, "orders", &filter, SHOP_MONGO_MAJORITY, pool);
    bson_destroy(&filter);
    return err;
}

const storm_store_t storm_store_mongo = { "mongo", open_mongo, save_cart_mongo, put_cart_mongo,
                                          remove_order_mongo };
