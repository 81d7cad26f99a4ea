/* SPDX-License-Identifier: MIT
 * Converts decimal text to a scaled integer. It works on the digits: a value that cannot be kept
 * exactly is refused, never rounded. */
#include "number.h"

#include <stdbool.h>
#include <string.h>

/* Larger exponents make no difference, because a request has fewer digits. */
#define EXPONENT_MAX INT64_C(1000000000000)
/* Digits of INT64_MAX. */
#define DIGITS_MAX 19

/* A number split into its parts: value = +-digits * 10^power, where digits may contain the decimal
 * point. */
typedef struct decimal_t {
    bool negative;
    const char *digits; /* first digit that is not zero */
    const char *end; /* one past the last digit that is not zero; equal to digits: the value is 0 */
    int64_t count;   /* number of digits, without the point */
    int64_t power;
} decimal_t;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *at)
{
    return at + strspn(at, "0123456789");
}

/* Parses [+-]digits up to the end of the text. */
static bool read_exponent(int64_t *exponent, const char *text)
{
    bool negative = *text == '-';

    *exponent = 0;
    text += *text == '-' || *text == '+';
    if (!is_digit(*text)) {
        return false;
    }
    for (; is_digit(*text); text++) {
        if (*exponent < EXPONENT_MAX) {
            *exponent = *exponent * 10 + (*text - '0');
        }
    }
    *exponent = negative ? -*exponent : *exponent;
    return !*text;
}

/* Finds the significant digits. point: end of the integer part; end: end of the fraction. */
static void cut_zeros(decimal_t *decimal, const char *whole, const char *point, const char *end)
{
    while (whole < end && (*whole == '0' || *whole == '.')) {
        whole++;
    }
    while (end > whole && (end[-1] == '0' || end[-1] == '.')) {
        end--;
    }
    decimal->digits = whole;
    decimal->end = end;
    decimal->count = end - whole - (whole < point && end > point);
    decimal->power += end > point ? point + 1 - end : point - end;
}

static bool cut(decimal_t *decimal, const char *text)
{
    const char *point;
    const char *end;

    decimal->negative = *text == '-';
    text += decimal->negative;
    point = end = skip_digits(text);
    if (end == text) {
        return false;
    }
    if (*end == '.') {
        end = skip_digits(point + 1);
        if (end == point + 1) {
            return false;
        }
    }
    decimal->power = 0;
    if ((*end == 'e' || *end == 'E') && !read_exponent(&decimal->power, end + 1)) {
        return false;
    }
    if (*end && *end != 'e' && *end != 'E') {
        return false;
    }
    cut_zeros(decimal, text, point, end);
    return true;
}

/* Appends a digit to the value. Negative values stay negative, because INT64_MIN has no positive
 * counterpart. */
static bool push_digit(int64_t *value, int digit)
{
    return !__builtin_mul_overflow(*value, 10, value) &&
           !__builtin_add_overflow(*value, digit, value);
}

shop_number_t shop_number_read(int64_t *scaled, const char *text, int decimals)
{
    shop_number_t beyond;
    decimal_t decimal;
    int64_t value = 0;

    if (!cut(&decimal, text)) {
        return SHOP_NUMBER_NONE;
    }
    if (decimal.digits == decimal.end) {
        *scaled = 0;
        return SHOP_NUMBER_OK;
    }
    beyond = decimal.negative ? SHOP_NUMBER_SMALL : SHOP_NUMBER_LARGE;
    decimal.power += decimals;
    if (decimal.count + decimal.power > DIGITS_MAX) {
        return beyond;
    }
    if (decimal.power < 0) {
        return SHOP_NUMBER_DECIMALS;
    }
    for (const char *at = decimal.digits; at < decimal.end; at++) {
        int digit = *at - '0';

        if (*at != '.' && !push_digit(&value, decimal.negative ? -digit : digit)) {
            return beyond;
        }
    }
    for (; decimal.power > 0; decimal.power--) {
        if (!push_digit(&value, 0)) {
            return beyond;
        }
    }
    *scaled = value;
    return SHOP_NUMBER_OK;
}
