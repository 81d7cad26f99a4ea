/* SPDX-License-Identifier: MIT
 * The storm over MongoDB, each seed compared with the same one over the fakes. Exit 77 (skipped)
 * without SHOP_TEST_MONGO_URI. */
#include "storm.h"
#include "tests/kit/contract_store.h"

int main(int argc, const char *const *argv)
{
    if (!contract_store_wanted()) {
        return 77;
    }
    return storm_main(
        argc, argv,
        (storm_plan_t){
            .store = &storm_store_mongo, .beside = &storm_store_mem, .runs = 4, .weak_runs = 1 });
}
