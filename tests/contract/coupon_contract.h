/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_COUPON_CONTRACT_H
#define SHOP_TESTS_COUPON_CONTRACT_H

/* What every coupon store must do; run on the fake and on the real one. */

#include "mod_shop/coupons/coupon_repo.h"
#include "tests/kit/harness.h"

extern const shop_test_t shop_coupon_contract[];

/* Called by each test for an empty store living in t_pool; *uses: of its coupons, as orders reserve
 * them. */
extern shop_coupon_repo_t *(*shop_coupon_contract_store)(shop_reservations_t **uses);

#endif
