/* SPDX-License-Identifier: MIT
 * What the stage SHOP_STAGE_CLAIMS does with coupons. */
#include "coupon_voids.h"

#include "../store/migrate.h"
#include "coupon_mongo.h"

static const shop_mongo_index_t before[] = {
    { .collection = SHOP_COUPONS_COLLECTION,
      .name = "old_holds",
      .keys = "holds.at:1",
      .sparse = true },
    { .collection = NULL },
};

/* Their ids are codes, which a walk does not go by; and they are few. */
static shop_error_t *remove_voids(const shop_migration_t *migration, apr_pool_t *pool)
{
    bson_t *filter = BCON_NEW("voids", "{", "$exists", BCON_BOOL(true), "}");
    bson_t *update = BCON_NEW("$unset", "{", "voids", BCON_INT32(1), "}");
    shop_error_t *err = shop_mongo_update_all(NULL, migration->mongo, SHOP_COUPONS_COLLECTION,
                                              filter, update, SHOP_MONGO_MAJORITY, pool);

    bson_destroy(filter);
    bson_destroy(update);
    return err;
}

shop_error_t *shop_coupon_voids_down(const shop_migration_t *migration, apr_pool_t *pool)
{
    SHOP_TRY(shop_mongo_ensure_indexes(migration->mongo, before, pool));
    SHOP_TRY(remove_voids(migration, pool));
    return shop_mongo_drop_index(migration->mongo, SHOP_COUPONS_COLLECTION, "old_voids", pool);
}

shop_error_t *shop_coupon_voids_finish(const shop_migration_t *migration, apr_pool_t *pool)
{
    return shop_mongo_drop_index(migration->mongo, SHOP_COUPONS_COLLECTION, "old_holds", pool);
}
