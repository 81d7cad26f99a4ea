/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_ORDER_MEM_H
#define SHOP_TESTS_ORDER_MEM_H

/* Orders in memory, for tests. One lock around everything, so each call is atomic. */

#include "mod_shop/orders/order_repo.h"

shop_order_repo_t *shop_order_repo_mem(apr_pool_t *pool);

#endif
