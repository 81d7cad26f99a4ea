/* SPDX-License-Identifier: MIT
 * What the stage SHOP_STAGE_CLAIMS does with carts. */
#include "cart_claims.h"

#include <inttypes.h>

#include "../store/migrate.h"
#include "cart_mongo.h"

shop_error_t *shop_cart_claims_gone(const shop_migration_t *migration, apr_pool_t *pool)
{
    bson_t *filter =
        BCON_NEW("ordering.at", "{", "$gte", BCON_DATE_TIME(0), "}"); /* the sparse index */
    int64_t claims = 0;
    shop_error_t *err = shop_mongo_count_documents(&claims, migration->mongo, SHOP_CARTS_COLLECTION,
                                                   filter, NULL, SHOP_COUNT_CAP, pool);

    bson_destroy(filter);
    SHOP_TRY(err);
    return claims == 0
               ? NULL
               : shop_err(pool, CONFLICT,
                          "orders are being placed from %" PRId64
                          " carts: 30 seconds after the last process of this version ended, run "
                          "shopctl reap, then shopctl migrate --back again",
                          claims);
}

shop_error_t *shop_cart_claims_down(const shop_migration_t *migration, apr_pool_t *pool)
{
    return shop_mongo_drop_index(migration->mongo, SHOP_CARTS_COLLECTION, "claimed", pool);
}
