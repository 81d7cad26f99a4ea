/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_RECORD_CONTRACT_H
#define SHOP_TESTS_RECORD_CONTRACT_H

/* What every store of records must do, for any record; run on the fake, and on MongoDB when
 * SHOP_TEST_MONGO_URI is set. */

#include "mod_shop/store/record.h"

typedef struct record_sample_t {
    const shop_record_t *record;
    /* The n-th record that a request could have made, in pool: id, unique rows and a part of the
     * others differ from n to n (below 16); 1, 2 and 4 have a value in every unique row. */
    void *(*make)(int n, apr_pool_t *pool);
} record_sample_t;

/* Runs the suite for each; the exit status of main(): 77 (skipped) when there was no server. */
int record_contract_run(const record_sample_t *samples, int count);

#endif
