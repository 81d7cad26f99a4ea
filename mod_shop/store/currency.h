/* SPDX-License-Identifier: MIT */
#ifndef SHOP_STORE_CURRENCY_H
#define SHOP_STORE_CURRENCY_H

/* Which currency the amounts of a database are in. They are stored in minor units without it, so a
 * shop with another ShopCurrency would sell for 1500 JPY what costs 15.00 USD. */

#include <apr_pools.h>

#include "../base/error.h"

struct shop_mongo_t;

typedef struct shop_currency_t {
    const char *code;               /* ISO 4217 */
    const char *const *collections; /* those that hold amounts, NULL-terminated */
} shop_currency_t;

/* *other: the ISO 4217 code that the database has, in pool, when it is not currency's; NULL when it
 * is. The code is written (collection meta, {_id: "currency"}) where none is, and in place of
 * another one while the collections are empty. To be called for a database that has a schema
 * document; its commands are counted for no request. UNAVAILABLE, INTERNAL. */
shop_error_t *shop_currency_claim(const char **other, struct shop_mongo_t *mongo,
                                  const shop_currency_t *currency, apr_pool_t *pool);
/* The same *other, and writes nothing: NULL also where no code is written yet. */
shop_error_t *shop_currency_compare(const char **other, struct shop_mongo_t *mongo,
                                    const shop_currency_t *currency, apr_pool_t *pool);

#endif
