/* SPDX-License-Identifier: MIT
 * The fate of a call. What may be applied after its caller gave up is copied first: the caller's
 * pool may be gone by then. */
#include "storm.h"

#include <apr_strings.h>
#include <string.h>

#define LATE_TICKS 400        /* at most; a sweep waits for two leases, 120 */
#define CUT_OFF_TICKS 400     /* at most; a commit is tried for about 150 */
#define INSERT_LOST_PERCENT 8 /* of the replies to the insert are lost besides */
#define RETRIES 3
#define SCRATCH 64 /* bytes for the answer of a write that nobody hears */

typedef enum { APPLIED, NOT_SENT, LATE, REPLY_LOST, TWICE, IN_PART } fate_t;

typedef struct late_t {
    int64_t due;
    const storm_op_t *op;
    const storm_args_t *args;
} late_t;

static shop_error_t *away(apr_pool_t *pool)
{
    return shop_error_cause(shop_err(pool, UNAVAILABLE, "the store is away"), pool, "storm");
}

static void trace_call(storm_t *storm, const storm_op_t *op, const storm_args_t *args,
                       const char *fate)
{
    storm_trace(storm, "%s%s%s", op->name, storm_args_text(storm, args, storm->pool), fate);
}

/* ---- applying ---- */

/* Stores need not agree on the order of what they found by index, and the reaper walks in it. */
void storm_sort_leftovers(const storm_t *storm, apr_array_header_t *left)
{
    shop_leftover_t **rows = (shop_leftover_t **)left->elts;

    for (int i = 1; i < left->nelts; i++) {
        for (int j = i; j > 0; j--) {
            int by_id = strcmp(rows[j - 1]->id, rows[j]->id);
            shop_leftover_t *swap = rows[j];

            if (by_id < 0 || (!by_id && storm_order_of(storm, rows[j - 1]->order_id) <=
                                            storm_order_of(storm, rows[j]->order_id))) {
                break;
            }
            rows[j] = rows[j - 1];
            rows[j - 1] = swap;
        }
    }
}

/* Only reserving lowers stock. */
static shop_error_t *watch_stock(storm_t *storm, apr_pool_t *pool)
{
    shop_unit_state_t states[STORM_PRODUCTS];

    SHOP_TRY(storm_stock(states, storm, pool));
    for (int i = 0; i < STORM_PRODUCTS; i++) {
        if (states[i].available < 0) {
            storm_bad(storm, "negative stock", "p%d has %d", i, (int)states[i].available);
        }
    }
    return NULL;
}

/* When an order was claimed and placed. */
static void note_done(storm_t *storm, const storm_op_t *op, void *out, const storm_args_t *args)
{
    storm_order_t *order = storm_order(storm, args->order_id);

    if (op->traits & STORM_CLAIM && *(bool *)out && !order->claimed) {
        order->claimed = storm->tick;
    }
    if (op->traits & STORM_INSERT && *(shop_order_insert_t *)out == SHOP_INSERT_DONE &&
        !order->placed) {
        order->placed = storm->tick;
    }
}

/* A document of this order is there and not durable yet. */
static shop_error_t *meet_unseen(const storm_op_t *op, void *out, apr_pool_t *pool)
{
    if (op->traits & STORM_INSERT) {
        return away(pool);
    }
    ((storm_tombstone_t *)out)->result = SHOP_TOMBSTONE_UNSEEN;
    return NULL;
}

static bool stores(const storm_op_t *op, const void *out)
{
    return op->traits & STORM_INSERT
               ? *(const shop_order_insert_t *)out == SHOP_INSERT_DONE
               : ((const storm_tombstone_t *)out)->result == SHOP_TOMBSTONE_SET;
}

/* heard: the caller gets the answer. */
static shop_error_t *apply(storm_t *storm, const storm_op_t *op, void *out,
                           const storm_args_t *args, bool heard, apr_pool_t *pool)
{
    storm_args_t mine = *args;
    shop_cart_t *cart = NULL;
    bool is_new = false;

    if (op->traits & STORM_LEFT && !storm_is_swept(storm, op, args)) {
        *(apr_array_header_t **)out = apr_array_make(pool, 1, sizeof(void *));
        return NULL;
    }
    if (storm_stores_order(op)) {
        if (storm_is_unseen(storm, args->order_id)) {
            return meet_unseen(op, out, pool);
        }
        SHOP_TRY(storm_is_new(&is_new, storm, args, pool));
    }
    SHOP_TRY(storm_weaken(storm, op, &mine, pool));
    SHOP_TRY(storm_before_cart(storm, &cart, op, &mine, pool));
    storm->calls++;
    SHOP_TRY(op->apply(storm, out, &mine, pool));
    SHOP_TRY(storm_after_cart(storm, cart, op, &mine, pool));
    note_done(storm, op, out, &mine);
    if (storm_stores_order(op) || op->traits & STORM_OF_ORDER) {
        storm_note_stored(storm, args, is_new && stores(op, out), heard);
    }
    if (op->traits & STORM_DURABLE) {
        storm_hide(storm, out);
    }
    if (op->traits & STORM_LEFT) {
        storm_sort_leftovers(storm, *(apr_array_header_t **)out);
    }
    return op->traits & STORM_ONCE && args->count ? watch_stock(storm, pool) : NULL;
}

/* As apply, where nobody hears the answer. */
static const char *apply_unheard(storm_t *storm, const storm_op_t *op, const storm_args_t *args,
                                 apr_pool_t *pool)
{
    void *scratch = apr_pcalloc(pool, SCRATCH);
    shop_error_t *err = apply(storm, op, scratch, args, false, pool);

    return err ? apr_psprintf(pool, " = %s", shop_code_name(err->code))
               : storm_out_text(op, scratch, pool);
}

/* ---- late calls ---- */

static int64_t postpone(storm_t *storm, const storm_op_t *op, const storm_args_t *args)
{
    late_t *late = apr_palloc(storm->pool, sizeof(*late));

    late->due = storm->tick + 1 + storm_random(storm, LATE_TICKS);
    late->op = op;
    late->args = storm_args_copy(args, storm->pool);
    APR_ARRAY_PUSH(storm->late, late_t *) = late;
    return late->due;
}

void storm_late(storm_t *storm, bool some)
{
    apr_array_header_t *waiting = apr_array_copy(storm->pool, storm->late);

    storm->late->nelts = 0;
    for (int i = 0; i < waiting->nelts; i++) {
        late_t *late = APR_ARRAY_IDX(waiting, i, late_t *);

        if (late->due <= storm->tick || (some && storm_chance(storm, 50))) {
            const char *said = apply_unheard(storm, late->op, late->args, storm->pool);

            trace_call(storm, late->op, late->args, apr_pstrcat(storm->pool, ", late", said, NULL));
        } else {
            APR_ARRAY_PUSH(storm->late, late_t *) = late;
        }
    }
}

/* ---- fates ---- */

/* At times the store is cut off from everybody, and most often just when it hurts. */
static void cut_off(storm_t *storm, const storm_op_t *op)
{
    if (!storm->calm && storm->tick >= storm->cut_off &&
        storm_random(storm, op->traits & STORM_PIVOT ? 20 : 600) == 0) {
        storm->cut_off = storm->tick + 1 + storm_random(storm, CUT_OFF_TICKS);
        storm->nothing_arrives = storm_chance(storm, 50);
        storm_trace(storm, "the store is cut off until %" APR_INT64_T_FMT "%s", storm->cut_off,
                    storm->nothing_arrives ? ", nothing arrives" : "");
    }
}

/* Each fault hits as many calls in a hundred as the weather says; while the store is cut off
 * hardly any call comes through. */
static fate_t draw_fate(storm_t *storm, const storm_op_t *op, const storm_args_t *args)
{
    static const fate_t fates[] = { NOT_SENT, LATE, REPLY_LOST, TWICE, IN_PART, IN_PART };
    bool is_cut_off = !storm->calm && storm->tick < storm->cut_off;
    int64_t percent = is_cut_off ? 30 : storm->weather;
    int64_t x = storm->calm ? 100 : storm_random(storm, 100) / percent;
    fate_t fate = x < (int64_t)(sizeof(fates) / sizeof(fates[0])) ? fates[x] : APPLIED;

    if (is_cut_off && storm->nothing_arrives) {
        return NOT_SENT;
    }
    if (op->traits & STORM_INSERT && !storm->calm && storm_chance(storm, INSERT_LOST_PERCENT)) {
        return REPLY_LOST;
    }
    if (!(op->traits & STORM_WRITE)) {
        return x == 0 || is_cut_off ? NOT_SENT : APPLIED;
    }
    if (fate == TWICE && op->traits & STORM_ONCE) {
        return APPLIED;
    }
    if (fate == IN_PART && !(op->traits & STORM_BATCH && args->count > 1)) {
        return APPLIED;
    }
    return fate;
}

/* Some documents of the batch, but neither none nor all, now; the others late or never. */
static const char *apply_in_part(storm_t *storm, const storm_op_t *op, const storm_args_t *args,
                                 apr_pool_t *pool)
{
    int64_t mask = 1 + storm_random(storm, (1 << args->count) - 2);
    storm_args_t part[2];
    const char *said;

    storm_args_part(&part[0], args, ~mask, pool);
    storm_args_part(&part[1], args, mask, pool);
    said = apply_unheard(storm, op, &part[0], pool);
    said = apr_psprintf(pool, ", only%s%s, the rest", storm_args_text(storm, &part[0], pool), said);
    if (storm_chance(storm, 50)) {
        return apr_psprintf(pool, "%s at %" APR_INT64_T_FMT, said, postpone(storm, op, &part[1]));
    }
    return apr_pstrcat(pool, said, " never", NULL);
}

static shop_error_t *suffer(storm_t *storm, const storm_op_t *op, void *out,
                            const storm_args_t *args, fate_t fate, apr_pool_t *pool)
{
    const char *said;
    shop_error_t *err;

    switch (fate) {
    case APPLIED:
    case TWICE:
        err = apply(storm, op, out, args, true, pool);
        said = err ? apr_psprintf(pool, " = %s: %s", shop_code_name(err->code), err->detail)
                   : storm_out_text(op, out, pool);
        if (fate == TWICE) {
            said = apr_psprintf(pool, "%s, and again at %" APR_INT64_T_FMT, said,
                                postpone(storm, op, args));
        }
        trace_call(storm, op, args, said);
        return err;
    case NOT_SENT: said = ", not sent"; break;
    case LATE:
        said =
            apr_psprintf(pool, ", sent, arrives at %" APR_INT64_T_FMT, postpone(storm, op, args));
        break;
    case REPLY_LOST:
        said = apr_pstrcat(pool, apply_unheard(storm, op, args, pool), ", reply lost", NULL);
        break;
    case IN_PART:
    default: said = apply_in_part(storm, op, args, pool); break;
    }
    trace_call(storm, op, args, said);
    return away(pool);
}

/* ---- the call ---- */

static void note_new(storm_t *storm, const storm_args_t *args)
{
    const storm_worker_t *worker = storm->running;
    storm_order_t *order = apr_array_push(storm->orders);

    *order = (storm_order_t){ .id = apr_pstrdup(storm->pool, args->order_id),
                              .user = storm_user_of(args->user_id),
                              .key = apr_pstrdup(storm->pool, args->claim->key_slot),
                              .by = worker,
                              .attempt = worker->attempt };
    for (int i = 0; i < args->claim->lines->nelts; i++) {
        const shop_cart_line_t *line =
            APR_ARRAY_IDX(args->claim->lines, i, const shop_cart_line_t *);

        order->ordered[storm_product_of(line->product_id)] += line->quantity;
    }
}

static void note_order(storm_t *storm, const storm_op_t *op, const storm_args_t *args)
{
    storm_order_t *order = storm_order(storm, args->order_id);

    if (op->traits & STORM_CLAIM && !order) {
        note_new(storm, args);
        return;
    }
    if (!(op->traits & STORM_ONCE) || !order) {
        return;
    }
    for (size_t i = 0; i < sizeof(order->sent) / sizeof(order->sent[0]); i++) {
        if (order->sent[i] == op) {
            storm_bad(storm, "sent twice", "%s of o%d", op->name,
                      storm_order_of(storm, args->order_id));
            return;
        }
        if (!order->sent[i]) {
            order->sent[i] = op;
            return;
        }
    }
}

/* The weakened undoing: the claim goes first. */
static shop_error_t *unclaim_first(storm_t *storm, const storm_op_t *op, const storm_args_t *args,
                                   apr_pool_t *pool)
{
    shop_cart_repo_t *carts = storm->ports.carts;
    const storm_order_t *order = storm_order(storm, args->order_id);

    if (!(op->traits & STORM_UNDO && storm->weakness & STORM_UNCLAIM_FIRST) || !order) {
        return NULL;
    }
    return carts->unclaim(carts, storm_user_id(order->user, pool), order->id, pool);
}

/* False: its worker crashed. A command that was on its way may still arrive. */
static bool travel(storm_t *storm, const storm_op_t *op, const storm_args_t *args)
{
    storm_worker_t *worker = storm->running;
    bool crashed = worker->crashed;

    storm_yield(worker);
    if (worker->crashed && !crashed && op->traits & STORM_WRITE && storm_chance(storm, 50)) {
        trace_call(
            storm, op, args,
            apr_psprintf(storm->pool, ", arrives at %" APR_INT64_T_FMT, postpone(storm, op, args)));
    }
    return !worker->crashed;
}

shop_error_t *storm_call(storm_t *storm, const storm_op_t *op, void *out, const storm_args_t *args,
                         apr_pool_t *pool)
{
    storm_worker_t *worker = storm->running;
    int tries = op->traits & STORM_ONCE && storm->weakness & STORM_RETRY_RESERVE ? RETRIES : 1;
    shop_error_t *err = NULL;

    if (storm_leaves_out(storm, op, args)) {
        return NULL;
    }
    if (!worker) {
        return apply(storm, op, out, args, true, pool);
    }
    SHOP_TRY(unclaim_first(storm, op, args, pool));
    note_order(storm, op, args);
    do {
        if (!travel(storm, op, args)) {
            return away(pool);
        }
        cut_off(storm, op);
        if (op->traits & STORM_DECIDES) {
            worker->decided = storm->tick;
        }
        err = suffer(storm, op, out, args, draw_fate(storm, op, args), pool);
        storm_yield(worker); /* so does the reply */
        if (worker->crashed) {
            return away(pool);
        }
    } while (--tries && err && err->code == SHOP_UNAVAILABLE);
    return err && storm_pretends(storm, op, out, args) ? NULL : err;
}
