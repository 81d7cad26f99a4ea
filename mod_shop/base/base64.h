/* SPDX-License-Identifier: MIT */
#ifndef SHOP_BASE_BASE64_H
#define SHOP_BASE_BASE64_H

/* Unpadded base64url, RFC 4648 section 5. The decoder accepts canonical input only, so that two
 * texts never decode to the same bytes. */

#include <apr_pools.h>
#include <stdbool.h>

const char *shop_base64url_encode(const void *bytes, apr_size_t size, apr_pool_t *pool);
/* *bytes is NUL-terminated (the NUL is not counted). false: padding, characters outside the
 * alphabet, an impossible length, or non-zero bits after the last byte. */
bool shop_base64url_decode(const char **bytes, apr_size_t *size, const char *text,
                           apr_size_t length, apr_pool_t *pool);

#endif
