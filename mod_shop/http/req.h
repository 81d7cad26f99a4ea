/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_REQ_H
#define SHOP_HTTP_REQ_H

/* A request, independent of httpd. server/request.c or a test fills it in; the dispatcher and the
 * handlers read it. Everything is in pool, which lives as long as the request. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>
#include <stdbool.h>

#include "../base/error.h"
#include "../base/fields.h"
#include "../base/json.h"

struct shop_route_t;

typedef enum { SHOP_ROLE_NONE = 0, SHOP_ROLE_USER, SHOP_ROLE_ADMIN } shop_role_t;

/* The caller; set by guard/authn.c on routes that need one. */
typedef struct shop_caller_t {
    shop_role_t role;       /* NONE: anonymous */
    const char *user_id;    /* NULL: anonymous */
    const char *session_id; /* the token family */
    const char *token_id;   /* jti */
    apr_time_t token_expires;
    shop_error_t *refused; /* on routes with an optional token: why the token was refused (401); the
                              caller is then anonymous */
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

    /* The body. content_length: -1: no body; -2: chunked. body_read fills buffer with up to *size
     * bytes and sets *size to the number read, 0 at the end; the dispatcher calls it only after the
     * guards have passed. Errors: REQUEST_TIMEOUT, PAYLOAD_TOO_LARGE, BAD_REQUEST. */
    apr_off_t content_length;
    shop_error_t *(*body_read)(void *baton, char *buffer, apr_size_t *size, apr_pool_t *pool);
    void *body_baton;
    bool body_unread; /* output: more than 64 KiB of the body may be unread */

    unsigned barred_codings; /* bits of the shop_coding_t that the reply must not use */

    apr_time_t now;      /* the shop's clock when the request began */
    apr_time_t deadline; /* monotonic; no new step is begun after it */

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

/* The path argument with this name; not NULL if the template has it. */
const char *shop_req_arg(const shop_req_t *req, const char *name);
/* The same for an identifier. NOT_FOUND when it is not 24 hex digits. */
shop_error_t *shop_req_id(const char **id, const shop_req_t *req, const char *name);
const char *shop_req_header(const shop_req_t *req, const char *name);
/* Merges the body into the stored record, a struct of the route's body table. PATCH: the members
 * that the body names. PUT: every changeable member; those that the body does not name get their
 * defaults. */
void shop_req_merge(void *record, const shop_req_t *req);

#endif
