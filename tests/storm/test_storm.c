/* SPDX-License-Identifier: MIT
 * The storm over the fakes. */
#include "storm.h"

int main(int argc, const char *const *argv)
{
    return storm_main(argc, argv,
                      (storm_plan_t){ .store = &storm_store_mem, .runs = 300, .weak_runs = 40 });
}
