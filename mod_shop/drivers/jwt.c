/* SPDX-License-Identifier: MIT
 * libjwt for signatures only. Header and claims are parsed in guard/token.c, because libjwt's
 * parser is lenient; with a NULL key it checks no signature. */
#include "jwt.h"

#include <apr_strings.h>
#include <jwt.h>
#include <stdlib.h>
#include <string.h>

static bool known_alg(jwt_alg_t *alg, const char *name)
{
    if (strcmp(name, "HS256") != 0) {
        return false;
    }
    *alg = JWT_ALG_HS256;
    return true;
}

shop_error_t *shop_jwt_sign(const char **token, const char *alg, const char *kid,
                            const unsigned char *key, int key_size, const char *claims,
                            apr_pool_t *pool)
{
    jwt_alg_t wanted;
    jwt_t *jwt = NULL;
    char *text = NULL;
    shop_error_t *err = NULL;

    if (!key || key_size <= 0 || !known_alg(&wanted, alg)) {
        return shop_err(pool, INTERNAL, "a token cannot be signed with %s", alg);
    }
    if (jwt_new(&jwt) || jwt_add_grants_json(jwt, claims) || jwt_add_header(jwt, "kid", kid) ||
        jwt_set_alg(jwt, wanted, key, key_size) || !(text = jwt_encode_str(jwt))) {
        err = shop_error_cause(shop_err(pool, INTERNAL, "a token could not be made"), pool,
                               "libjwt failed");
    } else {
        *token = apr_pstrdup(pool, text);
    }
    free(text);
    jwt_free(jwt);
    return err;
}

bool shop_jwt_signature_ok(const char *token, const char *alg, const unsigned char *key,
                           int key_size)
{
    jwt_alg_t wanted;
    jwt_t *jwt = NULL;
    bool ok;

    if (!key || key_size <= 0 || !known_alg(&wanted, alg)) {
        return false;
    }
    ok = jwt_decode(&jwt, token, key, key_size) == 0 && jwt && jwt_get_alg(jwt) == wanted;
    jwt_free(jwt);
    return ok;
}
