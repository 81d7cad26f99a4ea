/* SPDX-License-Identifier: MIT */
#ifndef SHOP_COUPONS_COUPONS_MODULE_H
#define SHOP_COUPONS_COUPONS_MODULE_H

/* Repositories of the coupons module; app->coupons points here. */

#include "../store/reservation.h"
#include "coupon_repo.h"

typedef struct shop_coupons_repos_t {
    shop_coupon_repo_t *coupons; /* terms and redemptions */
    shop_reservations_t *uses;   /* of coupons with a limit */
} shop_coupons_repos_t;

#endif
