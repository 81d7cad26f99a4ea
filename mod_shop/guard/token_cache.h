/* SPDX-License-Identifier: MIT */
#ifndef SHOP_GUARD_TOKEN_CACHE_H
#define SHOP_GUARD_TOKEN_CACHE_H

/* Claims of tokens that this child has verified: a client sends the same token with every request,
 * and its signature and JSON do not change. The cache holds the SHA-256 of a token, not the token.
 * Expiry and ended sessions are checked on every request, not here. Capacity: SHOP_TOKEN_CACHE_SIZE
 * tokens, 1.4 MiB when full; in a full set the token that expires first is replaced. All functions
 * are thread-safe. */

#include "token.h"

enum { SHOP_TOKEN_CACHE_SIZE = 8192 };

typedef struct shop_token_cache_t shop_token_cache_t;

/* An empty cache that lives as long as pool. INTERNAL without memory. */
shop_error_t *shop_token_cache_create(shop_token_cache_t **cache, apr_pool_t *pool);
/* Sets claims (texts in pool) and *not_before when this token is stored for claims->use; false
 * otherwise. */
bool shop_token_cache_get(shop_claims_t *claims, apr_time_t *not_before, shop_token_cache_t *cache,
                          const char *token, apr_pool_t *pool);
/* Stores a token whose signature and claims are valid. Not with identifiers longer than the shop
 * issues. */
void shop_token_cache_put(shop_token_cache_t *cache, const char *token, const shop_claims_t *claims,
                          apr_time_t not_before, apr_pool_t *pool);

#endif
