/* SPDX-License-Identifier: MIT
 * main() of every program of unit tests. */
#include "tests/kit/harness.h"

int main(void)
{
    return shop_suites_run();
}
