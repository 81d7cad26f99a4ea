/* SPDX-License-Identifier: MIT
 * Strict parsing of tokens: three canonical segments, a header that matches a configured key, and
 * claims of the right types. The client must not be able to choose algorithm or key (RFC 8725). */
#include "token.h"

#include <apr_strings.h>
#include <string.h>

#include "../base/base64.h"
#include "../base/id.h"
#include "../base/json.h"
#include "../drivers/jwt.h"
#include "token_cache.h"
#include "token_chain.h"

enum {
    TOKEN_MAX = 4096,
    SECRET_MIN = 32,
    JTI_BYTES = 16,
    HS256_SEGMENT = 43, /* 32 bytes in base64url */
    ID_MAX = 64         /* characters of sid and jti */
};
#define SECONDS_MAX INT64_C(253402300799) /* the end of the year 9999 */

struct shop_tokens_t {
    shop_jwt_key_t keys[SHOP_MAX_JWT_KEYS];
    unsigned char chain[SHOP_MAX_JWT_KEYS][SHOP_CHAIN_KEY_SIZE]; /* derived from keys, for ids */
    int count;
    const shop_jwt_key_t *signing;
    const char *issuer;
    const char *audience[2]; /* by shop_token_use_t */
    apr_time_t leeway;
    shop_token_cache_t *cache;
};

static const char *const use_names[] = { "access", "refresh" };

/* ---- keys ---- */

static shop_error_t *add_key(shop_tokens_t *tokens, const shop_jwt_key_t *from, apr_pool_t *pool)
{
    shop_jwt_key_t *key = &tokens->keys[tokens->count];

    if (!from->kid || !*from->kid || !from->alg || !from->secret) {
        return shop_err(pool, INTERNAL, "a token key lacks its name, algorithm or secret");
    }
    if (strcmp(from->alg, "HS256") != 0) {
        return shop_err(pool, INTERNAL, "token key %s: algorithm %s is not supported; use HS256",
                        from->kid, from->alg);
    }
    if (from->secret_size < SECRET_MIN) {
        return shop_err(pool, INTERNAL, "token key %s has %d bytes; HS256 needs at least %d",
                        from->kid, from->secret_size, SECRET_MIN);
    }
    for (int i = 0; i < tokens->count; i++) {
        if (!strcmp(tokens->keys[i].kid, from->kid)) {
            return shop_err(pool, INTERNAL, "two token keys are named %s", from->kid);
        }
    }
    key->kid = apr_pstrdup(pool, from->kid);
    key->alg = apr_pstrdup(pool, from->alg);
    key->secret = apr_pmemdup(pool, from->secret, (apr_size_t)from->secret_size);
    key->secret_size = from->secret_size;
    key->sign = from->sign;
    if (key->sign && tokens->signing) {
        return shop_err(pool, INTERNAL, "token keys %s and %s both sign; exactly one must",
                        tokens->signing->kid, key->kid);
    }
    if (key->sign) {
        tokens->signing = key;
    }
    return shop_token_chain_key(tokens->chain[tokens->count++], key->secret, key->secret_size,
                                pool);
}

shop_error_t *shop_tokens_create(const shop_tokens_t **tokens, const shop_settings_t *settings,
                                 apr_pool_t *pool)
{
    shop_tokens_t *made = apr_pcalloc(pool, sizeof(*made));

    if (!settings->jwt_issuer || !settings->jwt_audience) {
        return shop_err(pool, INTERNAL, "tokens need an issuer and an audience");
    }
    if (settings->jwt_key_count > SHOP_MAX_JWT_KEYS) {
        return shop_err(pool, INTERNAL, "at most %d token keys", SHOP_MAX_JWT_KEYS);
    }
    for (int i = 0; i < settings->jwt_key_count; i++) {
        SHOP_TRY(add_key(made, &settings->jwt_keys[i], pool));
    }
    if (!made->signing) {
        return shop_err(pool, INTERNAL, "there is no signing token key");
    }
    made->issuer = apr_pstrdup(pool, settings->jwt_issuer);
    made->audience[SHOP_TOKEN_ACCESS] = apr_pstrdup(pool, settings->jwt_audience);
    made->audience[SHOP_TOKEN_REFRESH] =
        apr_pstrcat(pool, settings->jwt_audience, "/refresh", NULL);
    made->leeway = apr_time_from_sec(settings->jwt_leeway_s);
    SHOP_TRY(shop_token_cache_create(&made->cache, pool));
    *tokens = made;
    return NULL;
}

static const shop_jwt_key_t *key_named(const shop_tokens_t *tokens, const char *kid)
{
    for (int i = 0; i < tokens->count; i++) {
        if (!strcmp(tokens->keys[i].kid, kid)) {
            return &tokens->keys[i];
        }
    }
    return NULL;
}

/* ---- signing ---- */

static void put_string(shop_json_out_t *out, const char *key, const char *value)
{
    shop_json_key(out, key);
    shop_json_string(out, value);
}

static void put_time(shop_json_out_t *out, const char *key, apr_time_t time)
{
    shop_json_key(out, key);
    shop_json_int(out, apr_time_sec(time));
}

shop_error_t *shop_token_sign(const char **token, const shop_tokens_t *tokens,
                              shop_claims_t *claims, apr_pool_t *pool)
{
    const shop_jwt_key_t *key = tokens->signing;
    shop_json_out_t out;

    if (!claims->id) {
        SHOP_TRY(shop_id_secret(&claims->id, JTI_BYTES, pool));
    }
    shop_json_out_init(&out, pool, 512);
    shop_json_begin(&out, '{');
    put_string(&out, "iss", tokens->issuer);
    put_string(&out, "aud", tokens->audience[claims->use]);
    put_string(&out, "use", use_names[claims->use]);
    put_string(&out, "sub", claims->subject);
    put_string(&out, "sid", claims->session);
    put_string(&out, "jti", claims->id);
    if (claims->use == SHOP_TOKEN_ACCESS) {
        put_string(&out, "role", claims->role);
    }
    put_time(&out, "iat", claims->issued_at);
    put_time(&out, "nbf", claims->issued_at);
    put_time(&out, "exp", claims->expires_at);
    shop_json_end(&out, '}');
    return shop_jwt_sign(token, key->alg, key->kid, key->secret, key->secret_size,
                         shop_json_finish(&out, NULL), pool);
}

shop_error_t *shop_token_next_ids(const char *const **ids, const shop_tokens_t *tokens,
                                  const char *session, const char *id, apr_pool_t *pool)
{
    const char **made = apr_pcalloc(pool, sizeof(*made) * (SHOP_MAX_JWT_KEYS + 1));
    int count = 1;

    for (int i = 0; i < tokens->count; i++) {
        int at = &tokens->keys[i] == tokens->signing ? 0 : count++;

        SHOP_TRY(shop_token_chain_next(&made[at], tokens->chain[i], session, id, pool));
    }
    *ids = made;
    return NULL;
}

/* ---- verifying ---- */

typedef struct segments_t {
    const char *header, *payload, *signature;
    apr_size_t header_size, payload_size, signature_size;
} segments_t;

static bool split(segments_t *parts, const char *token)
{
    const char *first = strchr(token, '.');
    const char *second = first ? strchr(first + 1, '.') : NULL;

    if (!second || strchr(second + 1, '.')) {
        return false;
    }
    parts->header = token;
    parts->header_size = (apr_size_t)(first - token);
    parts->payload = first + 1;
    parts->payload_size = (apr_size_t)(second - first - 1);
    parts->signature = second + 1;
    parts->signature_size = strlen(second + 1);
    return parts->header_size && parts->payload_size;
}

/* The JSON object of a segment, or NULL. shop_json_parse refuses duplicate members; libjwt would
 * use the last one. */
static json_t *object_of(const char *text, apr_size_t size, apr_pool_t *pool)
{
    shop_json_doc_t doc;
    const char *bytes;
    apr_size_t count;

    if (!shop_base64url_decode(&bytes, &count, text, size, pool) ||
        shop_json_parse(&doc, bytes, count, pool)) {
        return NULL;
    }
    return doc.root;
}

static const char *string_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static bool is_string(const json_t *object, const char *name, const char *wanted)
{
    const char *text = string_of(object, name);

    return text && !strcmp(text, wanted);
}

/* The key that the header names; NULL when another member of the header does not match it. */
static const shop_jwt_key_t *key_of_header(const shop_tokens_t *tokens, const json_t *header)
{
    /* Members that carry a key, or semantics that are not supported (RFC 7515 section 4.1). */
    static const char *const refused[] = { "jwk",      "jku",  "x5u", "x5c", "x5t",
                                           "x5t#S256", "crit", "b64", "zip", "enc" };
    const char *kid = string_of(header, "kid");
    const shop_jwt_key_t *key = kid ? key_named(tokens, kid) : NULL;

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (json_object_get(header, refused[i])) {
            return NULL;
        }
    }
    return key && is_string(header, "alg", key->alg) && is_string(header, "typ", "JWT") ? key
                                                                                        : NULL;
}

static bool seconds_of(apr_time_t *time, const json_t *payload, const char *name)
{
    const json_t *value = json_object_get(payload, name);
    json_int_t seconds = json_is_integer(value) ? json_integer_value(value) : 0;

    if (seconds <= 0 || seconds > SECONDS_MAX) {
        return false;
    }
    *time = apr_time_from_sec(seconds);
    return true;
}

static bool id_ok(const char *id)
{
    size_t length = id ? strlen(id) : 0;

    return length > 0 && length <= ID_MAX;
}

static bool read_identity(shop_claims_t *claims, const json_t *payload, apr_pool_t *pool)
{
    const char *role = string_of(payload, "role");

    claims->subject = string_of(payload, "sub");
    claims->session = string_of(payload, "sid");
    claims->id = string_of(payload, "jti");
    if (!claims->subject || !shop_id_valid(claims->subject) || !id_ok(claims->session) ||
        !id_ok(claims->id)) {
        return false;
    }
    if (claims->use == SHOP_TOKEN_ACCESS &&
        (!role || (strcmp(role, "user") != 0 && strcmp(role, "admin") != 0))) {
        return false;
    }
    claims->subject = apr_pstrdup(pool, claims->subject);
    claims->session = apr_pstrdup(pool, claims->session);
    claims->id = apr_pstrdup(pool, claims->id);
    claims->role = claims->use == SHOP_TOKEN_ACCESS ? apr_pstrdup(pool, role) : NULL;
    return true;
}

/* All claims, without comparing them to the present time. */
static bool read_claims(shop_claims_t *claims, apr_time_t *not_before, const shop_tokens_t *tokens,
                        const json_t *payload, apr_pool_t *pool)
{
    return is_string(payload, "iss", tokens->issuer) &&
           is_string(payload, "aud", tokens->audience[claims->use]) &&
           is_string(payload, "use", use_names[claims->use]) &&
           read_identity(claims, payload, pool) && seconds_of(&claims->issued_at, payload, "iat") &&
           seconds_of(not_before, payload, "nbf") &&
           seconds_of(&claims->expires_at, payload, "exp") &&
           claims->issued_at < claims->expires_at;
}

/* Signature and claims; claims->use: the required use. */
static bool read_token(shop_claims_t *claims, apr_time_t *not_before, const shop_tokens_t *tokens,
                       const char *token, apr_pool_t *pool)
{
    const shop_jwt_key_t *key;
    segments_t parts;
    const char *bytes;
    apr_size_t count;
    json_t *object;

    if (!split(&parts, token) || parts.signature_size != HS256_SEGMENT ||
        !shop_base64url_decode(&bytes, &count, parts.signature, parts.signature_size, pool)) {
        return false;
    }
    object = object_of(parts.header, parts.header_size, pool);
    key = object ? key_of_header(tokens, object) : NULL;
    if (!key || !shop_jwt_signature_ok(token, key->alg, key->secret, key->secret_size)) {
        return false;
    }
    /* After the signature: claims that were not signed with the key are not parsed. */
    object = object_of(parts.payload, parts.payload_size, pool);
    return object && read_claims(claims, not_before, tokens, object, pool);
}

shop_error_t *shop_token_verify(shop_claims_t **claims, const shop_tokens_t *tokens,
                                const char *token, shop_token_use_t use, apr_time_t now,
                                apr_pool_t *pool)
{
    shop_claims_t *read = apr_pcalloc(pool, sizeof(*read));
    apr_time_t not_before = 0;
    bool known, good;

    read->use = use;
    good = strnlen(token, TOKEN_MAX + 1) <= TOKEN_MAX;
    known = good && shop_token_cache_get(read, &not_before, tokens->cache, token, pool);
    good = known || (good && read_token(read, &not_before, tokens, token, pool));
    if (!good || read->issued_at > now + tokens->leeway || not_before > now + tokens->leeway) {
        return shop_err(pool, TOKEN_INVALID, "the token was not issued by this shop for this use");
    }
    if (read->expires_at + tokens->leeway <= now) {
        return shop_err(pool, TOKEN_EXPIRED, "the token has expired");
    }
    if (!known) {
        shop_token_cache_put(tokens->cache, token, read, not_before, pool);
    }
    *claims = read;
    return NULL;
}
