/* SPDX-License-Identifier: MIT
 * The frame around every CUnit program: a pool per test, messages with what was seen. */
#include "tests/kit/harness.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

apr_pool_t *t_pool;
static apr_pool_t *root;

static shop_suite_t registered[64];
static int registered_count;

static void fresh_pool(void)
{
    apr_pool_create(&t_pool, root);
}

static void drop_pool(void)
{
    apr_pool_destroy(t_pool);
    t_pool = NULL;
}

void t_assert(int holds, int line, const char *file, const char *format, ...)
{
    char *text;
    va_list args;

    va_start(args, format);
    text = apr_pvsprintf(t_pool ? t_pool : root, format, args);
    va_end(args);
    CU_assertImplementation(holds ? CU_TRUE : CU_FALSE, (unsigned)line, text, file, "", CU_FALSE);
}

int t_ok(const shop_error_t *err, int line, const char *file, const char *text)
{
    t_assert(err == NULL, line, file, "%s: %s (%s; %s)", text,
             err ? shop_code_name(err->code) : "ok", err ? err->detail : "",
             err && err->cause ? err->cause : "no cause");
    return err == NULL;
}

int t_err(const shop_error_t *err, shop_code_t code, int line, const char *file, const char *text)
{
    t_assert(err && err->code == code, line, file, "%s: wanted %s, got %s (%s)", text,
             shop_code_name(code), err ? shop_code_name(err->code) : "success",
             err ? err->detail : "");
    return err && err->code == code;
}

void t_str(const char *is, const char *wanted, int line, const char *file, const char *text)
{
    int same = is && wanted ? !strcmp(is, wanted) : is == wanted;

    t_assert(same, line, file, "%s: wanted \"%s\", got \"%s\"", text, wanted ? wanted : "(null)",
             is ? is : "(null)");
}

void t_int(long long is, long long wanted, int line, const char *file, const char *text)
{
    t_assert(is == wanted, line, file, "%s: wanted %" APR_INT64_T_FMT ", got %" APR_INT64_T_FMT,
             text, (apr_int64_t)wanted, (apr_int64_t)is);
}

int64_t t_cpu_us(void)
{
    struct timespec spent;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return (int64_t)spent.tv_sec * 1000000 + spent.tv_nsec / 1000;
}

int shop_tests_run(const shop_suite_t *suites, int count)
{
    unsigned failed;

    setvbuf(stdout, NULL, _IOLBF, 0);
    apr_initialize();
    atexit(apr_terminate);
    apr_pool_create(&root, NULL);
    if (CU_initialize_registry() != CUE_SUCCESS) {
        return 99;
    }
    for (int i = 0; i < count; i++) {
        CU_pSuite suite = CU_add_suite_with_setup_and_teardown(
            suites[i].name, suites[i].setup, suites[i].teardown, fresh_pool, drop_pool);

        for (const shop_test_t *test = suites[i].tests; test->run; test++) {
            CU_add_test(suite, test->law, test->run);
        }
    }
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed() +
             CU_get_number_of_tests_failed();
    if (CU_get_number_of_tests_run() == 0) {
        fputs("no test ran\n", stderr);
        failed++;
    }
    CU_cleanup_registry();
    apr_pool_destroy(root);
    return failed ? 1 : 0;
}

void shop_suite_register(shop_suite_t suite)
{
    if (registered_count == (int)(sizeof(registered) / sizeof(registered[0]))) {
        fputs("too many suites in one program\n", stderr);
        abort();
    }
    registered[registered_count++] = suite;
}

int shop_suites_run(void)
{
    return shop_tests_run(registered, registered_count);
}
