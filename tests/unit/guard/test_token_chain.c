/* SPDX-License-Identifier: MIT
 * Ids of refresh tokens: each follows from the one before, for whoever has the key. */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "mod_shop/base/base64.h"
#include "mod_shop/guard/token.h"
#include "mod_shop/guard/token_chain.h"
#include "tests/kit/harness.h"

#define KEY "0123456789abcdef0123456789abcdef"
#define OTHER_KEY "fedcba9876543210fedcba9876543210"

static void hmac(unsigned char out[32], const unsigned char key[32], const void *text, size_t size)
{
    HMAC(EVP_sha256(), key, 32, text, size, out, NULL);
}

/* RFC 5869 step by step: no salt, one block. */
static void the_key_for_ids_is_hkdf_of_the_token_key(void)
{
    static const unsigned char no_salt[32], wanted_info[] = "mod_shop ids of refresh tokens\1";
    unsigned char key[32], extracted[32], expanded[32];

    T_OK(shop_token_chain_key(key, (const unsigned char *)KEY, 32, t_pool));
    hmac(extracted, no_salt, KEY, 32);
    hmac(expanded, extracted, wanted_info, sizeof(wanted_info) - 1);
    T_TRUE(memcmp(key, expanded, 32) == 0);
}

static void the_next_id_depends_on_key_session_and_id(void)
{
    unsigned char key[32], other[32], digest[32];
    const char *one = NULL, *same = NULL, *ids[4] = { NULL };

    T_OK(shop_token_chain_key(key, (const unsigned char *)KEY, 32, t_pool));
    T_OK(shop_token_chain_key(other, (const unsigned char *)OTHER_KEY, 32, t_pool));
    T_OK(shop_token_chain_next(&one, key, "session", "id", t_pool));
    T_OK(shop_token_chain_next(&same, key, "session", "id", t_pool));
    T_STR(one, same);
    hmac(digest, key, "session\nid", 10);
    T_STR(one, shop_base64url_encode((const char *)digest, 16, t_pool));
    T_INT(strlen(one), 22);
    T_OK(shop_token_chain_next(&ids[0], other, "session", "id", t_pool));
    T_OK(shop_token_chain_next(&ids[1], key, "sessions", "id", t_pool));
    T_OK(shop_token_chain_next(&ids[2], key, "session", "idd", t_pool));
    T_OK(shop_token_access_id(&ids[3], one, t_pool));
    for (int i = 0; i < 4; i++) {
        T_TRUE(ids[i] && strcmp(one, ids[i]) != 0);
    }
}

static const shop_tokens_t *tokens_of(const char *signs, const char *verifies)
{
    static shop_settings_t settings;
    const shop_tokens_t *tokens = NULL;

    shop_settings_defaults(&settings);
    if (verifies) {
        settings.jwt_keys[settings.jwt_key_count++] =
            (shop_jwt_key_t){ "old", "HS256", (const unsigned char *)verifies, 32, false, NULL };
    }
    settings.jwt_keys[settings.jwt_key_count++] =
        (shop_jwt_key_t){ "main", "HS256", (const unsigned char *)signs, 32, true, NULL };
    T_OK(shop_tokens_create(&tokens, &settings, t_pool));
    return tokens;
}

static void the_signing_key_comes_first_and_no_key_is_left_out(void)
{
    const char *const *before = NULL, *const *after = NULL, *const *removed = NULL;

    T_OK(shop_token_next_ids(&before, tokens_of(KEY, OTHER_KEY), "s", "id", t_pool));
    T_OK(shop_token_next_ids(&after, tokens_of(OTHER_KEY, KEY), "s", "id", t_pool));
    T_OK(shop_token_next_ids(&removed, tokens_of(OTHER_KEY, NULL), "s", "id", t_pool));
    T_STR(before[0], after[1]);
    T_STR(before[1], after[0]);
    T_STR(removed[0], after[0]);
    T_TRUE(strcmp(before[0], before[1]) != 0);
    T_TRUE(!before[2] && !after[2] && !removed[1]);
}

static const shop_test_t tests[] = {
    SHOP_TEST(the_key_for_ids_is_hkdf_of_the_token_key,
              "the key for ids is HKDF-SHA256 of the token key"),
    SHOP_TEST(the_next_id_depends_on_key_session_and_id,
              "the next id depends on key, session and id, and on nothing else"),
    SHOP_TEST(the_signing_key_comes_first_and_no_key_is_left_out,
              "the signing key's id comes first and no key is left out"),
    SHOP_TEST_END,
};
SHOP_SUITE("ids of refresh tokens", tests)
