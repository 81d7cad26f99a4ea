/* SPDX-License-Identifier: MIT */
#ifndef SHOP_GUARD_RATE_H
#define SHOP_GUARD_RATE_H

/* The arithmetic of rate limits and the text of their header fields; no counter, no clock. */

#include <apr_pools.h>

#include "../settings.h"
#include "limiter.h"

/* What a caller is told when count hits stand in a window that ends in left_ms. cost 0 is a look:
 * would the next hit pass? */
shop_limit_state_t shop_rate_state(int64_t count, int limit, int64_t left_ms, int cost);
/* One host's share of a limit that nodes hosts count apart; at least 1. */
int shop_rate_share(int limit, int nodes);
/* Does the policy count requests of this method, by this? */
bool shop_rate_applies(const shop_rate_policy_t *policy, shop_rate_by_t by, const char *method);
/* The address as limits see it: an IPv6 host owns a /64 and could take a fresh address for every
 * request; an IPv4 one may come mapped into IPv6. */
const char *shop_rate_address(const char *ip, apr_pool_t *pool);

/* A policy with what is said of it in every reply and never changes. */
typedef struct shop_rate_rule_t {
    const shop_rate_policy_t *policy;
    const char *key;  /* what keys of counters begin with: rate:api: */
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
