/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_HARNESS_H
#define SHOP_TESTS_HARNESS_H

/* CUnit with a fresh pool per test, assertions that say what they saw, and an exit code that
 * counts failures. A program is: static tests, one table, SHOP_TEST_MAIN. */

#include <CUnit/Basic.h>
#include <apr_general.h>
#include <apr_pools.h>
#include <apr_strings.h>
#include <string.h>

#include "mod_shop/base/error.h"

extern apr_pool_t *t_pool; /* fresh for each test */

typedef struct shop_test_t {
    void (*run)(void);
    const char *law; /* a sentence */
} shop_test_t;

#define SHOP_TEST(fn, law) \
    {                      \
        fn, law            \
    }
#define SHOP_TEST_END \
    {                 \
        NULL, NULL    \
    }

/* Runs the tables (NULL-terminated list), prints CUnit's summary; exit status: 0 all passed. */
typedef struct shop_suite_t {
    const char *name;
    const shop_test_t *tests;
    int (*setup)(void); /* once before the suite; 0 is success; may be NULL */
    int (*teardown)(void);
} shop_suite_t;
int shop_tests_run(const shop_suite_t *suites, int count);

void t_assert(int holds, int line, const char *file, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
int t_ok(const shop_error_t *err, int line, const char *file, const char *text);
int t_err(const shop_error_t *err, shop_code_t code, int line, const char *file, const char *text);
void t_str(const char *is, const char *wanted, int line, const char *file, const char *text);
void t_int(long long is, long long wanted, int line, const char *file, const char *text);

#define T_OK(expr) t_ok((expr), __LINE__, __FILE__, #expr)
#define T_ERR(expr, CODE) t_err((expr), SHOP_##CODE, __LINE__, __FILE__, #expr)
#define T_STR(is, wanted) t_str((is), (wanted), __LINE__, __FILE__, #is)
#define T_INT(is, wanted) t_int((long long)(is), (long long)(wanted), __LINE__, __FILE__, #is)
#define T_TRUE(expr) t_assert(!!(expr), __LINE__, __FILE__, "%s", #expr)

#endif
