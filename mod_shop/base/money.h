/* SPDX-License-Identifier: MIT */
#ifndef SHOP_BASE_MONEY_H
#define SHOP_BASE_MONEY_H

/* Money is int64_t minor units (cents). Every operation returns AMOUNT_TOO_LARGE on overflow. */

#include <apr_pools.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

#define SHOP_PRICE_MAX INT64_C(999999999)         /* minor units: 9,999,999.99 */
#define SHOP_AMOUNT_MAX INT64_C(9007199254740991) /* 2^53 - 1: exact in every JSON parser */

/* Decimals of an ISO 4217 currency (USD 2, JPY 0, KWD 3); -1 for an unknown code. */
int shop_money_exponent(const char *currency);

/* Converts a JSON number of major units that the shop itself wrote (an extra member of an error) to
 * minor units. false when it has more decimals than exponent, is no number or does not fit.
 * Requests are read by shop_field_read_number. */
bool shop_money_of_json(int64_t *amount, const json_t *value, int exponent);

/* "99.99" in pool. */
const char *shop_money_text(int64_t amount, int exponent, apr_pool_t *pool);

shop_error_t *shop_money_add(int64_t *sum, int64_t a, int64_t b, apr_pool_t *pool);
shop_error_t *shop_money_times(int64_t *product, int64_t amount, int64_t quantity,
                               apr_pool_t *pool);

/* Rounding of fractions of a minor unit. */
typedef enum {
    SHOP_ROUND_DOWN,
    SHOP_ROUND_HALF_UP,
    SHOP_ROUND_HALF_EVEN, /* a half is rounded to the even neighbour */
    SHOP_ROUND_COUNT
} shop_rounding_t;

/* "down", "half-up", "half-even". */
const char *shop_rounding_name(shop_rounding_t rounding);
/* false: unknown name. */
bool shop_rounding_of(shop_rounding_t *rounding, const char *name);

/* amount * percent / 100, rounded; 0 <= amount, 0 <= percent. AMOUNT_TOO_LARGE when the result does
 * not fit into 64 bits. */
shop_error_t *shop_money_percent(int64_t *part, int64_t amount, int64_t percent,
                                 shop_rounding_t rounding, apr_pool_t *pool);

#endif
