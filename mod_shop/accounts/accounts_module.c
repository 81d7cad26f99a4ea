/* SPDX-License-Identifier: MIT
 * The record of the accounts module. */
#include "accounts_module.h"

#include "../app.h"
#include "../http/route.h"
#include "../module.h"
#include "account_mongo.h"

extern const shop_route_t shop_account_routes[];
extern const shop_route_t shop_session_routes[];

static const shop_route_t *const routes[] = { shop_account_routes, shop_session_routes, NULL };
static const shop_tag_t tags[] = {
    { "accounts", "Registration, sign-in, and the caller's own account." }, { .name = NULL }
};
static const shop_record_t *const records[] = { &shop_user_record, &shop_session_record, NULL };
static const shop_mongo_index_t *const indexes[] = { shop_account_indexes, NULL };
static const shop_collection_t collections[] = {
    { .name = "users", .exported = true, .secret = "password_hash" },
    { .name = "sessions", .exported = false }, /* of tokens that another shop does not accept */
    { .name = "meta", .exported = true, .without = "schema" },
    { .name = NULL },
};

static shop_error_t *open_repos(shop_app_t *app, shop_mongo_t *mongo, apr_pool_t *pool)
{
    app->accounts = apr_pcalloc(pool, sizeof(*app->accounts));
    app->accounts->accounts = shop_account_repo_mongo(mongo, pool);
    return NULL;
}

const shop_module_t shop_accounts_module = { .name = "accounts",
                                             .collections = collections,
                                             .routes = routes,
                                             .tags = tags,
                                             .records = records,
                                             .indexes = indexes,
                                             .open = open_repos };
