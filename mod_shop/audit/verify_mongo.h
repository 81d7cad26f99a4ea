/* SPDX-License-Identifier: MIT */
#ifndef SHOP_AUDIT_VERIFY_MONGO_H
#define SHOP_AUDIT_VERIFY_MONGO_H

/* The books in MongoDB, read member by member and beside the code that keeps them: who shares a
 * reader with what he checks sees what it sees. */

#include "../drivers/mongo.h"
#include "verify_store.h"

/* Never fails; opens nothing. */
shop_verify_store_t *shop_verify_store_mongo(shop_mongo_t *mongo, apr_pool_t *pool);

#endif
