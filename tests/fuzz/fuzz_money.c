/* SPDX-License-Identifier: MIT
 * Any bytes as an amount: what is accepted prints as an amount that reads back the same, and is the
 * same through JSON and as text. */
#include <apr_general.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "mod_shop/base/json.h"
#include "mod_shop/base/money.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* The digits of an amount without the zeros that do not count. */
static const char *bare(const char *text, apr_pool_t *pool)
{
    char *copy = apr_pstrdup(pool, text);
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

static void check_text(const char *text, int exponent, apr_pool_t *pool)
{
    const char *printed;
    int64_t amount, again;

    if (!shop_money_of_text(&amount, text, exponent)) {
        return;
    }
    printed = shop_money_text(amount, exponent, pool);
    must(amount >= 0 && amount <= SHOP_AMOUNT_MAX);
    must(shop_money_of_text(&again, printed, exponent) && again == amount);
    must(!strcmp(bare(printed, pool), bare(text, pool)));
}

static void check_json(const char *text, int exponent, apr_pool_t *pool)
{
    const char *body = apr_psprintf(pool, "{\"p\":%s}", text);
    shop_json_doc_t doc;
    const json_t *value;
    int64_t amount, again;

    if (shop_json_parse(&doc, body, strlen(body), pool)) {
        return;
    }
    value = json_object_get(doc.root, "p");
    if ((json_is_real(value) && doc.has_exponent) ||
        !shop_money_of_json(&amount, value, exponent)) {
        return;
    }
    must(amount <= SHOP_AMOUNT_MAX && amount >= -SHOP_AMOUNT_MAX);
    /* a plain number means what its text means; a minus, JSON's blanks and more than 40 characters
     * are not text's */
    if (text[strspn(text, "0123456789.")] == '\0' && strlen(text) <= 40) {
        must(shop_money_of_text(&again, text, exponent) && again == amount);
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
    for (int i = 0; i < 3; i++) {
        check_text(text, exponents[i], pool);
        check_json(text, exponents[i], pool);
    }
    apr_pool_destroy(pool);
    return 0;
}
