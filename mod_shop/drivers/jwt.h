/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_JWT_H
#define SHOP_DRIVERS_JWT_H

/* Signatures of JSON Web Tokens with libjwt. */

#include <apr_pools.h>
#include <stdbool.h>

#include "../base/error.h"

/* Signs the claims (a JSON object as text) under alg with kid in the header; *token in pool. */
shop_error_t *shop_jwt_sign(const char **token, const char *alg, const char *kid,
                            const unsigned char *key, int key_size, const char *claims,
                            apr_pool_t *pool);
/* Is the signature of the token valid for exactly this alg and key? The caller has already compared
 * the header's alg with the key's. */
bool shop_jwt_signature_ok(const char *token, const char *alg, const unsigned char *key,
                           int key_size);

#endif
