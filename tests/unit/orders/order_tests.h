/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_ORDER_TESTS_H
#define SHOP_TESTS_ORDER_TESTS_H

#include "tests/kit/harness.h"

extern const shop_test_t order_rule_tests[];
extern const shop_test_t order_money_tests[];
extern const shop_test_t order_place_tests[];
extern const shop_test_t order_fault_tests[];
extern const shop_test_t order_race_tests[];
extern const shop_test_t order_api_tests[];

#endif
