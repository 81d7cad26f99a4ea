/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_ORDER_TESTS_H
#define SHOP_TESTS_ORDER_TESTS_H

/* Tables that tests/contract runs again on a real store. */

#include "tests/kit/harness.h"

extern const shop_test_t order_place_tests[];
extern const shop_test_t order_claim_tests[];
extern const shop_test_t order_fault_tests[];
extern const shop_test_t order_race_tests[];

#endif
