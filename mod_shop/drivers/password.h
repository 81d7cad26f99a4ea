/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_PASSWORD_H
#define SHOP_DRIVERS_PASSWORD_H

/* Passwords: libsodium's Argon2id, with a bound on how many run at once in this process. Verifies
 * Werkzeug's scrypt: and pbkdf2: strings too, so that a Flask shop's users can be taken over. */

#include <apr_pools.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/error.h"

typedef struct shop_hasher_t shop_hasher_t;

/* memory_kib and passes are Argon2id's m and t; slots: hashes at once. */
shop_error_t *shop_hasher_create(shop_hasher_t **hasher, int64_t memory_kib, int passes, int slots,
                                 apr_pool_t *pool);
/* Self-describing string. UNAVAILABLE when no slot became free within 2 s or memory is short. */
shop_error_t *shop_hasher_hash(const char **hash, shop_hasher_t *hasher, const char *password,
                               apr_pool_t *pool);
/* hash NULL: does the same work on a dummy and answers false (an unknown user must cost what a
 * known one costs). *rehash: parameters are old, store a new hash. UNAVAILABLE as above. */
shop_error_t *shop_hasher_verify(bool *matches, bool *rehash, shop_hasher_t *hasher,
                                 const char *hash, const char *password, apr_pool_t *pool);

#endif
