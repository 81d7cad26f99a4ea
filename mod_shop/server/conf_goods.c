/* SPDX-License-Identifier: MIT
 * ShopCompress, ShopPageSize and ShopCurrency. */
#include <apr_strings.h>
#include <string.h>

#include "../base/money.h"
#include "../cache/cache_encode.h"
#include "conf_own.h"

static const char *compress_parse(shop_settings_t *settings, const shop_directive_t *directive,
                                  int argc, char *const argv[], shop_parse_t *parse)
{
    unsigned codings = 0;

    (void)directive;
    SHOP_ARGUMENTS(1, SHOP_CODINGS - 1);
    if (argc == 1 && !strcasecmp(argv[0], "off")) {
        settings->codings = 0;
        return NULL;
    }
    for (int i = 0; i < argc; i++) {
        shop_coding_t coding;

        SHOP_CHECK(shop_coding_of(&coding, argv[i], strlen(argv[i])) &&
                           coding != SHOP_CODING_IDENTITY
                       ? NULL
                       : "is neither off alone nor one of gzip, br",
                   argv[i]);
        SHOP_CHECK(shop_cache_codings() & SHOP_CODING_BIT(coding)
                       ? NULL
                       : "was not built into this mod_shop: leave it out, or install "
                         "libbrotli-dev and build again",
                   argv[i]);
        codings |= SHOP_CODING_BIT(coding);
    }
    settings->codings = codings;
    return NULL;
}

static const char *compress_dump(const shop_settings_t *settings, int i, apr_pool_t *pool)
{
    unsigned codings = settings->codings & shop_cache_codings();
    const char *text = "";

    for (shop_coding_t coding = SHOP_CODING_GZIP; coding < SHOP_CODINGS; coding++) {
        if (codings & SHOP_CODING_BIT(coding)) {
            text = apr_pstrcat(pool, text, *text ? " " : "", shop_coding_name(coding), NULL);
        }
    }
    return i ? NULL : *text ? text : "off";
}

const shop_own_t shop_own_compress = { compress_parse, NULL, compress_dump, NULL };

static const char *page_size_parse(shop_settings_t *settings, const shop_directive_t *directive,
                                   int argc, char *const argv[], shop_parse_t *parse)
{
    const char *problem = shop_directive_parse(settings, directive, argc, argv, parse);

    if (!problem && settings->page_default > settings->page_max) {
        parse->bad = argv[0];
        problem = "is more than the maximum behind it";
    }
    return problem;
}

const shop_own_t shop_own_page_size = { page_size_parse, NULL, NULL, NULL };

static const char *currency_parse(shop_settings_t *settings, const shop_directive_t *directive,
                                  int argc, char *const argv[], shop_parse_t *parse)
{
    (void)directive;
    SHOP_ARGUMENTS(1, 1);
    settings->currency = argv[0];
    settings->currency_exponent = shop_money_exponent(argv[0]);
    SHOP_CHECK(settings->currency_exponent < 0 ? "is no ISO 4217 currency code" : NULL, argv[0]);
    return NULL;
}

const shop_own_t shop_own_currency = { currency_parse, NULL, NULL, NULL };
