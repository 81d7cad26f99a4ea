/* SPDX-License-Identifier: MIT
 * Tokens: what we sign is accepted, everything else is refused - by forger and by accident. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdlib.h>

#include "mod_shop/base/base64.h"
#include "mod_shop/settings.h"
#include "mod_shop/guard/token.h"
#include "mod_shop/guard/token_cache.h"
#include "tests/kit/harness.h"

#define NOW_S 1790000000
#define NOW apr_time_from_sec(NOW_S)
#define SUB "65a0000000000000000000ab"
#define KEY "0123456789abcdef0123456789abcdef"
#define OTHER_KEY "fedcba9876543210fedcba9876543210"

#define HEADER "{\"alg\":\"HS256\",\"kid\":\"main\",\"typ\":\"JWT\"}"
#define WHO "\"sub\":\"" SUB "\",\"sid\":\"c2Vzc2lvbg\",\"jti\":\"dG9rZW4\",\"role\":\"user\""
#define FROM "\"iss\":\"mod_shop\",\"aud\":\"shop\",\"use\":\"access\""
#define TIMES "\"iat\":1790000000,\"nbf\":1790000000,\"exp\":1790000900"
#define CLAIMS "{" FROM "," WHO "," TIMES "}"

static shop_settings_t settings;
static const shop_tokens_t *tokens;

static void add_key(const char *kid, const char *secret, bool sign)
{
    shop_jwt_key_t *key = &settings.jwt_keys[settings.jwt_key_count++];

    key->kid = kid;
    key->alg = "HS256";
    key->secret = (const unsigned char *)secret;
    key->secret_size = (int)strlen(secret);
    key->sign = sign;
}

static void begin(void)
{
    shop_settings_defaults(&settings);
    add_key("main", KEY, true);
    add_key("old", OTHER_KEY, false);
    T_OK(shop_tokens_create(&tokens, &settings, t_pool));
}

static const char *mac(const char *text, const EVP_MD *digest, const char *key)
{
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    HMAC(digest, key, (int)strlen(key), (const unsigned char *)text, strlen(text), out, &size);
    return shop_base64url_encode(out, size, t_pool);
}

static const char *unsigned_token(const char *header, const char *claims)
{
    return apr_pstrcat(t_pool, shop_base64url_encode(header, strlen(header), t_pool), ".",
                       shop_base64url_encode(claims, strlen(claims), t_pool), NULL);
}

static const char *forge(const char *header, const char *claims, const char *key)
{
    const char *text = unsigned_token(header, claims);

    return apr_pstrcat(t_pool, text, ".", mac(text, EVP_sha256(), key), NULL);
}

static shop_code_t verdict(const char *token, shop_token_use_t use)
{
    shop_claims_t *claims = NULL;
    shop_error_t *err = shop_token_verify(&claims, tokens, token, use, NOW, t_pool);

    T_TRUE(err ? claims == NULL : claims != NULL);
    return err ? err->code : SHOP_OK;
}

static void refused(const char *token, const char *what)
{
    shop_code_t code = verdict(token, SHOP_TOKEN_ACCESS);

    t_assert(code == SHOP_TOKEN_INVALID, __LINE__, __FILE__, "%s: %s", what,
             code ? shop_code_name(code) : "accepted");
}

/* ---- ours ---- */

static void what_is_signed_is_read(void)
{
    static const shop_token_use_t uses[] = { SHOP_TOKEN_ACCESS, SHOP_TOKEN_REFRESH };

    begin();
    for (size_t i = 0; i < 2; i++) {
        shop_claims_t in = { .use = uses[i],
                             .subject = SUB,
                             .session = "c2Vzc2lvbg",
                             .role = "admin",
                             .issued_at = NOW + 999999,
                             .expires_at = NOW + apr_time_from_sec(900) };
        shop_claims_t *out = NULL;
        const char *token = NULL;

        T_OK(shop_token_sign(&token, tokens, &in, t_pool));
        T_TRUE(in.id && strlen(in.id) == 22);
        if (!T_OK(shop_token_verify(&out, tokens, token, uses[i], NOW, t_pool))) {
            return;
        }
        T_INT(out->use, uses[i]);
        T_STR(out->subject, SUB);
        T_STR(out->session, "c2Vzc2lvbg");
        T_STR(out->id, in.id);
        T_STR(out->role, i == 0 ? "admin" : NULL);
        T_INT(out->issued_at, NOW);
        T_INT(out->expires_at, NOW + apr_time_from_sec(900));
        T_INT(verdict(token, uses[1 - i]), SHOP_TOKEN_INVALID);
    }
}

static void a_hand_made_token_is_accepted(void)
{
    begin();
    T_INT(verdict(forge(HEADER, CLAIMS, KEY), SHOP_TOKEN_ACCESS), SHOP_OK);
    T_INT(verdict(forge("{\"typ\":\"JWT\",\"kid\":\"old\",\"alg\":\"HS256\"}", CLAIMS, OTHER_KEY),
                  SHOP_TOKEN_ACCESS),
          SHOP_OK);
}

/* ---- forged ---- */

static void forged_headers_are_refused(void)
{
    static const struct {
        const char *what, *header;
    } cases[] = {
        { "alg none", "{\"alg\":\"none\",\"kid\":\"main\",\"typ\":\"JWT\"}" },
        { "alg None", "{\"alg\":\"None\",\"kid\":\"main\",\"typ\":\"JWT\"}" },
        { "alg NONE", "{\"alg\":\"NONE\",\"kid\":\"main\",\"typ\":\"JWT\"}" },
        { "alg in small letters", "{\"alg\":\"hs256\",\"kid\":\"main\",\"typ\":\"JWT\"}" },
        { "alg HS384", "{\"alg\":\"HS384\",\"kid\":\"main\",\"typ\":\"JWT\"}" },
        { "alg RS256", "{\"alg\":\"RS256\",\"kid\":\"main\",\"typ\":\"JWT\"}" },
        { "alg missing", "{\"kid\":\"main\",\"typ\":\"JWT\"}" },
        { "alg a number", "{\"alg\":256,\"kid\":\"main\",\"typ\":\"JWT\"}" },
        { "alg null", "{\"alg\":null,\"kid\":\"main\",\"typ\":\"JWT\"}" },
        { "alg a list", "{\"alg\":[\"HS256\"],\"kid\":\"main\",\"typ\":\"JWT\"}" },
        { "alg twice", "{\"alg\":\"none\",\"alg\":\"HS256\",\"kid\":\"main\",\"typ\":\"JWT\"}" },
        { "alg twice, escaped",
          "{\"alg\":\"HS256\",\"\\u0061lg\":\"HS256\",\"kid\":\"main\",\"typ\":\"JWT\"}" },
        { "kid missing", "{\"alg\":\"HS256\",\"typ\":\"JWT\"}" },
        { "kid unknown", "{\"alg\":\"HS256\",\"kid\":\"other\",\"typ\":\"JWT\"}" },
        { "kid empty", "{\"alg\":\"HS256\",\"kid\":\"\",\"typ\":\"JWT\"}" },
        { "kid a number", "{\"alg\":\"HS256\",\"kid\":1,\"typ\":\"JWT\"}" },
        { "kid of another key", "{\"alg\":\"HS256\",\"kid\":\"old\",\"typ\":\"JWT\"}" },
        { "kid a path", "{\"alg\":\"HS256\",\"kid\":\"../../dev/null\",\"typ\":\"JWT\"}" },
        { "kid SQL", "{\"alg\":\"HS256\",\"kid\":\"' OR 1\",\"typ\":\"JWT\"}" },
        { "jwk", "{\"alg\":\"HS256\",\"kid\":\"main\",\"typ\":\"JWT\",\"jwk\":{\"kty\":\"oct\"}}" },
        { "jku", "{\"alg\":\"HS256\",\"kid\":\"main\",\"typ\":\"JWT\",\"jku\":\"http://x/\"}" },
        { "x5u", "{\"alg\":\"HS256\",\"kid\":\"main\",\"typ\":\"JWT\",\"x5u\":\"http://x/\"}" },
        { "x5c", "{\"alg\":\"HS256\",\"kid\":\"main\",\"typ\":\"JWT\",\"x5c\":[]}" },
        { "crit", "{\"alg\":\"HS256\",\"kid\":\"main\",\"typ\":\"JWT\",\"crit\":[\"exp\"]}" },
        { "b64", "{\"alg\":\"HS256\",\"kid\":\"main\",\"typ\":\"JWT\",\"b64\":false}" },
        { "typ missing", "{\"alg\":\"HS256\",\"kid\":\"main\"}" },
        { "typ another", "{\"alg\":\"HS256\",\"kid\":\"main\",\"typ\":\"at+jwt\"}" },
        { "typ a number", "{\"alg\":\"HS256\",\"kid\":\"main\",\"typ\":1}" },
        { "a list", "[]" },
        { "no JSON", "HS256" },
        { "something behind it", HEADER "x" },
        { "a byte order mark", "\xef\xbb\xbf" HEADER },
        { "bytes that are no UTF-8",
          "{\"alg\":\"HS256\",\"kid\":\"main\",\"typ\":\"JWT\",\"a\":\"\xff\"}" },
    };

    begin();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        refused(forge(cases[i].header, CLAIMS, KEY), cases[i].what);
    }
}

static void forged_claims_are_refused(void)
{
    static const struct {
        const char *what, *claims;
    } cases[] = {
        { "role twice", "{" FROM "," WHO "," TIMES ",\"role\":\"admin\"}" },
        { "sub twice", "{" FROM "," WHO "," TIMES ",\"sub\":\"" SUB "\"}" },
        { "a member twice, escaped", "{" FROM "," WHO "," TIMES ",\"r\\u006fle\":\"admin\"}" },
        { "no exp", "{" FROM "," WHO ",\"iat\":1790000000,\"nbf\":1790000000}" },
        { "exp as text",
          "{" FROM "," WHO ",\"iat\":1790000000,\"nbf\":1790000000,\"exp\":\"1790000900\"}" },
        { "exp with a fraction",
          "{" FROM "," WHO ",\"iat\":1790000000,\"nbf\":1790000000,\"exp\":1790000900.5}" },
        { "exp 1e30", "{" FROM "," WHO ",\"iat\":1790000000,\"nbf\":1790000000,\"exp\":1e30}" },
        { "exp beyond 64 bits", "{" FROM "," WHO ",\"iat\":1790000000,\"nbf\":1790000000,"
                                "\"exp\":9223372036854775808}" },
        { "exp at the end of 64 bits", "{" FROM "," WHO ",\"iat\":1790000000,\"nbf\":1790000000,"
                                       "\"exp\":9223372036854775807}" },
        { "exp below zero", "{" FROM "," WHO ",\"iat\":1790000000,\"nbf\":1790000000,\"exp\":-1}" },
        { "exp zero", "{" FROM "," WHO ",\"iat\":1790000000,\"nbf\":1790000000,\"exp\":0}" },
        { "exp true", "{" FROM "," WHO ",\"iat\":1790000000,\"nbf\":1790000000,\"exp\":true}" },
        { "exp null", "{" FROM "," WHO ",\"iat\":1790000000,\"nbf\":1790000000,\"exp\":null}" },
        { "exp before iat",
          "{" FROM "," WHO ",\"iat\":1790000010,\"nbf\":1790000000,\"exp\":1790000005}" },
        { "no iat", "{" FROM "," WHO ",\"nbf\":1790000000,\"exp\":1790000900}" },
        { "iat in a minute",
          "{" FROM "," WHO ",\"iat\":1790000060,\"nbf\":1790000000,\"exp\":1790000900}" },
        { "no nbf", "{" FROM "," WHO ",\"iat\":1790000000,\"exp\":1790000900}" },
        { "nbf in a minute",
          "{" FROM "," WHO ",\"iat\":1790000000,\"nbf\":1790000060,\"exp\":1790000900}" },
        { "another issuer",
          "{\"iss\":\"evil\",\"aud\":\"shop\",\"use\":\"access\"," WHO "," TIMES "}" },
        { "no issuer", "{\"aud\":\"shop\",\"use\":\"access\"," WHO "," TIMES "}" },
        { "another audience",
          "{\"iss\":\"mod_shop\",\"aud\":\"evil\",\"use\":\"access\"," WHO "," TIMES "}" },
        { "audience a list",
          "{\"iss\":\"mod_shop\",\"aud\":[\"shop\"],\"use\":\"access\"," WHO "," TIMES "}" },
        { "the refresh audience",
          "{\"iss\":\"mod_shop\",\"aud\":\"shop/refresh\",\"use\":\"access\"," WHO "," TIMES "}" },
        { "use refresh",
          "{\"iss\":\"mod_shop\",\"aud\":\"shop\",\"use\":\"refresh\"," WHO "," TIMES "}" },
        { "no use", "{\"iss\":\"mod_shop\",\"aud\":\"shop\"," WHO "," TIMES "}" },
        { "sub an object", "{" FROM ",\"sub\":{\"$gt\":\"\"},\"sid\":\"s\",\"jti\":\"j\","
                           "\"role\":\"user\"," TIMES "}" },
        { "sub no identifier", "{" FROM ",\"sub\":\"me\",\"sid\":\"s\",\"jti\":\"j\","
                               "\"role\":\"user\"," TIMES "}" },
        { "no sub", "{" FROM ",\"sid\":\"s\",\"jti\":\"j\",\"role\":\"user\"," TIMES "}" },
        { "sid an object", "{" FROM ",\"sub\":\"" SUB "\",\"sid\":{\"$gt\":\"\"},\"jti\":\"j\","
                           "\"role\":\"user\"," TIMES "}" },
        { "sid empty",
          "{" FROM ",\"sub\":\"" SUB "\",\"sid\":\"\",\"jti\":\"j\",\"role\":\"user\"," TIMES "}" },
        { "sid of 65 characters",
          "{" FROM ",\"sub\":\"" SUB "\",\"sid\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaaaaaaaaaaaaaaa\",\"jti\":\"j\",\"role\":\"user\"," TIMES "}" },
        { "no sid", "{" FROM ",\"sub\":\"" SUB "\",\"jti\":\"j\",\"role\":\"user\"," TIMES "}" },
        { "no jti", "{" FROM ",\"sub\":\"" SUB "\",\"sid\":\"s\",\"role\":\"user\"," TIMES "}" },
        { "jti a number",
          "{" FROM ",\"sub\":\"" SUB "\",\"sid\":\"s\",\"jti\":1,\"role\":\"user\"," TIMES "}" },
        { "role unknown", "{" FROM ",\"sub\":\"" SUB "\",\"sid\":\"s\",\"jti\":\"j\","
                          "\"role\":\"root\"," TIMES "}" },
        { "role a list", "{" FROM ",\"sub\":\"" SUB "\",\"sid\":\"s\",\"jti\":\"j\","
                         "\"role\":[\"admin\"]," TIMES "}" },
        { "no role", "{" FROM ",\"sub\":\"" SUB "\",\"sid\":\"s\",\"jti\":\"j\"," TIMES "}" },
        { "a list", "[]" },
        { "empty object", "{}" },
        { "no JSON", "hello" },
        { "something behind", CLAIMS "{}" },
    };

    begin();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        refused(forge(HEADER, cases[i].claims, KEY), cases[i].what);
    }
}

static void other_keys_and_digests_are_refused(void)
{
    const char *text = unsigned_token(HEADER, CLAIMS);

    begin();
    refused(forge(HEADER, CLAIMS, OTHER_KEY), "the other key");
    refused(forge(HEADER, CLAIMS, ""), "an empty key");
    refused(forge(HEADER, CLAIMS, "main"), "the key's name");
    refused(apr_pstrcat(t_pool, text, ".", mac(text, EVP_sha384(), KEY), NULL), "SHA-384");
    refused(apr_pstrcat(t_pool, text, ".", mac(text, EVP_sha512(), KEY), NULL), "SHA-512");
    refused(apr_pstrcat(t_pool, text, ".", mac("", EVP_sha256(), KEY), NULL), "another text");
}

static void another_spelling_is_refused(void)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *token, *text, *sign;
    char *copy;
    const char *found = NULL;

    begin();
    text = unsigned_token(HEADER, CLAIMS);
    sign = mac(text, EVP_sha256(), KEY);
    token = apr_pstrcat(t_pool, text, ".", sign, NULL);
    T_INT(verdict(token, SHOP_TOKEN_ACCESS), SHOP_OK);
    refused("", "nothing");
    refused(".", "one dot");
    refused("..", "two dots");
    refused("...", "three dots");
    refused(text, "two segments");
    refused(apr_pstrcat(t_pool, text, ".", NULL), "an empty signature");
    refused(apr_pstrcat(t_pool, token, ".", NULL), "a fourth segment, empty");
    refused(apr_pstrcat(t_pool, token, ".", sign, ".", sign, NULL), "five segments");
    refused(apr_pstrcat(t_pool, ".", token, NULL), "a dot in front");
    refused(apr_pstrcat(t_pool, token, "=", NULL), "padding");
    refused(apr_pstrcat(t_pool, token, "==", NULL), "more padding");
    refused(apr_pstrcat(t_pool, token, "AAAA", NULL), "a longer signature");
    refused(apr_pstrcat(t_pool, token, "\n", NULL), "a line break");
    refused(apr_pstrcat(t_pool, " ", token, NULL), "a space in front");
    refused(apr_pstrndup(t_pool, token, strlen(token) - 4), "a shorter signature");
    refused(apr_pstrndup(t_pool, token, strlen(token) - 1), "one character less");
    for (int bit = 1; bit < 4; bit++) {
        copy = apr_pstrdup(t_pool, token);
        copy[strlen(copy) - 1] = letters[(strchr(letters, copy[strlen(copy) - 1]) - letters) ^ bit];
        refused(copy, "another last character for the same bytes");
    }
    for (int i = 0; i < 1000 && !found; i++) {
        text = unsigned_token(HEADER,
                              apr_psprintf(t_pool, "{" FROM "," WHO "," TIMES ",\"n\":%d}", i));
        sign = mac(text, EVP_sha256(), KEY);
        found = strpbrk(sign, "-_") ? apr_pstrcat(t_pool, text, ".", sign, NULL) : NULL;
    }
    T_INT(verdict(found, SHOP_TOKEN_ACCESS), SHOP_OK);
    copy = apr_pstrdup(t_pool, found);
    for (char *at = strrchr(copy, '.'); *at; at++) {
        *at = *at == '-' ? '+' : *at == '_' ? '/' : *at;
    }
    refused(copy, "the other base64 alphabet");
}

static void every_flipped_bit_is_refused(void)
{
    const char *token;
    size_t size, tried = 0;

    begin();
    token = forge(HEADER, CLAIMS, KEY);
    size = strlen(token);
    T_INT(verdict(token, SHOP_TOKEN_ACCESS), SHOP_OK);
    for (size_t i = 0; i < size; i++) {
        for (int bit = 0; bit < 8; bit++) {
            char *copy = apr_pstrdup(t_pool, token);

            copy[i] = (char)((unsigned char)copy[i] ^ (1u << bit));
            refused(copy, apr_psprintf(t_pool, "bit %d of byte %d", bit, (int)i));
            tried++;
        }
    }
    T_TRUE(tried > 2500);
}

static const char *padded(size_t room)
{
    char *pad = apr_palloc(t_pool, room + 1);

    memset(pad, 'a', room);
    pad[room] = '\0';
    return forge(HEADER,
                 apr_pstrcat(t_pool, "{" FROM "," WHO "," TIMES ",\"pad\":\"", pad, "\"}", NULL),
                 KEY);
}

static void a_token_has_at_most_4096_bytes(void)
{
    bool longest = false;

    begin();
    for (size_t room = 2600; room < 2900; room++) {
        const char *token = padded(room);
        bool fits = strlen(token) <= 4096;

        T_INT(verdict(token, SHOP_TOKEN_ACCESS), fits ? SHOP_OK : SHOP_TOKEN_INVALID);
        longest = longest || strlen(token) == 4096 || strlen(token) == 4095;
    }
    T_TRUE(longest);
    refused(padded(60000), "60,000 bytes");
}

/* ---- time ---- */

static void time_is_judged_with_leeway(void)
{
    static const struct {
        int iat, nbf, exp;
        shop_code_t code;
    } cases[] = {
        { -900, -900, 1, SHOP_OK },
        { -900, -900, 0, SHOP_OK },
        { -900, -900, -29, SHOP_OK },
        { -900, -900, -30, SHOP_TOKEN_EXPIRED },
        { -900, -900, -31, SHOP_TOKEN_EXPIRED },
        { 30, 30, 900, SHOP_OK },
        { 0, 31, 900, SHOP_TOKEN_INVALID },
        { 31, 0, 900, SHOP_TOKEN_INVALID },
    };

    begin();
    T_INT(settings.jwt_leeway_s, 30);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *claims =
            apr_psprintf(t_pool, "{" FROM "," WHO ",\"iat\":%d,\"nbf\":%d,\"exp\":%d}",
                         NOW_S + cases[i].iat, NOW_S + cases[i].nbf, NOW_S + cases[i].exp);

        T_INT(verdict(forge(HEADER, claims, KEY), SHOP_TOKEN_ACCESS), cases[i].code);
    }
    /* Expired and something else is not merely expired. */
    refused(forge(HEADER,
                  "{\"iss\":\"evil\",\"aud\":\"shop\",\"use\":\"access\"," WHO
                  ",\"iat\":1789990000,\"nbf\":1789990000,\"exp\":1789990900}",
                  KEY),
            "expired, of another issuer");
}

/* ---- tokens seen before ---- */

static shop_code_t verdict_at(const char *token, int seconds)
{
    shop_claims_t *claims = NULL;
    shop_error_t *err = shop_token_verify(&claims, tokens, token, SHOP_TOKEN_ACCESS,
                                          NOW + apr_time_from_sec(seconds), t_pool);

    T_TRUE(err ? claims == NULL : claims && !strcmp(claims->subject, SUB));
    return err ? err->code : SHOP_OK;
}

static void a_token_seen_before_is_judged_anew(void)
{
    const char *token = forge(HEADER, CLAIMS, KEY);
    char *other;

    begin();
    T_INT(verdict_at(token, 0), SHOP_OK);
    T_INT(verdict_at(token, 929), SHOP_OK);
    T_INT(verdict_at(token, 930), SHOP_TOKEN_EXPIRED);
    T_INT(verdict_at(token, -31), SHOP_TOKEN_INVALID);
    T_INT(verdict_at(token, 0), SHOP_OK);
    T_INT(verdict(token, SHOP_TOKEN_REFRESH), SHOP_TOKEN_INVALID);
    for (size_t i = 0; i < strlen(token); i++) {
        other = apr_pstrdup(t_pool, token);
        other[i] = other[i] == 'A' ? 'B' : 'A';
        refused(other, "one character changed");
    }
    begin(); /* keys anew, nothing known of it, and its key is gone */
    settings.jwt_key_count = 0;
    add_key("main", OTHER_KEY, true);
    T_OK(shop_tokens_create(&tokens, &settings, t_pool));
    refused(token, "a key that is no more");
}

static void what_was_kept_is_recalled_for_its_use_alone(void)
{
    static char long_id[64];
    shop_claims_t in = { .use = SHOP_TOKEN_ACCESS,
                         .subject = SUB,
                         .session = "s",
                         .id = "i",
                         .role = "user",
                         .issued_at = 1,
                         .expires_at = 3 };
    shop_claims_t out = { .use = SHOP_TOKEN_ACCESS };
    shop_token_cache_t *memory;
    apr_time_t not_before = 0;

    T_OK(shop_token_cache_create(&memory, t_pool));
    T_TRUE(!shop_token_cache_get(&out, &not_before, memory, "a.b.c", t_pool));
    T_TRUE(!shop_token_cache_get(&out, &not_before, memory, "", t_pool));
    shop_token_cache_put(memory, "a.b.c", &in, 2, t_pool);
    T_TRUE(shop_token_cache_get(&out, &not_before, memory, "a.b.c", t_pool));
    T_STR(out.subject, SUB);
    T_STR(out.session, "s");
    T_STR(out.id, "i");
    T_STR(out.role, "user");
    T_TRUE(out.issued_at == 1 && not_before == 2 && out.expires_at == 3);
    out.use = SHOP_TOKEN_REFRESH;
    T_TRUE(!shop_token_cache_get(&out, &not_before, memory, "a.b.c", t_pool));
    out.use = SHOP_TOKEN_ACCESS;
    T_TRUE(!shop_token_cache_get(&out, &not_before, memory, "a.b.d", t_pool));
    memset(long_id, 'x', sizeof(long_id) - 1);
    in.id = long_id;
    shop_token_cache_put(memory, "d.e.f", &in, 2, t_pool);
    T_TRUE(!shop_token_cache_get(&out, &not_before, memory, "d.e.f", t_pool));
}

enum { CROWD = 4, CROWD_TOKENS = 12000, FEW_TOKENS = 1000 };
static const char *crowd_tokens[CROWD_TOKENS];
static int crowd_size; /* valgrind gets few */

/* Verifies all of them, twice, in an order of its own; the number it got wrong. */
static void *verify_all(void *baton)
{
    apr_pool_t *pool;
    int *wrong = baton, step = *wrong;

    *wrong = 0;
    apr_pool_create(&pool, NULL);
    for (int i = 0; i < 2 * crowd_size; i++) {
        int n = (i / 2 * step) % crowd_size;
        shop_claims_t *claims = NULL;

        if (shop_token_verify(&claims, tokens, crowd_tokens[n], SHOP_TOKEN_ACCESS, NOW, pool) ||
            strcmp(claims->session, apr_psprintf(pool, "session-%d", n)) != 0) {
            ++*wrong;
        }
        apr_pool_clear(pool);
    }
    apr_pool_destroy(pool);
    return NULL;
}

static void the_memory_keeps_as_many_as_it_says(void)
{
    shop_claims_t claims = { .subject = SUB, .session = "s", .id = "i", .role = "user" };
    shop_token_cache_t *memory;
    apr_time_t not_before;
    int known = 0;

    T_OK(shop_token_cache_create(&memory, t_pool));
    for (int i = 0; i < SHOP_TOKEN_CACHE_SIZE; i++) {
        claims.expires_at = i + 1;
        shop_token_cache_put(memory, apr_itoa(t_pool, i), &claims, 0, t_pool);
        claims.expires_at = 1000000 + i; /* again: the same place */
        shop_token_cache_put(memory, apr_itoa(t_pool, i), &claims, 0, t_pool);
    }
    for (int i = 0; i < SHOP_TOKEN_CACHE_SIZE; i++) {
        known += shop_token_cache_get(&claims, &not_before, memory, apr_itoa(t_pool, i), t_pool);
    }
    T_TRUE(known > SHOP_TOKEN_CACHE_SIZE * 3 / 4); /* some sets got more than their share */
    T_TRUE(shop_token_cache_get(&claims, &not_before, memory,
                                apr_itoa(t_pool, SHOP_TOKEN_CACHE_SIZE - 1), t_pool));
}

static void many_threads_with_more_tokens_than_room_get_their_own(void)
{
    static const int steps[CROWD] = { 1, 7, 11, 13 };
    pthread_t threads[CROWD];
    int wrong[CROWD];

    begin();
    crowd_size = getenv("SHOP_TEST_SLOW") ? FEW_TOKENS : CROWD_TOKENS;
    for (int i = 0; i < crowd_size; i++) {
        crowd_tokens[i] =
            forge(HEADER,
                  apr_psprintf(t_pool,
                               "{" FROM ",\"sub\":\"" SUB "\",\"sid\":\"session-%d\",\"jti\":\"j\","
                               "\"role\":\"user\"," TIMES "}",
                               i),
                  KEY);
    }
    for (int i = 0; i < CROWD; i++) {
        wrong[i] = steps[i];
        T_INT(pthread_create(&threads[i], NULL, verify_all, &wrong[i]), 0);
    }
    for (int i = 0; i < CROWD; i++) {
        pthread_join(threads[i], NULL);
        T_INT(wrong[i], 0);
    }
}

/* ---- keys ---- */

static shop_code_t created(void)
{
    const shop_tokens_t *made = NULL;
    shop_error_t *err = shop_tokens_create(&made, &settings, t_pool);

    return err ? err->code : SHOP_OK;
}

static void senseless_keys_are_refused(void)
{
    shop_settings_defaults(&settings);
    T_INT(created(), SHOP_INTERNAL);
    add_key("a", KEY, false);
    T_INT(created(), SHOP_INTERNAL);
    settings.jwt_keys[0].sign = true;
    T_INT(created(), SHOP_OK);
    add_key("b", OTHER_KEY, true);
    T_INT(created(), SHOP_INTERNAL);
    settings.jwt_keys[1].sign = false;
    T_INT(created(), SHOP_OK);
    settings.jwt_keys[1].kid = "a";
    T_INT(created(), SHOP_INTERNAL);
    settings.jwt_keys[1].kid = "b";
    settings.jwt_keys[1].secret_size = 31;
    T_INT(created(), SHOP_INTERNAL);
    settings.jwt_keys[1].secret_size = 32;
    settings.jwt_keys[1].alg = "RS256";
    T_INT(created(), SHOP_INTERNAL);
    settings.jwt_keys[1].alg = "none";
    T_INT(created(), SHOP_INTERNAL);
    settings.jwt_keys[1].alg = "HS256";
    settings.jwt_audience = NULL;
    T_INT(created(), SHOP_INTERNAL);
}

static const shop_test_t tests[] = {
    SHOP_TEST(what_is_signed_is_read, "what is signed is read, each use for itself"),
    SHOP_TEST(a_hand_made_token_is_accepted, "a hand-made token with the key is accepted"),
    SHOP_TEST(forged_headers_are_refused, "forged headers are refused, though well signed"),
    SHOP_TEST(forged_claims_are_refused, "forged claims are refused, though well signed"),
    SHOP_TEST(other_keys_and_digests_are_refused, "other keys and digests are refused"),
    SHOP_TEST(another_spelling_is_refused, "another spelling of a good token is refused"),
    SHOP_TEST(every_flipped_bit_is_refused, "every flipped bit is refused"),
    SHOP_TEST(a_token_has_at_most_4096_bytes, "a token has at most 4096 bytes"),
    SHOP_TEST(time_is_judged_with_leeway, "time is judged with leeway"),
    SHOP_TEST(a_token_seen_before_is_judged_anew, "a token seen before is judged anew"),
    SHOP_TEST(what_was_kept_is_recalled_for_its_use_alone, "what was kept is recalled for its use"),
    SHOP_TEST(the_memory_keeps_as_many_as_it_says, "the memory keeps as many as it says"),
    SHOP_TEST(many_threads_with_more_tokens_than_room_get_their_own,
              "many threads with more tokens than room get their own"),
    SHOP_TEST(senseless_keys_are_refused, "senseless keys are refused at the start"),
    SHOP_TEST_END,
};
SHOP_SUITE("tokens", tests)
