/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_CONTRACT_STORE_H
#define SHOP_TESTS_CONTRACT_STORE_H

/* A database of its own on the server of SHOP_TEST_MONGO_URI, dropped at the end. */

#include "mod_shop/drivers/mongo.h"
#include "tests/kit/harness.h"

/* Opens database "shop_<name>_<pid>" and makes the indexes of the NULL-terminated list of tables.
 * NULL (with a word on standard error) when that fails. */
shop_mongo_t *contract_store_open(const char *name, const shop_mongo_index_t *const *tables);
/* Deletes every document of the NULL-terminated list of collections. */
void contract_store_empty(shop_mongo_t *mongo, const char *const *collections);
/* Drops an index by name, as a restore without indexes would. The next write looks which indexes
 * there are. */
void contract_store_drop_index(const char *collection, const char *index);
/* How the server would answer a find: the innermost stage ("IXSCAN"), its index, and whether it
 * would sort; source is the server's refusal when it has no plan. Texts live in t_pool. db: NULL is
 * the own database. */
typedef struct contract_plan_t {
    const char *source, *index;
    bool sorts;
} contract_plan_t;
contract_plan_t contract_store_explain(const char *db, const char *collection, const bson_t *filter,
                                       const bson_t *opts);
/* Drops the database and closes; 0 is success. */
int contract_store_drop(void);
/* Is there a server to test on? */
int contract_store_wanted(void);

#endif
