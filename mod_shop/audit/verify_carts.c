/* SPDX-License-Identifier: MIT
 * Carts whose order is neither placed nor given up. */
#include "verify_carts.h"

#include <apr_strings.h>

/* The reaper may have been at it while the list was read. */
static shop_error_t *check_claim(const shop_verify_run_t *run, const shop_verify_claim_t *claim,
                                 apr_pool_t *pool)
{
    shop_verify_store_t *store = run->ports->store;
    shop_verify_finding_t finding = { .kind = "cart", .id = claim->user_id, .member = "ordering" };
    bool claimed;

    SHOP_TRY(store->is_claimed(&claimed, store, claim, pool));
    if (claimed) {
        finding.detail = apr_psprintf(pool,
                                      "order %s is long past its lease, and nobody has completed "
                                      "or undone it",
                                      claim->order_id);
        shop_verify_report(run, &finding);
    }
    return NULL;
}

shop_error_t *shop_verify_all_carts(const shop_verify_run_t *run, apr_pool_t *pool)
{
    shop_verify_store_t *store = run->ports->store;
    const shop_clock_t *clock = run->ports->clock;
    apr_array_header_t *claims;

    SHOP_TRY(store->claims(&claims, store, clock->now(clock) - SHOP_VERIFY_STUCK_AFTER, pool));
    for (int i = 0; i < claims->nelts; i++) {
        SHOP_TRY(check_claim(run, APR_ARRAY_IDX(claims, i, shop_verify_claim_t *), pool));
    }
    return NULL;
}
