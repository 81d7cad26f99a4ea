/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_REQ_H
#define SHOP_HTTP_REQ_H

/* A request in our own words: filled by the httpd skin or by a test, read by the dispatcher and
 * the handlers. Everything lives in pool, which lives as long as the request. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>
#include <stdbool.h>

#include "../base/error.h"
#include "../base/fields.h"
#include "../base/json.h"

struct shop_route_t;

typedef enum { SHOP_ROLE_NONE = 0, SHOP_ROLE_USER, SHOP_ROLE_ADMIN } shop_role_t;

/* Who is asking; set by guard/authn.c on routes that look at the caller. */
typedef struct shop_caller_t {
    shop_role_t role;       /* NONE: anonymous */
    const char *user_id;    /* NULL: anonymous */
    const char *session_id; /* the token family */
    const char *token_id;   /* jti */
    apr_time_t token_expires;
    shop_error_t *refused; /* on routes where a token is optional: why the one sent is no good
                              (401); the caller is anonymous then */
} shop_caller_t;

#define SHOP_MAX_PATH_ARGS 4

typedef struct shop_req_t {
    apr_pool_t *pool;
    const char *id;        /* request id, also in X-Request-Id and the error log */
    const char *method;    /* as sent, case kept */
    const char *path;      /* decoded, below the API root, begins with '/' */
    const char *query;     /* raw, without '?'; NULL when absent */
    const char *root;      /* API root without trailing slash, "/api" */
    const char *client_ip; /* after mod_remoteip */
    apr_table_t *headers;  /* request header fields; repeated ones joined by ", " (as httpd does) */

    /* Body. The skin sets content_length (-1: none announced and not chunked, i.e. no body;
     * -2: chunked) and body_read; the dispatcher reads only after the guards passed. body_read
     * fills buffer with up to *size bytes, sets *size to what came, 0 at the end. Errors:
     * REQUEST_TIMEOUT, PAYLOAD_TOO_LARGE, BAD_REQUEST. */
    apr_off_t content_length;
    shop_error_t *(*body_read)(void *baton, char *buffer, apr_size_t *size, apr_pool_t *pool);
    void *body_baton;
    bool body_unread; /* out: the reply was made while more than 64 KiB may be unread */

    unsigned barred_codings; /* bits of shop_coding_t that the reply must not have */

    apr_time_t now;      /* the shop's clock when the request began */
    apr_time_t deadline; /* monotonic; after it no new step begins */

    /* set by the dispatcher */
    const struct shop_route_t *route;
    const char *arg_names[SHOP_MAX_PATH_ARGS];
    const char *arg_values[SHOP_MAX_PATH_ARGS];
    shop_caller_t caller;
    const char *body; /* raw bytes read, NUL-terminated */
    apr_size_t body_size;
    shop_json_doc_t doc;    /* parsed body */
    void *record;           /* body as the route's struct, defaults filled in */
    shop_present_t present; /* which members the body named */
    void *query_record;     /* query as the route's query struct */
    shop_present_t query_present;
} shop_req_t;

/* A path argument by the name in the template; never NULL for a name the template has. */
const char *shop_req_arg(const shop_req_t *req, const char *name);
/* The same for identifiers; NOT_FOUND when it is not 24 hex digits. */
shop_error_t *shop_req_id(const char **id, const shop_req_t *req, const char *name);
const char *shop_req_header(const shop_req_t *req, const char *name);
/* Merges the body onto the stored record, which is of the route's body table: what a PATCH names,
 * or for a PUT every member that a change may touch, those it does not name with their defaults. */
void shop_req_merge(void *record, const shop_req_t *req);

#endif
