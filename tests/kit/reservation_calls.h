/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_RESERVATION_CALLS_H
#define SHOP_TESTS_RESERVATION_CALLS_H

/* The functions of shop_reservations_t, for those who put something before or behind each:
 * DO(port, function, (its parameters), (the arguments of the real one)). */
#define SHOP_RESERVATION_CALLS(DO, port)                                            \
    DO(port, reserve,                                                               \
       (int *reserved, shop_reservations_t *repo, const shop_reservation_t *wanted, \
        apr_time_t now, apr_pool_t *pool),                                          \
       (reserved, repo, wanted, now, pool))                                         \
    SHOP_RESERVATION_CALLS_BUT_RESERVE(DO, port)
#define SHOP_RESERVATION_CALLS_BUT_RESERVE(DO, port)                                               \
    DO(port, states,                                                                               \
       (shop_unit_state_t * states, shop_reservations_t * repo, const shop_reservation_t *asked,   \
        apr_pool_t *pool),                                                                         \
       (states, repo, asked, pool))                                                                \
    DO(port, void_order,                                                                           \
       (shop_reservations_t * repo, const shop_reservation_t *made, apr_time_t now,                \
        apr_pool_t *pool),                                                                         \
       (repo, made, now, pool))                                                                    \
    DO(port, release,                                                                              \
       (shop_reservations_t * repo, const shop_reservation_t *made, apr_pool_t *pool),             \
       (repo, made, pool))                                                                         \
    DO(port, confirm,                                                                              \
       (shop_reservations_t * repo, const shop_unit_orders_t *units, int count, apr_pool_t *pool), \
       (repo, units, count, pool))                                                                 \
    DO(port, restock,                                                                              \
       (bool *done, shop_reservations_t *repo, const char *order_id,                               \
        const shop_reservation_line_t *line, int64_t back_rev, apr_time_t now, apr_pool_t *pool),  \
       (done, repo, order_id, line, back_rev, now, pool))                                          \
    DO(port, drop_markers,                                                                         \
       (shop_reservations_t * repo, const shop_reservation_t *made, apr_pool_t *pool),             \
       (repo, made, pool))

#endif
