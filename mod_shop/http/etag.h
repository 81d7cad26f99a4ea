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
/* PRECONDITION_FAILED when the request has If-Match and it does not name current by strong
 * comparison (a weak tag never matches; "*" matches; suffixes as below). PRECONDITION_REQUIRED
 * when required and the header is absent. */
shop_error_t *shop_etag_if_match(const shop_req_t *req, const char *current, bool required);
/* The object changed between reading and writing it, in this turn (from 0) of a loop that reads,
 * merges and writes. NULL: take another turn. PRECONDITION_FAILED when the client named a state,
 * since that one is gone, whatever the object looks like now; CONFLICT when it keeps changing. */
shop_error_t *shop_etag_lost_race(const shop_req_t *req, int turn, const char *noun);
/* Which codings of an object does If-None-Match name (weak comparison; "*" names all)? A bit of
 * shop_coding_t each: "x" is identity, "x-gzip" and "x-br" are those codings, whether we or
 * mod_deflate and mod_brotli made them. etag: of the object in this coding; NULL names none. */
unsigned shop_etag_named(const shop_req_t *req, const char *etag, shop_coding_t coding);
/* The tag of the same object when its reply leaves with this Content-Encoding, NULL: none. etag may
 * name a coding already. A coding that is none of ours gets a weak tag, so that it is never that of
 * other bytes. A tag that is no strong one of ours stays as it is. */
const char *shop_etag_encoded(const char *etag, const char *content_encoding, apr_pool_t *pool);
/* The tag of the same object in another coding: a strong tag stands for bytes, section 8.8.1. */
const char *shop_etag_recode(const char *etag, shop_coding_t from, shop_coding_t to,
                             apr_pool_t *pool);

#endif
