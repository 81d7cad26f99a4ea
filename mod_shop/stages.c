/* SPDX-License-Identifier: MIT */
#include "stages.h"

#include "cart/cart_claims.h"
#include "catalogue/product_sold_out.h"
#include "coupons/coupon_voids.h"
#include "drivers/mongo.h"

extern const shop_stage_part_t shop_account_keys; /* accounts/account_keys_mongo.c */
extern const shop_stage_part_t shop_product_keys; /* catalogue/product_keys_mongo.c */

/* Indexes are declared by the modules. One more is no stage: both versions work with it. One that
 * goes, or that documents must be changed for first, is. */
static shop_error_t *make_indexes(const shop_migration_t *migration, apr_pool_t *pool)
{
    for (const shop_mongo_index_t *const *table = migration->indexes; *table; table++) {
        SHOP_TRY(shop_mongo_ensure_indexes(migration->mongo, *table, pool));
    }
    return NULL;
}

static shop_error_t *write_keys(const shop_migration_t *migration, apr_pool_t *pool)
{
    SHOP_TRY(shop_product_keys.up(migration, pool));
    return shop_account_keys.up(migration, pool);
}

static shop_error_t *take_keys_back(const shop_migration_t *migration, apr_pool_t *pool)
{
    SHOP_TRY(shop_account_keys.down(migration, pool));
    return shop_product_keys.down(migration, pool);
}

static shop_error_t *finish_keys(const shop_migration_t *migration, apr_pool_t *pool)
{
    SHOP_TRY(shop_account_keys.finish(migration, pool));
    return shop_product_keys.finish(migration, pool);
}

static shop_error_t *write_claims(const shop_migration_t *migration, apr_pool_t *pool)
{
    return shop_product_sold_out_up(migration, pool);
}

/* The carts' index goes last: as long as the stage is not completely back, it finds their claims.
 */
static shop_error_t *take_claims_back(const shop_migration_t *migration, apr_pool_t *pool)
{
    SHOP_TRY(shop_cart_claims_gone(migration, pool));
    SHOP_TRY(shop_product_sold_out_down(migration, pool));
    SHOP_TRY(shop_coupon_voids_down(migration, pool));
    return shop_cart_claims_down(migration, pool);
}

/* Only the indexes that go here make orders slower than they are without them. */
static shop_error_t *finish_claims(const shop_migration_t *migration, apr_pool_t *pool)
{
    SHOP_TRY(shop_product_sold_out_finish(migration, pool));
    return shop_coupon_voids_finish(migration, pool);
}

const shop_stage_t shop_stages[] = {
    { .number = 1,
      .name = "indexes",
      .what = "makes the indexes that modules declare, those added since as well",
      .always = true,
      .up = make_indexes },
    { .number = SHOP_STAGE_KEYS,
      .name = "keys",
      .what = "writes what categories, usernames and e-mail addresses are compared by",
      .up = write_keys,
      .down = take_keys_back,
      .finish = finish_keys },
    { .number = SHOP_STAGE_CLAIMS,
      .name = "claims",
      .what = "marks what is sold out, and lets carts carry the order that is being placed",
      .up = write_claims,
      .down = take_claims_back,
      .finish = finish_claims },
    { .number = 0 },
};
