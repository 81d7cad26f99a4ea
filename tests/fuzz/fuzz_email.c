/* SPDX-License-Identifier: MIT
 * Any bytes as an address, a URL or a text: an accepted address can stand in a mail header, its key
 * is fixed, an accepted URL can stand in an attribute, and words are few and clean. */
#include <apr_general.h>
#include <apr_strings.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mod_shop/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_email(const char *text, apr_pool_t *pool)
{
    const char *at = strchr(text, '@');
    const char *key;

    if (!shop_text_is_email(text)) {
        return;
    }
    must(at && at == strrchr(text, '@') && at > text && strchr(at, '.'));
    must(strlen(text) <= 254 && !text[strcspn(text, "\r\n\t <>\",;:\\()[]")]);
    key = shop_text_email_key(text, pool);
    must(key && !strcmp(key, shop_text_email_key(key, pool)));
    must(strchr(key, '@') && strchr(key, '@') == strrchr(key, '@'));
}

static void check_url(const char *text)
{
    if (!shop_text_is_image_url(text)) {
        return;
    }
    must(strlen(text) <= 2048 && !text[strcspn(text, "\r\n\t <>\"\\")]);
    must(text[0] == '/' ? text[1] != '/' : !strncasecmp(text, "http", 4) && strstr(text, "://"));
}

static void check_words(const char *text, apr_pool_t *pool)
{
    const apr_array_header_t *words = shop_text_tokens(text, 8, pool);
    const char *folded = shop_text_fold(text, pool);

    must(words->nelts <= 8);
    for (int i = 0; i < words->nelts; i++) {
        const char *word = APR_ARRAY_IDX(words, i, const char *);

        must(*word && strlen(word) <= 64 && shop_text_printable(word, false));
    }
    must(!folded || shop_text_fold(folded, pool));
    (void)shop_text_length(text);
    must(!shop_text_printable(text, false) || shop_text_printable(text, true));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static apr_pool_t *root;
    apr_pool_t *pool;
    const char *text;

    if (!root) {
        apr_initialize();
        apr_pool_create(&root, NULL);
    }
    apr_pool_create(&pool, root);
    text = apr_pstrmemdup(pool, (const char *)data, size);
    check_email(text, pool);
    check_url(text);
    check_words(text, pool);
    apr_pool_destroy(pool);
    return 0;
}
