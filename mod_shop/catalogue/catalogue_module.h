/* SPDX-License-Identifier: MIT */
#ifndef SHOP_CATALOGUE_CATALOGUE_MODULE_H
#define SHOP_CATALOGUE_CATALOGUE_MODULE_H

/* Repositories of the catalogue module; app->catalogue points here. */

#include "product_repo.h"

typedef struct shop_catalogue_repos_t {
    shop_product_repo_t *products;
} shop_catalogue_repos_t;

#endif
