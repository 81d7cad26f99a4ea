/* SPDX-License-Identifier: MIT */
#include "stages.h"

#include "catalogue/product_keys.h"
#include "drivers/mongo.h"

/* Indexes are declared by the modules. One more is no stage: both versions work with it. One that
 * goes, or that documents must be changed for first, is. */
static shop_error_t *make_indexes(const shop_migration_t *migration, apr_pool_t *pool)
{
    for (const shop_mongo_index_t *const *table = migration->indexes; *table; table++) {
        SHOP_TRY(shop_mongo_ensure_indexes(migration->mongo, *table, pool));
    }
    return NULL;
}

const shop_stage_t shop_stages[] = {
    { .number = 1,
      .name = "indexes",
      .what = "makes the indexes that modules declare, those added since as well",
      .always = true,
      .up = make_indexes },
    { .number = SHOP_STAGE_KEYS,
      .name = "keys",
      .what =
          "compares categories as people do, whatever code points and spaces they are written in",
      .up = shop_product_keys_up,
      .down = shop_product_keys_down,
      .finish = shop_product_keys_finish },
    { .number = 0 },
};
