/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_UNIT_CATALOGUE_API_H
#define SHOP_TESTS_UNIT_CATALOGUE_API_H

/* Catalogue and cart behind the dispatcher, on fakes and without a token: the caller is who the
 * test says. Also used by tests/unit/cart. */

#include "mod_shop/app.h"
#include "mod_shop/base/clock.h"
#include "mod_shop/cart/cart_module.h"
#include "mod_shop/catalogue/catalogue_module.h"
#include "mod_shop/guard/guards.h"
#include "mod_shop/http/dispatch.h"
#include "tests/kit/cart_mem.h"
#include "tests/kit/harness.h"
#include "tests/kit/product_mem.h"

#define API_ADMIN "65c0000000000000000000ad"
#define API_USER "65c000000000000000000001"

extern shop_app_t api_app;
extern shop_settings_t api_settings; /* may be changed after api_begin */
extern int api_invalidated;          /* calls of cache->invalidate */
extern int api_hits;                 /* answers out of the cache */

/* A new shop without products, in t_pool. */
void api_begin(void);
/* as: "admin", "user" or NULL. target: path and query. body: JSON or NULL. */
const shop_res_t *api_call(const char *as, const char *method, const char *target,
                           const char *body);
/* Sets a request header for the next call only. */
void api_header(const char *name, const char *value);
/* The body as JSON, owned by t_pool. */
json_t *api_json(const shop_res_t *res);
/* Adds a product through the API; its id. */
const char *api_product(const char *name, const char *price, int stock);
/* Members of the body's text: is the fragment in it? */
bool api_says(const shop_res_t *res, const char *fragment);

#endif
