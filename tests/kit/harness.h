/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_HARNESS_H
#define SHOP_TESTS_HARNESS_H

/* CUnit with a fresh pool per test, assertions that say what they saw, and an exit code that
 * says whether any failed. A test file is: static functions, one table, SHOP_SUITE; main() is
 * tests/kit/main.c. A program that chooses its suites itself calls shop_tests_run. */

#include <CUnit/Basic.h>
#include <apr_general.h>
#include <apr_pools.h>
#include <apr_strings.h>
#include <stdint.h>
#include <stdbool.h>
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

typedef struct shop_suite_t {
    const char *name;
    const shop_test_t *tests;
    int (*setup)(void); /* once before the suite; 0 is success; may be NULL */
    int (*teardown)(void);
} shop_suite_t;
/* Runs the suites, prints CUnit's summary; exit status: 0 all passed. */
int shop_tests_run(const shop_suite_t *suites, int count);

/* Adds a suite to those that tests/kit/main.c runs; no semicolon. table: a name, not an
 * expression. */
#define SHOP_SUITE(name, table)                                         \
    __attribute__((constructor)) static void register_##table(void)     \
    {                                                                   \
        shop_suite_register((shop_suite_t){ name, table, NULL, NULL }); \
    }
void shop_suite_register(shop_suite_t suite);
int shop_suites_run(void); /* all that were registered */

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

/* A seeded generator, so that a failure can be repeated. */
static inline uint64_t t_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Microseconds that this thread has been running: work, and not time. */
int64_t t_cpu_us(void);

/* Runs act(baton, i, pool) in count threads at once, each with a pool of its own; the answer: how
 * many of them gave true. */
int shop_test_crowd(int count, bool (*act)(void *baton, int i, apr_pool_t *pool), void *baton);

#endif
