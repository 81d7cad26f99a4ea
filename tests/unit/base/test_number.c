/* SPDX-License-Identifier: MIT
 * Decimal text as an integer. */
#include "mod_shop/base/number.h"

#include "tests/kit/harness.h"

static void every_notation_of_a_value_reads_the_same(void)
{
    static const struct {
        const char *text;
        int decimals;
        int64_t wanted;
    } cases[] = {
        { "0", 0, 0 },
        { "-0", 0, 0 },
        { "0.000", 0, 0 },
        { "0e99999999999999999999", 0, 0 },
        { "7", 0, 7 },
        { "007", 0, 7 },
        { "7.0", 0, 7 },
        { "7e0", 0, 7 },
        { "0.7E1", 0, 7 },
        { "70e-1", 0, 7 },
        { "700.00e-2", 0, 7 },
        { "0.0000000007e10", 0, 7 },
        { "-7.0", 0, -7 },
        { "1.05", 2, 105 },
        { "1.5", 2, 150 },
        { "1", 3, 1000 },
        { "10.10", 2, 1010 },
        { "1e3", 2, 100000 },
        { "9223372036854775807", 0, INT64_MAX },
        { "-9223372036854775808", 0, INT64_MIN },
        { "92233720368547758.07", 2, INT64_MAX },
        { "9223372036854775807.000", 0, INT64_MAX },
        { "9.223372036854775807e18", 0, INT64_MAX },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t is = 42;
        shop_number_t read = shop_number_read(&is, cases[i].text, cases[i].decimals);

        t_assert(read == SHOP_NUMBER_OK && is == cases[i].wanted, __LINE__, __FILE__, "%s: %d, %ld",
                 cases[i].text, (int)read, (long)is);
    }
}

static void what_cannot_be_kept_exactly_is_refused_with_the_reason(void)
{
    static const struct {
        const char *text;
        int decimals;
        shop_number_t wanted;
    } cases[] = {
        { "", 0, SHOP_NUMBER_NONE },
        { "-", 0, SHOP_NUMBER_NONE },
        { "+1", 0, SHOP_NUMBER_NONE },
        { "--1", 0, SHOP_NUMBER_NONE },
        { ".5", 0, SHOP_NUMBER_NONE },
        { "5.", 0, SHOP_NUMBER_NONE },
        { "1.2.3", 0, SHOP_NUMBER_NONE },
        { "1e", 0, SHOP_NUMBER_NONE },
        { "1e+", 0, SHOP_NUMBER_NONE },
        { "1e1.0", 0, SHOP_NUMBER_NONE },
        { "1e1e1", 0, SHOP_NUMBER_NONE },
        { " 1", 0, SHOP_NUMBER_NONE },
        { "1 ", 0, SHOP_NUMBER_NONE },
        { "1,5", 0, SHOP_NUMBER_NONE },
        { "0x10", 0, SHOP_NUMBER_NONE },
        { "NaN", 0, SHOP_NUMBER_NONE },
        { "Infinity", 0, SHOP_NUMBER_NONE },
        { "\xd9\xa1", 0, SHOP_NUMBER_NONE }, /* Arabic-Indic digit one */
        { "1.5", 0, SHOP_NUMBER_DECIMALS },
        { "1e-1", 0, SHOP_NUMBER_DECIMALS },
        { "-1e-999999999999999999", 0, SHOP_NUMBER_DECIMALS },
        { "1.0000000000000000000000000001", 0, SHOP_NUMBER_DECIMALS },
        { "1.005", 2, SHOP_NUMBER_DECIMALS },
        { "9223372036854775808", 0, SHOP_NUMBER_LARGE },
        { "-9223372036854775809", 0, SHOP_NUMBER_SMALL },
        { "92233720368547758.08", 2, SHOP_NUMBER_LARGE },
        { "1e19", 0, SHOP_NUMBER_LARGE },
        { "1e999999999999999999999999", 0, SHOP_NUMBER_LARGE },
        { "-1e400", 0, SHOP_NUMBER_SMALL },
        { "123456789012345678901.5", 0, SHOP_NUMBER_LARGE },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t is = 42;
        shop_number_t read = shop_number_read(&is, cases[i].text, cases[i].decimals);

        t_assert(read == cases[i].wanted && is == 42, __LINE__, __FILE__, "%s: %d", cases[i].text,
                 (int)read);
    }
}

static const shop_test_t tests[] = {
    SHOP_TEST(every_notation_of_a_value_reads_the_same, "every notation of a value reads the same"),
    SHOP_TEST(what_cannot_be_kept_exactly_is_refused_with_the_reason,
              "what cannot be kept exactly is refused with the reason"),
    SHOP_TEST_END,
};
SHOP_SUITE("number", tests)
