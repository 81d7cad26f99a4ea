/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CART_CART_MODULE_H
#define SHOP_CART_CART_MODULE_H

/* Repositories of the cart module; app->cart points here. */

#include "cart_repo.h"

typedef struct shop_cart_repos_t {
    shop_cart_repo_t *carts; /* carts */
} shop_cart_repos_t;

#endif
