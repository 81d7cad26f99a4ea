/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_HTTP_TOY_H
#define SHOP_TESTS_HTTP_TOY_H

/* A small API of lamps: every kind of route once, and requests to it without a server. */

#include "mod_shop/http/dispatch.h"
#include "mod_shop/http/query.h"
#include "tests/kit/request.h"

typedef struct toy_lamp_t {
    const char *id;
    const char *name;
    int64_t price;
    int64_t stock;
    bool lit;
} toy_lamp_t;

typedef struct toy_query_t {
    shop_page_params_t page;
    const char *q;
    int64_t min_price;
} toy_query_t;

extern const shop_field_t toy_lamp_fields[];
extern const shop_route_t *const toy_routes[];
extern const shop_tag_t *const toy_tags[];
extern shop_settings_t toy_settings;

/* What the last handler saw; reset by toy_request. */
extern struct toy_seen_t {
    int calls;
    toy_lamp_t lamp;
    toy_query_t query;
    shop_present_t present;
    const char *id;
} toy_seen;

#define TOY_ID "0123456789abcdef01234567"
#define TOY_SECRET "mongodb://admin:hunter2@10.0.0.7"

/* A request without headers and body. */
shop_req_t *toy_request(const char *method, const char *path, const char *query);
void toy_header(shop_req_t *req, const char *name, const char *value);
/* Runs it. The guards refuse with the code in toy_guard_code unless that is SHOP_OK. */
extern shop_code_t toy_guard_code;
shop_res_t *toy_send(shop_req_t *req);
/* The problem document's code, NULL when it is none. */
const char *toy_code(const shop_res_t *res);
/* Code of the first violation under pointer, or NULL. */
const char *toy_violation(const shop_res_t *res, const char *pointer);

#endif
