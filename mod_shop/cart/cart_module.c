/* SPDX-License-Identifier: MIT
 * The record of the cart module. */
#include "cart_module.h"

#include "../app.h"
#include "../http/route.h"
#include "../module.h"
#include "cart_mongo.h"

extern const shop_route_t shop_cart_routes[];

static const shop_route_t *const routes[] = { shop_cart_routes, NULL };
static const shop_tag_t tags[] = { { "cart", "Shopping carts." }, { .name = NULL } };
static const shop_mongo_index_t *const indexes[] = { shop_cart_indexes, NULL };
static const shop_collection_t collections[] = { { .name = "carts", .exported = true },
                                                 { .name = NULL } };

static shop_error_t *open_repos(shop_app_t *app, shop_mongo_t *mongo, apr_pool_t *pool)
{
    app->cart = apr_pcalloc(pool, sizeof(*app->cart));
    app->cart->carts = shop_cart_repo_mongo(mongo, pool);
    return NULL;
}

const shop_module_t shop_cart_module = { .name = "cart",
                                         .collections = collections,
                                         .routes = routes,
                                         .tags = tags,
                                         .indexes = indexes,
                                         .open = open_repos };
