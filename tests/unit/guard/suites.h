/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_GUARD_SUITES_H
#define SHOP_TESTS_GUARD_SUITES_H

#include "tests/kit/harness.h"

extern const shop_test_t rate_tests[];
extern const shop_test_t limiter_shm_tests[];
extern const shop_test_t revoked_shm_tests[];
extern const shop_test_t limiter_lease_tests[];

#endif
