/* SPDX-License-Identifier: MIT */
#ifndef SHOP_BASE_NUMBER_H
#define SHOP_BASE_NUMBER_H

/* Exact conversion of decimal text, without floating point. */

#include <stdint.h>

typedef enum {
    SHOP_NUMBER_OK,
    SHOP_NUMBER_NONE,    /* not a number */
    SHOP_NUMBER_LARGE,   /* does not fit in 64 bits, and is positive */
    SHOP_NUMBER_SMALL,   /* does not fit in 64 bits, and is negative */
    SHOP_NUMBER_DECIMALS /* has more decimals than requested; trailing zeros do not count */
} shop_number_t;

/* *scaled = text * 10^decimals. text: a number as JSON writes it (RFC 8259 section 6), with or
 * without exponent, also with leading zeros. *scaled is set only if OK. Time is linear in the
 * length of the text. */
shop_number_t shop_number_read(int64_t *scaled, const char *text, int decimals);

#endif
