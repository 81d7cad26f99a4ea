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

/* One statement: a line of an order, at a unit. */
typedef struct step_t {
    const shop_reservable_t *kind;
    const char *order_id;
    const char *user_id; /* NULL: not known */
    const shop_reservation_line_t *line;
    bool counted; /* the unit has its counter */
    int64_t back_rev;
    apr_time_t now;
} step_t;

/* Builds a statement into filter (which has the _id) and update. */
typedef void (*statement_t)(bson_t *filter, bson_t *update, const step_t *step);

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

/* "$push": {array: {o, u?, q?, at}}; user_id NULL: without u */
static void append_push(bson_t *update, const char *array, const char *user_id, const step_t *step)
{
    bson_t push, entry;

    BSON_APPEND_DOCUMENT_BEGIN(update, "$push", &push);
    BSON_APPEND_DOCUMENT_BEGIN(&push, array, &entry);
    shop_bson_append_oid(&entry, "o", step->order_id);
    if (user_id) {
        shop_bson_append_oid(&entry, "u", user_id);
    }
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

/* What adds to the counter takes the flag back, in the same update. */
static void append_in_stock(bson_t *update, const shop_reservable_t *kind)
{
    bson_t set;

    if (kind->sold_out) {
        BSON_APPEND_DOCUMENT_BEGIN(update, "$set", &set);
        BSON_APPEND_BOOL(&set, kind->sold_out, false);
        bson_append_document_end(update, &set);
    }
}

/* A statement that adds to the counter says whether it means a unit that has one. */
static void append_counted(bson_t *filter, const step_t *step)
{
    if (step->kind->may_be_unlimited) {
        append_exists(filter, step->kind->counter, step->counted);
    }
}

/* ---- the statements ---- */

/* Sent once: one that arrives late and twice would reserve for an order that was given up and has
 * released; the void stops one that is late. The guard on holds.o makes the driver's own retry
 * harmless. */
static void reserve_statement(bson_t *filter, bson_t *update, const step_t *step)
{
    const shop_reservable_t *kind = step->kind;

    if (kind->deleted) {
        BSON_APPEND_NULL(filter, kind->deleted);
    }
    BSON_APPEND_INT64(filter, kind->terms, step->line->terms);
    append_compared(filter, kind->counter, "$gte", step->line->quantity);
    append_not_named(filter, "holds.o", step->order_id);
    append_not_named(filter, "voids.o", step->order_id);
    append_exists(filter, LAST_HOLD, false);
    append_inc(update, kind->counter, -step->line->quantity, false);
    append_push(update, "holds", step->user_id, step);
}

/* Keeps the newest: a void makes every reserve of the unit slower. One that is pushed out or
 * removed by its age leaves a late reserve to whoever finds the reservation. */
static void void_statement(bson_t *filter, bson_t *update, const step_t *step)
{
    bson_t push, voids, each, entry;

    append_not_named(filter, "voids.o", step->order_id);
    BSON_APPEND_DOCUMENT_BEGIN(update, "$push", &push);
    BSON_APPEND_DOCUMENT_BEGIN(&push, "voids", &voids);
    BSON_APPEND_ARRAY_BEGIN(&voids, "$each", &each);
    BSON_APPEND_DOCUMENT_BEGIN(&each, "0", &entry);
    shop_bson_append_oid(&entry, "o", step->order_id);
    shop_bson_append_time(&entry, "at", step->now);
    bson_append_document_end(&each, &entry);
    bson_append_array_end(&voids, &each);
    BSON_APPEND_INT32(&voids, "$slice", -SHOP_VOIDS_MAX);
    bson_append_document_end(&push, &voids);
    bson_append_document_end(update, &push);
}

/* Consumes the reservation that allows it: any number of times, at any delay. Should the counter
 * come or go between the two statements of one line, the reservation stays for the reaper. */
static void release_statement(bson_t *filter, bson_t *update, const step_t *step)
{
    shop_bson_append_oid(filter, "holds.o", step->order_id);
    append_counted(filter, step);
    if (step->counted) {
        append_inc(update, step->kind->counter, step->line->quantity, false);
        append_in_stock(update, step->kind);
    }
    append_pull(update, "holds", step->order_id);
}

/* The fence (back_rev) is what stops a duplicate that arrives after the marker was dropped. */
static void restock_statement(bson_t *filter, bson_t *update, const step_t *step)
{
    BSON_APPEND_INT64(filter, "back_rev", step->back_rev);
    append_not_named(filter, "backs.o", step->order_id);
    append_counted(filter, step);
    append_inc(update, step->counted ? step->kind->counter : NULL, step->line->quantity, true);
    if (step->counted) {
        append_in_stock(update, step->kind);
    }
    append_push(update, "backs", NULL, step);
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

    shop_reservation_append_id(filter, "_id", step->kind->id, step->line->unit_id);
    statement(filter, update, step);
    ++*count;
}

/* One unordered update command. The statements are destroyed. */
static shop_error_t *send_all(int64_t *matched, const shop_reservations_mongo_t *repo,
                              bson_t **filters, bson_t **updates, int count,
                              shop_mongo_concern_t concern, apr_pool_t *pool)
{
    shop_error_t *err = shop_mongo_update_batch(
        matched, repo->mongo, repo->kind->collection, (const bson_t *const *)filters,
        (const bson_t *const *)updates, count, concern, pool);

    for (int i = 0; i < count; i++) {
        bson_destroy(filters[i]);
        bson_destroy(updates[i]);
    }
    return err;
}

/* One command: a statement for each line, or two (`adds`) where the counter may be
 * there or not. step: what all have in common. */
static shop_error_t *send_batch(int64_t *matched, shop_reservations_t *port, statement_t statement,
                                bool adds, step_t step, const shop_reservation_t *lines,
                                shop_mongo_concern_t concern, apr_pool_t *pool)
{
    shop_reservations_mongo_t *repo = (shop_reservations_mongo_t *)port;
    apr_size_t most = 2 * (apr_size_t)lines->count + 1;
    bson_t **filters = apr_palloc(pool, most * sizeof(*filters));
    bson_t **updates = apr_palloc(pool, most * sizeof(*updates));
    int count = 0;

    step.kind = repo->kind;
    step.order_id = lines->order_id;
    step.user_id = lines->user_id;
    for (int i = 0; i < lines->count; i++) {
        step.line = &lines->lines[i];
        if (adds && repo->kind->may_be_unlimited) {
            step.counted = false;
            add_statement(filters, updates, &count, statement, &step);
        }
        step.counted = true;
        add_statement(filters, updates, &count, statement, &step);
    }
    return send_all(matched, repo, filters, updates, count, concern, pool);
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

/* A majority, before anything is released: one that an election takes back stops no late reserve.
 */
static shop_error_t *mongo_void_order(shop_reservations_t *port, const shop_reservation_t *made,
                                      apr_time_t now, apr_pool_t *pool)
{
    int64_t matched;

    return send_batch(&matched, port, void_statement, false, (step_t){ .now = now }, made,
                      SHOP_MONGO_MAJORITY, pool);
}

/* A majority: the order's claim, which names its units, is removed behind it. */
static shop_error_t *mongo_release(shop_reservations_t *port, const shop_reservation_t *made,
                                   apr_pool_t *pool)
{
    int64_t matched;

    return send_batch(&matched, port, release_statement, true, (step_t){ .now = 0 }, made,
                      SHOP_MONGO_MAJORITY, pool);
}

/* The orders are placed and are the record now. Any reservation of theirs goes. */
static void confirm_statement(bson_t *filter, bson_t *update, const shop_reservable_t *kind,
                              const shop_unit_orders_t *unit)
{
    bson_t pull, entry, named, list;

    shop_reservation_append_id(filter, "_id", kind->id, unit->unit_id);
    BSON_APPEND_DOCUMENT_BEGIN(update, "$pull", &pull);
    BSON_APPEND_DOCUMENT_BEGIN(&pull, "holds", &entry);
    BSON_APPEND_DOCUMENT_BEGIN(&entry, "o", &named);
    BSON_APPEND_ARRAY_BEGIN(&named, "$in", &list);
    for (int i = 0; i < unit->count; i++) {
        char buffer[16];
        const char *index;

        bson_uint32_to_string((uint32_t)i, &index, buffer, sizeof(buffer));
        shop_bson_append_oid(&list, index, unit->order_ids[i]);
    }
    bson_append_array_end(&named, &list);
    bson_append_document_end(&entry, &named);
    bson_append_document_end(&pull, &entry);
    bson_append_document_end(update, &pull);
}

/* One statement for all units, though it changes one document at a time; each compares what it
 * changes, so it may be late and is never wrong. */
static shop_error_t *mark_sold_out(shop_reservations_mongo_t *repo, const shop_unit_orders_t *units,
                                   int count, apr_pool_t *pool)
{
    const shop_reservable_t *kind = repo->kind;
    bson_t filter = BSON_INITIALIZER, update = BSON_INITIALIZER, in, list, other, set;
    shop_error_t *err;

    BSON_APPEND_DOCUMENT_BEGIN(&filter, "_id", &in);
    BSON_APPEND_ARRAY_BEGIN(&in, "$in", &list);
    for (int i = 0; i < count; i++) {
        shop_reservation_append_id(&list, apr_itoa(pool, i), kind->id, units[i].unit_id);
    }
    bson_append_array_end(&in, &list);
    bson_append_document_end(&filter, &in);
    append_compared(&filter, kind->counter, "$lte", 0);
    BSON_APPEND_DOCUMENT_BEGIN(&filter, kind->sold_out, &other);
    BSON_APPEND_BOOL(&other, "$ne", true);
    bson_append_document_end(&filter, &other);
    BSON_APPEND_DOCUMENT_BEGIN(&update, "$set", &set);
    BSON_APPEND_BOOL(&set, kind->sold_out, true);
    bson_append_document_end(&update, &set);
    err = shop_mongo_update_all(NULL, repo->mongo, kind->collection, &filter, &update,
                                SHOP_MONGO_MAJORITY, pool);
    bson_destroy(&filter);
    bson_destroy(&update);
    return err;
}

/* A majority, since nobody waits for it: a reservation that comes back is in the way of others. */
static shop_error_t *mongo_confirm(shop_reservations_t *port, const shop_unit_orders_t *units,
                                   int count, apr_pool_t *pool)
{
    shop_reservations_mongo_t *repo = (shop_reservations_mongo_t *)port;
    bson_t **filters = apr_palloc(pool, ((apr_size_t)count + 1) * sizeof(*filters));
    bson_t **updates = apr_palloc(pool, ((apr_size_t)count + 1) * sizeof(*updates));
    int64_t matched;

    for (int i = 0; i < count; i++) {
        filters[i] = bson_new();
        updates[i] = bson_new();
        confirm_statement(filters[i], updates[i], repo->kind, &units[i]);
    }
    SHOP_TRY(send_all(&matched, repo, filters, updates, count, SHOP_MONGO_MAJORITY, pool));
    return repo->kind->sold_out && count ? mark_sold_out(repo, units, count, pool) : NULL;
}

static shop_error_t *mongo_restock(bool *done, shop_reservations_t *port, const char *order_id,
                                   const shop_reservation_line_t *line, int64_t back_rev,
                                   apr_time_t now, apr_pool_t *pool)
{
    const shop_reservation_t one = { .order_id = order_id, .lines = line, .count = 1 };
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

/* By one node: what comes back is removed the next time. */
static shop_error_t *mongo_drop_voids(shop_reservations_t *port, apr_time_t before,
                                      apr_pool_t *pool)
{
    shop_reservations_mongo_t *repo = (shop_reservations_mongo_t *)port;
    bson_t filter = BSON_INITIALIZER, update = BSON_INITIALIZER, older, pull, entry;
    shop_error_t *err;

    BSON_APPEND_DOCUMENT_BEGIN(&filter, "voids.at", &older);
    shop_bson_append_time(&older, "$lt", before);
    bson_append_document_end(&filter, &older);
    BSON_APPEND_DOCUMENT_BEGIN(&update, "$pull", &pull);
    BSON_APPEND_DOCUMENT_BEGIN(&pull, "voids", &entry);
    BSON_APPEND_DOCUMENT_BEGIN(&entry, "at", &older);
    shop_bson_append_time(&older, "$lt", before);
    bson_append_document_end(&entry, &older);
    bson_append_document_end(&pull, &entry);
    bson_append_document_end(&update, &pull);
    err = shop_mongo_update_all(NULL, repo->mongo, repo->kind->collection, &filter, &update,
                                SHOP_MONGO_ONE, pool);
    bson_destroy(&update);
    bson_destroy(&filter);
    return err;
}

shop_reservations_t *shop_reservations_mongo(const shop_reservable_t *kind, shop_mongo_t *mongo,
                                             const struct shop_schema_known_t *schema,
                                             apr_pool_t *pool)
{
    shop_reservations_mongo_t *repo = apr_pcalloc(pool, sizeof(*repo));

    repo->kind = kind;
    repo->mongo = mongo;
    repo->schema = schema;
    repo->port = (shop_reservations_t){ .reserve = mongo_reserve,
                                        .states = shop_reservation_states_mongo,
                                        .void_order = mongo_void_order,
                                        .release = mongo_release,
                                        .confirm = mongo_confirm,
                                        .restock = mongo_restock,
                                        .drop_markers = mongo_drop_markers,
                                        .drop_voids = mongo_drop_voids,
                                        .sweep = shop_reservation_sweep_mongo };
    return &repo->port;
}
