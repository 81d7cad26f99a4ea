/* SPDX-License-Identifier: MIT
 * ShopJwtKey: a list of keys by kid, one of which signs. */
#include <apr_strings.h>
#include <string.h>

#include "conf_own.h"

/* A virtual host's signing key signs in place of an inherited one. */
static void stop_signing(shop_settings_t *settings)
{
    for (int i = 0; i < settings->jwt_key_count; i++) {
        settings->jwt_keys[i].sign = false;
    }
}

static const shop_jwt_key_t *signing_key(const shop_settings_t *settings)
{
    for (int i = 0; i < settings->jwt_key_count; i++) {
        if (settings->jwt_keys[i].sign) {
            return &settings->jwt_keys[i];
        }
    }
    return NULL;
}

static bool has_key(const shop_settings_t *settings, const char *kid)
{
    for (int i = 0; i < settings->jwt_key_count; i++) {
        if (!strcmp(settings->jwt_keys[i].kid, kid)) {
            return true;
        }
    }
    return false;
}

/* Adds the key, or replaces the one with the same kid. false: the table is full. */
static bool put_key(shop_settings_t *settings, const shop_jwt_key_t *key)
{
    int at = 0;

    while (at < settings->jwt_key_count && strcmp(settings->jwt_keys[at].kid, key->kid)) {
        at++;
    }
    if (at == SHOP_MAX_JWT_KEYS) {
        return false;
    }
    settings->jwt_keys[at] = *key;
    settings->jwt_key_count += at == settings->jwt_key_count;
    return true;
}

/* A secret is given as text, and the characters themselves are the key; they are not decoded. */
static const char *secret_of(shop_jwt_key_t *key, const char *argument, shop_parse_t *parse)
{
    const char *text = NULL;
    const char *problem = shop_secret_parse(&text, argument, parse);

    if (problem && strstr(problem, "does not exist")) {
        return apr_pstrcat(parse->pool, problem,
                           " (make a key with: shopctl keygen > jwt.key; chmod 600 jwt.key)", NULL);
    }
    if (problem) { /* a key that is there must not be replaced */
        return problem;
    }
    key->secret = (const unsigned char *)text;
    key->secret_size = (int)strlen(text);
    return key->secret_size >= 32
               ? NULL
               : apr_psprintf(parse->pool,
                              "holds a key of %d bytes; HS256 needs at least 32 (make one with: "
                              "shopctl keygen)",
                              key->secret_size);
}

static const char *parse_key(shop_settings_t *settings, const shop_directive_t *directive, int argc,
                             char *const argv[], shop_parse_t *parse)
{
    shop_jwt_key_t key = { .alg = "HS256", .sign = true, .where = parse->where };

    (void)directive;
    SHOP_ARGUMENTS(3, 4);
    SHOP_CHECK(shop_token_problem(argv[0], 64), argv[0]);
    key.kid = argv[0];
    SHOP_CHECK(strcmp(argv[1], key.alg) ? "is no algorithm of this version" : NULL, argv[1]);
    if (argc == 4) {
        key.sign = !strcmp(argv[3], "sign");
        SHOP_CHECK(!key.sign && strcmp(argv[3], "verify") ? "is neither sign nor verify" : NULL,
                   argv[3]);
    }
    SHOP_CHECK(secret_of(&key, argv[2], parse), shop_secret_shown(argv[2]));
    SHOP_CHECK(has_key(settings, key.kid) ? "is the kid of another key here; a token names its key "
                                            "by it, so give each key its own"
                                          : NULL,
               key.kid);
    if (key.sign && signing_key(settings)) {
        parse->bad = key.kid;
        return apr_psprintf(parse->pool,
                            "is the second key that signs; new tokens are signed with one key, so "
                            "write verify behind %s or behind this one",
                            signing_key(settings)->kid);
    }
    SHOP_CHECK(put_key(settings, &key) ? NULL : "is one key too many; 8 is the most", argv[0]);
    return NULL;
}

static void merge_keys(shop_settings_t *into, const shop_settings_t *add)
{
    for (int i = 0; i < add->jwt_key_count; i++) {
        if (add->jwt_keys[i].sign) {
            stop_signing(into);
        }
    }
    for (int i = 0; i < add->jwt_key_count; i++) {
        (void)put_key(into, &add->jwt_keys[i]);
    }
}

static const char *dump_key(const shop_settings_t *settings, int i, apr_pool_t *pool)
{
    const shop_jwt_key_t *key = &settings->jwt_keys[i];

    return i < settings->jwt_key_count
               ? apr_psprintf(pool, "%s %s (%d bytes) %s", key->kid, key->alg, key->secret_size,
                              key->sign ? "sign" : "verify")
               : NULL;
}

static const char *where_key(const shop_settings_t *settings, int i)
{
    return settings->jwt_keys[i].where;
}

const shop_own_t shop_own_jwt_key = { parse_key, merge_keys, dump_key, where_key };
