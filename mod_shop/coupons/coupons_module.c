/* SPDX-License-Identifier: MIT
 * The record of the coupons module. */
#include "coupons_module.h"

#include "../app.h"
#include "../http/route.h"
#include "../module.h"
#include "coupon_mongo.h"

extern const shop_route_t shop_coupon_routes[];

static const shop_route_t *const routes[] = { shop_coupon_routes, NULL };
static const shop_tag_t tags[] = { { "coupons", "Discounts by code." }, { .name = NULL } };
static const shop_record_t *const records[] = { &shop_coupon_record, NULL };
static const shop_mongo_index_t *const indexes[] = { shop_coupon_indexes, NULL };
static const shop_collection_t collections[] = {
    { .name = SHOP_COUPONS_COLLECTION, .exported = true },
    { .name = SHOP_REDEMPTIONS_COLLECTION, .exported = true },
    { .name = NULL },
};

static shop_error_t *open_repos(shop_app_t *app, shop_mongo_t *mongo, apr_pool_t *pool)
{
    app->coupons = apr_pcalloc(pool, sizeof(*app->coupons));
    app->coupons->coupons = shop_coupon_repo_mongo(mongo, pool);
    app->coupons->uses = shop_reservations_mongo(&shop_coupon_uses, mongo, app->known_schema, pool);
    return NULL;
}

const shop_module_t shop_coupons_module = { .name = "coupons",
                                            .collections = collections,
                                            .routes = routes,
                                            .tags = tags,
                                            .records = records,
                                            .indexes = indexes,
                                            .open = open_repos };
