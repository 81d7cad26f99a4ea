/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_KIT_H
#define SHOP_TESTS_KIT_H

/* A whole shop in this process: every module's routes behind the real dispatcher, fakes for the
 * ports, a clock that stands still until moved. One per test, in t_pool:
 *
 *     kit_begin();
 *     T_SEND(201, "admin", "POST", "/products", "{...}");
 *     T_PROBLEM(401, "token_missing", NULL, "GET", "/cart", NULL);
 *
 * as, who sends: NULL nobody, "admin", "user", the id of a user, or "Bearer ..." for a token that
 * the real guard looks at (kit_bearer). The others are set as the caller without a token. */

#include "mod_shop/accounts/accounts_module.h"
#include "mod_shop/app.h"
#include "mod_shop/base/clock.h"
#include "mod_shop/cart/cart_module.h"
#include "mod_shop/catalogue/catalogue_module.h"
#include "mod_shop/coupons/coupons_module.h"
#include "mod_shop/guard/guards.h"
#include "mod_shop/http/dispatch.h"
#include "mod_shop/inventory/inventory_module.h"
#include "mod_shop/orders/orders_module.h"
#include "tests/kit/request.h"

#define KIT_NOON apr_time_from_sec(1790000000) /* when each test begins */
#define KIT_ADMIN "65c0000000000000000000ad"   /* the id of "admin" */
#define KIT_USER "65c000000000000000000001"    /* the id of "user" */

typedef struct kit_t {
    shop_app_t app;
    shop_settings_t settings; /* may be changed after kit_begin; here and below */
    shop_clock_t clock;       /* move it: kit.clock.fixed */
    const char *ip;           /* of the client */
    shop_accounts_repos_t accounts;
    shop_catalogue_repos_t catalogue;
    shop_inventory_repos_t inventory;
    shop_cart_repos_t cart;
    shop_orders_repos_t orders;
    shop_coupons_repos_t coupons;
    shop_guards_t guards;
    shop_dispatch_t dispatch;
    shop_revoked_answer_t revoked; /* what the fast look at ended sessions answers; UNKNOWN */

    /* what was seen */
    apr_array_header_t *announced; /* ids of sessions announced as ended */
    int invalidated;               /* calls of cache->invalidate */
    int hits;                      /* replies out of the cache, which keeps them until then */
    int log_number;                /* last numbered line of the log for the last request, 0: none */
    const shop_res_t *res;         /* the last reply */
    json_t *json;                  /* its body, NULL when it has none */
} kit_t;

extern kit_t kit;

/* An empty shop: nobody, nothing. */
void kit_begin(void);
/* The same with these routes too. */
void kit_begin_with(const shop_route_t *routes);

/* Sets a header for the next request only. */
void kit_header(const char *name, const char *value);
/* body: JSON, NULL for none; it is sent as a merge patch by PATCH. The reply is in kit, too. */
const shop_res_t *kit_send(const char *as, const char *method, const char *target,
                           const char *body);
const char *kit_bearer(const char *token); /* NULL: NULL */

/* Send and assert the status, T_PROBLEM also the code of the problem document. */
#define T_SEND(status, ...) kit_expect(kit_send(__VA_ARGS__), (status), NULL, __LINE__, __FILE__)
#define T_PROBLEM(status, code, ...) \
    kit_expect(kit_send(__VA_ARGS__), (status), (code), __LINE__, __FILE__)
const shop_res_t *kit_expect(const shop_res_t *res, int status, const char *code, int line,
                             const char *file);

/* Of the last reply: a string by its name or names ("user.id"), a number likewise, the length of a
 * list, a header, the pointer of the first violation. */
const char *kit_text(const char *names);
int64_t kit_int(const char *names);
int kit_count(const char *names);
const char *kit_reply_header(const char *name);
const char *kit_pointer(void);

/* Adds a product through the API; its id. */
const char *kit_product(const char *name, const char *price, int stock);

#endif
