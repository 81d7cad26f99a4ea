/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CATALOGUE_PRODUCT_API_H
#define SHOP_CATALOGUE_PRODUCT_API_H

/* Function shared by the public handlers and the admins' handlers. */

#include "../app.h"
#include "../cache/cache.h"
#include "../hosts/changes.h"
#include "../http/route.h"
#include "../settings.h"
#include "catalogue_module.h"
#include "product_view.h"

/* The product of the path argument {id}, in the request's pool, with the shop's currency.
 * NOT_FOUND. */
shop_error_t *shop_product_of_path(shop_product_t **product, const shop_app_t *app,
                                   const shop_req_t *req);

#endif
