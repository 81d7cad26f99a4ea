/* SPDX-License-Identifier: MIT
 * The shop and its people: what they want is drawn from the seed, what they do is the real code. */
#include "storm.h"

#include <apr_strings.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOON apr_time_from_sec(1790000000)
#define BUYERS 14
#define CANCELLERS 3
#define REFUNDERS 3
#define EDITORS 4
#define CLEANERS (STORM_PROCESSES - 1)
#define REAPERS 2
#define TICKS 1000 /* of storm */
#define ATTEMPTS 3 /* of a buyer who is told to try again */
#define CHANGES 4  /* of a canceller */
#define ADVANCE_PERCENT 25
#define USER_BASE 0xa000
#define PRODUCT_BASE 0xb000

const char *storm_user_id(int user, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%024x", USER_BASE + user);
}

const char *storm_product_id(int product, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%024x", PRODUCT_BASE + product);
}

static int number_of(const char *id, int base, int count)
{
    long number = strtol(id, NULL, 16) - base;

    return number >= 0 && number < count ? (int)number : -1;
}

int storm_user_of(const char *id)
{
    return number_of(id, USER_BASE, STORM_USERS);
}

int storm_product_of(const char *id)
{
    return number_of(id, PRODUCT_BASE, STORM_PRODUCTS);
}

int storm_order_of(const storm_t *storm, const char *id)
{
    for (int i = 0; i < storm->orders->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(storm->orders, i, storm_order_t).id, id)) {
            return i;
        }
    }
    return -1;
}

storm_order_t *storm_order(const storm_t *storm, const char *id)
{
    int at = id ? storm_order_of(storm, id) : -1;

    return at < 0 ? NULL : &APR_ARRAY_IDX(storm->orders, at, storm_order_t);
}

shop_error_t *storm_stock(shop_unit_state_t states[STORM_PRODUCTS], const storm_t *storm,
                          apr_pool_t *pool)
{
    shop_reservations_t *stock = storm->real.stock;
    shop_reservation_line_t lines[STORM_PRODUCTS];
    const shop_reservation_t asked = { STORM_NOBODY, NULL, lines, STORM_PRODUCTS };

    for (int i = 0; i < STORM_PRODUCTS; i++) {
        lines[i] = (shop_reservation_line_t){ storm_product_id(i, pool), 1, 0 };
    }
    return stock->states(states, stock, &asked, pool);
}

shop_error_t *storm_fill(storm_t *storm)
{
    shop_product_t product = { .description = "",
                               .category = "Things",
                               .currency = "USD",
                               .stock = STORM_STOCK,
                               .rev = 1,
                               .created_at = NOON,
                               .updated_at = NOON };
    shop_coupon_t coupon = { .code = STORM_CODE,
                             .discount_percent = 10,
                             .max_discount = -1,
                             .usage_limit = STORM_USES,
                             .remaining = STORM_USES,
                             .usage_limit_per_user = 1,
                             .valid_until = NOON + apr_time_from_sec(10000000),
                             .terms_rev = 1,
                             .rev = 1,
                             .created_at = NOON,
                             .updated_at = NOON };

    for (int i = 0; i < STORM_PRODUCTS; i++) {
        product.id = storm_product_id(i, storm->pool);
        product.name = apr_psprintf(storm->pool, "Thing %d", i);
        product.price = 1000 - 300 * i;
        SHOP_TRY(storm->real.products->insert(storm->real.products, &product, storm->pool));
    }
    return storm->real.coupons->insert(storm->real.coupons, &coupon, storm->pool);
}

/* ---- buyers ---- */

static shop_error_t *make_reply(void *baton, shop_order_t *order, apr_pool_t *pool)
{
    (void)baton;
    order->reply =
        apr_psprintf(pool, "order %s of %s, %d", order->number, order->user_id, (int)order->total);
    order->reply_size = strlen(order->reply);
    return NULL;
}

static void note_answer(storm_t *storm, const storm_worker_t *worker, const shop_order_t *order,
                        bool cancelled)
{
    *(storm_answer_t *)apr_array_push(storm->answers) = (storm_answer_t){
        .user = storm_user_of(order->user_id),
        .key = worker->key,
        .order_id = apr_pstrdup(storm->pool, order->id),
        .reply = cancelled ? NULL : apr_pstrmemdup(storm->pool, order->reply, order->reply_size),
    };
}

static shop_error_t *place(shop_order_t **order, storm_worker_t *worker)
{
    static const shop_address_t address = { "1 Main St", "Town", "State", "Country", "12345" };
    storm_t *storm = worker->storm;
    const shop_order_ports_t *ports = &storm->processes[worker->process];
    shop_order_placed_t placed;
    shop_order_request_t request = {
        .user_id = storm_user_id(worker->user, worker->pool),
        .key_slot = worker->key,
        .fingerprint = worker->coupon ? worker->coupon : "none",
        .shipping_address = &address,
        .payment_method = "paypal",
        .coupon_code = worker->coupon,
        .expected_total = -1,
        .reply = make_reply,
    };
    shop_error_t *err = shop_order_place(&placed, ports, &request, worker->pool);

    *order = placed.order;
    if (!err && !worker->crashed) {
        storm_trace(storm, "is told: o%d%s", storm_order_of(storm, placed.order->id),
                    placed.outcome == SHOP_ORDER_REPLAYED ? ", replayed" : "");
    }
    return err;
}

static bool is_worth_repeating(const shop_error_t *err)
{
    return err->code == SHOP_UNAVAILABLE || err->code == SHOP_IDEMPOTENCY_IN_PROGRESS ||
           err->code == SHOP_ORDER_IN_PROGRESS;
}

static void note_refusal(storm_t *storm, const storm_worker_t *worker, const shop_error_t *err)
{
    *(storm_refusal_t *)apr_array_push(storm->refusals) =
        (storm_refusal_t){ .to = worker,
                           .attempt = worker->attempt,
                           .decided = worker->decided,
                           .code = shop_code_name(err->code) };
}

/* Fills the cart (it does not matter what comes of that) and orders it. */
static void buy(storm_worker_t *worker)
{
    storm_t *storm = worker->storm;
    shop_cart_repo_t *carts = storm->ports.carts;
    shop_cart_t *cart;

    for (int i = 0; i < STORM_PRODUCTS; i++) {
        if (worker->wanted[i]) {
            carts->add(&cart, carts, storm_user_id(worker->user, worker->pool),
                       storm_product_id(i, worker->pool), worker->wanted[i], -1,
                       storm->clock.now(&storm->clock), worker->pool);
        }
    }
    for (int i = 0; i < ATTEMPTS && !worker->crashed; i++) {
        shop_order_t *order = NULL;
        shop_error_t *err;

        worker->attempt++;
        err = place(&order, worker);
        if (worker->crashed) {
            return;
        }
        if (!err) {
            note_answer(storm, worker, order, false);
            return;
        }
        storm_trace(storm, "is told: %s, %s", shop_code_name(err->code), err->detail);
        if (!is_worth_repeating(err)) {
            note_refusal(storm, worker, err);
            return;
        }
        storm_wait(worker, 5 + storm_random(storm, 75));
    }
}

/* Two of a user's buyers may send the same request: the same key and the same body. */
static void add_buyer(storm_t *storm, int n)
{
    const char *name = apr_psprintf(storm->pool, "buyer %d", n);
    storm_worker_t *worker = storm_worker(storm, name, buy);
    int64_t which = storm_random(storm, 4);

    worker->process = n % STORM_PROCESSES;
    worker->user = (int)storm_random(storm, STORM_USERS);
    worker->coupon = storm_chance(storm, 60) ? STORM_CODE : NULL;
    worker->wake = storm_random(storm, 300);
    if (which == 1 || which == 2) {
        worker->key = apr_psprintf(storm->pool, "k:%d", worker->user);
        worker->coupon = worker->user % 3 ? STORM_CODE : NULL;
    } else if (which == 3) {
        worker->key = apr_psprintf(storm->pool, "k:own %d", n);
    }
    worker->wanted[storm_random(storm, STORM_PRODUCTS)] = 1;
    if (storm_chance(storm, 60)) {
        worker->wanted[storm_random(storm, STORM_PRODUCTS)] = 1 + storm_random(storm, 2);
    }
}

/* ---- cancellers ---- */

/* One that can be cancelled; read beside the storm, as from a page that was opened before. */
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

        if (!err && order && shop_order_may(order->status, SHOP_ORDER_CANCELLED)) {
            return order;
        }
    }
    return NULL;
}

/* Cancels it, or sends it along the arrows to where others still cancel it. */
static void change(storm_worker_t *worker, const shop_order_t *seen)
{
    storm_t *storm = worker->storm;
    bool advance =
        shop_order_may(seen->status, SHOP_ORDER_PAID) && storm_chance(storm, ADVANCE_PERCENT);
    const char *what = advance ? "pays" : "cancels";
    shop_order_t *order = NULL;
    shop_error_t *err;

    storm_trace(storm, "%s o%d", what, storm_order_of(storm, seen->id));
    err = advance ? shop_order_advance(&order, &storm->ports, seen, SHOP_ORDER_PAID, -1,
                                       seen->user_id, NULL, NULL, worker->pool)
                  : shop_order_cancel(&order, &storm->ports, seen, -1, seen->user_id, NULL, 0,
                                      worker->pool);
    if (worker->crashed) {
        return;
    }
    storm_trace(storm, "is told: %s", err ? shop_code_name(err->code) : what);
    if (!err && !advance) {
        note_answer(storm, worker, order, true);
    }
}

static void cancel(storm_worker_t *worker)
{
    storm_t *storm = worker->storm;

    for (int i = 0; i < CHANGES && !worker->crashed; i++) {
        const shop_order_t *seen;

        storm_wait(worker, 30 + storm_random(storm, 120));
        seen = worker->crashed ? NULL : choose_order(storm, worker);
        if (seen) {
            change(worker, seen);
        }
    }
}

/* ---- cleaners ---- */

/* What a process still had to confirm dies with it. */
static void clean(storm_worker_t *worker)
{
    storm_t *storm = worker->storm;
    shop_order_ports_t *ports = &storm->processes[worker->process];

    while (!storm->calm || shop_order_drops_waiting(ports->drops)) {
        storm_wait(worker, 5 + storm_random(storm, 60));
        if (!worker->crashed && shop_order_drops_waiting(ports->drops)) {
            shop_order_drops_flush(ports->drops, ports, worker->pool);
        }
        if (worker->crashed) {
            storm->lost += shop_order_drops_waiting(ports->drops);
            storm_trace(storm, "loses %d", shop_order_drops_waiting(ports->drops));
            worker->crashed = false;
            ports->drops = shop_order_drops_create(STORM_PROCESSES, storm->pool);
        }
    }
}

/* ---- reapers ---- */

/* One that crashes comes back. */
static void reap(storm_worker_t *worker)
{
    storm_t *storm = worker->storm;

    while (!storm->calm) {
        shop_reap_sums_t sums;
        shop_error_t *err = shop_order_reap(&sums, &storm->ports, worker->pool);

        if (worker->crashed) {
            worker->crashed = false;
            storm_wait(worker, 20 + storm_random(storm, 200));
            continue;
        }
        storm_trace(storm, "completed %d%s", sums.done, err ? ", cut off" : "");
        storm_wait(worker, 20 + storm_random(storm, 60));
    }
}

void storm_people(storm_t *storm)
{
    for (int i = 0; i < BUYERS; i++) {
        add_buyer(storm, i);
    }
    for (int i = 0; i < EDITORS; i++) {
        storm_worker(storm, apr_psprintf(storm->pool, "editor %d", i), storm_editor);
    }
    for (int i = 0; i < CLEANERS; i++) {
        storm_worker(storm, apr_psprintf(storm->pool, "cleaner %d", i), clean)->process = i;
    }
    for (int i = 0; i < CANCELLERS; i++) {
        storm_worker(storm, apr_psprintf(storm->pool, "canceller %d", i), cancel);
    }
    for (int i = 0; i < REFUNDERS; i++) {
        storm_worker(storm, apr_psprintf(storm->pool, "refunder %d", i), storm_refunder);
    }
    for (int i = 0; i < REAPERS; i++) {
        storm_worker(storm, apr_psprintf(storm->pool, "reaper %d", i), reap);
    }
}

/* ---- a run ---- */

/* What the order code waits, others may use. */
static void pause_worker(const shop_clock_t *clock, apr_time_t interval)
{
    storm_t *storm = (storm_t *)((uintptr_t)clock - offsetof(storm_t, clock));

    if (storm->running) {
        storm_wait(storm->running, 1 + interval / STORM_TICK);
    }
}

storm_t *storm_run(uint64_t seed, unsigned weakness, const storm_store_t *store, apr_pool_t *pool)
{
    storm_t *storm = apr_pcalloc(pool, sizeof(*storm));
    const shop_order_ports_t *real;
    shop_error_t *err;

    storm->pool = pool;
    storm->seed = storm->random = seed;
    storm->weakness = weakness;
    storm->clock =
        (shop_clock_t){ .now = shop_clock_fixed_now, .fixed = NOON, .pause = pause_worker };
    storm->workers = apr_array_make(pool, 16, sizeof(storm_worker_t *));
    storm->late = apr_array_make(pool, 16, sizeof(void *));
    storm->orders = apr_array_make(pool, 16, sizeof(storm_order_t));
    storm->answers = apr_array_make(pool, 16, sizeof(storm_answer_t));
    storm->refusals = apr_array_make(pool, 16, sizeof(storm_refusal_t));
    storm->refunded = apr_array_make(pool, 16, sizeof(storm_refunded_t));
    storm->trace = apr_array_make(pool, 512, sizeof(const char *));
    storm->bad = apr_array_make(pool, 4, sizeof(const char *));
    storm->store = store;
    real = store->open(pool);
    if (!real) {
        return NULL;
    }
    storm->real = *real;
    storm->ports =
        (shop_order_ports_t){ .clock = &storm->clock, .currency = "USD", .currency_exponent = 2 };
    storm_wrap(storm);
    err = storm_fill(storm);
    if (err) {
        fprintf(stderr, "%s (%s)\n", err->detail, err->cause ? err->cause : "");
        return NULL;
    }
    storm->weather = 1 + storm_random(storm, 6);
    storm->sweeps = storm_chance(storm, 25);
    storm_people(storm);
    storm_blow(storm, TICKS);
    storm_rest(storm);
    storm_audit(storm);
    return storm;
}
