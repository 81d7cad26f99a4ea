/* SPDX-License-Identifier: MIT
 * The reservation protocol over one collection of MongoDB. Every statement is one conditional
 * update of one document; which of them may be sent twice, and why, is said at each. */
#include "reservation_mongo.h"

#include <apr_strings.h>
#include <assert.h>
#include <string.h>

/* There when the unit has as many reservations as it may have. */
#define LAST_HOLD "holds.199"
static_assert(SHOP_RESERVATIONS_MAX == 200, "LAST_HOLD names the last one that may stand");

typedef struct reservations_mongo_t {
    shop_reservations_t port; /* first, so that a pointer to it is a pointer to this */
    const shop_reservable_t *kind;
    shop_mongo_t *mongo;
} reservations_mongo_t;

/* One statement: a line of an order, at a unit. */
typedef struct step_t {
    const shop_reservable_t *kind;
    const char *order_id;
    const shop_reservation_line_t *line;
    bool counted; /* the unit has its counter */
    int64_t back_rev;
    apr_time_t now;
} step_t;

/* Builds a statement into filter (which has the _id) and update. */
typedef void (*statement_t)(bson_t *filter, bson_t *update, const step_t *step);

static void append_id(bson_t *doc, const char *name, shop_unit_id_t kind, const char *id)
{
    if (kind == SHOP_UNIT_ID_OID) {
        shop_bson_append_oid(doc, name, id);
    } else {
        BSON_APPEND_UTF8(doc, name, id);
    }
}

/* member: {op: value} */
static void append_compared(bson_t *filter, const char *member, const char *op, int64_t value)
{
    bson_t compared;

    BSON_APPEND_DOCUMENT_BEGIN(filter, member, &compared);
    BSON_APPEND_INT64(&compared, op, value);
    bson_append_document_end(filter, &compared);
}

static void append_exists(bson_t *filter, const char *member, bool exists)
{
    bson_t compared;

    BSON_APPEND_DOCUMENT_BEGIN(filter, member, &compared);
    BSON_APPEND_BOOL(&compared, "$exists", exists);
    bson_append_document_end(filter, &compared);
}

static void append_not_named(bson_t *filter, const char *member, const char *order_id)
{
    bson_t other;

    BSON_APPEND_DOCUMENT_BEGIN(filter, member, &other);
    shop_bson_append_oid(&other, "$ne", order_id);
    bson_append_document_end(filter, &other);
}

/* "$inc": {counter: by, back_rev: 1}; counter NULL: only the revision; revises: that too. */
static void append_inc(bson_t *update, const char *counter, int64_t by, bool revises)
{
    bson_t inc;

    BSON_APPEND_DOCUMENT_BEGIN(update, "$inc", &inc);
    if (counter) {
        BSON_APPEND_INT64(&inc, counter, by);
    }
    if (revises) {
        BSON_APPEND_INT64(&inc, "back_rev", 1);
    }
    bson_append_document_end(update, &inc);
}

/* "$push": {array: {o, q?, at}} */
static void append_push(bson_t *update, const char *array, const step_t *step)
{
    bson_t push, entry;

    BSON_APPEND_DOCUMENT_BEGIN(update, "$push", &push);
    BSON_APPEND_DOCUMENT_BEGIN(&push, array, &entry);
    shop_bson_append_oid(&entry, "o", step->order_id);
    if (step->kind->has_quantities) {
        BSON_APPEND_INT64(&entry, "q", step->line->quantity);
    }
    shop_bson_append_time(&entry, "at", step->now);
    bson_append_document_end(&push, &entry);
    bson_append_document_end(update, &push);
}

/* "$pull": {array: {o: order}} */
static void append_pull(bson_t *update, const char *array, const char *order_id)
{
    bson_t pull, entry;

    BSON_APPEND_DOCUMENT_BEGIN(update, "$pull", &pull);
    BSON_APPEND_DOCUMENT_BEGIN(&pull, array, &entry);
    shop_bson_append_oid(&entry, "o", order_id);
    bson_append_document_end(&pull, &entry);
    bson_append_document_end(update, &pull);
}

/* A statement that adds to the counter says whether it means a unit that has one. */
static void append_counted(bson_t *filter, const step_t *step)
{
    if (step->kind->may_be_unlimited) {
        append_exists(filter, step->kind->counter, step->counted);
    }
}

/* ---- the statements ---- */

/* Sent once: one that arrives late and twice would reserve for an order that has failed and
 * released. The guard on holds.o makes the driver's own retry harmless. */
static void reserve_statement(bson_t *filter, bson_t *update, const step_t *step)
{
    const shop_reservable_t *kind = step->kind;

    if (kind->deleted) {
        BSON_APPEND_NULL(filter, kind->deleted);
    }
    BSON_APPEND_INT64(filter, kind->terms, step->line->terms);
    append_compared(filter, kind->counter, "$gte", step->line->quantity);
    append_not_named(filter, "holds.o", step->order_id);
    append_exists(filter, LAST_HOLD, false);
    append_inc(update, kind->counter, -step->line->quantity, false);
    append_push(update, "holds", step);
}

/* Consumes the reservation that allows it: any number of times, at any delay. Should the counter
 * come or go between the two statements of one line, the reservation stays for the reaper. */
static void release_statement(bson_t *filter, bson_t *update, const step_t *step)
{
    shop_bson_append_oid(filter, "holds.o", step->order_id);
    append_counted(filter, step);
    if (step->counted) {
        append_inc(update, step->kind->counter, step->line->quantity, false);
    }
    append_pull(update, "holds", step->order_id);
}

/* The order is committed and is the record now. */
static void confirm_statement(bson_t *filter, bson_t *update, const step_t *step)
{
    shop_bson_append_oid(filter, "holds.o", step->order_id);
    append_pull(update, "holds", step->order_id);
}

/* The fence (back_rev) is what stops a duplicate that arrives after the marker was dropped. */
static void restock_statement(bson_t *filter, bson_t *update, const step_t *step)
{
    BSON_APPEND_INT64(filter, "back_rev", step->back_rev);
    append_not_named(filter, "backs.o", step->order_id);
    append_counted(filter, step);
    append_inc(update, step->counted ? step->kind->counter : NULL, step->line->quantity, true);
    append_push(update, "backs", step);
}

static void drop_statement(bson_t *filter, bson_t *update, const step_t *step)
{
    shop_bson_append_oid(filter, "backs.o", step->order_id);
    append_inc(update, NULL, 0, true);
    append_pull(update, "backs", step->order_id);
}

/* ---- sending ---- */

/* Appends the statement of a line at *count. */
static void add_statement(bson_t **filters, bson_t **updates, int *count, statement_t statement,
                          const step_t *step)
{
    bson_t *filter = filters[*count] = bson_new();
    bson_t *update = updates[*count] = bson_new();

    append_id(filter, "_id", step->kind->id, step->line->unit_id);
    statement(filter, update, step);
    ++*count;
}

/* One unordered update command: a statement for each line, or two (`adds`) where the counter may be
 * there or not. step: what all have in common. */
static shop_error_t *send_batch(int64_t *matched, shop_reservations_t *port, statement_t statement,
                                bool adds, step_t step, const shop_reservation_t *lines,
                                shop_mongo_concern_t concern, apr_pool_t *pool)
{
    reservations_mongo_t *repo = (reservations_mongo_t *)port;
    apr_size_t most = 2 * (apr_size_t)lines->count + 1;
    bson_t **filters = apr_palloc(pool, most * sizeof(*filters));
    bson_t **updates = apr_palloc(pool, most * sizeof(*updates));
    int count = 0;
    shop_error_t *err;

    step.kind = repo->kind;
    step.order_id = lines->order_id;
    for (int i = 0; i < lines->count; i++) {
        step.line = &lines->lines[i];
        if (adds && repo->kind->may_be_unlimited) {
            step.counted = false;
            add_statement(filters, updates, &count, statement, &step);
        }
        step.counted = true;
        add_statement(filters, updates, &count, statement, &step);
    }
    err = shop_mongo_update_batch(matched, repo->mongo, repo->kind->collection,
                                  (const bson_t *const *)filters, (const bson_t *const *)updates,
                                  count, concern, pool);
    for (int i = 0; i < count; i++) {
        bson_destroy(filters[i]);
        bson_destroy(updates[i]);
    }
    return err;
}

static shop_error_t *mongo_reserve(int *reserved, shop_reservations_t *port,
                                   const shop_reservation_t *wanted, apr_time_t now,
                                   apr_pool_t *pool)
{
    int64_t matched = 0;

    *reserved = 0;
    SHOP_TRY(send_batch(&matched, port, reserve_statement, false, (step_t){ .now = now }, wanted,
                        SHOP_MONGO_MAJORITY, pool));
    *reserved = (int)matched;
    return NULL;
}

/* A majority, though a lost one would be swept by its reservation: then the units are back at
 * once. */
static shop_error_t *mongo_release(shop_reservations_t *port, const shop_reservation_t *made,
                                   apr_pool_t *pool)
{
    int64_t matched;

    return send_batch(&matched, port, release_statement, true, (step_t){ .now = 0 }, made,
                      SHOP_MONGO_MAJORITY, pool);
}

static shop_error_t *mongo_confirm(shop_reservations_t *port, const shop_reservation_t *made,
                                   apr_pool_t *pool)
{
    int64_t matched;

    return send_batch(&matched, port, confirm_statement, false, (step_t){ .now = 0 }, made,
                      SHOP_MONGO_ONE, pool);
}

static shop_error_t *mongo_restock(bool *done, shop_reservations_t *port, const char *order_id,
                                   const shop_reservation_line_t *line, int64_t back_rev,
                                   apr_time_t now, apr_pool_t *pool)
{
    const shop_reservation_t one = { order_id, line, 1 };
    int64_t matched = 0;

    *done = false;
    SHOP_TRY(send_batch(&matched, port, restock_statement, true,
                        (step_t){ .back_rev = back_rev, .now = now }, &one, SHOP_MONGO_MAJORITY,
                        pool));
    *done = matched == 1;
    return NULL;
}

static shop_error_t *mongo_drop_markers(shop_reservations_t *port, const shop_reservation_t *made,
                                        apr_pool_t *pool)
{
    int64_t matched;

    return send_batch(&matched, port, drop_statement, false, (step_t){ .now = 0 }, made,
                      SHOP_MONGO_ONE, pool);
}

/* ---- states ---- */

/* How many entries the array has; *named: does one name the order? */
static int look_for_order(bool *named, const bson_t *doc, const char *array, const char *order_id,
                          apr_pool_t *pool)
{
    bson_t list, entry;
    bson_iter_t iter;
    int count = 0;

    *named = false;
    if (!shop_bson_child(&list, doc, array) || !bson_iter_init(&iter, &list)) {
        return 0;
    }
    for (; bson_iter_next(&iter); count++) {
        const char *id = shop_bson_child(&entry, &list, bson_iter_key(&iter))
                             ? shop_bson_oid(&entry, "o", pool)
                             : NULL;

        *named = *named || (id && !strcmp(id, order_id));
    }
    return count;
}

typedef struct asking_t {
    const shop_reservable_t *kind;
    shop_unit_state_t *states;
    const shop_reservation_t *asked;
} asking_t;

static void read_state(shop_unit_state_t *state, const asking_t *asking, const bson_t *doc,
                       apr_pool_t *pool)
{
    const shop_reservable_t *kind = asking->kind;
    const char *order_id = asking->asked->order_id;
    bson_iter_t iter;

    state->exists = !kind->deleted || !bson_iter_init_find(&iter, doc, kind->deleted) ||
                    BSON_ITER_HOLDS_NULL(&iter);
    state->available =
        shop_bson_int(doc, kind->counter, kind->may_be_unlimited ? SHOP_UNLIMITED : 0);
    state->terms = shop_bson_int(doc, kind->terms, 0);
    state->born = kind->born ? shop_bson_int(doc, kind->born, 0) : 0;
    state->back_rev = shop_bson_int(doc, "back_rev", 0);
    state->reservations = look_for_order(&state->reserved, doc, "holds", order_id, pool);
    look_for_order(&state->restocked, doc, "backs", order_id, pool);
}

static const char *id_of(const bson_t *doc, shop_unit_id_t kind, apr_pool_t *pool)
{
    return kind == SHOP_UNIT_ID_OID ? shop_bson_oid(doc, "_id", pool)
                                    : shop_bson_string(doc, "_id", pool);
}

static shop_error_t *collect_state(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    asking_t *asking = baton;
    const char *id = id_of(doc, asking->kind->id, pool);

    for (int i = 0; id && i < asking->asked->count; i++) {
        if (!strcmp(asking->states[i].unit_id, id)) {
            read_state(&asking->states[i], asking, doc, pool);
        }
    }
    return NULL;
}

static bson_t *state_options(const shop_reservable_t *kind)
{
    bson_t *opts = bson_new(), fields;

    BSON_APPEND_DOCUMENT_BEGIN(opts, "projection", &fields);
    BSON_APPEND_INT32(&fields, kind->counter, 1);
    BSON_APPEND_INT32(&fields, kind->terms, 1);
    if (kind->deleted) {
        BSON_APPEND_INT32(&fields, kind->deleted, 1);
    }
    if (kind->born) {
        BSON_APPEND_INT32(&fields, kind->born, 1);
    }
    BSON_APPEND_INT32(&fields, "back_rev", 1);
    BSON_APPEND_INT32(&fields, "holds.o", 1);
    BSON_APPEND_INT32(&fields, "backs.o", 1);
    bson_append_document_end(opts, &fields);
    return opts;
}

/* Deleted units too: what an order has of them does not end with them. */
static shop_error_t *mongo_states(shop_unit_state_t *states, shop_reservations_t *port,
                                  const shop_reservation_t *asked, apr_pool_t *pool)
{
    reservations_mongo_t *repo = (reservations_mongo_t *)port;
    asking_t asking = { repo->kind, states, asked };
    bson_t filter = BSON_INITIALIZER, in, list;
    bson_t *opts;
    shop_error_t *err;

    if (asked->count == 0) {
        return NULL;
    }
    BSON_APPEND_DOCUMENT_BEGIN(&filter, "_id", &in);
    bson_append_array_begin(&in, "$in", -1, &list);
    for (int i = 0; i < asked->count; i++) {
        states[i] = (shop_unit_state_t){ .unit_id = asked->lines[i].unit_id };
        append_id(&list, apr_itoa(pool, i), repo->kind->id, asked->lines[i].unit_id);
    }
    bson_append_array_end(&in, &list);
    bson_append_document_end(&filter, &in);
    opts = state_options(repo->kind);
    err = shop_mongo_find(repo->mongo, repo->kind->collection, &filter, opts, collect_state,
                          &asking, pool);
    bson_destroy(opts);
    bson_destroy(&filter);
    return err;
}

/* ---- sweeping ---- */

typedef struct leftovers_t {
    apr_array_header_t *left;
    shop_unit_id_t id;
    const char *array;
    apr_time_t before;
    int limit;
} leftovers_t;

static shop_error_t *collect_leftovers(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    leftovers_t *walk = baton;
    bson_t list, entry;
    bson_iter_t iter;

    if (!shop_bson_child(&list, doc, walk->array) || !bson_iter_init(&iter, &list)) {
        return NULL;
    }
    while (bson_iter_next(&iter) && walk->left->nelts < walk->limit) {
        shop_leftover_t *leftover;

        if (!shop_bson_child(&entry, &list, bson_iter_key(&iter)) ||
            shop_bson_time(&entry, "at") >= walk->before) {
            continue;
        }
        leftover = apr_pcalloc(pool, sizeof(*leftover));
        leftover->id = id_of(doc, walk->id, pool);
        leftover->order_id = shop_bson_oid(&entry, "o", pool);
        leftover->quantity = shop_bson_int(&entry, "q", 1);
        if (leftover->id && leftover->order_id) {
            APR_ARRAY_PUSH(walk->left, shop_leftover_t *) = leftover;
        }
    }
    return NULL;
}

shop_error_t *shop_leftovers_find(apr_array_header_t **left, shop_mongo_t *mongo,
                                  const char *collection, shop_unit_id_t id, const char *array,
                                  apr_time_t before, int limit, apr_pool_t *pool)
{
    leftovers_t walk = { apr_array_make(pool, 8, sizeof(shop_leftover_t *)), id, array, before,
                         limit };
    bson_t filter = BSON_INITIALIZER, older, opts = BSON_INITIALIZER, fields;
    shop_error_t *err;

    BSON_APPEND_DOCUMENT_BEGIN(&filter, apr_pstrcat(pool, array, ".at", NULL), &older);
    shop_bson_append_time(&older, "$lt", before);
    bson_append_document_end(&filter, &older);
    BSON_APPEND_DOCUMENT_BEGIN(&opts, "projection", &fields);
    BSON_APPEND_INT32(&fields, array, 1);
    bson_append_document_end(&opts, &fields);
    BSON_APPEND_INT64(&opts, "limit", limit);
    err = shop_mongo_find(mongo, collection, &filter, &opts, collect_leftovers, &walk, pool);
    *left = walk.left;
    bson_destroy(&opts);
    bson_destroy(&filter);
    return err;
}

static shop_error_t *mongo_sweep(apr_array_header_t **left, shop_reservations_t *port,
                                 shop_sweep_t what, apr_time_t before, int limit, apr_pool_t *pool)
{
    reservations_mongo_t *repo = (reservations_mongo_t *)port;

    return shop_leftovers_find(left, repo->mongo, repo->kind->collection, repo->kind->id,
                               what == SHOP_SWEEP_MARKERS ? "backs" : "holds", before, limit, pool);
}

shop_reservations_t *shop_reservations_mongo(const shop_reservable_t *kind, shop_mongo_t *mongo,
                                             apr_pool_t *pool)
{
    reservations_mongo_t *repo = apr_pcalloc(pool, sizeof(*repo));

    repo->kind = kind;
    repo->mongo = mongo;
    repo->port = (shop_reservations_t){ .reserve = mongo_reserve,
                                        .states = mongo_states,
                                        .release = mongo_release,
                                        .confirm = mongo_confirm,
                                        .restock = mongo_restock,
                                        .drop_markers = mongo_drop_markers,
                                        .sweep = mongo_sweep };
    return &repo->port;
}
