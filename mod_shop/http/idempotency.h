/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_IDEMPOTENCY_H
#define SHOP_HTTP_IDEMPOTENCY_H

/* Idempotency keys: the fingerprint of a request, and the stored reply. A stored reply consists of
 * header lines, an empty line and the body; its status is the route's. */

#include "req.h"
#include "res.h"

/* SHA-256 (hex) over method, route template and canonical body: the order of members does not
 * matter. Path arguments are not included: routes that have some put them into the key. */
const char *shop_idempotency_fingerprint(const shop_req_t *req);

/* Serialises the reply in res for storing; NUL-terminated (not counted in *size). location: path
 * below the API root, or NULL. */
const char *shop_idempotency_pack(apr_size_t *size, const shop_res_t *res, const char *location,
                                  apr_pool_t *pool);

/* Fills res with a stored reply. replayed: it answers a repeated request. The bytes are not copied.
 * INTERNAL when they are malformed; what names the document in the log. */
shop_error_t *shop_idempotency_send(shop_res_t *res, const shop_req_t *req, const char *bytes,
                                    apr_size_t size, bool replayed, const char *what);

#endif
