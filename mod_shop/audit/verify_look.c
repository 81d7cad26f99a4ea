/* SPDX-License-Identifier: MIT
 * Repeats the check of an object until nothing changed during it, and reports what was found. */
#include "verify_look.h"

#define TURNS 7
#define PAUSE apr_time_from_msec(10) /* doubles: about a second in all */

void shop_verify_set_manual(shop_verify_finding_t *finding)
{
    finding->manual = true;
    finding->detail = "not repaired: a person must decide";
}

void shop_verify_set_busy(shop_verify_finding_t *finding)
{
    finding->busy = true;
    finding->detail = "busy, not judged";
}

void shop_verify_report(const shop_verify_run_t *run, const shop_verify_finding_t *finding)
{
    run->sums->busy += finding->busy;
    run->sums->leftovers += finding->leftover;
    run->sums->completed += finding->leftover && finding->repaired;
    run->sums->drifts += !finding->busy && !finding->leftover;
    run->sums->repaired += !finding->leftover && finding->repaired;
    run->each(run->baton, finding);
}

void shop_verify_report_all(const shop_verify_run_t *run, const apr_array_header_t *findings)
{
    for (int i = 0; i < findings->nelts; i++) {
        shop_verify_report(run, &APR_ARRAY_IDX(findings, i, shop_verify_finding_t));
    }
}

shop_error_t *shop_verify_look(const shop_verify_run_t *run, const char *kind, const char *id,
                               shop_verify_look_t look, apr_pool_t *pool)
{
    shop_verify_finding_t busy = { .kind = kind, .id = id };

    for (int turn = 0; turn < TURNS; turn++) {
        apr_pool_t *turn_pool;
        bool unchanged = true;

        apr_pool_create(&turn_pool, pool);
        SHOP_TRY(look(&unchanged, run, id, turn_pool)); /* an error lives in it */
        apr_pool_destroy(turn_pool);
        if (unchanged) {
            return NULL;
        }
        apr_sleep(PAUSE << turn);
    }
    shop_verify_set_busy(&busy);
    shop_verify_report(run, &busy);
    return NULL;
}
