/* SPDX-License-Identifier: MIT
 * Checks the books of a shop that goes on selling. Nothing stops for it, so each object is read,
 * then everything that bears on it, then the object again. What bears on stock and on uses moves
 * together with a member that is compared (stock, holds, back_rev, move_rev, terms_rev): nothing
 * that was counted can have changed while the object did not, so sums that disagree beside an
 * unchanged object are a drift. An object that changes each time is named and not judged.
 *
 * Sums that agree are believed at once. A drift hidden by an order that moved just so much in that
 * moment is found by the next run.
 *
 * A repair asks for the very members that were judged. It is refused where anything moved, and then
 * the object is looked at again. */
#include "verify_inner.h"

#include <apr_strings.h>
#include <string.h>

#define TURNS 7
#define PAUSE apr_time_from_msec(10) /* doubles: about a second in all */

void shop_verify_tell(const shop_verify_run_t *run, const shop_verify_finding_t *finding)
{
    run->sums->busy += finding->busy;
    run->sums->drifts += !finding->busy;
    run->sums->repaired += finding->repaired;
    run->each(run->baton, finding);
}

void shop_verify_tell_all(const shop_verify_run_t *run, const apr_array_header_t *findings)
{
    for (int i = 0; i < findings->nelts; i++) {
        shop_verify_tell(run, &APR_ARRAY_IDX(findings, i, shop_verify_finding_t));
    }
}

shop_error_t *shop_verify_settle(const shop_verify_run_t *run, const char *kind, const char *id,
                                 shop_verify_look_t look, apr_pool_t *pool)
{
    shop_verify_finding_t busy = {
        .kind = kind, .id = id, .detail = "busy, not judged", .busy = true
    };

    for (int turn = 0; turn < TURNS; turn++) {
        apr_pool_t *turn_pool;
        bool settled = true;

        apr_pool_create(&turn_pool, pool);
        SHOP_TRY(look(&settled, run, id, turn_pool)); /* an error lives in it */
        apr_pool_destroy(turn_pool);
        if (settled) {
            return NULL;
        }
        apr_sleep(PAUSE << turn);
    }
    shop_verify_tell(run, &busy);
    return NULL;
}

/* ---- all of it, page by page ---- */

/* *last: where the next page begins, in the pool of the caller; NULL: this was the last one. */
static void turn_page(const char **last, const apr_array_header_t *page, const char *id,
                      apr_pool_t *pool)
{
    *last = page->nelts < SHOP_VERIFY_PAGE ? NULL : apr_pstrdup(pool, id);
}

static shop_error_t *walk_ids(int64_t *count, const shop_verify_run_t *run, shop_verify_what_t what,
                              const char *kind, shop_verify_look_t look, apr_pool_t *pool)
{
    shop_verify_store_t *store = run->ports->store;
    const char *last = NULL;

    do {
        apr_pool_t *page_pool;
        apr_array_header_t *ids;

        apr_pool_create(&page_pool, pool);
        SHOP_TRY(store->ids(&ids, store, what, last, page_pool));
        for (int i = 0; i < ids->nelts; i++) {
            SHOP_TRY(shop_verify_settle(run, kind, APR_ARRAY_IDX(ids, i, const char *), look,
                                        page_pool));
        }
        *count += ids->nelts;
        turn_page(&last, ids, ids->nelts ? APR_ARRAY_IDX(ids, ids->nelts - 1, const char *) : "",
                  pool);
        apr_pool_destroy(page_pool);
    } while (last);
    return NULL;
}

static shop_error_t *walk_orders(const shop_verify_run_t *run, apr_pool_t *pool)
{
    shop_verify_store_t *store = run->ports->store;
    const char *last = NULL;

    do {
        apr_pool_t *page_pool;
        apr_array_header_t *page;
        const char *id = "";

        apr_pool_create(&page_pool, pool);
        SHOP_TRY(store->orders(&page, store, last, page_pool));
        for (int i = 0; i < page->nelts; i++) {
            const shop_verify_order_t *order = APR_ARRAY_IDX(page, i, shop_verify_order_t *);

            SHOP_TRY(shop_verify_one_order(run, order, page_pool));
            id = order->id;
        }
        run->sums->orders += page->nelts;
        turn_page(&last, page, id, pool);
        apr_pool_destroy(page_pool);
    } while (last);
    return NULL;
}

static shop_error_t *walk_redemptions(const shop_verify_run_t *run, apr_pool_t *pool)
{
    shop_verify_store_t *store = run->ports->store;
    const char *last = NULL;

    do {
        apr_pool_t *page_pool;
        apr_array_header_t *page;
        const char *id = "";

        apr_pool_create(&page_pool, pool);
        SHOP_TRY(store->redemptions(&page, store, last, page_pool));
        for (int i = 0; i < page->nelts; i++) {
            const shop_verify_redemption_t *redemption =
                APR_ARRAY_IDX(page, i, shop_verify_redemption_t *);

            SHOP_TRY(shop_verify_one_redemption(run, redemption, page_pool));
            id = redemption->id;
        }
        run->sums->redemptions += page->nelts;
        turn_page(&last, page, id, pool);
        apr_pool_destroy(page_pool);
    } while (last);
    return NULL;
}

shop_error_t *shop_verify(shop_verify_sums_t *sums, const shop_verify_ports_t *ports, bool repair,
                          shop_verify_each_t each, void *baton, apr_pool_t *pool)
{
    shop_verify_run_t run = {
        .ports = ports, .sums = sums, .repair = repair, .each = each, .baton = baton
    };

    memset(sums, 0, sizeof(*sums));
    SHOP_TRY(walk_ids(&sums->products, &run, SHOP_VERIFY_UNITS, "product", shop_verify_look_at_unit,
                      pool));
    SHOP_TRY(walk_ids(&sums->coupons, &run, SHOP_VERIFY_COUPONS, "coupon",
                      shop_verify_look_at_coupon, pool));
    SHOP_TRY(walk_orders(&run, pool));
    return walk_redemptions(&run, pool);
}
