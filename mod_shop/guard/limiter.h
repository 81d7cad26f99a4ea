/* SPDX-License-Identifier: MIT */
#ifndef SHOP_GUARD_LIMITER_H
#define SHOP_GUARD_LIMITER_H

/* Port: counts how often something happened in a window. Redis first (one Lua call: count and
 * expiry are atomic), a table in shared memory at limit / nodes when Redis is away; never open.
 * Requests are counted by leases in front of that: most of them ask nobody. */

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

/* A block of permits, counted at once and handed out by the borrower without asking again. */
typedef struct shop_loan_t {
    int limit, window_s;
    int wanted;      /* permits, at least 1 */
    int64_t counted; /* hits the borrower knows of in the window under way; a counter that says
                        less has lost some and is set to it */
    int64_t left_ms; /* until that window ends; 0: the borrower knows of none */
    /* what came of it */
    int granted;       /* 0: the limit is reached */
    int64_t total;     /* counted by all hosts now, these permits included */
    int64_t window_ms; /* until the window ends, at least 1 */
} shop_loan_t;

typedef struct shop_limiter_t shop_limiter_t;
struct shop_limiter_t {
    /* Counts one hit (cost 1) or only looks (cost 0) at key. Never fails. */
    void (*hit)(shop_limit_state_t *state, shop_limiter_t *limiter, const char *key, int limit,
                int window_s, int cost, apr_pool_t *pool);
    void (*forget)(shop_limiter_t *limiter, const char *key, apr_pool_t *pool);
    /* Fewer permits than wanted when little is left. false: not now. NULL: does not lend. */
    bool (*lend)(shop_loan_t *loan, shop_limiter_t *limiter, const char *key, apr_pool_t *pool);
};

/* Shared-memory limiter over `size` zeroed bytes at `memory` (fixed-size slots, open addressing,
 * lock-free increments; a full neighbourhood reuses the oldest slot). memory NULL: own memory. */
shop_limiter_t *shop_limiter_shm(void *memory, apr_size_t size, int nodes, apr_pool_t *pool);

/* Hits of cost 1 use up blocks of permits that lender (which must lend) counted in advance; they
 * stand in shared memory like the above. Looks go to the lender, who counts what is out on loan as
 * used. When the lender cannot be asked, this host hands out its share, 1 / nodes, of what it last
 * heard to be left, else of the limit, and has that counted afterwards. See docs/adr/012. */
shop_limiter_t *shop_limiter_lease(shop_limiter_t *lender, void *memory, apr_size_t size, int nodes,
                                   apr_pool_t *pool);

#endif
