/* SPDX-License-Identifier: MIT
 * Wires the shop: chooses adapters, lists routes and the order of the guards. */
#include "app.h"

#include <apr_strings.h>

#include "accounts/account_mongo.h"
#include "hosts/listener.h"
#include "base/log.h"
#include "cart/cart_mongo.h"
#include "coupons/coupon_mongo.h"
#include "guard/limiter_redis.h"
#include "guard/rate.h"
#include "guard/revoked_redis.h"
#include "guard/revoked_shm.h"
#include "cache/cache_encode.h"
#include "cache/cache_local.h"
#include "cache/cache_redis.h"
#include "openapi/openapi.h"
#include "drivers/mongo.h"
#include "drivers/redis.h"
#include "ops/health_ready.h"
#include "ops/ops.h"
#include "audit/verify_mongo.h"
#include "audit/verify_run.h"
#include "orders/order_mongo.h"
#include "orders/order_api.h"
#include "catalogue/product_mongo.h"

#define SHOP_RESOURCE(folder, noun, repo_type) extern const shop_route_t shop_##noun##_routes[];
#include "resources.def"
#undef SHOP_RESOURCE

const shop_route_t *const shop_app_routes[] = {
#define SHOP_RESOURCE(folder, noun, repo_type) shop_##noun##_routes,
#include "resources.def"
#undef SHOP_RESOURCE
    shop_ops_routes, NULL
};

/* The order is the contract: an address over its limit is not even asked for a token. */
static const shop_guard_t guards[] = { shop_guard_rate_ip, shop_guard_authn, shop_guard_access,
                                       shop_guard_rate_user, NULL };

/* Every index of every resource, for init and for the readiness check. */
static const shop_mongo_index_t *const indexes[] = {
#define SHOP_RESOURCE(folder, noun, repo_type) shop_##noun##_indexes,
#include "resources.def"
#undef SHOP_RESOURCE
    NULL
};

shop_error_t *shop_app_wire(shop_app_t *app, const shop_settings_t *settings, apr_pool_t *pool)
{
    json_t *document;
    char *text;

    app->settings = settings;
    if (!app->clock) {
        app->clock = &shop_clock_shop;
    }
    if (!app->rate_limiter) {
        app->rate_limiter = app->limiter;
    }
    app->rate_rules = shop_rate_rules(settings, pool);
    app->dispatch =
        (shop_dispatch_t){ .routes = shop_app_routes, .guards = guards, .settings = settings };
    SHOP_TRY(shop_tokens_create(&app->tokens, settings, pool));
    SHOP_TRY(shop_hasher_create(&app->hasher, settings->hash_memory_kib, settings->hash_passes,
                                settings->hash_slots, pool));
    document = shop_openapi_document(shop_app_routes, "/api", settings->currency_exponent, pool);
    text = json_dumps(document, JSON_INDENT(2) | JSON_SORT_KEYS);
    if (!text) {
        return shop_err(pool, INTERNAL, "internal error");
    }
    app->openapi = apr_pstrcat(pool, text, "\n", NULL);
    app->openapi_size = strlen(app->openapi);
    free(text); /* jansson allocates with malloc */
    return NULL;
}

/* Every port gets the level that asks Redis, behind or before the one that does not. */
static void use_redis(shop_app_t *app, const shop_settings_t *settings, const shop_shared_t *shared,
                      shop_redis_t *redis, apr_pool_t *pool)
{
    int token_s = settings->jwt_access_s + settings->jwt_leeway_s;
    shop_revoked_t *stored =
        shop_revoked_redis(redis, app->changes, token_s, shared->revoked_owed, pool);

    app->limiter = shop_limiter_redis(redis, app->limiter, pool);
    app->rate_limiter =
        shop_limiter_lease(app->limiter, shared->lease, shared->lease_size, settings->nodes, pool);
    app->cache = shop_cache_redis(redis, shared->cache_dirty, app->changes, pool);
    app->revoked = shop_revoked_shm(shared->revoked, stored, app->changes, token_s,
                                    shared->revoked_owed, pool);
    app->listener =
        shop_listener_create(redis, app->changes, app->cache, app->revoked, stored, pool);
}

shop_error_t *shop_app_open(shop_app_t **opened, const shop_settings_t *settings,
                            const shop_shared_t *shared, apr_pool_t *pool)
{
    static const shop_shared_t alone;
    shop_app_t *app = apr_pcalloc(pool, sizeof(*app));
    shop_mongo_t *mongo;
    shop_redis_t *redis;

    shared = shared ? shared : &alone;
    SHOP_TRY(shop_mongo_open(&mongo, settings, pool));
    SHOP_TRY(shop_redis_open(&redis, settings, pool));
#define SHOP_RESOURCE(folder, noun, repo_type) app->folder = shop_##noun##_repo_mongo(mongo, pool);
#include "resources.def"
#undef SHOP_RESOURCE
    app->limiter = shop_limiter_shm(shared->limiter, shared->limiter_size, settings->nodes, pool);
    app->cache = shop_cache_none(pool);
    app->metrics = shared->metrics;
    app->revoked = shop_revoked_none(pool);
    app->changes = shop_changes_attach(shared->changes, redis != NULL, pool);
    if (redis) {
        use_redis(app, settings, shared, redis, pool);
    }
    app->books = shop_verify_store_mongo(mongo, pool);
    if (settings->cache_bytes) {
        app->cache = shop_cache_local(app->changes, app->cache, (apr_size_t)settings->cache_bytes,
                                      app->metrics ? &app->metrics->counts->cache : NULL, pool);
    }
    app->health = shop_health_live(mongo, redis, app->orders, indexes, pool);
    SHOP_TRY(shop_app_wire(app, settings, pool));
    if (settings->cache_bytes) {
        app->dispatch.front = app->cache;
        app->dispatch.codings = settings->codings & shop_cache_codings();
    }
    *opened = app;
    return NULL;
}

shop_error_t *shop_app_init_store(const shop_settings_t *settings, apr_pool_t *pool)
{
    shop_mongo_t *mongo;

    SHOP_TRY(shop_mongo_open(&mongo, settings, pool));
    for (int i = 0; indexes[i]; i++) {
        SHOP_TRY(shop_mongo_ensure_indexes(mongo, indexes[i], pool));
    }
    return NULL;
}

shop_error_t *shop_app_reap(const shop_app_t *app, apr_pool_t *pool)
{
    shop_order_ports_t ports = shop_order_ports_of(app);
    int done = 0;
    shop_error_t *err = shop_order_reap(&ports, &done, pool);

    if (done) { /* what was given back shows in the catalogue */
        app->cache->invalidate(app->cache, NULL, 0, pool);
    }
    return err;
}

shop_error_t *shop_app_verify(shop_verify_sums_t *sums, const shop_app_t *app, bool repair,
                              shop_verify_each_t each, void *baton, apr_pool_t *pool)
{
    shop_verify_ports_t ports = { .store = app->books,
                                  .products = app->catalogue,
                                  .coupons = app->coupons,
                                  .clock = app->clock };
    shop_error_t *err;

    if (repair) {
        SHOP_TRY(shop_app_reap(app, pool));
    }
    err = shop_verify(sums, &ports, repair, each, baton, pool);
    if (sums->repaired) { /* stock shows in the catalogue */
        app->cache->invalidate(app->cache, NULL, 0, pool);
    }
    return err;
}

shop_error_t *shop_app_heartbeat(const shop_app_t *app, apr_pool_t *pool)
{
    return app->health->mongo(app->health, pool);
}

apr_size_t shop_app_revoked_size(void)
{
    return shop_revoked_shm_size();
}

void shop_app_listen(const shop_app_t *app, const atomic_bool *stop, apr_pool_t *pool)
{
    if (app->listener) {
        shop_listener_run(app->listener, stop, pool);
    }
}

int shop_app_db_commands(void)
{
    return shop_mongo_count();
}

void shop_app_begin(apr_time_t deadline)
{
    shop_mongo_begin(deadline);
}

const char *shop_app_mongo_uri_problem(const char *uri, apr_pool_t *pool)
{
    return shop_mongo_uri_problem(uri, pool);
}

const char *shop_app_redis_url_problem(const char *url, apr_pool_t *pool)
{
    return shop_redis_url_problem(url, pool);
}
