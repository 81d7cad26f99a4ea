/* SPDX-License-Identifier: MIT
 * The record of the routes for those who run the shop. It stores nothing and is no capability of
 * the shop, so it has no line in modules.def. */
#include "../module.h"
#include "ops.h"

static const shop_route_t *const routes[] = { shop_ops_routes, NULL };

const shop_module_t shop_ops_module = { .name = "ops", .routes = routes };
