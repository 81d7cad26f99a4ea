/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_BASE_SUITES_H
#define SHOP_TESTS_BASE_SUITES_H

#include "tests/kit/harness.h"

extern const shop_test_t clock_tests[];
extern const shop_test_t cursor_tests[];
extern const shop_test_t error_tests[];
extern const shop_test_t fields_tests[];
extern const shop_test_t id_tests[];
extern const shop_test_t json_tests[];
extern const shop_test_t json_write_tests[];
extern const shop_test_t log_tests[];
extern const shop_test_t money_tests[];
extern const shop_test_t text_tests[];
extern const shop_test_t text_email_tests[];

/* A seeded generator, so that a failure can be repeated. */
static inline uint64_t t_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

#endif
