/* SPDX-License-Identifier: MIT
 * The record of the routes for those who run the shop. It stores nothing and is no capability of
 * the shop, so it has no line in modules.def. */
#include "../http/route.h"
#include "../module.h"
#include "ops.h"

static const shop_route_t *const routes[] = { shop_ops_routes, NULL };
static const shop_tag_t tags[] = { { "operations", "Health and this document." },
                                   { .name = NULL } };

const shop_module_t shop_ops_module = { .name = "ops", .routes = routes, .tags = tags };
