/* SPDX-License-Identifier: MIT
 * The unit tests of mod_shop/base. */
#include "suites.h"

int main(void)
{
    static const shop_suite_t suites[] = {
        { "error", error_tests, NULL, NULL },   { "log", log_tests, NULL, NULL },
        { "json", json_tests, NULL, NULL },     { "json_write", json_write_tests, NULL, NULL },
        { "money", money_tests, NULL, NULL },   { "clock", clock_tests, NULL, NULL },
        { "text", text_tests, NULL, NULL },     { "email", text_email_tests, NULL, NULL },
        { "id", id_tests, NULL, NULL },         { "fields", fields_tests, NULL, NULL },
        { "cursor", cursor_tests, NULL, NULL },
    };

    return shop_tests_run(suites, (int)(sizeof(suites) / sizeof(suites[0])));
}
