/* SPDX-License-Identifier: MIT */
#ifndef SHOP_APP_H
#define SHOP_APP_H

/* Everything a handler may reach; wired once per child and shop (virtual host). Read-only after
 * shop_app_open, so all threads of the child share it. Members are declared here and defined in
 * the header named beside each: who uses one includes it. */

#include <apr_pools.h>
#include <apr_time.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/error.h"

struct shop_mongo_t;
struct shop_route_t;
struct shop_settings_t;

typedef struct shop_app_t {
    const struct shop_settings_t *settings; /* settings.h */
    const struct shop_clock_t *clock;       /* base/clock.h */

#define SHOP_MODULE(folder) struct shop_##folder##_repos_t *folder; /* <folder>_module.h */
#include "modules.def"
#undef SHOP_MODULE

    struct shop_changes_t *changes;     /* hosts/changes.h: what changed, as this host knows it */
    struct shop_cache_t *cache;         /* cache/cache.h */
    struct shop_cache_t *local_cache;   /* cache/cache_local.h; NULL: off */
    struct shop_metrics_t *metrics;     /* metrics/metrics.h; NULL: nothing is counted */
    struct shop_guards_t *guards;       /* guard/guards.h */
    struct shop_hasher_t *hasher;       /* drivers/password.h */
    struct shop_listener_t *listener;   /* hosts/listener.h; NULL: no Redis, no other hosts */
    struct shop_health_t *health;       /* ops/health.h */
    struct shop_mongo_t *mongo;         /* drivers/mongo.h; for the background ping */
    struct shop_schema_ready_t *schema; /* ops/schema_ready.h */
    const struct shop_schema_known_t *known_schema; /* store/schema.h */
    struct shop_verify_store_t *audit_store; /* audit/verify_store.h: what `shopctl verify` reads */
    struct shop_dispatch_t *dispatch;        /* http/dispatch.h */
    const char *openapi;                     /* the document, serialised once */
    apr_size_t openapi_size;
} shop_app_t;

/* "0.1.0" */
const char *shop_app_version(void);

/* The route tables of all modules in their order, NULL-terminated; the same list at each call. */
const struct shop_route_t *const *shop_app_routes(void);
/* The collections that hold amounts without a currency: those of records with a MONEY row, and
 * those that modules mark. NULL-terminated, in pool. */
const char *const *shop_app_amounts(apr_pool_t *pool);
/* The OpenAPI document of all modules, openapi/openapi.h; owned by pool. */
struct json_t *shop_app_openapi(const struct shop_settings_t *settings, apr_pool_t *pool);

/* What the processes of one host share; lives in shared memory made by the httpd layer before the
 * fork, or in plain memory in tests. NULL is allowed: the limiters then count per process. */
typedef struct shop_shared_t {
    apr_size_t limiter_size, lease_size;
    void *limiter;                  /* limiter_size zeroed bytes, see guard/limiter.h */
    void *lease;                    /* lease_size zeroed bytes, likewise */
    unsigned *cache_pending;        /* invalidations not yet sent to Redis; cache_redis.h */
    unsigned *revoked_pending;      /* revocations likewise; guard/revoked_redis.h */
    void *changes;                  /* shop_changes_size() zeroed bytes */
    struct shop_metrics_t *metrics; /* attached to counts in shared memory, metrics/metrics.h */
    void *revoked; /* shop_app_revoked_size() zeroed bytes, see guard/revoked_shm.h */
    int processes; /* of this host that may place orders, each with a thread for shop_app_drop; 0:
                      no such thread, what orders leave is done before the reply */
} shop_shared_t;

/* Opens MongoDB and Redis pools (no connection is made yet, so an absent server is no error) and
 * wires everything; the pool's cleanup closes it. In a forked child only: the driver's clients
 * must not cross a fork. INTERNAL on a malformed URI. */
shop_error_t *shop_app_open(shop_app_t **app, const struct shop_settings_t *settings,
                            const shop_shared_t *shared, apr_pool_t *pool);

/* When a child starts and once a minute in it: pings the store, takes its clock and reads which
 * schema and currency it has; logs a unique index that is missing. */
shop_error_t *shop_app_heartbeat(const shop_app_t *app, apr_pool_t *pool);

/* Once a second in each child, on one thread: while the store is away (its circuit breaker is
 * open), pings it. The first answer, and no request, ends that. Counted in the metrics. */
shop_error_t *shop_app_ping(const shop_app_t *app, apr_pool_t *pool);

/* How many bytes of zeroed memory the ended sessions need. */
apr_size_t shop_app_revoked_size(void);

/* Listens to what other hosts change until *stop is set; then it returns within 300 ms. Returns at
 * once without Redis. One thread of the host calls it; all its processes see what arrived. */
void shop_app_listen(const shop_app_t *app, const atomic_bool *stop, apr_pool_t *pool);

/* Does what placed orders leave to do behind the reply, until *stop is set; then it returns within
 * 300 ms. Returns at once where nothing is left behind. One thread of the process calls it. */
void shop_app_drop(const shop_app_t *app, const atomic_bool *stop, apr_pool_t *pool);
/* The process ends, and its requests have ended: does what is left, until deadline (monotonic). */
void shop_app_drop_rest(const shop_app_t *app, apr_time_t deadline, apr_pool_t *pool);

/* A request begins on this thread: commands are counted from 0, none is begun after deadline
 * (monotonic). 0 ends it: background work has none. */
void shop_app_begin(apr_time_t deadline);
/* The process ends: background work begins no further command. */
void shop_app_end_background(void);
/* Database commands this thread sent since then. */
int shop_app_db_commands(void);

/* NULL, or what is wrong with a connection string, as a clause ("is no ..."). No I/O. */
const char *shop_app_mongo_uri_problem(const char *uri, apr_pool_t *pool);
/* shop_mongo_uri_database (drivers/mongo.h) */
const char *shop_app_mongo_uri_database(const char *uri, apr_pool_t *pool);
const char *shop_app_redis_url_problem(const char *url, apr_pool_t *pool);

/* The migration of the settings' database (store/migrate.h), without say. Sends no command. */
struct shop_migration_t;
shop_error_t *shop_app_migration(struct shop_migration_t **migration,
                                 const struct shop_settings_t *settings, apr_pool_t *pool);
/* CONFLICT when this version cannot work with the database, the cause says why: what `shopctl` asks
 * before it does anything else. */
shop_error_t *shop_app_check_schema(const shop_app_t *app, apr_pool_t *pool);

/* One turn of the background work: unfinished orders past their lease, expired
 * reservations, orphaned redemptions, returns. Safe to run in any number of processes at once. */
shop_error_t *shop_app_reap(const shop_app_t *app, apr_pool_t *pool);
/* The same; *sums: what was done, orders/order_reap.h. */
struct shop_reap_sums_t;
shop_error_t *shop_app_reap_counted(struct shop_reap_sums_t *sums, const shop_app_t *app,
                                    apr_pool_t *pool);

/* Checks stock, coupons and orders against each other, see audit/verify_run.h. repair:
 * completes interrupted orders, then repairs. */
struct shop_verify_sums_t;
struct shop_verify_finding_t;
shop_error_t *shop_app_verify(struct shop_verify_sums_t *sums, const shop_app_t *app, bool repair,
                              void (*each)(void *baton,
                                           const struct shop_verify_finding_t *finding),
                              void *baton, apr_pool_t *pool);

#endif
