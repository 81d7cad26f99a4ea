/* SPDX-License-Identifier: MIT
 * libFuzzer target for the token reader. The input is taken as a token, and as a mask over a good
 * one: whatever differs from it must be refused. */
#include <apr_general.h>
#include <apr_strings.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mod_shop/settings.h"
#include "mod_shop/guard/token.h"

#define NOW apr_time_from_sec(1790000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static apr_pool_t *root;
static const shop_tokens_t *tokens;
static const char *good;

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void prepare(void)
{
    static const unsigned char key[] = "0123456789abcdef0123456789abcdef";
    static shop_settings_t settings;
    shop_claims_t claims = { .use = SHOP_TOKEN_ACCESS,
                             .subject = "65a0000000000000000000ab",
                             .session = "c2Vzc2lvbg",
                             .id = "dG9rZW4",
                             .role = "user",
                             .issued_at = NOW,
                             .expires_at = NOW + apr_time_from_sec(900) };

    apr_initialize();
    apr_pool_create(&root, NULL);
    shop_settings_defaults(&settings);
    settings.jwt_key_count = 1;
    settings.jwt_keys[0] = (shop_jwt_key_t){ "main", "HS256", key, 32, true, NULL };
    must(!shop_tokens_create(&tokens, &settings, root));
    must(!shop_token_sign(&good, tokens, &claims, root));
}

static void refuse_unless_good(const char *token, apr_pool_t *pool)
{
    shop_claims_t *claims = NULL;
    shop_error_t *err = shop_token_verify(&claims, tokens, token, SHOP_TOKEN_ACCESS, NOW, pool);

    must((err == NULL) == (strcmp(token, good) == 0));
    must(!err || err->code == SHOP_TOKEN_INVALID);
    must(shop_token_verify(&claims, tokens, token, SHOP_TOKEN_REFRESH, NOW, pool) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool;
    char *masked;
    size_t length;

    if (!root) {
        prepare();
    }
    apr_pool_create(&pool, root);
    refuse_unless_good(apr_pstrmemdup(pool, (const char *)data, size), pool);
    masked = apr_pstrdup(pool, good);
    length = strlen(good);
    for (size_t i = 0; i < size && i < length; i++) {
        masked[i] = (char)((unsigned char)masked[i] ^ data[i]);
    }
    refuse_unless_good(masked, pool);
    apr_pool_destroy(pool);
    return 0;
}
