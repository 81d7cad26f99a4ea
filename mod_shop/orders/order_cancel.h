/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_CANCEL_H
#define SHOP_ORDERS_ORDER_CANCEL_H

/* Changing the status of a placed order. */

#include "order_ports.h"

/* Cancels the order and restocks its lines and coupon exactly once; continues an interrupted
 * cancellation. seen: the order as read. rev: the expected revision, or -1 for any;
 * PRECONDITION_FAILED when the stored one differs. deadline: monotonic, 0: none. *order: the order
 * after the change. NOT_FOUND, INVALID_TRANSITION, CONFLICT (too many concurrent changes). */
shop_error_t *shop_order_cancel(shop_order_t **order, const shop_order_ports_t *ports,
                                const shop_order_t *seen, int64_t rev, const char *by,
                                const char *note, apr_time_t deadline, apr_pool_t *pool);
/* Changes to any other status that can follow, without restocking or refunding. As
 * shop_order_cancel otherwise. tracking_number: NULL leaves it, "" removes it. */
shop_error_t *shop_order_advance(shop_order_t **order, const shop_order_ports_t *ports,
                                 const shop_order_t *seen, shop_order_status_t to, int64_t rev,
                                 const char *by, const char *note, const char *tracking_number,
                                 apr_pool_t *pool);
/* Changes the tracking number (NULL: leaves it, "": removes it) and the note of the latest event of
 * the history (likewise); the status stays. As shop_order_cancel otherwise. */
shop_error_t *shop_order_correct(shop_order_t **order, const shop_order_ports_t *ports,
                                 const shop_order_t *seen, int64_t rev, const char *tracking_number,
                                 const char *note, apr_pool_t *pool);

#endif
