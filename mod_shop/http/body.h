/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_BODY_H
#define SHOP_HTTP_BODY_H

/* Reading a request's body, bounded. */

#include "req.h"

/* PAYLOAD_TOO_LARGE when Content-Length announces more than limit: nothing has been read then. */
shop_error_t *shop_body_check_announced(const shop_req_t *req, apr_size_t limit);
/* Fills req->body and req->body_size. PAYLOAD_TOO_LARGE as soon as more than limit has come. */
shop_error_t *shop_body_read(shop_req_t *req, apr_size_t limit);
/* May more than 64 KiB be waiting that nobody will read? done: shop_body_read succeeded. */
bool shop_body_is_left(const shop_req_t *req, bool done);

#endif
