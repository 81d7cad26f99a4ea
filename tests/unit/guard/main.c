/* SPDX-License-Identifier: MIT
 * The unit tests of mod_shop/guard. */
#include "suites.h"

int main(void)
{
    static const shop_suite_t suites[] = {
        { "rate", rate_tests, NULL, NULL },
        { "limiter in shared memory", limiter_shm_tests, NULL, NULL },
        { "ended sessions in shared memory", revoked_shm_tests, NULL, NULL },
        { "limiter by leases", limiter_lease_tests, NULL, NULL },
    };

    return shop_tests_run(suites, (int)(sizeof(suites) / sizeof(suites[0])));
}
