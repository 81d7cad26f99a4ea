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
        must(!shop_text_email_key(text, pool));
        return;
    }
    must(at && at == strrchr(text, '@') && at > text && strchr(at, '.'));
    must(strlen(text) <= 254 && !text[strcspn(text, "\r\n\t <>\",;:\\()[]")]);
    key = shop_text_email_key(text, pool);
    if (!key) {
        return;
    }
    must(shop_text_is_email(key) && !strcmp(key, shop_text_email_key(key, pool)));
    must(strchr(key, '@') && strchr(key, '@') == strrchr(key, '@'));
    for (const char *byte = key; *byte; byte++) {
        must(*byte > ' ' && *byte < 0x7f && !(*byte >= 'A' && *byte <= 'Z'));
    }
}

/* A key is its own key, whatever the name. */
static void check_names(const char *text, apr_pool_t *pool)
{
    const char *keys[3] = { shop_text_name_key(text, pool), shop_text_username_key(text, pool),
                            shop_text_opaque(text, pool) };

    must(!keys[0] || !strcmp(keys[0], shop_text_name_key(keys[0], pool)));
    must(!keys[1] || shop_text_username_key(keys[1], pool));
    must(shop_text_opaque(keys[2], pool) == keys[2]);
    must(!keys[0] || strlen(keys[0]) == 0 || (keys[0][0] != ' ' && !strstr(keys[0], "  ")));
    must(!shop_text_is_username(text) || (!shop_text_blank(text) && keys[1] && *keys[1]));
    text = shop_text_trim(text, pool);
    must(text[0] != ' ' && (!*text || text[strlen(text) - 1] != ' '));
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

        must(*word && strlen(word) <= 64 && shop_text_refused(word, false) < 0);
    }
    must(!folded || shop_text_fold(folded, pool));
    (void)shop_text_length(text);
    must(shop_text_refused(text, false) >= 0 || shop_text_refused(text, true) < 0);
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
    check_names(text, pool);
    apr_pool_destroy(pool);
    return 0;
}
