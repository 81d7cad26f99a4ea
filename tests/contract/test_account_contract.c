/* SPDX-License-Identifier: MIT
 * Runs the accounts contract on the fake, and on MongoDB when SHOP_TEST_MONGO_URI is set (a new
 * database, dropped at the end). Exit 77 (skipped) when only the fake was there. */
#include "mod_shop/accounts/account_mongo.h"
#include "mod_shop/store/record_mongo.h"
#include "tests/contract/account_contract.h"
#include "tests/kit/contract_store.h"
#include "tests/kit/account_mem.h"

static shop_mongo_t *mongo;

static shop_account_repo_t *fake_store(void)
{
    return shop_account_repo_mem(t_pool);
}

static int use_fake(void)
{
    shop_account_contract_store = fake_store;
    return 0;
}

static shop_account_repo_t *real_store(void)
{
    static const char *const collections[] = { "users", "sessions", "meta", NULL };

    contract_store_empty(mongo, collections);
    return shop_account_repo_mongo(mongo, t_pool);
}

static int use_mongo(void)
{
    apr_pool_t *pool;
    const shop_mongo_index_t *tables[] = { shop_account_indexes, NULL, NULL };

    apr_pool_create(&pool, NULL); /* the indexes are looked for until the process ends */
    tables[1] = shop_record_indexes(&shop_user_record, pool);
    shop_account_contract_store = real_store;
    mongo = contract_store_open("accounts", tables);
    return mongo == NULL;
}

int main(void)
{
    const shop_suite_t suites[] = { { "accounts, fake", shop_account_contract, use_fake, NULL },
                                    { "accounts, MongoDB", shop_account_contract, use_mongo,
                                      contract_store_drop } };
    bool real = contract_store_wanted();
    int failed = shop_tests_run(suites, real ? 2 : 1);

    return failed ? failed : real ? 0 : 77;
}
