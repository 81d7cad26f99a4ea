/* SPDX-License-Identifier: MIT
 * Wires the shop: chooses adapters, lists routes and the order of the guards. */
#include "app.h"

#include <apr_strings.h>
#include <config.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "accounts/account_sessions.h"
#include "accounts/accounts_module.h"
#include "audit/verify_mongo.h"
#include "audit/verify_run.h"
#include "base/clock.h"
#include "cache/cache_encode.h"
#include "cache/cache_local.h"
#include "cache/cache_redis.h"
#include "catalogue/catalogue_module.h"
#include "coupons/coupons_module.h"
#include "drivers/mongo.h"
#include "drivers/password.h"
#include "drivers/redis.h"
#include "guard/guards.h"
#include "guard/limiter_redis.h"
#include "guard/revoked_redis.h"
#include "guard/revoked_shm.h"
#include "hosts/listener.h"
#include "http/dispatch.h"
#include "inventory/inventory_module.h"
#include "metrics/metrics.h"
#include "module.h"
#include "openapi/openapi.h"
#include "ops/health_ready.h"
#include "ops/ops.h"
#include "ops/schema_ready.h"
#include "orders/order_access_api.h"
#include "orders/order_drops.h"
#include "orders/order_reap.h"
#include "orders/orders_module.h"
#include "stages.h"
#include "store/record_mongo.h"

/* So long an interrupted migration keeps the next one waiting. */
#define MIGRATION_LEASE_MS 30000
/* So often the thread behind the replies looks whether it is to end. */
#define DROP_LOOK apr_time_from_msec(250)

const shop_module_t *const shop_modules[] = {
#define SHOP_MODULE(folder) &shop_##folder##_module,
#include "modules.def"
#undef SHOP_MODULE
    &shop_ops_module, NULL
};

/* The order is the contract: an address over its limit is not even asked for a token. */
static const shop_guard_t guards[] = { shop_guard_rate_ip, shop_guard_schema,    shop_guard_authn,
                                       shop_guard_access,  shop_guard_rate_user, NULL };

static const shop_route_t **routes; /* of all modules */

/* Fills routes, or only counts while there are none. */
static int list_routes(void)
{
    int count = 0;

    for (const shop_module_t *const *module = shop_modules; *module; module++) {
        const shop_route_t *const *table = (*module)->routes;

        for (; table && *table; table++, count++) {
            if (routes) {
                routes[count] = *table;
            }
        }
    }
    return count;
}

const char *shop_app_version(void)
{
    return PACKAGE_VERSION;
}

static void make_routes(void)
{
    /* Lives as long as the process: every configuration and every child has the same modules. */
    routes = calloc((size_t)list_routes() + 1, sizeof(*routes));
    if (!routes) {
        abort();
    }
    list_routes();
}

const shop_route_t *const *shop_app_routes(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, make_routes);
    return routes;
}

/* The index tables of all modules, NULL-terminated, in pool. */
static const shop_mongo_index_t *const *all_indexes(apr_pool_t *pool)
{
    apr_array_header_t *tables = apr_array_make(pool, 16, sizeof(const shop_mongo_index_t *));

    for (const shop_module_t *const *module = shop_modules; *module; module++) {
        const shop_record_t *const *record = (*module)->records;
        const shop_mongo_index_t *const *table = (*module)->indexes;

        for (; record && *record; record++) {
            APR_ARRAY_PUSH(tables, const shop_mongo_index_t *) = shop_record_indexes(*record, pool);
        }
        for (; table && *table; table++) {
            APR_ARRAY_PUSH(tables, const shop_mongo_index_t *) = *table;
        }
    }
    APR_ARRAY_PUSH(tables, const shop_mongo_index_t *) = NULL;
    return (const shop_mongo_index_t *const *)(void *)tables->elts;
}

static bool has_money(const shop_field_t *row)
{
    for (; row->name; row++) {
        if (!(row->flags & SHOP_NOT_STORED) &&
            (row->kind == SHOP_FIELD_MONEY || (row->fields && has_money(row->fields)))) {
            return true;
        }
    }
    return false;
}

const char *const *shop_app_amounts(apr_pool_t *pool)
{
    apr_array_header_t *names = apr_array_make(pool, 8, sizeof(const char *));

    for (const shop_module_t *const *module = shop_modules; *module; module++) {
        const shop_record_t *const *record = (*module)->records;
        const shop_collection_t *row = (*module)->collections;

        for (; record && *record; record++) {
            if (has_money((*record)->fields)) {
                APR_ARRAY_PUSH(names, const char *) = (*record)->collection;
            }
        }
        for (; row && row->name; row++) {
            if (row->amounts) {
                APR_ARRAY_PUSH(names, const char *) = row->name;
            }
        }
    }
    APR_ARRAY_PUSH(names, const char *) = NULL;
    return (const char *const *)(void *)names->elts;
}

json_t *shop_app_openapi(const shop_settings_t *settings, apr_pool_t *pool)
{
    apr_array_header_t *tags = apr_array_make(pool, 8, sizeof(const shop_tag_t *));

    for (const shop_module_t *const *module = shop_modules; *module; module++) {
        if ((*module)->tags) {
            APR_ARRAY_PUSH(tags, const shop_tag_t *) = (*module)->tags;
        }
    }
    APR_ARRAY_PUSH(tags, const shop_tag_t *) = NULL;
    return shop_openapi_document(shop_app_routes(), (const shop_tag_t *const *)(void *)tags->elts,
                                 "/api", settings, pool);
}

static shop_error_t *write_openapi(shop_app_t *app, apr_pool_t *pool)
{
    char *text = json_dumps(shop_app_openapi(app->settings, pool), JSON_INDENT(2) | JSON_SORT_KEYS);

    if (!text) {
        return shop_err(pool, INTERNAL, "internal error");
    }
    app->openapi = apr_pstrcat(pool, text, "\n", NULL);
    app->openapi_size = strlen(app->openapi);
    free(text); /* jansson allocates with malloc */
    return NULL;
}

/* NULL: a tool does not know it, so it is not compared. */
static const shop_currency_t *currency_of(const shop_settings_t *settings, apr_pool_t *pool)
{
    shop_currency_t *currency = apr_palloc(pool, sizeof(*currency));

    *currency = (shop_currency_t){ settings->currency, shop_app_amounts(pool) };
    return settings->currency ? currency : NULL;
}

/* What asks no other host: the adapters of MongoDB and of this host's shared memory. */
static shop_error_t *open_host(shop_app_t *app, const shop_shared_t *shared, shop_mongo_t *mongo,
                               bool has_redis, apr_pool_t *pool)
{
    const shop_settings_t *settings = app->settings;
    shop_guards_t *ports = apr_pcalloc(pool, sizeof(*ports));

    app->schema = shop_schema_ready(mongo, shop_stages, currency_of(settings, pool), pool);
    app->known_schema = shop_schema_ready_known(app->schema);
    for (const shop_module_t *const *module = shop_modules; *module; module++) {
        if ((*module)->open) {
            SHOP_TRY((*module)->open(app, mongo, pool));
        }
    }
    app->metrics = shared->metrics;
    app->changes = shop_changes_attach(shared->changes, has_redis, pool);
    app->cache = shop_cache_none(pool);
    app->audit_store = shop_verify_store_mongo(mongo, pool);
    SHOP_TRY(shop_hasher_create(&app->hasher, settings->hash_memory_kib, settings->hash_passes,
                                settings->hash_slots, pool));
    ports->settings = settings;
    SHOP_TRY(shop_tokens_create(&ports->tokens, settings, pool));
    ports->sessions = shop_account_session_reader(app->accounts->accounts, pool);
    ports->revoked = shop_revoked_none(pool);
    ports->limiter = shop_limiter_shm(shared->limiter, shared->limiter_size, settings->nodes, pool);
    ports->rate_limiter = ports->limiter;
    ports->rate_rules = shop_rate_rules(settings, pool);
    ports->schema = shop_schema_ready_gate(app->schema);
    app->guards = ports;
    return NULL;
}

/* Every port gets the level that asks Redis, behind or before the one that does not. */
static void use_redis(shop_app_t *app, const shop_shared_t *shared, shop_redis_t *redis,
                      apr_pool_t *pool)
{
    const shop_settings_t *settings = app->settings;
    shop_guards_t *ports = app->guards;
    int token_s = settings->jwt_access_s + settings->jwt_leeway_s;
    shop_revoked_t *stored =
        shop_revoked_redis(redis, app->changes, token_s, shared->revoked_pending, pool);

    ports->limiter = shop_limiter_redis(redis, ports->limiter, pool);
    ports->rate_limiter = shop_limiter_lease(ports->limiter, shared->lease, shared->lease_size,
                                             settings->nodes, pool);
    ports->revoked = shop_revoked_shm(shared->revoked, stored, app->changes, token_s,
                                      shared->revoked_pending, pool);
    app->cache = shop_cache_redis(redis, shared->cache_pending, app->changes, pool);
    app->listener =
        shop_listener_create(redis, app->changes, app->cache, ports->revoked, stored, pool);
}

static void use_local_cache(shop_app_t *app, apr_pool_t *pool)
{
    const shop_settings_t *settings = app->settings;

    if (settings->cache_bytes) {
        app->local_cache =
            shop_cache_local(app->changes, app->cache, (apr_size_t)settings->cache_bytes,
                             app->metrics ? &app->metrics->counts->cache : NULL, pool);
        app->cache = app->local_cache;
        app->dispatch->front = shop_cache_front(app->local_cache);
        app->dispatch->codings = settings->codings & shop_cache_codings();
    }
}

shop_error_t *shop_app_open(shop_app_t **opened, const shop_settings_t *settings,
                            const shop_shared_t *shared, apr_pool_t *pool)
{
    static const shop_shared_t alone;
    const shop_mongo_index_t *const *indexes;
    shop_app_t *app = apr_pcalloc(pool, sizeof(*app));
    shop_mongo_t *mongo;
    shop_redis_t *redis;

    shared = shared ? shared : &alone;
    app->settings = settings;
    app->clock = &shop_clock_shop;
    SHOP_TRY(shop_mongo_open(&mongo, settings, pool));
    app->mongo = mongo;
    SHOP_TRY(shop_redis_open(&redis, settings, pool));
    SHOP_TRY(open_host(app, shared, mongo, redis != NULL, pool));
    if (redis) {
        use_redis(app, shared, redis, pool);
    }
    if (shared->processes) {
        app->orders->drops = shop_order_drops_create(shared->processes * settings->nodes, pool);
    }
    indexes = all_indexes(pool);
    shop_mongo_require_unique(mongo, indexes, pool);
    app->health = shop_health_ready(mongo, redis, app->schema, app->orders->orders, indexes, pool);
    app->dispatch = apr_pcalloc(pool, sizeof(*app->dispatch));
    *app->dispatch = (shop_dispatch_t){
        .routes = shop_app_routes(), .guards = guards, .ports = app->guards, .settings = settings
    };
    use_local_cache(app, pool);
    SHOP_TRY(write_openapi(app, pool));
    *opened = app;
    return NULL;
}

shop_error_t *shop_app_migration(shop_migration_t **migration, const shop_settings_t *settings,
                                 apr_pool_t *pool)
{
    shop_mongo_t *mongo;

    SHOP_TRY(shop_mongo_open(&mongo, settings, pool));
    *migration = apr_pcalloc(pool, sizeof(**migration));
    **migration = (shop_migration_t){ .mongo = mongo,
                                      .stages = shop_stages,
                                      .indexes = all_indexes(pool),
                                      .clock = &shop_clock_shop,
                                      .lease_ms = MIGRATION_LEASE_MS };
    return NULL;
}

shop_error_t *shop_app_check_schema(const shop_app_t *app, apr_pool_t *pool)
{
    shop_error_t *err = app->guards->schema->check(app->guards->schema, pool);

    return err ? shop_error_cause(
                     shop_err(pool, CONFLICT, "this version cannot work with the database"), pool,
                     "%s", err->cause)
               : NULL;
}

shop_error_t *shop_app_reap(const shop_app_t *app, apr_pool_t *pool)
{
    shop_reap_sums_t sums;

    SHOP_TRY(shop_app_reap_counted(&sums, app, pool));
    shop_metrics_count_reaper(app->metrics, sums.done, sums.left);
    return NULL;
}

shop_error_t *shop_app_reap_counted(shop_reap_sums_t *sums, const shop_app_t *app, apr_pool_t *pool)
{
    shop_order_ports_t ports = shop_order_ports_of(app);
    shop_error_t *err = shop_order_reap(sums, &ports, pool);

    if (sums->done) { /* restocked goods show in the catalogue */
        app->cache->invalidate(app->cache, NULL, 0, pool);
    }
    return err;
}

shop_error_t *shop_app_verify(shop_verify_sums_t *sums, const shop_app_t *app, bool repair,
                              shop_verify_each_t each, void *baton, apr_pool_t *pool)
{
    shop_verify_ports_t ports = {
        .store = app->audit_store,
        .stock = app->inventory->units,
        .coupons = app->coupons->coupons,
        .coupon_uses = app->coupons->uses,
        .orders = app->orders->orders,
        .clock = app->clock,
        .keeps_sold_out = shop_schema_is_finished(app->known_schema, SHOP_STAGE_CLAIMS),
    };
    shop_error_t *err;

    if (repair) {
        SHOP_TRY(shop_app_reap(app, pool));
    }
    err = shop_verify(sums, &ports, repair, each, baton, pool);
    if (sums->repaired || sums->completed) { /* stock shows in the catalogue */
        app->cache->invalidate(app->cache, NULL, 0, pool);
    }
    return err;
}

shop_error_t *shop_app_heartbeat(const shop_app_t *app, apr_pool_t *pool)
{
    shop_schema_fit_t fit;
    const char *missing;

    SHOP_TRY(app->health->mongo(app->health, pool));
    SHOP_TRY(shop_schema_ready_look(&fit, app->schema, 0, pool));
    return app->health->indexes(&missing, app->health, pool);
}

shop_error_t *shop_app_ping(const shop_app_t *app, apr_pool_t *pool)
{
    if (shop_mongo_ping_when_away(app->mongo, pool)) {
        shop_metrics_count_ping(app->metrics);
    }
    return NULL;
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

/* A failure is logged where it happens; what could not be done waits in the queue. */
static void drop(const shop_app_t *app, apr_pool_t *pool)
{
    shop_order_ports_t ports = shop_order_ports_of(app);
    apr_pool_t *turn;

    apr_pool_create(&turn, pool);
    (void)shop_order_drops_flush(app->orders->drops, &ports, turn);
    apr_pool_destroy(turn);
}

void shop_app_drop(const shop_app_t *app, const atomic_bool *stop, apr_pool_t *pool)
{
    while (app->orders->drops && !atomic_load(stop)) {
        shop_order_drops_wait(app->orders->drops, DROP_LOOK);
        if (shop_order_drops_is_ready(app->orders->drops)) {
            drop(app, pool);
        }
    }
}

void shop_app_drop_rest(const shop_app_t *app, apr_time_t deadline, apr_pool_t *pool)
{
    if (app->orders->drops && shop_order_drops_waiting(app->orders->drops)) {
        shop_app_begin(deadline);
        drop(app, pool);
        shop_app_begin(0);
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

void shop_app_end_background(void)
{
    shop_mongo_end_background();
}

const char *shop_app_mongo_uri_problem(const char *uri, apr_pool_t *pool)
{
    return shop_mongo_uri_problem(uri, pool);
}

const char *shop_app_mongo_uri_database(const char *uri, apr_pool_t *pool)
{
    return shop_mongo_uri_database(uri, pool);
}

const char *shop_app_redis_url_problem(const char *url, apr_pool_t *pool)
{
    return shop_redis_url_problem(url, pool);
}
