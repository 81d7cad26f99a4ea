/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_PASSWORD_H
#define SHOP_DRIVERS_PASSWORD_H

/* Password hashes: Argon2id by libsodium, with a limit on how many run at once in this process.
 * Also verifies scrypt and pbkdf2 strings of Werkzeug, for users migrated from a Flask shop. */

#include <apr_pools.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/error.h"

typedef struct shop_hasher_t shop_hasher_t;

/* memory_kib and passes are Argon2id's m and t; slots: hashes that may run at once. */
shop_error_t *shop_hasher_create(shop_hasher_t **hasher, int64_t memory_kib, int passes, int slots,
                                 apr_pool_t *pool);
/* *hash: a string that holds its parameters, in pool, of the password as RFC 8265 compares it
 * (shop_text_opaque): typed on another system it is the same password. UNAVAILABLE when no slot
 * became free within 2 s, or there is no memory. */
shop_error_t *shop_hasher_hash(const char **hash, shop_hasher_t *hasher, const char *password,
                               apr_pool_t *pool);
/* Verifies the password as RFC 8265 compares it and then, if they differ and the first did not
 * match, its bytes as they came, which older hashes are of. hash NULL: verifies a dummy hash and
 * returns false, so that an unknown user takes as long as a known one. *rehash: the parameters are
 * outdated or the bytes matched, a new hash is to be stored. UNAVAILABLE as above. */
shop_error_t *shop_hasher_verify(bool *matches, bool *rehash, shop_hasher_t *hasher,
                                 const char *hash, const char *password, apr_pool_t *pool);

#endif
