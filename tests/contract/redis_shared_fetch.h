/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_CONTRACT_REDIS_SHARED_FETCH_H
#define SHOP_TESTS_CONTRACT_REDIS_SHARED_FETCH_H

#include "tests/kit/harness.h"

/* Part of test_redis_contract: two programs would empty each other's Redis. */
extern const shop_test_t redis_shared_fetch_tests[];

#endif
