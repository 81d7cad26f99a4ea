/* SPDX-License-Identifier: MIT
 * The fate of a call. What may be applied after its caller gave up is copied first: the caller's
 * pool may be gone by then. */
#include "storm.h"

#include <apr_strings.h>
#include <string.h>

#include "tests/kit/order_mem.h"

#define LATE_TICKS 400    /* at most; a sweep waits for two leases, 120 */
#define CUT_OFF_TICKS 400 /* at most; a commit is tried for about 150 */
#define RETRIES 3
#define SCRATCH 64 /* bytes for the answer of a write that nobody hears */
#define BATCH_MAX 8

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

/* ---- what the trace says ---- */

static const char *args_text(const storm_t *storm, const storm_args_t *args, apr_pool_t *pool)
{
    const char *text = "";

    if (args->order_id) {
        text = apr_psprintf(pool, " o%d", storm_order_of(storm, args->order_id));
    }
    if (args->user_id) {
        text = apr_psprintf(pool, "%s u%d", text, storm_user_of(args->user_id));
    }
    for (int i = 0; i < args->count; i++) {
        const char *id = args->lines ? args->lines[i].unit_id : args->ids[i];
        int product = storm_product_of(id);

        text = product < 0 ? apr_pstrcat(pool, text, " ", id, NULL)
                           : apr_psprintf(pool, "%s p%d", text, product);
        if (args->lines) {
            text = apr_psprintf(pool, "%sx%d", text, (int)args->lines[i].quantity);
        }
    }
    if (args->refund) {
        text = apr_psprintf(pool, "%s %d%s", text, (int)args->refund->amount,
                            args->refund->restock ? " with restock" : "");
    }
    if (args->from || args->to) {
        text = apr_psprintf(pool, "%s %s->%s", text, shop_order_status_stored(args->from),
                            shop_order_status_stored(args->to));
    }
    return text;
}

static const char *out_text(const storm_op_t *op, void *out, apr_pool_t *pool)
{
    if (op->traits & STORM_BOOL) {
        return *(bool *)out ? " = yes" : " = no";
    }
    if (op->traits & STORM_INT) {
        return apr_psprintf(pool, " = %d", *(int *)out);
    }
    if (op->traits & STORM_ORDER) {
        const shop_order_t *order = *(shop_order_t **)out;

        return apr_psprintf(pool, " = %s",
                            order ? shop_order_status_stored(order->status) : "none");
    }
    if (op->traits & (STORM_LEFT | STORM_ORDERS)) {
        return apr_psprintf(pool, " = %d", (*(apr_array_header_t **)out)->nelts);
    }
    return "";
}

static void trace_call(storm_t *storm, const storm_op_t *op, const storm_args_t *args,
                       const char *fate)
{
    storm_trace(storm, "%s%s%s", op->name, args_text(storm, args, storm->pool), fate);
}

/* ---- applying ---- */

/* Stores need not agree on the order of what they found by index, and the reaper walks in it. */
static void sort_leftovers(const storm_t *storm, apr_array_header_t *left)
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

static bool is_swept(const storm_t *storm, const storm_op_t *op, const storm_args_t *args)
{
    unsigned off = op->traits & STORM_OPEN             ? STORM_NO_REDEMPTION_SWEEP
                   : args->sweep == SHOP_SWEEP_MARKERS ? STORM_NO_MARKER_SWEEP
                                                       : STORM_NO_RESERVATION_SWEEP;

    return !(storm->weakness & off);
}

/* The weakened restock: whatever back_rev is by now. */
static shop_error_t *refence(storm_t *storm, storm_args_t *args, apr_pool_t *pool)
{
    bool is_product = storm_product_of(args->lines[0].unit_id) >= 0;
    shop_reservations_t *reservations = is_product ? storm->real.stock : storm->real.coupon_uses;
    const shop_reservation_t asked = { args->order_id, args->lines, 1 };
    shop_unit_state_t state = { .back_rev = 0 };

    SHOP_TRY(reservations->states(&state, reservations, &asked, pool));
    args->back_rev = state.back_rev;
    return NULL;
}

/* The weakened refund: whatever the order's rev is by now. */
static shop_error_t *any_rev(storm_t *storm, storm_args_t *args, apr_pool_t *pool)
{
    shop_order_t *order = NULL;

    SHOP_TRY(storm->real.orders->find(&order, storm->real.orders, args->order_id, pool));
    args->number = order ? order->rev : args->number;
    return NULL;
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

static shop_error_t *apply(storm_t *storm, const storm_op_t *op, void *out,
                           const storm_args_t *args, apr_pool_t *pool)
{
    storm_args_t mine = *args;
    shop_error_t *err;

    if (op->traits & STORM_LEFT && !is_swept(storm, op, args)) {
        *(apr_array_header_t **)out = apr_array_make(pool, 1, sizeof(void *));
        return NULL;
    }
    if (op->traits & STORM_FENCED && storm->weakness & STORM_MARKER_ONLY) {
        SHOP_TRY(refence(storm, &mine, pool));
    }
    if (op->traits & STORM_REV && storm->weakness & STORM_ANY_REV) {
        SHOP_TRY(any_rev(storm, &mine, pool));
    }
    storm->calls++;
    err = op->apply(storm, out, &mine, pool);
    if (!err && op->traits & STORM_LEFT) {
        sort_leftovers(storm, *(apr_array_header_t **)out);
    }
    if (!err && op->traits & STORM_ONCE && args->count) {
        err = watch_stock(storm, pool);
    }
    return err;
}

/* As apply, where nobody hears the answer. */
static const char *apply_unheard(storm_t *storm, const storm_op_t *op, const storm_args_t *args,
                                 apr_pool_t *pool)
{
    void *scratch = apr_pcalloc(pool, SCRATCH);
    shop_error_t *err = apply(storm, op, scratch, args, pool);

    return err ? apr_psprintf(pool, " = %s", shop_code_name(err->code))
               : out_text(op, scratch, pool);
}

/* ---- late calls ---- */

static const storm_args_t *keep(const storm_args_t *from, apr_pool_t *pool)
{
    storm_args_t *args = apr_pmemdup(pool, from, sizeof(*from));
    shop_reservation_line_t *lines =
        apr_pcalloc(pool, sizeof(*lines) * (apr_size_t)(from->count + 1));
    const char **ids = apr_pcalloc(pool, sizeof(*ids) * (apr_size_t)(from->count + 1));

    for (int i = 0; i < from->count; i++) {
        if (from->lines) {
            lines[i] = from->lines[i];
            lines[i].unit_id = apr_pstrdup(pool, lines[i].unit_id);
        } else {
            ids[i] = apr_pstrdup(pool, from->ids[i]);
        }
    }
    args->lines = from->lines ? lines : NULL;
    args->ids = ids;
    args->order = from->order ? shop_order_mem_copy(from->order, pool) : NULL;
    args->order_id = apr_pstrdup(pool, from->order_id);
    args->id = apr_pstrdup(pool, from->id);
    args->user_id = apr_pstrdup(pool, from->user_id);
    args->text = apr_pstrdup(pool, from->text);
    args->refund = from->refund ? shop_refund_mem_copy(from->refund, pool) : NULL;
    if (from->event) {
        shop_order_event_t *event = apr_pmemdup(pool, from->event, sizeof(*event));

        event->status = apr_pstrdup(pool, event->status);
        event->by = apr_pstrdup(pool, event->by);
        event->note = apr_pstrdup(pool, event->note);
        args->event = event;
    }
    return args;
}

static int64_t postpone(storm_t *storm, const storm_op_t *op, const storm_args_t *args)
{
    late_t *late = apr_palloc(storm->pool, sizeof(*late));

    late->due = storm->tick + 1 + storm_random(storm, LATE_TICKS);
    late->op = op;
    late->args = keep(args, storm->pool);
    APR_ARRAY_PUSH(storm->late, late_t *) = late;
    return late->due;
}

void storm_late(storm_t *storm, bool some)
{
    apr_array_header_t *waiting = apr_array_copy(storm->pool, storm->late);

    storm->late->nelts = 0;
    for (int i = 0; i < waiting->nelts; i++) {
        late_t *late = APR_ARRAY_IDX(waiting, i, late_t *);

        if (some ? storm_chance(storm, 50) : late->due <= storm->tick) {
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
    shop_reservation_line_t lines[2][BATCH_MAX];
    storm_args_t part[2] = { *args, *args };
    int64_t mask = 1 + storm_random(storm, (1 << args->count) - 2);
    const char *said;

    part[0].count = part[1].count = 0;
    for (int i = 0; i < args->count; i++) {
        storm_args_t *mine = &part[(mask >> i) & 1];

        lines[(mask >> i) & 1][mine->count++] = args->lines[i];
    }
    part[0].lines = lines[0];
    part[1].lines = lines[1];
    said = apply_unheard(storm, op, &part[0], pool);
    said = apr_psprintf(pool, ", only%s%s, the rest", args_text(storm, &part[0], pool), said);
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
        err = apply(storm, op, out, args, pool);
        said = err ? apr_psprintf(pool, " = %s: %s", shop_code_name(err->code), err->detail)
                   : out_text(op, out, pool);
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

static void note_order(storm_t *storm, const storm_op_t *op, const storm_args_t *args)
{
    int at = args->order_id ? storm_order_of(storm, args->order_id) : -1;
    storm_order_t *order;

    if (at < 0 && args->order) { /* its first claim */
        *(storm_order_t *)apr_array_push(storm->orders) =
            (storm_order_t){ .id = apr_pstrdup(storm->pool, args->order_id) };
        return;
    }
    if (!(op->traits & STORM_ONCE) || at < 0) {
        return;
    }
    order = &APR_ARRAY_IDX(storm->orders, at, storm_order_t);
    for (size_t i = 0; i < sizeof(order->sent) / sizeof(order->sent[0]); i++) {
        if (order->sent[i] == op) {
            storm_bad(storm, "sent twice", "%s of o%d", op->name, at);
        }
        if (!order->sent[i] || order->sent[i] == op) {
            order->sent[i] = op;
            return;
        }
    }
}

static void pretend_reserved(const storm_op_t *op, void *out, const storm_args_t *args)
{
    if (op->traits & STORM_INT) {
        *(int *)out = args->count;
    } else {
        *(bool *)out = true;
    }
}

shop_error_t *storm_call(storm_t *storm, const storm_op_t *op, void *out, const storm_args_t *args,
                         apr_pool_t *pool)
{
    storm_worker_t *worker = storm->running;
    int tries = op->traits & STORM_ONCE && storm->weakness & STORM_RETRY_RESERVE ? RETRIES : 1;
    shop_error_t *err = NULL;

    if (!worker) {
        return apply(storm, op, out, args, pool);
    }
    note_order(storm, op, args);
    do {
        storm_yield(worker); /* the request travels */
        if (worker->crashed) {
            return away(pool);
        }
        cut_off(storm, op);
        err = suffer(storm, op, out, args, draw_fate(storm, op, args), pool);
        storm_yield(worker); /* so does the reply */
        if (worker->crashed) {
            return away(pool);
        }
    } while (--tries && err && err->code == SHOP_UNAVAILABLE);
    if (err && op->traits & STORM_ONCE && storm->weakness & STORM_TRUST_RESERVE) {
        pretend_reserved(op, out, args);
        return NULL;
    }
    return err;
}
