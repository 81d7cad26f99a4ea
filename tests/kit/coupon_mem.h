/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_COUPON_MEM_H
#define SHOP_TESTS_COUPON_MEM_H

/* Coupons and redemptions in memory, for tests. One lock around everything. */

#include "mod_shop/coupons/coupon_repo.h"
#include "tests/kit/reservation_mem.h"

shop_coupon_repo_t *shop_coupon_repo_mem(apr_pool_t *pool);
/* The uses of coupons with a limit, as orders reserve them. */
shop_reservations_t *shop_coupon_mem_uses(const shop_coupon_repo_t *repo);

#endif
