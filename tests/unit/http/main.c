/* SPDX-License-Identifier: MIT
 * The unit tests of mod_shop/http. */
#include "suites.h"

int main(void)
{
    static const shop_suite_t suites[] = {
        { "router", router_tests, NULL, NULL },   { "dispatch", dispatch_tests, NULL, NULL },
        { "body", body_tests, NULL, NULL },       { "media", media_tests, NULL, NULL },
        { "problem", problem_tests, NULL, NULL }, { "query", query_tests, NULL, NULL },
        { "etag", etag_tests, NULL, NULL },       { "res", res_tests, NULL, NULL },
        { "codings", coding_tests, NULL, NULL },
    };

    return shop_tests_run(suites, (int)(sizeof(suites) / sizeof(suites[0])));
}
