/* SPDX-License-Identifier: MIT
 * `shopctl doctor`: which database a shop uses, in which currency, and which other shop uses it. */
#include <apr_strings.h>
#include <string.h>

#include "mod_shop/store/currency.h"
#include "tools/doctor.h"

/* ---- commands that name it ---- */

/* What shopctl uses without an option. */
static bool is_default(const char *uri)
{
    return !strcmp(uri, "mongodb://127.0.0.1/shop") ||
           !strcmp(uri, "mongodb://127.0.0.1:27017/shop");
}

/* httpd reads a relative path from ServerRoot, and shopctl from where it is run. */
static const char *absolute(const doctor_t *doctor, const char *source)
{
    bool relative = !strncmp(source, "file:", 5) && source[5] != '/';

    return relative && doctor->dump.root && !shopctl_value(doctor->ctl, SHOPCTL_MONGO_URI)
               ? apr_pstrcat(doctor->pool, "file:", doctor->dump.root, "/", source + 5, NULL)
               : source;
}

const char *doctor_command(const doctor_t *doctor, const char *words)
{
    const char *source = doctor->source ? absolute(doctor, doctor->source) : NULL;
    bool literal = source && strstr(source, "://") && strncmp(source, "exec:", 5) != 0;

    if (!source || is_default(source)) {
        return apr_pstrcat(doctor->pool, "shopctl ", words, NULL);
    }
    if ((literal && strchr(source, '@')) || strchr(source, '\'')) {
        return apr_pstrcat(doctor->pool,
                           "set SHOP_MONGO_URI to the string of ShopMongoURI, then: ", "shopctl ",
                           words, NULL);
    }
    return strpbrk(source, " \t&;?*|<>()$`\"\\#~[]{}!")
               ? apr_psprintf(doctor->pool, "shopctl --mongo-uri '%s' %s", source, words)
               : apr_psprintf(doctor->pool, "shopctl --mongo-uri %s %s", source, words);
}

/* ---- what shops of one database must share ---- */

void doctor_check_currency(doctor_t *doctor, struct shop_mongo_t *mongo)
{
    shop_currency_t currency = { doctor_value(doctor, "ShopCurrency"),
                                 shop_app_amounts(doctor->pool) };
    const char *other = NULL;
    shop_error_t *err;

    if (!currency.code) {
        return;
    }
    err = shop_currency_compare(&other, mongo, &currency, doctor->pool);
    if (err) {
        doctor_report(doctor, DOCTOR_ERROR, "currency", "look into the log of mongod", "%s",
                      err->cause ? err->cause : err->detail);
    } else if (other) {
        doctor_report(doctor, DOCTOR_ERROR, "currency",
                      apr_psprintf(doctor->pool,
                                   "write ShopCurrency %s (what the amounts in the database are "
                                   "in), or use another database",
                                   other),
                      "ShopCurrency is %s and the amounts in the database are in %s", currency.code,
                      other);
    } else {
        doctor_ok(doctor, "currency", "ShopCurrency is %s", currency.code);
    }
}

static bool differ(const doctor_shop_t *a, const doctor_shop_t *b, const char *directive)
{
    const doctor_setting_t *one = doctor_setting(a, directive);
    const doctor_setting_t *other = doctor_setting(b, directive);

    return doctor_is_set(one) && doctor_is_set(other) && strcmp(one->value, other->value) != 0;
}

void doctor_check_shared(doctor_t *doctor, const apr_array_header_t *uris)
{
    int last = uris->nelts - 1;
    const char *uri = APR_ARRAY_IDX(uris, last, const char *);

    for (int i = 0; i < last && uri; i++) {
        const doctor_shop_t *other = &APR_ARRAY_IDX(doctor->dump.shops, i, doctor_shop_t);
        const char *others = APR_ARRAY_IDX(uris, i, const char *);
        const char *directive = differ(other, doctor->shop, "ShopCurrency")   ? "ShopCurrency"
                                : differ(other, doctor->shop, "ShopInstance") ? "ShopInstance"
                                                                              : NULL;

        if (others && directive && !strcmp(others, uri)) {
            doctor_report(doctor, DOCTOR_WARNING, "shared-database",
                          "write the same ShopInstance and ShopCurrency for both, or a "
                          "ShopMongoURI with another database for one of them",
                          "the database is that of the shop %s, too, whose %s differs", other->name,
                          directive);
            return;
        }
    }
}
