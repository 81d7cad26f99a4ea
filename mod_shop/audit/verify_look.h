/* SPDX-License-Identifier: MIT */
#ifndef SHOP_AUDIT_VERIFY_LOOK_H
#define SHOP_AUDIT_VERIFY_LOOK_H

/* One run of the checks, its reports, and the repetition of a check. verify_run.c explains why a
 * check is correct while the shop is running. */

#include "verify_run.h"

typedef struct shop_verify_run_t {
    const shop_verify_ports_t *ports;
    shop_verify_sums_t *sums;
    bool repair;
    shop_verify_each_t each;
    void *baton;
} shop_verify_run_t;

/* Checks one object once, reports and repairs. *unchanged (true before): false when the object
 * changed meanwhile, and then nothing was reported. */
typedef shop_error_t *(*shop_verify_look_t)(bool *unchanged, const shop_verify_run_t *run,
                                            const char *id, apr_pool_t *pool);

/* Calls look until the object did not change during it, for about a second; an object that changed
 * each time is reported as busy. Errors are those of look. */
shop_error_t *shop_verify_look(const shop_verify_run_t *run, const char *kind, const char *id,
                               shop_verify_look_t look, apr_pool_t *pool);
/* Marks the finding as one that is not repaired, because a person must decide, and says so in its
 * detail. */
void shop_verify_set_manual(shop_verify_finding_t *finding);
/* Marks the finding as one that could not be checked now, and says so in its detail. */
void shop_verify_set_busy(shop_verify_finding_t *finding);
/* Counts the finding and passes it to run->each. Never fails. */
void shop_verify_report(const shop_verify_run_t *run, const shop_verify_finding_t *finding);
/* The same for an array of shop_verify_finding_t. */
void shop_verify_report_all(const shop_verify_run_t *run, const apr_array_header_t *findings);

#endif
