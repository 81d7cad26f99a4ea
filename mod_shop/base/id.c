/* SPDX-License-Identifier: MIT
 * Identifiers and digests. OpenSSL provides the random bytes; there is no fallback. */
#include "id.h"

#include <apr_encode.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

static const char hex[] = "0123456789abcdef";

static void to_hex(char *text, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = hex[bytes[i] >> 4];
        text[2 * i + 1] = hex[bytes[i] & 15];
    }
    text[2 * size] = '\0';
}

static shop_error_t *random_bytes(unsigned char *bytes, int size, apr_pool_t *pool)
{
    if (RAND_bytes(bytes, size) != 1) {
        return shop_error_cause(shop_err(pool, INTERNAL, "internal error"), pool,
                                "RAND_bytes failed");
    }
    return NULL;
}

shop_error_t *shop_id_make(const char **id, apr_pool_t *pool)
{
    unsigned char bytes[12];
    apr_uint32_t now = (apr_uint32_t)apr_time_sec(apr_time_now());
    char *text = apr_palloc(pool, SHOP_ID_LENGTH + 1);

    SHOP_TRY(random_bytes(bytes + 4, 8, pool));
    for (int i = 0; i < 4; i++) {
        bytes[i] = (unsigned char)(now >> (24 - 8 * i));
    }
    to_hex(text, bytes, sizeof(bytes));
    *id = text;
    return NULL;
}

bool shop_id_valid(const char *id)
{
    return strlen(id) == SHOP_ID_LENGTH && strspn(id, "0123456789abcdefABCDEF") == SHOP_ID_LENGTH;
}

shop_error_t *shop_id_secret(const char **secret, int bytes, apr_pool_t *pool)
{
    unsigned char *random = apr_palloc(pool, (apr_size_t)bytes);
    apr_size_t size;
    char *text;

    SHOP_TRY(random_bytes(random, bytes, pool));
    text = apr_palloc(pool, (apr_size_t)bytes * 2 + 4);
    apr_encode_base64_binary(text, random, bytes, APR_ENCODE_BASE64URL, &size);
    *secret = text;
    return NULL;
}

shop_error_t *shop_id_order_number(const char **number, apr_pool_t *pool)
{
    /* Crockford's base32: no I, L, O or U, so that numbers can be read aloud without mistakes. */
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    unsigned char bytes[8];
    char text[9];

    SHOP_TRY(random_bytes(bytes, sizeof(bytes), pool));
    for (int i = 0; i < 8; i++) {
        text[i] = digits[bytes[i] & 31];
    }
    text[8] = '\0';
    *number = apr_psprintf(pool, "SH-%.4s-%.4s", text, text + 4);
    return NULL;
}

const char *shop_id_sha256(const char *bytes, apr_size_t size, apr_pool_t *pool)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    char *text = apr_palloc(pool, 65);

    EVP_Digest(bytes, size, digest, &length, EVP_sha256(), NULL);
    to_hex(text, digest, 32);
    return text;
}
