/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_PROBLEM_H
#define SHOP_HTTP_PROBLEM_H

/* The one place where an error becomes HTTP: application/problem+json, RFC 9457. */

#include "req.h"
#include "res.h"

/* Replaces what res holds (headers set by guards stay) by the problem document of err and logs
 * its cause under the request id when the status is 5xx. Adds WWW-Authenticate (RFC 6750),
 * Retry-After, Allow, Accept-Patch where the code asks for it. */
void shop_problem_reply(shop_res_t *res, const shop_req_t *req, const shop_error_t *err,
                        const char *problem_base);

/* The document for a refusal of httpd's own with this status (400 to 599) and reason phrase. A
 * status without a row in errors.def has the phrase as its code. request_id may be NULL. */
const char *shop_problem_of_status(apr_size_t *size, int status, const char *reason,
                                   const char *request_id, const char *problem_base,
                                   apr_pool_t *pool);

/* The document of an error alone; request_id may be NULL. */
const char *shop_problem_document(apr_size_t *size, const shop_error_t *err, const char *request_id,
                                  const char *problem_base, apr_pool_t *pool);

#endif
