/* SPDX-License-Identifier: MIT
 * The record of the inventory module. */
#include "inventory_module.h"

#include "../app.h"
#include "../http/route.h"
#include "../module.h"
#include "stock_mongo.h"

extern const shop_route_t shop_stock_routes[];

static const shop_route_t *const routes[] = { shop_stock_routes, NULL };
static const shop_mongo_index_t *const indexes[] = { shop_stock_indexes, NULL };
static const shop_collection_t collections[] = {
    { .name = SHOP_PRODUCTS_COLLECTION, .exported = true },
    { .name = SHOP_MOVEMENTS_COLLECTION, .exported = true },
    { .name = NULL },
};

static shop_error_t *open_repos(shop_app_t *app, shop_mongo_t *mongo, apr_pool_t *pool)
{
    app->inventory = apr_pcalloc(pool, sizeof(*app->inventory));
    app->inventory->stock = shop_stock_repo_mongo(mongo, pool);
    app->inventory->units =
        shop_reservations_mongo(&shop_stock_units, mongo, app->known_schema, pool);
    return NULL;
}

const shop_module_t shop_inventory_module = { .name = "inventory",
                                              .collections = collections,
                                              .routes = routes,
                                              .indexes = indexes,
                                              .open = open_repos };
