/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_PROBLEM_H
#define SHOP_HTTP_PROBLEM_H

/* Converts errors to HTTP replies: application/problem+json, RFC 9457. */

#include "req.h"
#include "res.h"

/* Replaces the reply in res by the problem document of err; header fields set by guards stay. Logs
 * the cause with the request id when the status is 5xx. Adds WWW-Authenticate (RFC 6750),
 * Retry-After, Allow or Accept-Patch where the code requires it. */
void shop_problem_reply(shop_res_t *res, const shop_req_t *req, const shop_error_t *err,
                        const char *problem_base);

/* The document for an error of httpd itself with this status (400 to 599) and reason phrase. For a
 * status without a row in errors.def the code is made from the phrase. request_id may be NULL. */
const char *shop_problem_of_status(apr_size_t *size, int status, const char *reason,
                                   const char *request_id, const char *problem_base,
                                   apr_pool_t *pool);

/* The document of an error; request_id may be NULL. */
const char *shop_problem_document(apr_size_t *size, const shop_error_t *err, const char *request_id,
                                  const char *problem_base, apr_pool_t *pool);

#endif
