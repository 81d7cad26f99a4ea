/* SPDX-License-Identifier: MIT
 * Password hashes of Werkzeug with OpenSSL. The string holds the cost parameters, so they are
 * limited here: a stored string must not be able to exhaust the server. */
#include "password_werkzeug.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 64, SALT_MAX = 128 };
#define MEMORY_MAX (UINT64_C(256) << 20)
#define ROUNDS_MAX 10000000u

typedef struct parts_t {
    const char *salt;
    size_t salt_size;
    unsigned char key[KEY_MAX];
    size_t key_size;
} parts_t;

static int nibble(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "$salt$hex" with exactly key_size bytes of hex. */
static bool read_parts(parts_t *parts, const char *text, size_t key_size)
{
    const char *hex = *text == '$' ? strchr(text + 1, '$') : NULL;

    if (!hex || strlen(hex + 1) != key_size * 2) {
        return false;
    }
    parts->salt = text + 1;
    parts->salt_size = (size_t)(hex - parts->salt);
    parts->key_size = key_size;
    hex++;
    for (size_t i = 0; i < key_size; i++) {
        int high = nibble(hex[2 * i]), low = nibble(hex[2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        parts->key[i] = (unsigned char)(high << 4 | low);
    }
    return parts->salt_size > 0 && parts->salt_size <= SALT_MAX;
}

/* A number from 1 to max; *text advances past it. */
static bool read_number(uint64_t *number, const char **text, uint64_t max)
{
    const char *at = *text;

    *number = 0;
    while (*at >= '0' && *at <= '9') {
        *number = *number * 10 + (uint64_t)(*at++ - '0');
        if (*number > max) {
            return false;
        }
    }
    if (at == *text || *number == 0) {
        return false;
    }
    *text = at;
    return true;
}

static shop_werkzeug_answer_t compare(parts_t *parts, unsigned char *made)
{
    bool same = CRYPTO_memcmp(made, parts->key, parts->key_size) == 0;

    OPENSSL_cleanse(made, KEY_MAX);
    return same ? SHOP_WERKZEUG_YES : SHOP_WERKZEUG_NO;
}

static shop_werkzeug_answer_t scrypt(const char *costs, const char *password)
{
    unsigned char made[KEY_MAX];
    parts_t parts;
    uint64_t n, r, p;

    if (!read_number(&n, &costs, UINT64_C(1) << 20) || *costs++ != ':' ||
        !read_number(&r, &costs, 64) || *costs++ != ':' || !read_number(&p, &costs, 16) ||
        128 * n * r > MEMORY_MAX || n < 2 || (n & (n - 1)) || !read_parts(&parts, costs, 64)) {
        return SHOP_WERKZEUG_FOREIGN;
    }
    /* OpenSSL allows 32 MiB by default; the limit passed here is what it needs plus 1 MiB. */
    if (EVP_PBE_scrypt(password, strlen(password), (const unsigned char *)parts.salt,
                       parts.salt_size, n, r, p, 128 * r * (n + p + 4) + (UINT64_C(1) << 20), made,
                       parts.key_size) != 1) {
        return SHOP_WERKZEUG_NO_MEMORY;
    }
    return compare(&parts, made);
}

static shop_werkzeug_answer_t pbkdf2(const char *costs, const char *password)
{
    unsigned char made[KEY_MAX];
    parts_t parts;
    uint64_t rounds;

    if (!read_number(&rounds, &costs, ROUNDS_MAX) || !read_parts(&parts, costs, 32)) {
        return SHOP_WERKZEUG_FOREIGN;
    }
    if (PKCS5_PBKDF2_HMAC(password, (int)strlen(password), (const unsigned char *)parts.salt,
                          (int)parts.salt_size, (int)rounds, EVP_sha256(), (int)parts.key_size,
                          made) != 1) {
        return SHOP_WERKZEUG_NO_MEMORY;
    }
    return compare(&parts, made);
}

shop_werkzeug_answer_t shop_werkzeug_verify(const char *hash, const char *password)
{
    if (!strncmp(hash, "scrypt:", 7)) {
        return scrypt(hash + 7, password);
    }
    if (!strncmp(hash, "pbkdf2:sha256:", 14)) {
        return pbkdf2(hash + 14, password);
    }
    return SHOP_WERKZEUG_FOREIGN;
}
