/* SPDX-License-Identifier: MIT */
#ifndef SHOP_GUARD_RATE_H
#define SHOP_GUARD_RATE_H

/* The arithmetic of rate limits and the text of their header fields; no counter, no clock. */

#include <apr_pools.h>

#include "../settings.h"
#include "limiter.h"

/* The state after count hits in a window that ends in left_ms. cost 0: allowed says whether the
 * next hit would be. */
shop_limit_state_t shop_rate_state(int64_t count, int limit, int64_t left_ms, int cost);
/* One host's share of a limit that `nodes` hosts count separately; at least 1. */
int shop_rate_share(int limit, int nodes);
/* Does the policy count requests of this method by this kind of key? */
bool shop_rate_applies(const shop_rate_policy_t *policy, shop_rate_by_t by, const char *method);
/* The address as it is counted: an IPv6 address by its /64, because a client could use another
 * address of it for every request; an IPv4-mapped address as IPv4. */
const char *shop_rate_address(const char *ip, apr_pool_t *pool);

/* A policy with its constant texts. */
typedef struct shop_rate_rule_t {
    const shop_rate_policy_t *policy;
    const char *key;  /* prefix of limiter keys: rate:api: */
    const char *text; /* draft-ietf-httpapi-ratelimit-headers, RateLimit-Policy: "api";q=100;w=60 */
    const char *name; /* as in it: "api" */
    apr_size_t name_size;
} shop_rate_rule_t;
/* One rule per policy of settings, which must outlive pool. */
const shop_rate_rule_t *shop_rate_rules(const shop_settings_t *settings, apr_pool_t *pool);
/* RateLimit: "api";r=42;t=17 */
const char *shop_rate_state_text(const shop_rate_rule_t *rule, const shop_limit_state_t *state,
                                 apr_pool_t *pool);

#endif
