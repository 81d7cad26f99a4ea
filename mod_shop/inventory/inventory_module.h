/* SPDX-License-Identifier: MIT */
#ifndef SHOP_INVENTORY_INVENTORY_MODULE_H
#define SHOP_INVENTORY_INVENTORY_MODULE_H

/* Repositories of the inventory module; app->inventory points here. */

#include "../store/reservation.h"
#include "stock_repo.h"

typedef struct shop_inventory_repos_t {
    shop_stock_repo_t *stock;   /* changes of stock that admins make */
    shop_reservations_t *units; /* the stock, as orders reserve it */
} shop_inventory_repos_t;

#endif
