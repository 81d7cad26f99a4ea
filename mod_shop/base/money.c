/* SPDX-License-Identifier: MIT
 * Amounts in minor units. Arithmetic uses integers only. A JSON double is accepted only when it is
 * the double nearest to an amount with the currency's decimals. */
#include "money.h"

#include <apr_strings.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>

/* ISO 4217: active currencies by number of decimals. */
static const char exponent_0[] =
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
static const char exponent_3[] = "BHD IQD JOD KWD LYD OMR TND";
static const char exponent_2[] =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
    "GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD "
    "MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP "
    "PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS "
    "TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG";

static bool listed(const char *list, const char *currency)
{
    for (const char *at = list; *at; at += at[3] ? 4 : 3) {
        if (!strncmp(at, currency, 3)) {
            return true;
        }
    }
    return false;
}

int shop_money_exponent(const char *currency)
{
    if (strlen(currency) != 3) {
        return -1;
    }
    return listed(exponent_2, currency)   ? 2
           : listed(exponent_0, currency) ? 0
           : listed(exponent_3, currency) ? 3
                                          : -1;
}

static int64_t power_of_ten(int exponent)
{
    int64_t power = 1;

    while (exponent-- > 0) {
        power *= 10;
    }
    return power;
}

bool shop_money_of_json(int64_t *amount, const json_t *value, int exponent)
{
    double unit = (double)power_of_ten(exponent);
    double real, minor;

    if (json_is_integer(value)) {
        json_int_t whole = json_integer_value(value);

        return !__builtin_mul_overflow((int64_t)whole, power_of_ten(exponent), amount) &&
               *amount <= SHOP_AMOUNT_MAX && *amount >= -SHOP_AMOUNT_MAX;
    }
    if (!json_is_real(value)) {
        return false;
    }
    real = json_real_value(value);
    minor = nearbyint(real * unit);
    /* Below 10^15 different decimals have different doubles, and the division rounds as the parser
     * did. So both sides are equal if and only if the text was this decimal. */
    if (!(fabs(minor) < 1e15) || minor / unit != real) {
        return false;
    }
    *amount = (int64_t)minor;
    return true;
}

const char *shop_money_text(int64_t amount, int exponent, apr_pool_t *pool)
{
    uint64_t size = amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
    uint64_t unit = (uint64_t)power_of_ten(exponent);
    const char *sign = amount < 0 ? "-" : "";

    if (exponent == 0) {
        return apr_psprintf(pool, "%s%" PRIu64, sign, size);
    }
    return apr_psprintf(pool, "%s%" PRIu64 ".%0*" PRIu64, sign, size / unit, exponent, size % unit);
}

static shop_error_t *too_large(apr_pool_t *pool)
{
    return shop_err(pool, AMOUNT_TOO_LARGE, "the amount is too large");
}

static bool out_of_range(int64_t amount)
{
    return amount > SHOP_AMOUNT_MAX || amount < -SHOP_AMOUNT_MAX;
}

shop_error_t *shop_money_add(int64_t *sum, int64_t a, int64_t b, apr_pool_t *pool)
{
    if (__builtin_add_overflow(a, b, sum) || out_of_range(*sum)) {
        return too_large(pool);
    }
    return NULL;
}

shop_error_t *shop_money_times(int64_t *product, int64_t amount, int64_t quantity, apr_pool_t *pool)
{
    if (__builtin_mul_overflow(amount, quantity, product) || out_of_range(*product)) {
        return too_large(pool);
    }
    return NULL;
}

static const char *const rounding_names[SHOP_ROUND_COUNT] = {
    [SHOP_ROUND_DOWN] = "down",
    [SHOP_ROUND_HALF_UP] = "half-up",
    [SHOP_ROUND_HALF_EVEN] = "half-even",
};

const char *shop_rounding_name(shop_rounding_t rounding)
{
    return rounding_names[rounding];
}

bool shop_rounding_of(shop_rounding_t *rounding, const char *name)
{
    for (int i = 0; i < SHOP_ROUND_COUNT; i++) {
        if (!strcasecmp(rounding_names[i], name)) {
            *rounding = (shop_rounding_t)i;
            return true;
        }
    }
    return false;
}

shop_error_t *shop_money_percent(int64_t *part, int64_t amount, int64_t percent,
                                 shop_rounding_t rounding, apr_pool_t *pool)
{
    unsigned __int128 product = (unsigned __int128)(uint64_t)amount * (uint64_t)percent;
    unsigned __int128 whole = product / 100;
    unsigned rest = (unsigned)(product % 100);

    if (amount < 0 || percent < 0) {
        return shop_error_cause(shop_err(pool, INTERNAL, "internal error"), pool,
                                "a percentage of less than nothing");
    }
    if (rounding == SHOP_ROUND_HALF_UP) {
        whole += rest >= 50;
    } else if (rounding == SHOP_ROUND_HALF_EVEN) {
        whole += rest > 50 || (rest == 50 && whole % 2);
    }
    if (whole > INT64_MAX) {
        return shop_err(pool, AMOUNT_TOO_LARGE, "the amount is more than this shop can hold");
    }
    *part = (int64_t)whole;
    return NULL;
}
