/* SPDX-License-Identifier: MIT */
#ifndef SHOP_ORDERS_ORDER_DROPS_H
#define SHOP_ORDERS_ORDER_DROPS_H

/* What placed orders leave to do behind the reply: confirming their reservations, those of many
 * orders in one command. Also reservations that a reader found and whose order was interrupted.
 * Kept in the process: what it loses when it is killed is found by whoever orders the unit next,
 * or by `shopctl verify --repair`. */

#include <apr_pools.h>
#include <apr_time.h>
#include <stdbool.h>

#include "../base/error.h"
#include "../store/reservation.h"
#include "order.h"

/* So long after the first waiting order the others that come are taken along. The longer, the fewer
 * statements: one for each product, not for each line of an order. */
#define SHOP_DROPS_WAIT apr_time_from_sec(1)
/* A unit with so many waiting reservations ends the waiting; see shop_order_drops_create(). */
#define SHOP_DROPS_BATCH 32

struct shop_order_ports_t;
typedef struct shop_order_drops_t shop_order_drops_t;

/* One queue of the process for each shop; any thread may add. processes: how many may take of one
 * unit at once on this host; their waiting reservations together leave room for others. */
shop_order_drops_t *shop_order_drops_create(int processes, apr_pool_t *pool);
/* The order is placed. Copies what it needs. */
void shop_order_drops_add(shop_order_drops_t *drops, const shop_order_t *order);
/* A reader found these (shop_leftover_t *), of products or of coupons. Copies what it needs. */
void shop_order_drops_add_stale(shop_order_drops_t *drops, const apr_array_header_t *stale,
                                bool coupons);
/* A unit is nearly full: whoever waits in shop_order_drops_wait() returns at once. */
void shop_order_drops_hurry(shop_order_drops_t *drops);
/* Returns when there is something to do and it has waited long enough, or after `most`. */
void shop_order_drops_wait(shop_order_drops_t *drops, apr_time_t most);
/* Is there something to do that has waited long enough? */
bool shop_order_drops_is_ready(shop_order_drops_t *drops);
/* Number of orders and stale reservations that wait. */
int shop_order_drops_waiting(shop_order_drops_t *drops);
/* Does what waits. On UNAVAILABLE it stays in the queue, up to a bound. For one thread at a time.
 */
shop_error_t *shop_order_drops_flush(shop_order_drops_t *drops,
                                     const struct shop_order_ports_t *ports, apr_pool_t *pool);

#endif
