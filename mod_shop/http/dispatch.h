/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_DISPATCH_H
#define SHOP_HTTP_DISPATCH_H

/* Runs one request: route 404, method 405, guards (rate, token 401, role 403), 406 and 415, size
 * 413, syntax 400, fields and query 422, then the handler (404, 412, 409). */

#include "../settings.h"
#include "front.h"
#include "route.h"

struct shop_guards_t;

/* A check before the handler; may set reply headers (RateLimit). ports: what it may call
 * (guard/guards.h). */
typedef shop_error_t *(*shop_guard_t)(const struct shop_guards_t *ports, shop_req_t *req,
                                      shop_res_t *res);

typedef struct shop_dispatch_t {
    const shop_route_t *const *routes; /* NULL-terminated list of tables */
    const shop_guard_t *guards;        /* NULL-terminated, in order */
    const struct shop_guards_t *ports; /* passed to the guards */
    const shop_settings_t *settings;
    shop_front_t *front; /* reply cache, looked up before the routes are matched; NULL: none */
    unsigned codings;    /* bits of the codings that front stores */
} shop_dispatch_t;

/* Zeroes *res and fills it with a complete reply, also for errors. HEAD gets the reply of GET with
 * its body; httpd sends the header alone. When more than 64 KiB of the request may be unread,
 * req->body_unread and res->close are set. */
void shop_http_dispatch(const struct shop_app_t *app, const shop_dispatch_t *dispatch,
                        shop_req_t *req, shop_res_t *res);

/* Sets the header fields that every reply of the shop has. */
void shop_http_common_headers(shop_res_t *res, const shop_req_t *req);

#endif
