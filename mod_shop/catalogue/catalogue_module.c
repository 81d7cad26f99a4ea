/* SPDX-License-Identifier: MIT
 * The record of the catalogue module. */
#include "catalogue_module.h"

#include "../app.h"
#include "../http/route.h"
#include "../module.h"
#include "product_bson.h"
#include "product_mongo.h"

extern const shop_route_t shop_product_routes[];
extern const shop_route_t shop_product_admin_routes[];

static const shop_route_t *const routes[] = { shop_product_routes, shop_product_admin_routes,
                                              NULL };
static const shop_tag_t tags[] = { { "products", "The catalogue and its stock." },
                                   { .name = NULL } };
static const shop_mongo_index_t *const indexes[] = { shop_product_indexes, NULL };
static const shop_collection_t collections[] = {
    { .name = SHOP_PRODUCTS_COLLECTION, .exported = true, .amounts = true }, { .name = NULL }
};

static shop_error_t *open_repos(shop_app_t *app, shop_mongo_t *mongo, apr_pool_t *pool)
{
    app->catalogue = apr_pcalloc(pool, sizeof(*app->catalogue));
    app->catalogue->products = shop_product_repo_mongo(mongo, app->known_schema, pool);
    return NULL;
}

const shop_module_t shop_catalogue_module = { .name = "catalogue",
                                              .collections = collections,
                                              .routes = routes,
                                              .tags = tags,
                                              .indexes = indexes,
                                              .open = open_repos };
