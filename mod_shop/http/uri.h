/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_URI_H
#define SHOP_HTTP_URI_H

/* Percent-encoding and decoding, RFC 3986. */

#include <apr_pools.h>
#include <stdbool.h>

/* Decodes %XX; form: also '+' as a space. NULL: invalid escape, NUL byte or invalid UTF-8. */
const char *shop_uri_decode(const char *text, apr_size_t size, bool form, apr_pool_t *pool);
/* Encodes a decoded path for a header: escapes everything except unreserved characters, sub-delims,
 * ':', '@' and '/'. */
const char *shop_uri_path(const char *path, apr_pool_t *pool);
/* Makes a raw query safe for a header: existing escapes are kept, other bytes are escaped where
 * necessary. */
const char *shop_uri_query(const char *query, apr_size_t size, apr_pool_t *pool);
bool shop_uri_is_utf8(const char *text);

#endif
