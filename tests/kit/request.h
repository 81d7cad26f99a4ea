/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_KIT_REQUEST_H
#define SHOP_TESTS_KIT_REQUEST_H

/* Requests as the httpd layer would fill them, and what a reply says. In t_pool. */

#include <jansson.h>

#include "mod_shop/http/res.h"
#include "tests/kit/harness.h"

/* target: path and query. No header, no body, no deadline. */
shop_req_t *t_request(const char *method, const char *target);
/* Adds a body with Content-Length and Content-Type: application/json. */
void t_body(shop_req_t *req, const char *text);
/* Adds a body that comes in chunks of the given size, without Content-Length. */
void t_chunks(shop_req_t *req, const char *text, apr_size_t size, apr_size_t chunk);
/* How many bytes of the body were read. */
apr_size_t t_body_taken(const shop_req_t *req);

/* The reply's body as JSON, owned by t_pool; NULL when it is none. */
json_t *t_json(const shop_res_t *res);
/* Is the fragment in the body? */
bool t_says(const shop_res_t *res, const char *fragment);

#endif
