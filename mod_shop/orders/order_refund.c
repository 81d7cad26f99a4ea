/* SPDX-License-Identifier: MIT
 * Refunds. A refund is an element of its order's document and its update compares the order's rev,
 * so it takes effect once even if messages are lost, repeated or late. A repeated request finds its
 * refund by the key. Restocking works as for cancelled orders. */
#include <apr_strings.h>
#include <string.h>

#include "../base/id.h"
#include "../base/log.h"
#include "../base/money.h"
#include "../base/testpoint.h"
#include "order_clean.h"
#include "order_read.h"
#include "order_refund.h"
#include "order_restock.h"

#define REFUND_TRIES 8
#define RETRY_AFTER 2 /* seconds */

typedef struct pay_back_t {
    const shop_order_ports_t *ports;
    const shop_refund_request_t *request;
    const shop_order_t *order; /* as last read */
    shop_refund_t *refund;     /* has the same id in every attempt */
    apr_pool_t *pool;
} pay_back_t;

static shop_refund_t *find_refund(const shop_order_t *order, const char *id, const char *key)
{
    for (int i = 0; i < order->refunds->nelts; i++) {
        shop_refund_t *refund = APR_ARRAY_IDX(order->refunds, i, shop_refund_t *);

        if ((id && !strcmp(refund->id, id)) || (key && refund->key && !strcmp(refund->key, key))) {
            return refund;
        }
    }
    return NULL;
}

static shop_error_t *too_large(const pay_back_t *pay, int64_t left)
{
    int exponent = pay->ports->currency_exponent;
    shop_error_t *err = shop_err(pay->pool, REFUND_TOO_LARGE, "only %s %s are left to pay back",
                                 shop_money_text(left, exponent, pay->pool), pay->order->currency);

    shop_error_extra(err, pay->pool, "remaining",
                     json_loads(shop_money_text(left, exponent, pay->pool), JSON_DECODE_ANY, NULL));
    return err;
}

/* Sets the refund's amount and whether it restocks. */
static shop_error_t *may_refund(const pay_back_t *pay)
{
    const shop_order_t *order = pay->order;
    int64_t left = shop_order_refundable(order);
    bool cancelled = !shop_order_is_paid(order->status);

    if (pay->request->rev >= 0 && order->rev != pay->request->rev) {
        return shop_err(pay->pool, PRECONDITION_FAILED, "the order changed meanwhile");
    }
    if (cancelled && !left && !order->refunded) {
        return shop_err(pay->pool, INVALID_TRANSITION, "an order that is %s was not paid",
                        shop_order_status_name(order->status));
    }
    /* cancelling has restocked the lines already */
    pay->refund->restock = pay->request->restock && !cancelled;
    pay->refund->amount = pay->request->amount < 0 ? left : pay->request->amount;
    if (pay->refund->amount > left || !left) {
        return too_large(pay, left);
    }
    if (order->refunds->nelts >= SHOP_REFUNDS_MAX) {
        return shop_err(pay->pool, CONFLICT, "an order takes at most %d refunds", SHOP_REFUNDS_MAX);
    }
    return NULL;
}

static shop_error_t *read_again(pay_back_t *pay)
{
    shop_order_t *fresh;

    SHOP_TRY(shop_order_read(&fresh, pay->ports->orders, pay->order->id, pay->pool));
    pay->order = fresh;
    return NULL;
}

/* One attempt on the order as last read. *done false: the order has changed, or the outcome is
 * unknown. In both cases the order is read again; the same update may be sent again. */
static shop_error_t *write_refund(bool *done, const pay_back_t *pay)
{
    const shop_order_ports_t *ports = pay->ports;
    const shop_order_t *order = pay->order;
    shop_refund_t *refund = pay->refund;
    bool is_last = order->refunded + refund->amount == order->total;
    bool ends =
        is_last && shop_order_is_paid(order->status) && order->status != SHOP_ORDER_REFUNDED;
    shop_order_event_t event = { shop_order_status_name(SHOP_ORDER_REFUNDED),
                                 ports->clock->now(ports->clock), refund->by, pay->request->note };
    shop_error_t *err;

    refund->at = event.at;
    if (pay->request->reply) {
        SHOP_TRY(pay->request->reply(pay->request->baton, order, refund, pay->pool));
    }
    SHOP_TEST_POINT("refunding.sealed", pay->pool);
    err = ports->orders->refund(done, ports->orders, order->id, order->rev, refund,
                                ends ? SHOP_ORDER_REFUNDED : order->status, ends ? &event : NULL,
                                pay->pool);
    if (err && err->code == SHOP_UNAVAILABLE) {
        shop_log(SHOP_LOG_WARN, SHOP_LOG_ORDER_UNKNOWN, NULL,
                 "order %s: refund outcome unknown (%s)", order->id,
                 err->cause ? err->cause : err->detail);
        *done = false;
        return NULL;
    }
    return err;
}

static bool is_late(const pay_back_t *pay)
{
    return pay->request->deadline && shop_clock_monotonic() >= pay->request->deadline;
}

/* The refund is stored. Restocking may be completed later. */
static void restock(const pay_back_t *pay)
{
    shop_error_t *err =
        shop_order_restock(pay->ports, pay->order, pay->request->deadline, pay->pool);

    if (err) {
        shop_log(SHOP_LOG_WARN, SHOP_LOG_ORDER_UNKNOWN, NULL,
                 "order %s: restocking of a refund failed (%s); shop-reaper will complete it",
                 pay->order->id, err->cause ? err->cause : err->detail);
    }
}

/* The refund with the request's key, or NULL. */
static shop_error_t *find_known(shop_refund_t **known, const pay_back_t *pay)
{
    *known = pay->request->key ? find_refund(pay->order, NULL, pay->request->key) : NULL;
    if (*known && strcmp((*known)->fingerprint, pay->request->fingerprint) != 0) {
        return shop_err(pay->pool, IDEMPOTENCY_MISMATCH,
                        "this Idempotency-Key was used for another request");
    }
    return NULL;
}

static shop_error_t *pay_back(shop_refund_t **known, pay_back_t *pay)
{
    for (int turn = 0; turn < REFUND_TRIES && !is_late(pay); turn++) {
        bool done = false;

        SHOP_TRY(find_known(known, pay));
        if (*known || find_refund(pay->order, pay->refund->id, NULL)) {
            return NULL;
        }
        SHOP_TRY(may_refund(pay));
        if (pay->refund->restock && pay->order->unfinished && !pay->order->restocking) {
            SHOP_TRY(shop_order_clean(pay->ports, pay->order, pay->pool));
        }
        SHOP_TRY(write_refund(&done, pay));
        SHOP_TRY(read_again(pay));
        if (done) {
            SHOP_TEST_POINT("refunding.written", pay->pool);
            return NULL;
        }
    }
    return find_refund(pay->order, pay->refund->id, NULL)
               ? NULL
               : shop_error_cause(shop_err(pay->pool, UNAVAILABLE,
                                           "the refund could not be made now; repeat the request"),
                                  pay->pool, "the outcome is unknown, or the order keeps changing");
}

shop_error_t *shop_order_refund(shop_refunded_t *refunded, const shop_order_ports_t *ports,
                                const shop_order_t *seen, const shop_refund_request_t *request,
                                apr_pool_t *pool)
{
    shop_refund_t made = { .restock = request->restock,
                           .reason = request->reason,
                           .by = request->by,
                           .key = request->key,
                           .fingerprint = request->fingerprint };
    pay_back_t pay = { ports, request, seen, apr_pmemdup(pool, &made, sizeof(made)), pool };
    shop_refund_t *known = NULL;
    shop_error_t *err;

    SHOP_TRY(shop_id_make(&pay.refund->id, pool));
    err = pay_back(&known, &pay);
    if (err) {
        err->retry_after = err->code == SHOP_UNAVAILABLE ? RETRY_AFTER : 0;
        return err;
    }
    if (pay.order->restocking) {
        restock(&pay);
    }
    refunded->outcome = known ? SHOP_REFUND_REPLAYED : SHOP_REFUND_MADE;
    refunded->refund = known ? known : pay.refund;
    refunded->order = apr_pmemdup(pool, pay.order, sizeof(*pay.order));
    return NULL;
}
