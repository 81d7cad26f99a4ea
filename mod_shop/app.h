/* SPDX-License-Identifier: MIT */
#ifndef SHOP_APP_H
#define SHOP_APP_H

/* Everything a handler may reach; wired once per child and shop (virtual host). Read-only after
 * shop_app_open, so all threads of the child share it. */

#include <stdatomic.h>

#include "accounts/account_repo.h"
#include "base/clock.h"
#include "settings.h"
#include "cart/cart_repo.h"
#include "coupons/coupon_repo.h"
#include "guard/limiter.h"
#include "guard/token.h"
#include "cache/cache.h"
#include "http/dispatch.h"
#include "metrics/metrics.h"
#include "hosts/changes.h"
#include "drivers/password.h"
#include "orders/order_repo.h"
#include "catalogue/product_repo.h"

typedef struct shop_app_t {
    const shop_settings_t *settings;
    const shop_clock_t *clock;

#define SHOP_RESOURCE(folder, noun, repo_type) repo_type *folder;
#include "resources.def"
#undef SHOP_RESOURCE

    shop_changes_t *changes; /* what this host knows of what changed */
    shop_cache_t *cache;
    shop_metrics_t *metrics;                   /* NULL: nothing is counted */
    shop_limiter_t *limiter;                   /* counts failures, each hit at once */
    shop_limiter_t *rate_limiter;              /* counts requests, by leases */
    const struct shop_rate_rule_t *rate_rules; /* one per settings->rates */
    shop_revoked_t *revoked; /* fast look at ended sessions; the store is the truth */
    const shop_tokens_t *tokens;
    shop_hasher_t *hasher;
    struct shop_listener_t *listener; /* NULL: no Redis, no other hosts */
    struct shop_health_t *health;
    struct shop_verify_store_t *books; /* what `shopctl verify` reads; see audit/verify_run.h */
    shop_dispatch_t dispatch;
    const char *openapi; /* the document, serialised once */
    apr_size_t openapi_size;
} shop_app_t;

/* The route tables, NULL-terminated: every resource's and the operations' (health, openapi). */
extern const shop_route_t *const shop_app_routes[];

/* What the processes of one host share; lives in shared memory made by the skin before the fork,
 * or in plain memory in tests. NULL is allowed: the limiters then count per process. */
typedef struct shop_shared_t {
    apr_size_t limiter_size, lease_size;
    void *limiter;           /* limiter_size zeroed bytes, see guard/limiter.h */
    void *lease;             /* lease_size zeroed bytes, likewise */
    unsigned *cache_dirty;   /* an invalidation could not reach Redis; see cache/cache_redis.h */
    unsigned *revoked_owed;  /* nor could a revocation; see guard/revoked_redis.h */
    void *changes;           /* shop_changes_size() zeroed bytes */
    shop_metrics_t *metrics; /* attached to counts in shared memory, see metrics/metrics.h */
    void *revoked;           /* shop_app_revoked_size() zeroed bytes, see guard/revoked_shm.h */
} shop_shared_t;

/* Opens MongoDB and Redis pools (no connection is made yet, so an absent server is no error) and
 * wires everything; the pool's cleanup closes it. In a forked child only: the driver's clients
 * must not cross a fork. INTERNAL on a malformed URI. */
shop_error_t *shop_app_open(shop_app_t **app, const shop_settings_t *settings,
                            const shop_shared_t *shared, apr_pool_t *pool);

/* Fills everything that does not depend on adapters (dispatch, openapi, tokens, hasher) into an
 * app whose ports the caller has set; tests wire fakes with it. */
shop_error_t *shop_app_wire(shop_app_t *app, const shop_settings_t *settings, apr_pool_t *pool);

/* Once a minute in each child: pings the store and takes its clock. */
shop_error_t *shop_app_heartbeat(const shop_app_t *app, apr_pool_t *pool);

/* How many bytes of zeroed memory the ended sessions need. */
apr_size_t shop_app_revoked_size(void);

/* Listens to what other hosts change until *stop is set; then it returns within 300 ms. Returns at
 * once without Redis. On one thread of the host: what it hears, all processes know. */
void shop_app_listen(const shop_app_t *app, const atomic_bool *stop, apr_pool_t *pool);

/* A request begins on this thread: commands are counted from 0, none is begun after deadline
 * (monotonic). 0 ends it: background work has none. */
void shop_app_begin(apr_time_t deadline);
/* Database commands this thread sent since then. */
int shop_app_db_commands(void);

/* NULL, or what is wrong with a connection string, as a clause ("is no ..."). No I/O. */
const char *shop_app_mongo_uri_problem(const char *uri, apr_pool_t *pool);
const char *shop_app_redis_url_problem(const char *url, apr_pool_t *pool);

/* Creates collections' indexes (idempotent) and the schema mark: `shopctl init`. */
shop_error_t *shop_app_init_store(const shop_settings_t *settings, apr_pool_t *pool);

/* One turn of the background work: unfinished orders past their lease, old holds, orphaned
 * redemptions, returns. Safe to run in any number of processes at once. */
shop_error_t *shop_app_reap(const shop_app_t *app, apr_pool_t *pool);

/* Checks stock, coupons and orders against each other, see audit/verify_run.h. repair: the reaper
 * first finishes what was cut off, then what can be mended is. */
struct shop_verify_sums_t;
struct shop_verify_finding_t;
shop_error_t *shop_app_verify(struct shop_verify_sums_t *sums, const shop_app_t *app, bool repair,
                              void (*each)(void *baton,
                                           const struct shop_verify_finding_t *finding),
                              void *baton, apr_pool_t *pool);

#endif
