/* SPDX-License-Identifier: MIT */
#ifndef SHOP_AUDIT_VERIFY_MONGO_H
#define SHOP_AUDIT_VERIFY_MONGO_H

/* The audit's view of the database. It does not use the code that it checks, so that it does not
 * share its errors. */

#include "../drivers/mongo.h"
#include "verify_store.h"

/* Never fails. No I/O. */
shop_verify_store_t *shop_verify_store_mongo(shop_mongo_t *mongo, apr_pool_t *pool);

#endif
