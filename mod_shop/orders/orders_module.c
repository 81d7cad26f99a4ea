/* SPDX-License-Identifier: MIT
 * The record of the orders module. */
#include "orders_module.h"

#include "../app.h"
#include "../http/route.h"
#include "../module.h"
#include "order_mongo.h"

extern const shop_route_t shop_order_routes[];
extern const shop_route_t shop_refund_routes[];
extern const shop_route_t shop_quote_routes[];

static const shop_route_t *const routes[] = { shop_order_routes, shop_refund_routes,
                                              shop_quote_routes, NULL };
static const shop_tag_t tags[] = {
    { "orders", "Placing, following, cancelling and refunding orders." }, { .name = NULL }
};
static const shop_mongo_index_t *const indexes[] = { shop_order_indexes, NULL };
static const shop_collection_t collections[] = {
    { .name = SHOP_ORDERS_COLLECTION, .exported = true }, { .name = NULL }
};

static shop_error_t *open_repos(shop_app_t *app, shop_mongo_t *mongo, apr_pool_t *pool)
{
    app->orders = apr_pcalloc(pool, sizeof(*app->orders));
    app->orders->orders = shop_order_repo_mongo(mongo, pool);
    return NULL;
}

const shop_module_t shop_orders_module = { .name = "orders",
                                           .collections = collections,
                                           .routes = routes,
                                           .tags = tags,
                                           .indexes = indexes,
                                           .open = open_repos };
