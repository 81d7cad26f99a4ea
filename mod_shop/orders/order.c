/* SPDX-License-Identifier: MIT
 * Orders: statuses, transitions and totals. No I/O, no clock. Money must not be computed in
 * floating point. */
#include "order.h"

#include <string.h>

#include "../base/money.h"

static const struct {
    const char *stored;
    const char *name; /* NULL: internal, never shown */
} statuses[SHOP_ORDER_STATUS_COUNT] = {
    [SHOP_ORDER_PLACING] = { "placing", NULL },
    [SHOP_ORDER_ABORTING] = { "aborting", NULL },
    [SHOP_ORDER_FAILED] = { "failed", NULL },
    [SHOP_ORDER_PENDING] = { "pending", "pending" },
    [SHOP_ORDER_PAID] = { "paid", "paid" },
    [SHOP_ORDER_PROCESSING] = { "processing", "processing" },
    [SHOP_ORDER_SHIPPED] = { "shipped", "shipped" },
    [SHOP_ORDER_DELIVERED] = { "delivered", "delivered" },
    [SHOP_ORDER_CANCELLING] = { "cancelling", "cancelled" },
    [SHOP_ORDER_CANCELLED] = { "cancelled", "cancelled" },
    [SHOP_ORDER_REFUNDED] = { "refunded", "refunded" },
};

#define TO(status) (1U << SHOP_ORDER_##status)

/* The public transitions. CANCELLING is a step within "-> cancelled" and therefore not listed. */
static const unsigned arrows[SHOP_ORDER_STATUS_COUNT] = {
    [SHOP_ORDER_PENDING] = TO(PAID) | TO(CANCELLED),
    [SHOP_ORDER_PAID] = TO(PROCESSING) | TO(CANCELLED) | TO(REFUNDED),
    [SHOP_ORDER_PROCESSING] = TO(SHIPPED) | TO(CANCELLED) | TO(REFUNDED),
    [SHOP_ORDER_SHIPPED] = TO(DELIVERED) | TO(REFUNDED),
    [SHOP_ORDER_DELIVERED] = TO(REFUNDED),
};

const char *shop_order_status_name(shop_order_status_t status)
{
    return statuses[status].name;
}

const char *shop_order_status_stored(shop_order_status_t status)
{
    return statuses[status].stored;
}

int shop_order_status_of_stored(const char *name)
{
    for (int i = 0; name && i < SHOP_ORDER_STATUS_COUNT; i++) {
        if (!strcmp(statuses[i].stored, name)) {
            return i;
        }
    }
    return -1;
}

int shop_order_status_of_name(const char *name)
{
    int status = shop_order_status_of_stored(name);

    return status >= 0 && status != SHOP_ORDER_CANCELLING && statuses[status].name ? status : -1;
}

bool shop_order_is_paid(shop_order_status_t status)
{
    return status == SHOP_ORDER_PAID || status == SHOP_ORDER_PROCESSING ||
           status == SHOP_ORDER_SHIPPED || status == SHOP_ORDER_DELIVERED ||
           status == SHOP_ORDER_REFUNDED;
}

/* For a cancelled order, only the history tells whether it had been paid. */
static bool was_paid(const shop_order_t *order)
{
    for (int i = 0; order->history && i < order->history->nelts; i++) {
        const shop_order_event_t *event = APR_ARRAY_IDX(order->history, i, shop_order_event_t *);

        if (!strcmp(event->status, statuses[SHOP_ORDER_PAID].name)) {
            return true;
        }
    }
    return false;
}

int64_t shop_order_refundable(const shop_order_t *order)
{
    bool cancelled =
        order->status == SHOP_ORDER_CANCELLED || order->status == SHOP_ORDER_CANCELLING;

    return shop_order_is_paid(order->status) || (cancelled && was_paid(order))
               ? order->total - order->refunded
               : 0;
}

bool shop_order_restocks(const shop_order_t *order)
{
    return order->status == SHOP_ORDER_CANCELLING || order->restocking;
}

bool shop_order_may(shop_order_status_t from, shop_order_status_t to)
{
    return (arrows[from] >> to) & 1U;
}

apr_array_header_t *shop_order_next(shop_order_status_t status, apr_pool_t *pool)
{
    apr_array_header_t *next = apr_array_make(pool, 3, sizeof(const char *));

    for (int to = 0; to < SHOP_ORDER_STATUS_COUNT; to++) {
        if (shop_order_may(status, (shop_order_status_t)to)) {
            APR_ARRAY_PUSH(next, const char *) = statuses[to].name;
        }
    }
    return next;
}

/* Splits the discount by largest remainder: each line gets its share rounded down, then the lines
 * with the largest remainders get one minor unit more (the earlier line first if equal). 128 bits,
 * because the product of two amounts may exceed 64. */
static void split_discount(shop_order_t *order, int64_t discount, apr_pool_t *pool)
{
    int count = order->items->nelts;
    /* remainders fit into 64 bits; pools do not align for 128-bit types */
    uint64_t *rest = apr_pcalloc(pool, sizeof(*rest) * (size_t)(count ? count : 1));
    int64_t left = discount;

    for (int i = 0; i < count; i++) {
        shop_order_line_t *line = APR_ARRAY_IDX(order->items, i, shop_order_line_t *);
        unsigned __int128 part = (unsigned __int128)(uint64_t)discount * (uint64_t)line->line_total;

        line->discount = 0;
        if (order->subtotal > 0) {
            line->discount = (int64_t)(part / (uint64_t)order->subtotal);
            rest[i] = (uint64_t)(part % (uint64_t)order->subtotal);
        }
        left -= line->discount;
    }
    for (; left > 0; left--) {
        int most = 0;

        for (int i = 1; i < count; i++) {
            if (rest[i] > rest[most]) {
                most = i;
            }
        }
        APR_ARRAY_IDX(order->items, most, shop_order_line_t *)->discount++;
        rest[most] = 0;
    }
}

shop_error_t *shop_order_total(shop_order_t *order, int64_t discount, apr_pool_t *pool)
{
    int64_t subtotal = 0;

    for (int i = 0; i < order->items->nelts; i++) {
        shop_order_line_t *line = APR_ARRAY_IDX(order->items, i, shop_order_line_t *);

        SHOP_TRY(shop_money_times(&line->line_total, line->price, line->quantity, pool));
        SHOP_TRY(shop_money_add(&subtotal, subtotal, line->line_total, pool));
    }
    if (subtotal > SHOP_AMOUNT_MAX) {
        return shop_err(pool, AMOUNT_TOO_LARGE, "the total is more than this shop can hold");
    }
    if (discount < 0 || discount > subtotal) {
        return shop_error_cause(shop_err(pool, INTERNAL, "internal error"), pool,
                                "a discount beyond the subtotal");
    }
    order->subtotal = subtotal;
    order->discount = discount;
    order->total = subtotal - discount;
    split_discount(order, discount, pool);
    return NULL;
}
