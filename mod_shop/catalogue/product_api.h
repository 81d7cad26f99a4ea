/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CATALOGUE_PRODUCT_API_H
#define SHOP_CATALOGUE_PRODUCT_API_H

/* Between product_api.c, which has the route table, and product_admin_api.c. */

#include "../app.h"
#include "../cache/cache.h"
#include "../hosts/changes.h"
#include "../http/route.h"
#include "../settings.h"
#include "catalogue_module.h"
#include "product_view.h"

extern const shop_route_t shop_product_routes[];

/* The product that {id} names, with the shop's currency. NOT_FOUND. */
shop_error_t *shop_product_of_path(shop_product_t **product, const shop_app_t *app,
                                   const shop_req_t *req);

shop_error_t *shop_product_create(const shop_app_t *app, shop_req_t *req, shop_res_t *res);
/* PUT and PATCH. */
shop_error_t *shop_product_edit(const shop_app_t *app, shop_req_t *req, shop_res_t *res);
shop_error_t *shop_product_delete(const shop_app_t *app, shop_req_t *req, shop_res_t *res);

#endif
