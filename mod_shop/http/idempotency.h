/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_IDEMPOTENCY_H
#define SHOP_HTTP_IDEMPOTENCY_H

/* A request that may be repeated: which one it is, and its reply as it is stored with what it did.
 * A stored reply is a block of header lines, an empty line, the body; its status is the route's. */

#include "req.h"
#include "res.h"

/* SHA-256 (hex) over method, route template and canonical body: members in another order are the
 * same request. Path arguments are no part of it: whoever has some puts them into the key. */
const char *shop_idempotency_fingerprint(const shop_req_t *req);

/* The reply in res as bytes to store, NUL-terminated for those who print them (not counted in
 * *size). location: path below the API root, or NULL. */
const char *shop_idempotency_pack(apr_size_t *size, const shop_res_t *res, const char *location,
                                  apr_pool_t *pool);

/* Answers with a stored reply; replayed: it is the reply to an earlier request. The bytes stay
 * where they are. INTERNAL when they cannot be read; what names their owner in the log. */
shop_error_t *shop_idempotency_send(shop_res_t *res, const shop_req_t *req, const char *bytes,
                                    apr_size_t size, bool replayed, const char *what);

#endif
