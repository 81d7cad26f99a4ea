/* SPDX-License-Identifier: MIT
 * Any bytes as an amount or an integer: what is accepted prints as a number that reads back the
 * same, and is the same through JSON and as text. */
#include <apr_general.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "mod_shop/base/fields.h"
#include "mod_shop/base/money.h"
#include "mod_shop/base/number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* The digits of an amount without the sign and the zeros that do not count. */
static const char *bare(const char *text, apr_pool_t *pool)
{
    char *copy = apr_pstrdup(pool, text + (*text == '-'));
    size_t size = strlen(copy);

    if (strchr(copy, '.')) {
        while (copy[size - 1] == '0') {
            size--;
        }
        size -= copy[size - 1] == '.';
    }
    copy[size] = '\0';
    while (copy[0] == '0' && copy[1] >= '0' && copy[1] <= '9') {
        copy++;
    }
    return copy;
}

static const shop_field_t amount_field = {
    .name = "p", .kind = SHOP_FIELD_MONEY, .min = -SHOP_AMOUNT_MAX, .max = SHOP_AMOUNT_MAX
};

static bool read_amount(int64_t *amount, const char *text, int exponent, apr_pool_t *pool)
{
    shop_error_t *err = NULL;
    bool read = shop_field_read_number(&err, amount, text, &amount_field, "/p", exponent, pool);

    must(read == !err);
    return read;
}

static void check_text(const char *text, int exponent, apr_pool_t *pool)
{
    const char *printed;
    int64_t amount, again;

    if (!read_amount(&amount, text, exponent, pool)) {
        return;
    }
    printed = shop_money_text(amount, exponent, pool);
    must(amount >= -SHOP_AMOUNT_MAX && amount <= SHOP_AMOUNT_MAX);
    must(read_amount(&again, printed, exponent, pool) && again == amount);
    must(!amount || !strcmp(bare(printed, pool), bare(text, pool)));
}

/* Whatever the notation: a double of the text is next to the integer. */
static void check_integer(const char *text, apr_pool_t *pool)
{
    int64_t number, again;
    double distance;

    if (shop_number_read(&number, text, 0) != SHOP_NUMBER_OK) {
        return;
    }
    distance = strtod(text, NULL) - (double)number;
    must(distance <= 2048 && distance >= -2048);
    must(shop_number_read(&again, apr_psprintf(pool, "%" APR_INT64_T_FMT, number), 0) ==
             SHOP_NUMBER_OK &&
         again == number);
}

static void check_json(const char *text, int exponent, apr_pool_t *pool)
{
    const char *body = apr_psprintf(pool, "{\"p\":%s}", text);
    int64_t amount, again;
    shop_json_doc_t doc;
    const char *digits;

    if (shop_json_parse(&doc, body, strlen(body), pool)) {
        return;
    }
    digits = shop_json_number(&doc, json_object_get(doc.root, "p"), pool);
    if (!digits || !read_amount(&amount, digits, exponent, pool)) {
        return;
    }
    /* a number means what its text means; blanks around it are JSON's */
    if (!text[strcspn(text, " \t\r\n,")]) {
        must(read_amount(&again, text, exponent, pool) && again == amount);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int exponents[] = { 0, 2, 3 };
    static apr_pool_t *root;
    apr_pool_t *pool;
    const char *text;

    if (!root) {
        apr_initialize();
        apr_pool_create(&root, NULL);
    }
    apr_pool_create(&pool, root);
    text = apr_pstrmemdup(pool, (const char *)data, size);
    check_integer(text, pool);
    for (int i = 0; i < 3; i++) {
        check_text(text, exponents[i], pool);
        check_json(text, exponents[i], pool);
    }
    apr_pool_destroy(pool);
    return 0;
}
