/* SPDX-License-Identifier: MIT
 * Ids derived from one another. The token key itself is not used here: only libjwt signs with it.
 */
#include "token_chain.h"

#include <apr_encode.h>
#include <apr_strings.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>

#include "token.h"

enum { ID_BYTES = 16 };

static shop_error_t *failed(const char *what, apr_pool_t *pool)
{
    return shop_error_cause(shop_err(pool, INTERNAL, "internal error"), pool, "%s failed", what);
}

static const char *id_of(const unsigned char *digest, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, ID_BYTES * 2);

    apr_encode_base64_binary(text, digest, ID_BYTES, APR_ENCODE_BASE64URL, NULL);
    return text;
}

shop_error_t *shop_token_chain_key(unsigned char key[SHOP_CHAIN_KEY_SIZE],
                                   const unsigned char *secret, int size, apr_pool_t *pool)
{
    static char digest[] = "SHA256", info[] = "mod_shop ids of refresh tokens";
    unsigned char *from = apr_pmemdup(pool, secret, (apr_size_t)size);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, from, (size_t)size),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, sizeof(info) - 1),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_HKDF, NULL);
    EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    bool made = context && EVP_KDF_derive(context, key, SHOP_CHAIN_KEY_SIZE, parameters) == 1;

    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    OPENSSL_cleanse(from, (size_t)size);
    return made ? NULL : failed("HKDF", pool);
}

shop_error_t *shop_token_chain_next(const char **next, const unsigned char key[SHOP_CHAIN_KEY_SIZE],
                                    const char *session, const char *id, apr_pool_t *pool)
{
    /* Neither contains a line feed, so different pairs give different texts. */
    const char *text = apr_pstrcat(pool, session, "\n", id, NULL);
    unsigned char digest[EVP_MAX_MD_SIZE];

    if (!HMAC(EVP_sha256(), key, SHOP_CHAIN_KEY_SIZE, (const unsigned char *)text, strlen(text),
              digest, NULL)) {
        return failed("HMAC", pool);
    }
    *next = id_of(digest, pool);
    return NULL;
}

shop_error_t *shop_token_access_id(const char **id, const char *refresh_id, apr_pool_t *pool)
{
    const char *text = apr_pstrcat(pool, "access\n", refresh_id, NULL);
    unsigned char digest[EVP_MAX_MD_SIZE];

    if (!EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL)) {
        return failed("EVP_Digest", pool);
    }
    *id = id_of(digest, pool);
    return NULL;
}
