/* SPDX-License-Identifier: MIT */
#ifndef SHOP_GUARD_LIMITER_H
#define SHOP_GUARD_LIMITER_H

/* Port: counts hits in fixed windows. The counters are in Redis (one script: count and expiry are
 * atomic), or in shared memory with limit / nodes while Redis is unavailable, so a limit is never
 * off. Requests are counted with permits leased in advance, so most of them need no round trip. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <stdbool.h>

#include "../base/error.h"
#include "../http/res.h"

typedef struct shop_limit_state_t {
    bool allowed;
    int remaining; /* in this window after this hit */
    int reset_s;   /* seconds until the window ends, at least 1 */
} shop_limit_state_t;

/* A block of permits, counted in advance and used up by the lessee without further round trips. */
typedef struct shop_lease_t {
    int limit, window_s;
    int wanted;      /* permits, at least 1 */
    int64_t counted; /* hits in the present window as far as the lessee knows; a lower counter has
                        lost some and is set to it */
    int64_t left_ms; /* until that window ends; 0: the lessee knows of none */
    /* result */
    int granted;       /* 0: the limit is reached */
    int64_t total;     /* hits of all hosts, these permits included */
    int64_t window_ms; /* until the window ends, at least 1 */
} shop_lease_t;

typedef struct shop_limiter_t shop_limiter_t;
struct shop_limiter_t {
    /* Counts one hit of key (cost 1), or only reads its state (cost 0). Never fails. */
    void (*hit)(shop_limit_state_t *state, shop_limiter_t *limiter, const char *key, int limit,
                int window_s, int cost, apr_pool_t *pool);
    /* Sets the count of key to 0. */
    void (*reset)(shop_limiter_t *limiter, const char *key, apr_pool_t *pool);
    /* Leases permits; fewer than wanted near the limit. false: unavailable. NULL: no leases. */
    bool (*acquire)(shop_lease_t *lease, shop_limiter_t *limiter, const char *key,
                    apr_pool_t *pool);
};

/* Limiter in `size` zeroed bytes of shared memory: fixed-size slots, open addressing, lock-free
 * increments; when all slots for a key are taken, the oldest is reused. memory NULL: own memory. */
shop_limiter_t *shop_limiter_shm(void *memory, apr_size_t size, int nodes, apr_pool_t *pool);

/* Hits of cost 1 use up permits leased from `lessor` (which must have acquire), which are in shared
 * memory like the above. Other calls go to the lessor, where leased permits count as used. While
 * the lessor is unavailable, this host allows its share, 1 / nodes, of the permits last known to be
 * left, else of the limit, and reports them afterwards. See docs/adr/012. */
shop_limiter_t *shop_limiter_lease(shop_limiter_t *lessor, void *memory, apr_size_t size, int nodes,
                                   apr_pool_t *pool);

#endif
