/* SPDX-License-Identifier: MIT
 * Money against a slow reference that works on the digits alone. */
#include "mod_shop/base/money.h"

#include "mod_shop/base/fields.h"
#include "tests/kit/harness.h"

/* Splits [-]digits[.digits] into its digits and the number of decimals; false for other texts. */
static bool digits_of(char digits[128], int *count, int *decimals, const char *text)
{
    *count = 0;
    *decimals = -1;
    for (; *text; text++) {
        if (*text == '.' && *decimals < 0 && *count > 0) {
            *decimals = 0;
        } else if (*text >= '0' && *text <= '9' && *count < 100) {
            digits[(*count)++] = *text;
            *decimals += *decimals >= 0;
        } else {
            return false;
        }
    }
    return *count > 0 && *decimals != 0;
}

/* What the text means, digit by digit. false: not exactly so many minor units, or more than the
 * largest amount. */
static bool reference(int64_t *amount, const char *text, int exponent, bool sign_allowed)
{
    bool negative = sign_allowed && *text == '-';
    char digits[128];
    int count, decimals;

    if (!digits_of(digits, &count, &decimals, text + negative)) {
        return false;
    }
    decimals = decimals < 0 ? 0 : decimals;
    for (; decimals > exponent; decimals--) {
        if (digits[--count] != '0') {
            return false;
        }
    }
    for (; decimals < exponent; decimals++) {
        digits[count++] = '0';
    }
    *amount = 0;
    for (int i = 0; i < count; i++) {
        if (*amount > SHOP_AMOUNT_MAX / 10) {
            return false;
        }
        *amount = *amount * 10 + (digits[i] - '0');
    }
    if (*amount > SHOP_AMOUNT_MAX) {
        return false;
    }
    *amount = negative ? -*amount : *amount;
    return true;
}

static const shop_field_t amount_field = {
    .name = "p", .kind = SHOP_FIELD_MONEY, .min = -SHOP_AMOUNT_MAX, .max = SHOP_AMOUNT_MAX
};

static bool of_text(int64_t *amount, const char *text, int exponent)
{
    shop_error_t *err = NULL;

    return shop_field_read_number(&err, amount, text, &amount_field, "/p", exponent, t_pool);
}

/* As a client's body goes. */
static bool through_json(int64_t *amount, const char *text, int exponent)
{
    const char *body = apr_psprintf(t_pool, "{\"p\":%s}", text);
    shop_json_doc_t doc;
    const char *digits;

    if (shop_json_parse(&doc, body, strlen(body), t_pool)) {
        return false;
    }
    digits = shop_json_number(&doc, json_object_get(doc.root, "p"), t_pool);
    return digits && of_text(amount, digits, exponent);
}

/* As a member goes that the shop wrote itself. */
static bool through_double(int64_t *amount, const char *text, int exponent)
{
    json_t *value = shop_json_own(json_loads(text, JSON_DECODE_ANY, NULL), t_pool);

    return value && shop_money_of_json(amount, value, exponent);
}

static const int exponents[] = { 0, 2, 3 };

static void every_amount_prints_and_reads_back(void)
{
    uint64_t state = 20261124;

    for (int i = 0; i < 100000; i++) {
        int exponent = exponents[i % 3];
        /* all lengths: fifteen digits is what JSON carries with a fraction */
        int64_t limit = i % 2 ? 999999999999999 : SHOP_PRICE_MAX;
        int64_t amount = (int64_t)(t_random(&state) % (uint64_t)limit) >> t_random(&state) % 40;
        int64_t back = -1;
        const char *text = shop_money_text(amount, exponent, t_pool);

        if (!of_text(&back, text, exponent) || back != amount) {
            t_assert(0, __LINE__, __FILE__, "text %s, exponent %d: %ld", text, exponent,
                     (long)back);
        }
        back = -1;
        if (!through_json(&back, text, exponent) || back != amount) {
            t_assert(0, __LINE__, __FILE__, "json %s, exponent %d: %ld", text, exponent,
                     (long)back);
        }
        back = -1;
        if (!through_double(&back, text, exponent) || back != amount) {
            t_assert(0, __LINE__, __FILE__, "double %s, exponent %d: %ld", text, exponent,
                     (long)back);
        }
        if (i % 1000 == 999) {
            apr_pool_clear(t_pool);
        }
    }
    T_TRUE(state != 20261124);
}

static void near_miss(char *text, size_t room, uint64_t *state)
{
    static const char alphabet[] = "0123456789000999.....-+e,";
    size_t size = 1 + t_random(state) % (room - 2);

    for (size_t i = 0; i < size; i++) {
        text[i] = alphabet[t_random(state) % (i < 1 ? 10 : sizeof(alphabet) - 1)];
    }
    text[size] = '\0';
    if (t_random(state) % 4) { /* mostly of the right form */
        bool point = false;

        for (size_t i = 0; i < size; i++) {
            bool other = text[i] < '0' || text[i] > '9';

            text[i] = (char)(!other ? text[i] : !point && i + 1 < size ? '.' : '5');
            point = point || other;
        }
    }
}

static void nothing_is_accepted_that_the_reference_refuses(void)
{
    uint64_t state = 4711;
    int accepted = 0, refused = 0;

    for (int i = 0; i < 100000; i++) {
        char text[26];
        int exponent = exponents[i % 3];
        int64_t is, wanted;
        bool right;

        near_miss(text, sizeof(text), &state);
        right = reference(&wanted, text, exponent, true);
        if (of_text(&is, text, exponent) != right || (right && is != wanted)) {
            t_assert(0, __LINE__, __FILE__, "text %s, exponent %d", text, exponent);
        }
        /* one way only: JSON refuses leading zeros */
        if (through_json(&is, text, exponent) && (!right || is != wanted)) {
            t_assert(0, __LINE__, __FILE__, "json %s, exponent %d", text, exponent);
        }
        accepted += right;
        refused += !right;
        if (i % 1000 == 999) {
            apr_pool_clear(t_pool);
        }
    }
    T_TRUE(accepted > 10000);
    T_TRUE(refused > 10000);
}

static void prices_of_the_attack_list_are_no_money(void)
{
    static const char *const texts[] = { "0.001",
                                         "99.999",
                                         "1e2",
                                         "\"99.99\"",
                                         "true",
                                         "null",
                                         "[]",
                                         "1E0",
                                         "9.9900000000000000001",
                                         "0.1e1",
                                         "90071992547409920",
                                         "1e15",
                                         "123456789012345.67" };
    int64_t amount;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        t_assert(!through_json(&amount, texts[i], 2), __LINE__, __FILE__, "%s", texts[i]);
    }
    T_TRUE(through_json(&amount, "-1", 2));
    T_INT(amount, -100); /* money, and refused as a price by its row's bounds */
    T_TRUE(through_json(&amount, "19.990", 2));
    T_INT(amount, 1999);
    T_TRUE(!through_json(&amount, "1.5", 0));
    T_TRUE(through_json(&amount, "0.29", 2)); /* 0.29 * 100 is 28.999... as doubles go */
    T_INT(amount, 29);
}

static void texts_have_one_form(void)
{
    static const char *const texts[] = { "",
                                         ".",
                                         ".5",
                                         "5.",
                                         "1..2",
                                         "1.2.3",
                                         "+1",
                                         "--1",
                                         "-",
                                         " 1",
                                         "1 ",
                                         "1e2",
                                         "0x10",
                                         "1,5",
                                         "90071992547409.92",
                                         "99999999999999999999999999999999999999999999" };
    int64_t amount;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        t_assert(!of_text(&amount, texts[i], 2), __LINE__, __FILE__, "%s", texts[i]);
    }
    T_TRUE(of_text(&amount, "9.5", 2));
    T_INT(amount, 950);
    T_TRUE(of_text(&amount, "-1", 2)); /* a query's bounds refuse it, as a body's do */
    T_INT(amount, -100);
    T_TRUE(of_text(&amount, "9.9000000000000000000000000000000000000000000000000000", 2));
    T_INT(amount, 990);
    T_TRUE(of_text(&amount, "90071992547409.91", 2));
    T_INT(amount, SHOP_AMOUNT_MAX);
}

static void sums_and_products_stop_at_the_largest_amount(void)
{
    int64_t result;

    T_OK(shop_money_add(&result, SHOP_AMOUNT_MAX - 1, 1, t_pool));
    T_INT(result, SHOP_AMOUNT_MAX);
    T_ERR(shop_money_add(&result, SHOP_AMOUNT_MAX, 1, t_pool), AMOUNT_TOO_LARGE);
    T_ERR(shop_money_add(&result, INT64_MAX, INT64_MAX, t_pool), AMOUNT_TOO_LARGE);
    T_ERR(shop_money_add(&result, -SHOP_AMOUNT_MAX, -1, t_pool), AMOUNT_TOO_LARGE);
    T_OK(shop_money_times(&result, SHOP_PRICE_MAX, 9007199, t_pool));
    T_INT(result, INT64_C(9007198990992801));
    T_ERR(shop_money_times(&result, SHOP_PRICE_MAX, 9007200, t_pool), AMOUNT_TOO_LARGE);
    T_ERR(shop_money_times(&result, INT64_MAX, 2, t_pool), AMOUNT_TOO_LARGE);
    T_ERR(shop_money_times(&result, -SHOP_AMOUNT_MAX, 2, t_pool), AMOUNT_TOO_LARGE);
}

static int64_t percent_of(int64_t amount, int64_t percent, shop_rounding_t rounding)
{
    int64_t part = -1;

    T_OK(shop_money_percent(&part, amount, percent, rounding, t_pool));
    return part;
}

static void halves_go_where_the_mode_says(void)
{
    static const struct {
        int64_t amount, percent, down, up, even;
    } table[] = {
        { 1, 50, 0, 1, 0 },  { 3, 50, 1, 2, 2 },        { 5, 50, 2, 3, 2 },  { 7, 50, 3, 4, 4 },
        { 50, 1, 0, 1, 0 },  { 150, 1, 1, 2, 2 },       { 250, 1, 2, 3, 2 }, { 49, 1, 0, 0, 0 },
        { 51, 1, 0, 1, 1 },  { 149, 1, 1, 1, 1 },       { 151, 1, 1, 2, 2 }, { 251, 1, 2, 3, 3 },
        { 2, 25, 0, 1, 0 },  { 6, 25, 1, 2, 2 },        { 10, 25, 2, 3, 2 }, { 10, 15, 1, 2, 2 },
        { 30, 15, 4, 5, 4 }, { 999, 10, 99, 100, 100 }, { 0, 50, 0, 0, 0 },  { 7, 0, 0, 0, 0 },
        { 1, 100, 1, 1, 1 }, { 1, 99, 0, 1, 1 },
    };
    int64_t part;

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        T_INT(percent_of(table[i].amount, table[i].percent, SHOP_ROUND_DOWN), table[i].down);
        T_INT(percent_of(table[i].amount, table[i].percent, SHOP_ROUND_HALF_UP), table[i].up);
        T_INT(percent_of(table[i].amount, table[i].percent, SHOP_ROUND_HALF_EVEN), table[i].even);
    }
    T_ERR(shop_money_percent(&part, INT64_MAX, 101, SHOP_ROUND_DOWN, t_pool), AMOUNT_TOO_LARGE);
    T_ERR(shop_money_percent(&part, INT64_MAX, INT64_MAX, SHOP_ROUND_HALF_UP, t_pool),
          AMOUNT_TOO_LARGE);
    T_ERR(shop_money_percent(&part, -1, 10, SHOP_ROUND_DOWN, t_pool), INTERNAL);
    T_ERR(shop_money_percent(&part, 1, -10, SHOP_ROUND_DOWN, t_pool), INTERNAL);
}

static void roundings_have_names(void)
{
    shop_rounding_t rounding = SHOP_ROUND_DOWN;

    T_TRUE(shop_rounding_of(&rounding, "Half-Even") && rounding == SHOP_ROUND_HALF_EVEN);
    T_TRUE(shop_rounding_of(&rounding, "half-up") && rounding == SHOP_ROUND_HALF_UP);
    T_TRUE(!shop_rounding_of(&rounding, "up") && rounding == SHOP_ROUND_HALF_UP);
    T_STR(shop_rounding_name(SHOP_ROUND_DOWN), "down");
}

static void a_percentage_rounds_down(void)
{
    uint64_t state = 99;

    T_INT(percent_of(999, 10, SHOP_ROUND_DOWN), 99);
    T_INT(percent_of(1, 50, SHOP_ROUND_DOWN), 0);
    T_INT(percent_of(INT64_MAX, 100, SHOP_ROUND_DOWN), INT64_MAX);
    for (int i = 0; i < 100000; i++) {
        int64_t amount = (int64_t)(t_random(&state) >> 1 >> t_random(&state) % 62);
        int percent = (int)(t_random(&state) % 101);
        __int128 wanted = (__int128)amount * percent / 100;

        if (percent_of(amount, percent, SHOP_ROUND_DOWN) != (int64_t)wanted) {
            t_assert(0, __LINE__, __FILE__, "%ld, %d percent", (long)amount, percent);
        }
    }
}

static void currencies_have_their_decimals(void)
{
    T_INT(shop_money_exponent("USD"), 2);
    T_INT(shop_money_exponent("AED"), 2);
    T_INT(shop_money_exponent("ZWG"), 2);
    T_INT(shop_money_exponent("JPY"), 0);
    T_INT(shop_money_exponent("XPF"), 0);
    T_INT(shop_money_exponent("KWD"), 3);
    T_INT(shop_money_exponent("TND"), 3);
    T_INT(shop_money_exponent("usd"), -1);
    T_INT(shop_money_exponent("XXX"), -1);
    T_INT(shop_money_exponent("SD "), -1);
    T_INT(shop_money_exponent(""), -1);
    T_INT(shop_money_exponent("USDX"), -1);
}

static const shop_test_t tests[] = {
    SHOP_TEST(every_amount_prints_and_reads_back, "every amount prints and reads back the same"),
    SHOP_TEST(nothing_is_accepted_that_the_reference_refuses,
              "nothing is accepted that a decimal reference refuses"),
    SHOP_TEST(prices_of_the_attack_list_are_no_money, "fractions of a cent and texts are no money"),
    SHOP_TEST(texts_have_one_form, "a decimal text has no plus, exponent or lone point"),
    SHOP_TEST(sums_and_products_stop_at_the_largest_amount, "sums and products are checked"),
    SHOP_TEST(a_percentage_rounds_down, "a percentage rounds down and cannot overflow"),
    SHOP_TEST(halves_go_where_the_mode_says, "a half goes down, up or to the even neighbour"),
    SHOP_TEST(roundings_have_names, "roundings have names"),
    SHOP_TEST(currencies_have_their_decimals, "currencies have their ISO 4217 decimals"),
    SHOP_TEST_END,
};
SHOP_SUITE("money", tests)
