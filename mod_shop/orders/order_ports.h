/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_PORTS_H
#define SHOP_ORDERS_ORDER_PORTS_H

/* The ports that the use cases of orders need; each has its own header. Every step is an atomic
 * update of one document; every step except reserving may be sent again. UNAVAILABLE also means
 * "outcome unknown": the reaper completes or undoes the order. */

#include "../base/clock.h"
#include "../base/money.h"
#include "../cart/cart_repo.h"
#include "../catalogue/product_repo.h"
#include "../coupons/coupon_repo.h"
#include "../store/reservation.h"
#include "order_drops.h"
#include "order_repo.h"

typedef struct shop_order_ports_t {
    shop_order_repo_t *orders;
    shop_cart_repo_t *carts;
    shop_product_repo_t *products;    /* source of the lines */
    shop_reservations_t *stock;       /* of products */
    shop_coupon_repo_t *coupons;      /* terms and redemptions */
    shop_reservations_t *coupon_uses; /* of coupons with a limit */
    shop_order_drops_t *drops;        /* NULL: reservations are confirmed before the reply */
    const shop_clock_t *clock;
    const char *currency;
    int currency_exponent;
    shop_rounding_t rounding; /* of discounts */
} shop_order_ports_t;

#endif
