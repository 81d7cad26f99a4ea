/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CART_CART_API_H
#define SHOP_CART_CART_API_H

/* The cart's routes, and its field table for other replies that contain a cart. */

#include "../app.h"
#include "../catalogue/catalogue_module.h"
#include "../http/route.h"
#include "../settings.h"
#include "cart_module.h"

extern const shop_route_t shop_cart_routes[];
extern const shop_field_t shop_cart_fields[]; /* field table of shop_cart_view_t */

#endif
