/* SPDX-License-Identifier: MIT
 * Refunders, who pay back parts of paid orders and at times repeat what they or others sent before,
 * and what must hold of every refund afterwards. */
#include "storm.h"

#include <apr_strings.h>
#include <string.h>

#include "tests/kit/order_mem.h"

#define REFUNDS 4  /* of a refunder */
#define ATTEMPTS 3 /* to make one of them */
#define KEYED_PERCENT 70
#define AGAIN_PERCENT 30     /* of those with a key are sent again though they were answered */
#define OTHER_BODY_PERCENT 5 /* ... are sent with the body of another key */

/* Everybody who uses a key sends the same body with it. -1: all that is left. */
static const struct {
    const char *key;
    int64_t amount;
    bool restock;
} bodies[] = {
    { "r0", 300, false }, { "r1", 300, true }, { "r2", 650, true },
    { "r3", -1, true },   { "r4", -1, false },
};
#define BODIES ((int64_t)(sizeof(bodies) / sizeof(bodies[0])))

/* ---- refunders ---- */

static shop_error_t *make_reply(void *baton, const shop_order_t *order, shop_refund_t *refund,
                                apr_pool_t *pool)
{
    (void)baton;
    refund->reply =
        apr_psprintf(pool, "refund %d: %d beside %d of %d, %s", order->refunds->nelts,
                     (int)refund->amount, (int)order->refunded, (int)order->total, refund->key);
    refund->reply_size = strlen(refund->reply);
    return NULL;
}

static void note_refund(storm_t *storm, const shop_order_t *order, const shop_refund_t *refund)
{
    *(storm_refunded_t *)apr_array_push(storm->refunded) = (storm_refunded_t){
        .order_id = apr_pstrdup(storm->pool, order->id),
        .refund = shop_refund_mem_copy(refund, storm->pool),
    };
}

/* False: told no, and not worth sending again. */
static bool refund_once(storm_worker_t *worker, const shop_order_t *seen,
                        const shop_refund_request_t *request, bool *answered)
{
    storm_t *storm = worker->storm;
    shop_refunded_t refunded;
    shop_error_t *err = shop_order_refund(&refunded, &storm->ports, seen, request, worker->pool);

    *answered = false;
    if (worker->crashed) {
        return true;
    }
    if (err) {
        storm_trace(storm, "is told: %s, %s", shop_code_name(err->code), err->detail);
        return err->code == SHOP_UNAVAILABLE;
    }
    *answered = true;
    storm_trace(storm, "is told: %d paid back%s", (int)refunded.refund->amount,
                refunded.outcome == SHOP_REFUND_REPLAYED ? ", replayed" : "");
    note_refund(storm, seen, refunded.refund);
    return true;
}

/* What was crashed in the middle, or has an unknown outcome, is sent again if it has a key: without
 * one it would be another refund. */
static void refund(storm_worker_t *worker, const shop_order_t *seen)
{
    storm_t *storm = worker->storm;
    int64_t body = storm_random(storm, BODIES), sent = body;
    bool keyed = storm_chance(storm, KEYED_PERCENT), go_on = true;
    shop_refund_request_t request = { .by = storm_user_id(0, worker->pool), .rev = -1 };

    if (keyed) {
        sent = storm_chance(storm, OTHER_BODY_PERCENT) ? storm_random(storm, BODIES) : body;
        request.key = apr_pstrcat(worker->pool, "u:", bodies[body].key, NULL);
        request.fingerprint = bodies[sent].key;
        request.reply = make_reply;
    }
    request.amount = bodies[sent].amount;
    request.restock = bodies[sent].restock;
    storm_trace(storm, "refunds o%d, %d%s %s", storm_order_of(storm, seen->id), (int)request.amount,
                request.restock ? " with restock" : "", keyed ? request.key : "without key");
    for (int i = 0; i < ATTEMPTS && go_on; i++) {
        bool answered;

        go_on = refund_once(worker, seen, &request, &answered) && keyed;
        if (worker->crashed) {
            worker->crashed = false;
            storm_wait(worker, 20 + storm_random(storm, 100));
            go_on = go_on && !storm->calm;
        } else if (go_on && (!answered || (go_on = storm_chance(storm, AGAIN_PERCENT)))) {
            storm_wait(worker, 5 + storm_random(storm, 75));
        }
    }
}

/* One that is paid or may be, read beside the storm, as from a page that was opened before. */
static const shop_order_t *choose_order(storm_t *storm, storm_worker_t *worker)
{
    shop_order_repo_t *orders = storm->real.orders;
    int count = storm->orders->nelts;
    int first = count ? (int)storm_random(storm, count) : 0;

    for (int i = 0; i < count; i++) {
        int at = (first + i) % count;
        shop_order_t *order = NULL;
        shop_error_t *err = orders->find(
            &order, orders, APR_ARRAY_IDX(storm->orders, at, storm_order_t).id, worker->pool);

        if (!err && order &&
            (shop_order_refundable(order) || shop_order_may(order->status, SHOP_ORDER_PAID))) {
            return order;
        }
    }
    return NULL;
}

void storm_refunder(storm_worker_t *worker)
{
    storm_t *storm = worker->storm;

    for (int i = 0; i < REFUNDS; i++) {
        const shop_order_t *seen;
        shop_order_t *paid = NULL;
        shop_error_t *err;

        storm_wait(worker, 30 + storm_random(storm, 120));
        worker->crashed = false; /* whoever crashes comes back */
        seen = choose_order(storm, worker);
        if (seen && shop_order_may(seen->status, SHOP_ORDER_PAID)) {
            storm_trace(storm, "pays o%d", storm_order_of(storm, seen->id));
            err = shop_order_advance(&paid, &storm->ports, seen, SHOP_ORDER_PAID, -1, seen->user_id,
                                     NULL, NULL, worker->pool);
            seen = err || worker->crashed ? NULL : paid;
        }
        if (seen) {
            refund(worker, seen);
        }
    }
}

/* ---- afterwards ---- */

static bool is_returned(const shop_order_t *order, const char *line)
{
    for (int i = 0; i < order->returned->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(order->returned, i, const char *), line)) {
            return true;
        }
    }
    return false;
}

bool storm_is_returned(const shop_order_t *order, const char *unit_id)
{
    return order->status == SHOP_ORDER_CANCELLED || is_returned(order, unit_id);
}

/* A cancelled order gave back everything, a restocking refund every line but not the coupon, and
 * nothing else anything. */
static void audit_returned(storm_t *storm, int at, const shop_order_t *order, bool restocked)
{
    bool cancelled = order->status == SHOP_ORDER_CANCELLED;
    bool coupon = cancelled && (order->coupon_limited || order->coupon_user_limit >= 0);

    for (int i = 0; i < order->items->nelts; i++) {
        const char *id = APR_ARRAY_IDX(order->items, i, shop_order_line_t *)->unit_id;

        if (is_returned(order, id) != (cancelled || restocked)) {
            storm_bad(storm, "returned is wrong", "p%d of o%d, %s", storm_product_of(id), at,
                      shop_order_status_stored(order->status));
        }
    }
    if (is_returned(order, "coupon") != coupon) {
        storm_bad(storm, "returned is wrong", "the coupon of o%d, %s", at,
                  shop_order_status_stored(order->status));
    }
}

const char *storm_audit_refunds(storm_t *storm, int at, const shop_order_t *order)
{
    int64_t sum = 0;
    bool restocked = false;

    for (int i = 0; i < order->refunds->nelts; i++) {
        const shop_refund_t *refund = APR_ARRAY_IDX(order->refunds, i, shop_refund_t *);

        sum += refund->amount;
        restocked = restocked || refund->restock;
        for (int k = 0; k < i; k++) {
            const shop_refund_t *other = APR_ARRAY_IDX(order->refunds, k, shop_refund_t *);

            if (!strcmp(refund->id, other->id)) {
                storm_bad(storm, "refund doubled", "o%d", at);
            }
            if (refund->key && other->key && !strcmp(refund->key, other->key)) {
                storm_bad(storm, "one key, two refunds", "o%d %s", at, refund->key);
            }
        }
    }
    if (sum != order->refunded || sum > order->total) {
        storm_bad(storm, sum > order->total ? "too much refunded" : "refunded is wrong",
                  "o%d: %d of %d, refunds of %d", at, (int)order->refunded, (int)order->total,
                  (int)sum);
    }
    if (sum && sum + shop_order_refundable(order) != order->total) {
        storm_bad(storm, "refunded without payment", "o%d: %d", at, (int)sum);
    }
    if (order->total && order->status != SHOP_ORDER_CANCELLED &&
        (order->status == SHOP_ORDER_REFUNDED) != (sum == order->total)) {
        storm_bad(storm, "refunded or not", "o%d is %s: %d of %d", at,
                  shop_order_status_stored(order->status), (int)sum, (int)order->total);
    }
    audit_returned(storm, at, order, restocked);
    return apr_psprintf(storm->pool, ", %d refunds of %d, %d returned", order->refunds->nelts,
                        (int)sum, order->returned->nelts);
}

static bool same_bytes(const shop_refund_t *a, const shop_refund_t *b)
{
    return a->reply_size == b->reply_size &&
           (!a->reply_size || !memcmp(a->reply, b->reply, a->reply_size));
}

void storm_audit_refunded(storm_t *storm, const storm_refunded_t *told, const shop_order_t *order)
{
    int at = storm_order_of(storm, told->order_id);

    for (int i = 0; order && i < order->refunds->nelts; i++) {
        const shop_refund_t *refund = APR_ARRAY_IDX(order->refunds, i, shop_refund_t *);

        if (strcmp(refund->id, told->refund->id) != 0) {
            continue;
        }
        if (refund->amount != told->refund->amount || !same_bytes(refund, told->refund)) {
            storm_bad(storm, "one refund, two answers", "o%d: %d, and %d is stored", at,
                      (int)told->refund->amount, (int)refund->amount);
        }
        return;
    }
    storm_bad(storm, "acknowledged refund lost", "o%d: %d", at, (int)told->refund->amount);
}
