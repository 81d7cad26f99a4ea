/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_URI_H
#define SHOP_HTTP_URI_H

/* Percent-encoding, RFC 3986, both ways. */

#include <apr_pools.h>
#include <stdbool.h>

/* Decodes %XX, and '+' as a space when form. NULL: a broken escape, a NUL, or not UTF-8. */
const char *shop_uri_decode(const char *text, apr_size_t size, bool form, apr_pool_t *pool);
/* A decoded path as it may stand in a header: everything but unreserved characters, sub-delims,
 * ':', '@' and '/' is escaped. */
const char *shop_uri_path(const char *path, apr_pool_t *pool);
/* A raw query made safe for a header: escapes stay as they are, foreign bytes are escaped. */
const char *shop_uri_query(const char *query, apr_size_t size, apr_pool_t *pool);
bool shop_uri_is_utf8(const char *text);

#endif
