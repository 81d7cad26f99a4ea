/* SPDX-License-Identifier: MIT
 * Errors as values, and the table behind their codes. */
#include "mod_shop/base/error.h"

#include <ctype.h>

#include "tests/kit/harness.h"

static shop_error_t *passes_up(shop_error_t *inner, int *went_on)
{
    SHOP_TRY(inner);
    *went_on = 1;
    return NULL;
}

static void an_error_keeps_cause_and_detail_apart(void)
{
    shop_error_t *err = shop_error_cause(shop_err(t_pool, UNAVAILABLE, "the %s is away", "store"),
                                         t_pool, "host %s", "db1");

    T_STR(err->detail, "the store is away");
    T_STR(err->cause, "host db1");
    T_INT(err->code, SHOP_UNAVAILABLE);
    T_TRUE(err->line > 0 && strstr(err->file, "test_error.c"));
    T_TRUE(!err->violations && !err->extra && !err->retry_after);
}

static void try_passes_errors_up_only(void)
{
    shop_error_t *err = shop_err(t_pool, NOT_FOUND, "gone");
    int went_on = 0;

    T_TRUE(passes_up(err, &went_on) == err);
    T_INT(went_on, 0);
    T_OK(passes_up(NULL, &went_on));
    T_INT(went_on, 1);
}

static void violations_gather_in_order(void)
{
    shop_error_t *err = NULL;

    shop_error_violate(&err, t_pool, "/a", "required", "is missing");
    shop_error_violate(&err, t_pool, "?b", "range", "is not between %d and %d", 1, 2);
    T_ERR(err, VALIDATION_FAILED);
    T_STR(err->detail, "/a is missing");
    T_STR(err->violations->pointer, "/a");
    T_STR(err->violations->code, "required");
    T_STR(err->violations->next->pointer, "?b");
    T_STR(err->violations->next->detail, "is not between 1 and 2");
    T_TRUE(!err->violations->next->next);
}

static void extras_are_members_of_the_problem(void)
{
    shop_error_t *err = shop_err(t_pool, OUT_OF_STOCK, "sold out");

    shop_error_extra(err, t_pool, "lines", json_array());
    shop_error_extra(err, t_pool, "available", json_integer(3));
    T_INT(json_object_size(err->extra), 2);
    T_INT(json_integer_value(json_object_get(err->extra, "available")), 3);
}

static void every_code_is_complete_and_unique(void)
{
    for (shop_code_t code = SHOP_OK + 1; code < SHOP_CODE_COUNT; code++) {
        const char *name = shop_code_name(code);
        int status = shop_code_status(code);

        t_assert(status >= 400 && status < 600, __LINE__, __FILE__, "%s has %d", name, status);
        for (const char *at = name; *at; at++) {
            t_assert(islower((unsigned char)*at) || *at == '_', __LINE__, __FILE__, "%s", name);
        }
        t_assert(*shop_code_title(code) && *shop_code_help(code), __LINE__, __FILE__, "%s", name);
        for (shop_code_t other = code + 1; other < SHOP_CODE_COUNT; other++) {
            t_assert(strcmp(name, shop_code_name(other)) != 0, __LINE__, __FILE__, "%s", name);
        }
    }
}

static void a_status_has_its_general_code(void)
{
    static const struct {
        int status;
        shop_code_t code;
    } cases[] = {
        { 400, SHOP_BAD_REQUEST },
        { 401, SHOP_TOKEN_MISSING },
        { 403, SHOP_FORBIDDEN },
        { 404, SHOP_NOT_FOUND },
        { 405, SHOP_METHOD_NOT_ALLOWED },
        { 406, SHOP_NOT_ACCEPTABLE },
        { 408, SHOP_REQUEST_TIMEOUT },
        { 409, SHOP_CONFLICT },
        { 412, SHOP_PRECONDITION_FAILED },
        { 413, SHOP_PAYLOAD_TOO_LARGE },
        { 414, SHOP_URI_TOO_LONG },
        { 415, SHOP_UNSUPPORTED_MEDIA_TYPE },
        { 416, SHOP_RANGE_NOT_SATISFIABLE },
        { 417, SHOP_EXPECTATION_FAILED },
        { 422, SHOP_VALIDATION_FAILED },
        { 429, SHOP_RATE_LIMITED },
        { 500, SHOP_INTERNAL },
        { 503, SHOP_UNAVAILABLE },
        { 505, SHOP_VERSION_NOT_SUPPORTED },
        { 200, SHOP_OK },
        { 418, SHOP_OK },
        { 0, SHOP_OK },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t_assert(shop_code_of_status(cases[i].status) == cases[i].code, __LINE__, __FILE__, "%d",
                 cases[i].status);
    }
}

static const shop_test_t tests[] = {
    SHOP_TEST(an_error_keeps_cause_and_detail_apart, "an error keeps cause and detail apart"),
    SHOP_TEST(try_passes_errors_up_only, "SHOP_TRY passes errors up and nothing else"),
    SHOP_TEST(violations_gather_in_order, "violations gather in order"),
    SHOP_TEST(extras_are_members_of_the_problem, "extras are members of the problem"),
    SHOP_TEST(every_code_is_complete_and_unique, "every code has a status, a name, a title, help"),
    SHOP_TEST(a_status_has_its_general_code, "a status of httpd's has its general code"),
    SHOP_TEST_END,
};
SHOP_SUITE("error", tests)
