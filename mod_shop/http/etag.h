/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_ETAG_H
#define SHOP_HTTP_ETAG_H

/* Entity tags and preconditions, RFC 9110 sections 8.8.3 and 13. */

#include <apr_pools.h>
#include <stdbool.h>

#include "../base/error.h"
#include "req.h"

/* Strong tag over the bytes: 128 bits of SHA-256 as base64url, in quotes. */
const char *shop_etag_of(const char *bytes, apr_size_t size, apr_pool_t *pool);
/* PRECONDITION_FAILED when the request has If-Match and it does not name current by strong
 * comparison (a weak tag never matches; "*" matches; suffixes as below). PRECONDITION_REQUIRED
 * when required and the header is absent. */
shop_error_t *shop_etag_if_match(const shop_req_t *req, const char *current, bool required);
/* Does If-None-Match name etag (weak comparison, "*" included)? Tags that mod_deflate or
 * mod_brotli suffixed ("x-gzip", "x-br") count as the tag. */
bool shop_etag_none_match(const shop_req_t *req, const char *etag);

#endif
