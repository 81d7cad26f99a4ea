/* SPDX-License-Identifier: MIT
 * What is fit to serve: without MongoDB, with a database of another version or without an index
 * that correctness rests on nothing is, without Redis everything is, only slower. */
#include "health.h"

#include <string.h>

#include "../base/clock.h"

#define MEMORY apr_time_from_sec(1)

static apr_status_t close_health(void *baton)
{
    shop_health_t *health = baton;

    pthread_mutex_destroy(&health->lock);
    pthread_mutex_destroy(&health->memo);
    return APR_SUCCESS;
}

void shop_health_init(shop_health_t *health, apr_pool_t *pool)
{
    pthread_mutex_init(&health->lock, NULL);
    pthread_mutex_init(&health->memo, NULL);
    apr_pool_cleanup_register(pool, health, close_health, apr_pool_cleanup_null);
}

static void probe_store(shop_health_verdict_t *verdict, shop_health_t *health, apr_pool_t *pool)
{
    const char *missing = NULL;
    bool delayed = false;

    verdict->schema = "unknown";
    verdict->indexes = "unknown";
    verdict->orders = "unknown";
    verdict->status = SHOP_HEALTH_DOWN;
    verdict->mongodb = "down";
    if (health->mongo(health, pool)) {
        return;
    }
    verdict->mongodb = "ok";
    if (health->schema(&verdict->schema, health, pool) || strcmp(verdict->schema, "ok") != 0) {
        return; /* why, stands in the log */
    }
    if (health->indexes(&missing, health, pool)) {
        return;
    }
    verdict->indexes = missing ? "missing" : "ok";
    if (missing) {
        return;
    }
    verdict->status = SHOP_HEALTH_OK;
    if (!health->orders(&delayed, health, pool)) {
        verdict->orders = delayed ? "delayed" : "ok";
    }
    if (delayed) {
        verdict->status = SHOP_HEALTH_DEGRADED;
    }
}

static void probe(shop_health_verdict_t *verdict, shop_health_t *health, apr_pool_t *pool)
{
    bool used = false;
    shop_error_t *err;

    probe_store(verdict, health, pool);
    err = health->redis(&used, health, pool);
    verdict->redis = !used ? "off" : err ? "down" : "ok";
    if (used && err && verdict->status == SHOP_HEALTH_OK) {
        verdict->status = SHOP_HEALTH_DEGRADED;
    }
}

/* true: *verdict is the remembered one. stale: also when it is over its time. */
static bool recall(shop_health_verdict_t *verdict, shop_health_t *health, bool stale)
{
    bool good;

    pthread_mutex_lock(&health->memo);
    good = health->known && (stale || shop_clock_monotonic() < health->fresh_until);
    if (good) {
        *verdict = health->verdict;
    }
    pthread_mutex_unlock(&health->memo);
    return good;
}

void shop_health_ask(shop_health_verdict_t *verdict, shop_health_t *health, apr_pool_t *pool)
{
    if (recall(verdict, health, false)) {
        return;
    }
    if (pthread_mutex_trylock(&health->lock) != 0) {
        /* Somebody probes. What was known before will do; the first time there is nothing yet. */
        if (recall(verdict, health, true)) {
            return;
        }
        pthread_mutex_lock(&health->lock);
    }
    if (!recall(verdict, health, false)) {
        probe(verdict, health, pool);
        pthread_mutex_lock(&health->memo);
        health->verdict = *verdict;
        health->known = true;
        health->fresh_until = shop_clock_monotonic() + MEMORY;
        pthread_mutex_unlock(&health->memo);
    }
    pthread_mutex_unlock(&health->lock);
}
