/* SPDX-License-Identifier: MIT */
#ifndef SHOP_GUARD_TOKEN_MEMORY_H
#define SHOP_GUARD_TOKEN_MEMORY_H

/* What this child found in tokens it verified before: a client sends the same one with every
 * request, and its signature and JSON do not change. Holds no token, only SHA-256 of it. Knows
 * neither the time nor who was signed out: both are asked anew for every request. Room for
 * SHOP_TOKEN_MEMORY tokens, 1.4 MiB once all of it was used; a newer one takes the place of the
 * one that expires first. Every function may be called from any thread. */

#include "token.h"

enum { SHOP_TOKEN_MEMORY = 8192 };

typedef struct shop_token_memory_t shop_token_memory_t;

/* Empty; lives as long as pool. */
shop_error_t *shop_token_memory_create(shop_token_memory_t **memory, apr_pool_t *pool);
/* Fills claims, its texts in pool, and *not_before, if exactly this token was kept for
 * claims->use; false otherwise. */
bool shop_token_memory_recall(shop_claims_t *claims, apr_time_t *not_before,
                              shop_token_memory_t *memory, const char *token, apr_pool_t *pool);
/* Only for a token whose signature and claims were found good. Identifiers longer than our own are
 * not kept. */
void shop_token_memory_keep(shop_token_memory_t *memory, const char *token,
                            const shop_claims_t *claims, apr_time_t not_before, apr_pool_t *pool);

#endif
