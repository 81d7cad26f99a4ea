/* SPDX-License-Identifier: MIT */
#ifndef SHOP_INVENTORY_STOCK_H
#define SHOP_INVENTORY_STOCK_H

/* The stock of a unit and its movements. A unit is what is counted and sold: each product, with the
 * product's id. No I/O, no clock. */

#include "../base/cursor.h"
#include "../catalogue/product.h"

/* One change of stock and why. */
typedef struct shop_movement_t {
    const char *id;
    const char *unit_id;
    int64_t delta;
    int64_t stock_after;
    const char *reason;
    const char *by; /* user id */
    apr_time_t at;
} shop_movement_t;

/* Movements are listed newest first by (at, id), as one string. */
const char *shop_movement_key(apr_time_t at, const char *id, apr_pool_t *pool);
const shop_cursor_t *shop_movement_cursor(const shop_movement_t *last, apr_pool_t *pool);

/* Checks a change of stock: STOCK_NEGATIVE below zero, VALIDATION_FAILED above SHOP_STOCK_MAX. */
shop_error_t *shop_stock_may_move(int64_t stock, int64_t delta, apr_pool_t *pool);

#endif
