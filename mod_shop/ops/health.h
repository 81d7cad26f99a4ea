/* SPDX-License-Identifier: MIT */
#ifndef SHOP_OPS_HEALTH_H
#define SHOP_OPS_HEALTH_H

/* Port: what readiness asks. The verdict is remembered for a second, so that load balancers that
 * ask often cost nothing. */

#include <apr_pools.h>
#include <apr_time.h>
#include <pthread.h>
#include <stdbool.h>

#include "../base/error.h"

typedef struct shop_health_t shop_health_t;

typedef enum { SHOP_HEALTH_OK, SHOP_HEALTH_DEGRADED, SHOP_HEALTH_DOWN } shop_health_status_t;

typedef struct shop_health_verdict_t {
    shop_health_status_t status;
    const char *mongodb; /* "ok", "down"; constants all of them */
    const char *indexes; /* "ok", "missing", "unknown" */
    const char *schema;  /* "ok", "older", "newer", "currency", "unknown" */
    const char *redis;   /* "ok", "down", "off" */
    const char *orders;  /* "ok", "delayed": an unfinished order waits too long; "unknown" */
} shop_health_verdict_t;

struct shop_health_t {
    /* NULL: it answers. */
    shop_error_t *(*mongo)(shop_health_t *health, apr_pool_t *pool);
    /* *state: "ok", "older" or "newer" than what this version works with; "currency": its amounts
     * are in another one. */
    shop_error_t *(*schema)(const char **state, shop_health_t *health, apr_pool_t *pool);
    /* *missing: name of a unique index that is not there, which is logged, or NULL. */
    shop_error_t *(*indexes)(const char **missing, shop_health_t *health, apr_pool_t *pool);
    /* *used false: none is configured. */
    shop_error_t *(*redis)(bool *used, shop_health_t *health, apr_pool_t *pool);
    /* *delayed: an unfinished order is long past its lease. */
    shop_error_t *(*orders)(bool *delayed, shop_health_t *health, apr_pool_t *pool);

    /* shop_health_ask's own */
    pthread_mutex_t lock; /* held by the one who probes */
    pthread_mutex_t memo; /* held to copy the verdict */
    bool known;
    apr_time_t fresh_until; /* monotonic */
    shop_health_verdict_t verdict;
};

/* Prepares the common part; the adapter has set the functions. */
void shop_health_init(shop_health_t *health, apr_pool_t *pool);
/* The verdict, at most a second old, older while a probe is under way. */
void shop_health_ask(shop_health_verdict_t *verdict, shop_health_t *health, apr_pool_t *pool);

#endif
