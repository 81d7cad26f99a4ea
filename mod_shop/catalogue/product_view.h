/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CATALOGUE_PRODUCT_VIEW_H
#define SHOP_CATALOGUE_PRODUCT_VIEW_H

#include "../base/fields.h"
#include "product.h"

/* Of shop_product_t. */
extern const shop_field_t shop_product_fields[];

#endif
