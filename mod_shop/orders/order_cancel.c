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

/* A change of one order, written only while its document is still the one that was read. */
typedef struct change_t {
    /* The status, or the members that are corrected. *done false: the order changed meanwhile. */
    shop_error_t *(*write)(bool *done, const struct change_t *change, const shop_order_t *seen);
    const shop_order_ports_t *ports;
    int64_t rev; /* expected revision, or -1 for any */
    const char *tracking_number;
    const char *note;
    shop_order_status_t to;
    shop_order_event_t event;
    apr_pool_t *pool;
} change_t;

/* Writes the change on the order as read last. *order: afterwards. */
static shop_error_t *apply(shop_order_t **order, const change_t *change, const shop_order_t *seen)
{
    for (int turn = 0; turn < CHANGE_TRIES; turn++) {
        bool done = false;

        if (change->rev >= 0 && seen->rev != change->rev) {
            return shop_err(change->pool, PRECONDITION_FAILED, "the order changed meanwhile");
        }
        SHOP_TRY(change->write(&done, change, seen));
        SHOP_TRY(shop_order_read(order, change->ports->orders, seen->id, change->pool));
        if (done) {
            return NULL;
        }
        seen = *order;
    }
    return shop_err(change->pool, CONFLICT, "the order keeps changing; read it and try again");
}

static shop_error_t *write_status(bool *done, const change_t *change, const shop_order_t *seen)
{
    shop_order_repo_t *orders = change->ports->orders;
    shop_order_status_t target =
        change->to == SHOP_ORDER_CANCELLED ? SHOP_ORDER_CANCELLING : change->to;

    if (!shop_order_may(seen->status, change->to)) {
        return refuse(seen, change->event.status, change->pool);
    }
    /* The order's cleanup comes first, or its cart and its reservations would be left. */
    if (change->to == SHOP_ORDER_CANCELLED && seen->unfinished) {
        SHOP_TRY(shop_order_clean(change->ports, seen, change->pool));
    }
    return orders->move(done, orders, seen->id, seen->status, target, change->rev, &change->event,
                        change->tracking_number, change->event.at, change->pool);
}

shop_error_t *shop_order_advance(shop_order_t **order, const shop_order_ports_t *ports,
                                 const shop_order_t *seen, shop_order_status_t to, int64_t rev,
                                 const char *by, const char *note, const char *tracking_number,
                                 apr_pool_t *pool)
{
    const change_t change = {
        .write = write_status,
        .ports = ports,
        .rev = rev,
        .tracking_number = tracking_number,
        .to = to,
        .event = { shop_order_status_name(to), ports->clock->now(ports->clock), by, note },
        .pool = pool,
    };

    return apply(order, &change, seen);
}

static shop_error_t *write_members(bool *done, const change_t *change, const shop_order_t *seen)
{
    shop_order_repo_t *orders = change->ports->orders;

    return orders->correct(done, orders, seen->id, seen->rev, change->tracking_number,
                           seen->history->nelts - 1, change->note, change->pool);
}

shop_error_t *shop_order_correct(shop_order_t **order, const shop_order_ports_t *ports,
                                 const shop_order_t *seen, int64_t rev, const char *tracking_number,
                                 const char *note, apr_pool_t *pool)
{
    const change_t change = { .write = write_members,
                              .ports = ports,
                              .rev = rev,
                              .tracking_number = tracking_number,
                              .note = note,
                              .pool = pool };

    return apply(order, &change, seen);
}

shop_error_t *shop_order_cancel(shop_order_t **order, const shop_order_ports_t *ports,
                                const shop_order_t *seen, int64_t rev, const char *by,
                                const char *note, apr_time_t deadline, apr_pool_t *pool)
{
    shop_order_t *fresh = NULL;

    if (seen->status ==
        SHOP_ORDER_CANCELLING) { /* an earlier cancellation was interrupted: continue it */
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
