/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_HTTP_SUITES_H
#define SHOP_TESTS_HTTP_SUITES_H

#include "tests/kit/harness.h"

extern const shop_test_t router_tests[];
extern const shop_test_t dispatch_tests[];
extern const shop_test_t body_tests[];
extern const shop_test_t media_tests[];
extern const shop_test_t problem_tests[];
extern const shop_test_t query_tests[];
extern const shop_test_t etag_tests[];
extern const shop_test_t res_tests[];
extern const shop_test_t coding_tests[];

#endif
