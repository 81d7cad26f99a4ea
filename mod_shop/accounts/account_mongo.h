/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ACCOUNTS_ACCOUNT_MONGO_H
#define SHOP_ACCOUNTS_ACCOUNT_MONGO_H

/* Users and sessions in MongoDB. */

#include "../drivers/mongo.h"
#include "account_repo.h"

extern const shop_mongo_index_t shop_account_indexes[];

shop_account_repo_t *shop_account_repo_mongo(shop_mongo_t *mongo, apr_pool_t *pool);

#endif
