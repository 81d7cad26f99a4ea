/* SPDX-License-Identifier: MIT */
#ifndef SHOP_GUARD_TOKEN_CHAIN_H
#define SHOP_GUARD_TOKEN_CHAIN_H

/* Ids of the tokens of one family, each derived from the previous one, so that a host can repeat a
 * reply without storing a secret (docs/adr/016). */

#include <apr_pools.h>

#include "../base/error.h"

#define SHOP_CHAIN_KEY_SIZE 32

/* The key for ids that belongs to a token key: HKDF-SHA256 of its secret. INTERNAL when OpenSSL
 * fails. */
shop_error_t *shop_token_chain_key(unsigned char key[SHOP_CHAIN_KEY_SIZE],
                                   const unsigned char *secret, int size, apr_pool_t *pool);
/* *next: the id after `id` in this session, 128 bits of an HMAC-SHA256 as base64url, in pool.
 * INTERNAL when OpenSSL fails. */
shop_error_t *shop_token_chain_next(const char **next, const unsigned char key[SHOP_CHAIN_KEY_SIZE],
                                    const char *session, const char *id, apr_pool_t *pool);

#endif
