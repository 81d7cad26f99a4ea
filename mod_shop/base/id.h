/* SPDX-License-Identifier: MIT */
#ifndef SHOP_BASE_ID_H
#define SHOP_BASE_ID_H

/* Identifiers. Objects have 24 hex digits (a MongoDB ObjectId); secrets have 128 random bits. */

#include <apr_pools.h>
#include <stdbool.h>

#include "error.h"

#define SHOP_ID_LENGTH 24

/* 24 lower-case hex digits: 4 bytes of time, 8 random bytes. INTERNAL when there are no random
 * bytes. */
shop_error_t *shop_id_make(const char **id, apr_pool_t *pool);
/* Is it 24 hex digits, in either case? */
bool shop_id_valid(const char *id);
/* So many random bytes as unpadded base64url. INTERNAL when there are no random bytes. */
shop_error_t *shop_id_secret(const char **secret, int bytes, apr_pool_t *pool);
/* An order number that can be read aloud: "SH-7Q4K-2M9P" (Crockford base32, 40 random bits). */
shop_error_t *shop_id_order_number(const char **number, apr_pool_t *pool);
/* SHA-256 of the text, lower-case hex, in pool. */
const char *shop_id_sha256(const char *bytes, apr_size_t size, apr_pool_t *pool);

#endif
