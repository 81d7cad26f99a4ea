/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_BODY_H
#define SHOP_HTTP_BODY_H

/* Reads a request's body up to a limit. */

#include "req.h"

/* PAYLOAD_TOO_LARGE when Content-Length exceeds limit. Reads nothing. */
shop_error_t *shop_body_check_announced(const shop_req_t *req, apr_size_t limit);
/* Fills req->body and req->body_size. PAYLOAD_TOO_LARGE as soon as more than limit bytes were
 * received. */
shop_error_t *shop_body_read(shop_req_t *req, apr_size_t limit);
/* May more than 64 KiB of the body be unread? done: shop_body_read succeeded. */
bool shop_body_is_left(const shop_req_t *req, bool done);

#endif
