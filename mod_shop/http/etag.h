/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_ETAG_H
#define SHOP_HTTP_ETAG_H

/* Entity tags and preconditions, RFC 9110 sections 8.8.3 and 13. */

#include <apr_pools.h>
#include <stdbool.h>

#include "../base/error.h"
#include "coding.h"
#include "req.h"

/* Strong tag over the bytes: 128 bits of SHA-256 as base64url, in quotes. */
const char *shop_etag_of(const char *bytes, apr_size_t size, apr_pool_t *pool);
/* PRECONDITION_FAILED when the request has If-Match and none of its tags equals current by strong
 * comparison (a weak tag never matches; "*" matches; suffixes as below). PRECONDITION_REQUIRED when
 * required and the header is absent. */
shop_error_t *shop_etag_if_match(const shop_req_t *req, const char *current, bool required);
/* The codings of an object whose tags are in If-None-Match (weak comparison; "*" matches all), one
 * bit of shop_coding_t each. "x" is identity, "x-gzip" and "x-br" are the codings, whether the
 * shop, mod_deflate or mod_brotli encoded. etag: of the object in this coding; NULL matches
 * nothing. */
unsigned shop_etag_named(const shop_req_t *req, const char *etag, shop_coding_t coding);
/* The tag of the same object for this Content-Encoding (NULL: none). etag may be of another coding.
 * A coding that the shop does not know gets a weak tag, so that a strong tag never stands for other
 * bytes. A tag that is not a strong one of the shop is returned unchanged. */
const char *shop_etag_encoded(const char *etag, const char *content_encoding, apr_pool_t *pool);
/* The tag of the same object in another coding: a strong tag stands for bytes, section 8.8.1. */
const char *shop_etag_recode(const char *etag, shop_coding_t from, shop_coding_t to,
                             apr_pool_t *pool);

#endif
