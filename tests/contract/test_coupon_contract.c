/* SPDX-License-Identifier: MIT
 * Runs the coupons contract on the fake, and on MongoDB when SHOP_TEST_MONGO_URI is set. Exit 77
 * (skipped) when only the fake was there. */
#include "tests/kit/contract_store.h"
#include "coupon_contract.h"
#include "mod_shop/coupons/coupon_mongo.h"
#include "tests/kit/coupon_mem.h"

static shop_mongo_t *mongo;

static shop_coupon_repo_t *fake_store(shop_reservations_t **uses)
{
    shop_coupon_repo_t *repo = shop_coupon_repo_mem(t_pool);

    *uses = shop_coupon_mem_uses(repo);
    return repo;
}

static int use_fake(void)
{
    shop_coupon_contract_store = fake_store;
    return 0;
}

static shop_coupon_repo_t *real_store(shop_reservations_t **uses)
{
    static const char *const collections[] = { "coupons", "redemptions", NULL };

    contract_store_empty(mongo, collections);
    *uses = shop_reservations_mongo(&shop_coupon_uses, mongo, NULL, t_pool);
    return shop_coupon_repo_mongo(mongo, t_pool);
}

static int use_mongo(void)
{
    const shop_mongo_index_t *const tables[] = { shop_coupon_indexes, NULL };

    shop_coupon_contract_store = real_store;
    mongo = contract_store_open("coupons", tables);
    return mongo == NULL;
}

int main(void)
{
    const shop_suite_t suites[] = {
        { "coupons, fake", shop_coupon_contract, use_fake, NULL },
        { "coupons, MongoDB", shop_coupon_contract, use_mongo, contract_store_drop },
    };
    int real = contract_store_wanted();
    int failed = shop_tests_run(suites, real ? 2 : 1);

    return failed ? failed : real ? 0 : 77;
}
