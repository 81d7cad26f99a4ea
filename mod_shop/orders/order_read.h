/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_READ_H
#define SHOP_ORDERS_ORDER_READ_H

#include "order_repo.h"

/* Reads an order. NOT_FOUND also when it was not placed. *order is set only on success. */
shop_error_t *shop_order_read(shop_order_t **order, shop_order_repo_t *orders, const char *id,
                              apr_pool_t *pool);

#endif
