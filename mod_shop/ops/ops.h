/* SPDX-License-Identifier: MIT */
#ifndef SHOP_OPS_OPS_H
#define SHOP_OPS_OPS_H

/* Routes for those who run the shop: is it alive, is it fit to serve, what can it do. */

#include "../http/route.h"

extern const shop_route_t shop_ops_routes[];
extern const struct shop_module_t shop_ops_module;

#endif
