/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDERS_MODULE_H
#define SHOP_ORDERS_ORDERS_MODULE_H

/* Repositories of the orders module; app->orders points here. */

#include "order_repo.h"

typedef struct shop_orders_repos_t {
    shop_order_repo_t *orders;        /* orders */
    struct shop_order_drops_t *drops; /* order_drops.h; NULL in a process without its thread */
} shop_orders_repos_t;

#endif
