/* SPDX-License-Identifier: MIT
 * An order's status after it was placed: compare-and-set, and restocking when it is cancelled. */
#include "order_cancel.h"

#include <apr_strings.h>

#include "../base/testpoint.h"
#include "order_clean.h"
#include "order_read.h"
#include "order_restock.h"

#define CHANGE_TRIES 4

static shop_error_t *refuse(const shop_order_t *order, const char *to, apr_pool_t *pool)
{
    return shop_err(pool, INVALID_TRANSITION, "an order that is %s cannot become %s",
                    shop_order_status_name(order->status), to);
}

shop_error_t *shop_order_advance(shop_order_t **order, const shop_order_ports_t *ports,
                                 const shop_order_t *seen, shop_order_status_t to, int64_t rev,
                                 const char *by, const char *note, const char *tracking_number,
                                 apr_pool_t *pool)
{
    shop_order_status_t target = to == SHOP_ORDER_CANCELLED ? SHOP_ORDER_CANCELLING : to;
    apr_time_t now = ports->clock->now(ports->clock);
    shop_order_event_t event = { shop_order_status_name(to), now, by, note };
    bool done = false;

    for (int turn = 0; turn < CHANGE_TRIES; turn++) {
        if (!shop_order_may(seen->status, to)) {
            return refuse(seen, event.status, pool);
        }
        /* A cancelled order must not leave its cart or its reservations to somebody else. */
        if (to == SHOP_ORDER_CANCELLED && seen->unfinished) {
            SHOP_TRY(shop_order_clean(ports, seen, pool));
        }
        SHOP_TRY(ports->orders->move(&done, ports->orders, seen->id, seen->status, target, rev,
                                     &event, tracking_number, now, pool));
        SHOP_TRY(shop_order_read(order, ports->orders, seen->id, pool));
        if (done) {
            return NULL;
        }
        if (rev >= 0) {
            return shop_err(pool, PRECONDITION_FAILED, "the order changed meanwhile");
        }
        seen = *order;
    }
    return shop_err(pool, CONFLICT, "the order keeps changing; read it and try again");
}

shop_error_t *shop_order_correct(shop_order_t **order, const shop_order_ports_t *ports,
                                 const shop_order_t *seen, int64_t rev, const char *tracking_number,
                                 const char *note, apr_pool_t *pool)
{
    for (int turn = 0; turn < CHANGE_TRIES; turn++) {
        bool done = false;

        if (rev >= 0 && seen->rev != rev) {
            return shop_err(pool, PRECONDITION_FAILED, "the order changed meanwhile");
        }
        SHOP_TRY(ports->orders->correct(&done, ports->orders, seen->id, seen->rev, tracking_number,
                                        seen->history->nelts - 1, note, pool));
        SHOP_TRY(shop_order_read(order, ports->orders, seen->id, pool));
        if (done) {
            return NULL;
        }
        seen = *order;
    }
    return shop_err(pool, CONFLICT, "the order keeps changing; read it and try again");
}

shop_error_t *shop_order_cancel(shop_order_t **order, const shop_order_ports_t *ports,
                                const shop_order_t *seen, int64_t rev, const char *by,
                                const char *note, apr_time_t deadline, apr_pool_t *pool)
{
    shop_order_t *fresh = NULL;

    if (seen->status == SHOP_ORDER_CANCELLING) { /* begun before and cut off: it goes on */
        *order = apr_pmemdup(pool, seen, sizeof(*seen));
    } else {
        SHOP_TRY(shop_order_advance(order, ports, seen, SHOP_ORDER_CANCELLED, rev, by, note, NULL,
                                    pool));
    }
    SHOP_TEST_POINT("cancelling.begun", pool);
    SHOP_TRY(shop_order_restock(ports, *order, deadline, pool));
    SHOP_TRY(ports->orders->find(&fresh, ports->orders, seen->id, pool));
    if (fresh) {
        *order = fresh;
    }
    return NULL;
}
