/* SPDX-License-Identifier: MIT
 * Orders: rules, placing and cancelling, faults, races, and the whole API in process. */
#include "order_tests.h"

int main(void)
{
    const shop_suite_t suites[] = {
        { "order rules", order_rule_tests, NULL, NULL },
        { "order money", order_money_tests, NULL, NULL },
        { "placing and cancelling", order_place_tests, NULL, NULL },
        { "orders under faults", order_fault_tests, NULL, NULL },
        { "orders at once", order_race_tests, NULL, NULL },
        { "order API", order_api_tests, NULL, NULL },
    };

    return shop_tests_run(suites, (int)(sizeof(suites) / sizeof(suites[0])));
}
