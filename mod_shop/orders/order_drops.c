/* SPDX-License-Identifier: MIT
 * The queue of what placed orders leave to do. What waits is in a pool of its own, which the flush
 * takes as a whole, so nothing is freed piece by piece. */
#include "order_drops.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/testpoint.h"
#include "order_ports.h"
#include "order_reservation.h"

/* What cannot be done for so long is left to those who find it: memory is bounded. */
#define ORDERS_MAX 10000
#define STALE_MAX 200
/* After a failure. */
#define PAUSE apr_time_from_sec(1)

/* Units and the orders to confirm in each. */
typedef struct units_t {
    apr_hash_t *by_id;       /* unit id -> apr_array_header_t of const char *: order ids */
    apr_array_header_t *ids; /* const char *: of the units, in the order they came */
} units_t;

typedef struct stale_t {
    shop_leftover_t left;
    bool coupon;
} stale_t;

typedef struct batch_t {
    apr_pool_t *pool; /* of this batch alone, with an allocator of its own */
    units_t stock, coupons;
    apr_hash_t *known;         /* "<order> <unit>" -> stale_t */
    apr_array_header_t *stale; /* stale_t *, in the order they came */
    int orders;                /* number */
    int most;                  /* largest number of orders of one unit */
    apr_time_t since;          /* monotonic: when the first came; 0: it is empty */
} batch_t;

struct shop_order_drops_t {
    pthread_mutex_t lock;
    pthread_cond_t more;
    batch_t *batch; /* the one that is being filled; NULL: nothing waits */
    int full;       /* so many orders of one unit end the waiting */
    bool hurry;
    apr_time_t not_before; /* monotonic: the store did not answer */
};

/* ---- filling ---- */

static units_t make_units(apr_pool_t *pool)
{
    return (units_t){ apr_hash_make(pool), apr_array_make(pool, 4, sizeof(const char *)) };
}

static batch_t *make_batch(void)
{
    apr_allocator_t *allocator;
    apr_pool_t *pool;
    batch_t *batch;

    if (apr_allocator_create(&allocator) != APR_SUCCESS) {
        return NULL;
    }
    if (apr_pool_create_ex(&pool, NULL, NULL, allocator) != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return NULL;
    }
    apr_allocator_owner_set(allocator, pool);
    batch = apr_pcalloc(pool, sizeof(*batch));
    batch->pool = pool;
    batch->stock = make_units(pool);
    batch->coupons = make_units(pool);
    batch->known = apr_hash_make(pool);
    batch->stale = apr_array_make(pool, 4, sizeof(stale_t *));
    batch->since = shop_clock_monotonic();
    return batch;
}

static bool is_empty(const batch_t *batch)
{
    return !batch->orders && !batch->stale->nelts;
}

/* order_id lives as long as pool. */
static int add_order(units_t *units, const char *unit_id, const char *order_id, apr_pool_t *pool)
{
    apr_array_header_t *orders = apr_hash_get(units->by_id, unit_id, APR_HASH_KEY_STRING);

    if (!orders) {
        const char *id = apr_pstrdup(pool, unit_id);

        orders = apr_array_make(pool, 4, sizeof(const char *));
        apr_hash_set(units->by_id, id, APR_HASH_KEY_STRING, orders);
        APR_ARRAY_PUSH(units->ids, const char *) = id;
    }
    APR_ARRAY_PUSH(orders, const char *) = order_id;
    return orders->nelts;
}

static bool is_ready(const shop_order_drops_t *drops, apr_time_t now)
{
    const batch_t *batch = drops->batch;

    return batch && now >= drops->not_before &&
           (drops->hurry || batch->most >= drops->full || now - batch->since >= SHOP_DROPS_WAIT);
}

/* The batch to add to, under the lock; NULL: there is no memory. */
static batch_t *batch_of(shop_order_drops_t *drops)
{
    if (!drops->batch) {
        drops->batch = make_batch();
        if (drops->batch) { /* the waiting time begins */
            pthread_cond_signal(&drops->more);
        }
    }
    return drops->batch;
}

static void wake_if_ready(shop_order_drops_t *drops)
{
    if (is_ready(drops, shop_clock_monotonic())) {
        pthread_cond_signal(&drops->more);
    }
}

void shop_order_drops_add(shop_order_drops_t *drops, const shop_order_t *order)
{
    batch_t *batch;

    pthread_mutex_lock(&drops->lock);
    batch = batch_of(drops);
    if (batch && batch->orders < ORDERS_MAX) {
        const char *id = apr_pstrdup(batch->pool, order->id);

        batch->orders++;
        for (int i = 0; i < order->items->nelts; i++) {
            const shop_order_line_t *line = APR_ARRAY_IDX(order->items, i, shop_order_line_t *);
            int waiting = add_order(&batch->stock, line->unit_id, id, batch->pool);

            batch->most = waiting > batch->most ? waiting : batch->most;
        }
        if (order->coupon_limited) {
            int waiting = add_order(&batch->coupons, order->coupon_code, id, batch->pool);

            batch->most = waiting > batch->most ? waiting : batch->most;
        }
        wake_if_ready(drops);
    }
    pthread_mutex_unlock(&drops->lock);
}

static void put_stale(batch_t *batch, const shop_leftover_t *left, bool coupon)
{
    const char *key = apr_pstrcat(batch->pool, left->order_id, " ", left->id, NULL);
    stale_t *stale;

    if (!left->user_id || apr_hash_get(batch->known, key, APR_HASH_KEY_STRING)) {
        return; /* of the previous protocol, whose reservations the reaper sweeps; or known */
    }
    stale = apr_pcalloc(batch->pool, sizeof(*stale));
    stale->left = (shop_leftover_t){ .id = apr_pstrdup(batch->pool, left->id),
                                     .order_id = apr_pstrdup(batch->pool, left->order_id),
                                     .user_id = apr_pstrdup(batch->pool, left->user_id),
                                     .quantity = left->quantity };
    stale->coupon = coupon;
    apr_hash_set(batch->known, key, APR_HASH_KEY_STRING, stale);
    APR_ARRAY_PUSH(batch->stale, stale_t *) = stale;
}

void shop_order_drops_add_stale(shop_order_drops_t *drops, const apr_array_header_t *stale,
                                bool coupons)
{
    batch_t *batch;

    pthread_mutex_lock(&drops->lock);
    batch = batch_of(drops);
    for (int i = 0; batch && i < stale->nelts && batch->stale->nelts < STALE_MAX; i++) {
        put_stale(batch, APR_ARRAY_IDX(stale, i, shop_leftover_t *), coupons);
    }
    pthread_mutex_unlock(&drops->lock);
}

void shop_order_drops_hurry(shop_order_drops_t *drops)
{
    pthread_mutex_lock(&drops->lock);
    drops->hurry = true;
    wake_if_ready(drops);
    pthread_mutex_unlock(&drops->lock);
}

/* ---- waiting ---- */

/* Of the clock of pthread_cond_timedwait, which is the monotonic one here. */
static struct timespec after(apr_time_t wait)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += (time_t)apr_time_sec(wait);
    at.tv_nsec += (long)apr_time_usec(wait) * 1000;
    if (at.tv_nsec >= 1000000000L) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000L;
    }
    return at;
}

/* How long until what waits is ready, if nothing else comes. */
static apr_time_t time_left(const shop_order_drops_t *drops, apr_time_t now, apr_time_t until)
{
    apr_time_t ready = drops->batch ? drops->batch->since + SHOP_DROPS_WAIT : until;

    ready = ready > drops->not_before ? ready : drops->not_before;
    ready = ready < until ? ready : until;
    return ready > now ? ready - now : 0;
}

void shop_order_drops_wait(shop_order_drops_t *drops, apr_time_t most)
{
    apr_time_t now = shop_clock_monotonic(), until = now + most;

    pthread_mutex_lock(&drops->lock);
    while (now < until && !is_ready(drops, now)) {
        struct timespec at = after(time_left(drops, now, until));

        (void)pthread_cond_timedwait(&drops->more, &drops->lock, &at);
        now = shop_clock_monotonic();
    }
    pthread_mutex_unlock(&drops->lock);
}

bool shop_order_drops_is_ready(shop_order_drops_t *drops)
{
    bool ready;

    pthread_mutex_lock(&drops->lock);
    ready = is_ready(drops, shop_clock_monotonic());
    pthread_mutex_unlock(&drops->lock);
    return ready;
}

int shop_order_drops_waiting(shop_order_drops_t *drops)
{
    int waiting;

    pthread_mutex_lock(&drops->lock);
    waiting = drops->batch ? drops->batch->orders + drops->batch->stale->nelts : 0;
    pthread_mutex_unlock(&drops->lock);
    return waiting;
}

/* ---- doing it ---- */

/* The order of a stale reservation is decided first, whatever is late of it. A reservation of an
 * order that is placed is confirmed with the others, any other is released. */
static shop_error_t *decide(batch_t *batch, const stale_t *stale, const shop_order_ports_t *ports,
                            apr_pool_t *pool)
{
    const shop_leftover_t *left = &stale->left;
    const shop_reservation_t line = shop_order_left_line(left, pool);
    shop_reservations_t *reservations = stale->coupon ? ports->coupon_uses : ports->stock;
    apr_time_t now = ports->clock->now(ports->clock);
    shop_order_t *order = NULL;
    shop_tombstone_t result;

    SHOP_TRY(ports->orders->tombstone(&result, &order, ports->orders, left->order_id, left->user_id,
                                      now, pool));
    if (result == SHOP_TOMBSTONE_PLACED) {
        add_order(stale->coupon ? &batch->coupons : &batch->stock, left->id, left->order_id,
                  batch->pool);
    } else if (result == SHOP_TOMBSTONE_SET) {
        SHOP_TRY(reservations->void_order(reservations, &line, now, pool));
        SHOP_TRY(reservations->release(reservations, &line, pool));
    }
    return NULL;
}

/* One that cannot be decided must not keep the orders of the batch from being confirmed. */
static shop_error_t *decide_all(batch_t *batch, const shop_order_ports_t *ports, apr_pool_t *pool)
{
    for (int i = 0; i < batch->stale->nelts; i++) {
        const stale_t *stale = APR_ARRAY_IDX(batch->stale, i, const stale_t *);
        shop_error_t *err = decide(batch, stale, ports, pool);

        if (err && err->code == SHOP_UNAVAILABLE) {
            return err;
        }
        if (err) {
            shop_log_seldom(SHOP_LOG_ERROR, SHOP_LOG_ORDER_STUCK,
                            "an old reservation of %s: order %s: %s (%s)", stale->left.id,
                            stale->left.order_id, err->detail,
                            err->cause ? err->cause : "no cause");
        }
    }
    return NULL;
}

static shop_error_t *confirm(const units_t *units, shop_reservations_t *reservations,
                             apr_pool_t *pool)
{
    int count = units->ids->nelts;
    shop_unit_orders_t *all = apr_pcalloc(pool, sizeof(*all) * (size_t)(count + 1));

    for (int i = 0; i < count; i++) {
        const char *id = APR_ARRAY_IDX(units->ids, i, const char *);
        const apr_array_header_t *orders = apr_hash_get(units->by_id, id, APR_HASH_KEY_STRING);

        all[i] = (shop_unit_orders_t){ id, (const char *const *)orders->elts, orders->nelts };
    }
    return count ? reservations->confirm(reservations, all, count, pool) : NULL;
}

static shop_error_t *do_batch(batch_t *batch, const shop_order_ports_t *ports, apr_pool_t *pool)
{
    SHOP_TEST_POINT("dropping.begun", pool);
    SHOP_TRY(decide_all(batch, ports, pool));
    SHOP_TRY(confirm(&batch->stock, ports->stock, pool));
    SHOP_TEST_POINT("dropping.confirmed", pool);
    return confirm(&batch->coupons, ports->coupon_uses, pool);
}

static void join_units(units_t *to, const units_t *from, apr_pool_t *pool)
{
    for (int i = 0; i < from->ids->nelts; i++) {
        const char *id = APR_ARRAY_IDX(from->ids, i, const char *);
        const apr_array_header_t *orders = apr_hash_get(from->by_id, id, APR_HASH_KEY_STRING);

        for (int k = 0; k < orders->nelts; k++) {
            add_order(to, id, apr_pstrdup(pool, APR_ARRAY_IDX(orders, k, const char *)), pool);
        }
    }
}

/* Adds what from has to what has come meanwhile. */
static void join(batch_t *to, const batch_t *from)
{
    join_units(&to->stock, &from->stock, to->pool);
    join_units(&to->coupons, &from->coupons, to->pool);
    to->orders += from->orders;
}

/* The store did not answer: the batch waits, with what has come since. Stale reservations are found
 * again. */
static void put_back(shop_order_drops_t *drops, batch_t *batch)
{
    pthread_mutex_lock(&drops->lock);
    drops->not_before = shop_clock_monotonic() + PAUSE;
    if (drops->batch && drops->batch->orders + batch->orders <= ORDERS_MAX) {
        join(drops->batch, batch);
        pthread_mutex_unlock(&drops->lock);
        apr_pool_destroy(batch->pool);
        return;
    }
    if (!drops->batch) {
        apr_hash_clear(batch->known);
        batch->stale->nelts = 0;
        drops->batch = batch;
        batch = NULL;
    }
    pthread_mutex_unlock(&drops->lock);
    if (batch) {
        shop_log_seldom(SHOP_LOG_WARN, SHOP_LOG_ORDER_CLEANUP,
                        "the reservations of %d orders are not confirmed yet; they are when their "
                        "products are ordered again, or by shopctl verify --repair",
                        batch->orders);
        apr_pool_destroy(batch->pool);
    }
}

shop_error_t *shop_order_drops_flush(shop_order_drops_t *drops, const shop_order_ports_t *ports,
                                     apr_pool_t *pool)
{
    shop_error_t *err;
    batch_t *batch;

    pthread_mutex_lock(&drops->lock);
    batch = drops->batch;
    drops->batch = NULL;
    drops->hurry = false;
    pthread_mutex_unlock(&drops->lock);
    if (!batch) {
        return NULL;
    }
    err = is_empty(batch) ? NULL : do_batch(batch, ports, pool);
    if (err && err->code == SHOP_UNAVAILABLE) {
        put_back(drops, batch);
    } else {
        apr_pool_destroy(batch->pool);
    }
    return err;
}

static apr_status_t destroy(void *data)
{
    shop_order_drops_t *drops = data;

    if (drops->batch) {
        apr_pool_destroy(drops->batch->pool);
    }
    pthread_cond_destroy(&drops->more);
    pthread_mutex_destroy(&drops->lock);
    return APR_SUCCESS;
}

shop_order_drops_t *shop_order_drops_create(int processes, apr_pool_t *pool)
{
    shop_order_drops_t *drops = apr_pcalloc(pool, sizeof(*drops));
    int share = SHOP_RESERVATIONS_MAX / 2 / (processes > 0 ? processes : 1);
    pthread_condattr_t attributes;

    drops->full = share < 1 ? 1 : share < SHOP_DROPS_BATCH ? share : SHOP_DROPS_BATCH;
    pthread_mutex_init(&drops->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&drops->more, &attributes);
    pthread_condattr_destroy(&attributes);
    apr_pool_cleanup_register(pool, drops, destroy, apr_pool_cleanup_null);
    return drops;
}
