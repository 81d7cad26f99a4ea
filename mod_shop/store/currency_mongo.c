/* SPDX-License-Identifier: MIT
 * The currency of a database, beside its schema document. */
#include "currency.h"

#include <string.h>

#include "../drivers/mongo.h"

#define META "meta"
#define ID "currency"

static shop_error_t *read_code(const char **code, shop_mongo_t *mongo, apr_pool_t *pool)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(ID));
    const bson_t *doc = NULL;
    shop_error_t *err = shop_mongo_find_one(&doc, mongo, META, filter, NULL, pool);

    bson_destroy(filter);
    *code = doc ? shop_bson_string(doc, "code", pool) : NULL;
    return err;
}

static shop_error_t *has_amounts(bool *found, shop_mongo_t *mongo, const char *const *collections,
                                 apr_pool_t *pool)
{
    bson_t all = BSON_INITIALIZER;
    int64_t count = 0;
    shop_error_t *err = NULL;

    for (; *collections && !err && !count; collections++) {
        err = shop_mongo_count_documents(&count, mongo, *collections, &all, "_id_", 1, pool);
    }
    bson_destroy(&all);
    *found = count > 0;
    return err;
}

/* seen NULL: there was none. Of two that write at once one wins, and the other finds it next time.
 */
static shop_error_t *write_code(shop_mongo_t *mongo, const char *seen, const char *currency,
                                apr_pool_t *pool)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(ID));
    bson_t *change = BCON_NEW("$set", "{", "code", BCON_UTF8(currency), "}");
    const bson_t *doc = NULL;
    const char *duplicate = NULL;
    shop_error_t *err;

    if (seen) {
        bson_append_utf8(filter, "code", -1, seen, -1);
    } else {
        bson_append_null(filter, "code", -1);
    }
    err = shop_mongo_modify(&doc, &duplicate, mongo, META, filter, change, NULL, true,
                            SHOP_MONGO_MAJORITY, pool);
    bson_destroy(filter);
    bson_destroy(change);
    return err;
}

/* *code: what is written, NULL for nothing; *other: the same when it differs and there are amounts.
 */
static shop_error_t *compare(const char **code, const char **other, shop_mongo_t *mongo,
                             const shop_currency_t *currency, apr_pool_t *pool)
{
    bool found = false;

    *other = NULL;
    SHOP_TRY(read_code(code, mongo, pool));
    if (*code && strcmp(*code, currency->code) != 0) {
        SHOP_TRY(has_amounts(&found, mongo, currency->collections, pool));
    }
    *other = found ? *code : NULL;
    return NULL;
}

static shop_error_t *claim(const char **other, shop_mongo_t *mongo, const shop_currency_t *currency,
                           apr_pool_t *pool)
{
    const char *code;

    SHOP_TRY(compare(&code, other, mongo, currency, pool));
    if (*other || (code && !strcmp(code, currency->code))) {
        return NULL;
    }
    return write_code(mongo, code, currency->code, pool);
}

shop_error_t *shop_currency_claim(const char **other, shop_mongo_t *mongo,
                                  const shop_currency_t *currency, apr_pool_t *pool)
{
    int before = shop_mongo_count();
    shop_error_t *err = claim(other, mongo, currency, pool);

    shop_mongo_recount(before);
    return err;
}

shop_error_t *shop_currency_compare(const char **other, shop_mongo_t *mongo,
                                    const shop_currency_t *currency, apr_pool_t *pool)
{
    int before = shop_mongo_count();
    const char *code;
    shop_error_t *err = compare(&code, other, mongo, currency, pool);

    shop_mongo_recount(before);
    return err;
}
