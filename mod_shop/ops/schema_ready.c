/* SPDX-License-Identifier: MIT
 * What is remembered of the schema document. */
#include "schema_ready.h"

#include <pthread.h>
#include <stdatomic.h>

#include "../base/clock.h"
#include "../base/log.h"

/* A store that does not answer is asked again so soon, and a document that does not fit, which
 * somebody is about to mend, as well. */
#define RETRY apr_time_from_sec(1)

#define UNKNOWN (-1)

struct shop_schema_ready_t {
    shop_schema_gate_t port; /* first: the port is this object */
    struct shop_mongo_t *mongo;
    const shop_stage_t *stages;
    pthread_mutex_t lock; /* of who reads */
    apr_time_t looked_at; /* monotonic, under the lock; 0: never */
    atomic_int fit;       /* UNKNOWN or shop_schema_fit_t */
    atomic_int version;   /* of the database, when it does not fit */
    shop_schema_known_t known;
    atomic_bool other_currency;
    const shop_currency_t *currency; /* NULL: not compared */
};

static int needed_version(const shop_stage_t *stages)
{
    int needed = 1;

    for (; stages->number; stages++) {
        needed = stages->needed ? stages->number : needed;
    }
    return needed;
}

static void log_misfit(const shop_schema_ready_t *ready, shop_schema_fit_t fit, int version)
{
    if (fit == SHOP_SCHEMA_NEWER) {
        shop_log(SHOP_LOG_ERROR, SHOP_LOG_SCHEMA, NULL,
                 "the database has schema %d and this mod_shop knows %d: install the version that "
                 "finished it (shopctl migrate --status)",
                 version, shop_stages_last(ready->stages));
    } else if (fit == SHOP_SCHEMA_OLDER) {
        shop_log(SHOP_LOG_ERROR, SHOP_LOG_SCHEMA, NULL,
                 "the database has schema %d and this mod_shop needs %d: run " SHOP_SAY_MIGRATE,
                 version, needed_version(ready->stages));
    }
}

/* Under the lock. */
static shop_error_t *compare_currency(shop_schema_ready_t *ready, apr_pool_t *pool)
{
    const char *other = NULL;

    SHOP_TRY(shop_currency_claim(&other, ready->mongo, ready->currency, pool));
    atomic_store(&ready->other_currency, other != NULL);
    if (other) {
        shop_log_seldom(SHOP_LOG_ERROR, SHOP_LOG_CURRENCY,
                        "the amounts in the database are in %s and ShopCurrency is %s: write "
                        "ShopCurrency %s, or use another database",
                        other, ready->currency->code, other);
    }
    return NULL;
}

/* Under the lock. */
static shop_error_t *read_schema(shop_schema_ready_t *ready, apr_pool_t *pool)
{
    shop_schema_t *schema = NULL;
    shop_error_t *err = shop_schema_read(&schema, ready->mongo, pool);
    shop_schema_fit_t fit;
    int version;

    ready->looked_at = shop_clock_monotonic();
    if (err) {
        return err;
    }
    if (ready->currency && schema->exists && !schema->fresh) {
        SHOP_TRY(compare_currency(ready, pool));
    }
    fit = shop_schema_fit(schema, ready->stages);
    version = fit == SHOP_SCHEMA_NEWER ? schema->finished : schema->version;
    atomic_store(&ready->version, version);
    /* The step is announced before it is done: until then documents may have the old form. */
    atomic_store(&ready->known.finished,
                 schema->step == SHOP_STEP_FINISH ? schema->number - 1 : schema->finished);
    if (atomic_exchange(&ready->fit, (int)fit) != (int)fit) {
        log_misfit(ready, fit, version);
        if (fit == SHOP_SCHEMA_FITS && version < shop_stages_last(ready->stages)) {
            shop_log(SHOP_LOG_NOTICE, SHOP_LOG_SCHEMA_BEHIND, NULL,
                     "the database has schema %d and this version brings %d: run " SHOP_SAY_MIGRATE,
                     version, shop_stages_last(ready->stages));
        }
    }
    return NULL;
}

shop_error_t *shop_schema_ready_look(shop_schema_fit_t *fit, shop_schema_ready_t *ready,
                                     apr_time_t max_age, apr_pool_t *pool)
{
    shop_error_t *err = NULL;
    int found;

    pthread_mutex_lock(&ready->lock);
    if (!ready->looked_at || shop_clock_monotonic() - ready->looked_at >= max_age) {
        err = read_schema(ready, pool);
    }
    pthread_mutex_unlock(&ready->lock);
    found = atomic_load(&ready->fit);
    *fit = found == UNKNOWN ? SHOP_SCHEMA_FITS : (shop_schema_fit_t)found;
    return err;
}

bool shop_schema_ready_other_currency(const shop_schema_ready_t *ready)
{
    return atomic_load(&ready->other_currency);
}

/* While the store cannot be asked, its own commands say so. */
static shop_error_t *check(shop_schema_gate_t *gate, apr_pool_t *pool)
{
    shop_schema_ready_t *ready = (shop_schema_ready_t *)gate;
    shop_schema_fit_t fit = SHOP_SCHEMA_FITS;

    if (atomic_load(&ready->fit) != SHOP_SCHEMA_FITS) {
        (void)shop_schema_ready_look(&fit, ready, RETRY, pool);
    }
    if (atomic_load(&ready->other_currency)) { /* the first look finds it too */
        return shop_error_cause(
            shop_err(pool, UNAVAILABLE, "the shop is not configured for this database"), pool,
            "its amounts are in another currency than ShopCurrency");
    }
    if (fit == SHOP_SCHEMA_FITS) {
        return NULL;
    }
    return shop_error_cause(
        shop_err(pool, UNAVAILABLE, "the shop is being upgraded"), pool,
        "the database has schema %d, this version %s %d: %s", atomic_load(&ready->version),
        fit == SHOP_SCHEMA_NEWER ? "knows" : "needs",
        fit == SHOP_SCHEMA_NEWER ? shop_stages_last(ready->stages) : needed_version(ready->stages),
        fit == SHOP_SCHEMA_NEWER ? "use the version that migrated it" : "run " SHOP_SAY_MIGRATE);
}

static apr_status_t close_ready(void *baton)
{
    pthread_mutex_destroy(&((shop_schema_ready_t *)baton)->lock);
    return APR_SUCCESS;
}

shop_schema_ready_t *shop_schema_ready(struct shop_mongo_t *mongo, const shop_stage_t *stages,
                                       const shop_currency_t *currency, apr_pool_t *pool)
{
    shop_schema_ready_t *ready = apr_pcalloc(pool, sizeof(*ready));

    ready->port.check = check;
    ready->mongo = mongo;
    ready->stages = stages;
    ready->currency = currency;
    atomic_init(&ready->fit, UNKNOWN);
    atomic_init(&ready->known.finished, 0);
    atomic_init(&ready->other_currency, false);
    pthread_mutex_init(&ready->lock, NULL);
    apr_pool_cleanup_register(pool, ready, close_ready, apr_pool_cleanup_null);
    return ready;
}

const shop_schema_known_t *shop_schema_ready_known(const shop_schema_ready_t *ready)
{
    return &ready->known;
}

shop_schema_gate_t *shop_schema_ready_gate(shop_schema_ready_t *ready)
{
    return &ready->port;
}
