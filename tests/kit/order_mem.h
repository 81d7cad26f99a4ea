/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_ORDER_MEM_H
#define SHOP_TESTS_ORDER_MEM_H

/* Orders in memory, for tests. One lock around everything, so each call is atomic. */

#include "mod_shop/orders/order_repo.h"

shop_order_repo_t *shop_order_repo_mem(apr_pool_t *pool);

/* As an election does that takes it back: it was never there. */
void shop_order_mem_remove(shop_order_repo_t *repo, const char *id);

/* A deep copy in pool, times cut to what a store keeps. */
shop_order_t *shop_order_mem_copy(const shop_order_t *order, apr_pool_t *pool);
shop_refund_t *shop_refund_mem_copy(const shop_refund_t *refund, apr_pool_t *pool);

#endif
