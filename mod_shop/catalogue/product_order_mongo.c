/* SPDX-License-Identifier: MIT
 * The product's side of placing and cancelling an order. Every statement is one conditional update
 * of one product; which of them may be sent twice, and why, is said at each. */
#include <apr_strings.h>
#include <string.h>

#include "product_mongo.h"

/* A product with so many standing holds refuses more: the cost of an update grows with them. */
#define LAST_HOLD "holds.199"

/* Builds one statement into filter and update. */
typedef void (*statement_t)(bson_t *filter, bson_t *update, const char *order_id,
                            const shop_take_t *line, apr_time_t now);

static void append_inc(bson_t *update, const char *name, int64_t by)
{
    bson_t inc;

    BSON_APPEND_DOCUMENT_BEGIN(update, "$inc", &inc);
    bson_append_int64(&inc, name, -1, by);
    bson_append_document_end(update, &inc);
}

/* "$push": {array: {o, q, at}} */
static void append_push(bson_t *update, const char *array, const char *order_id, int64_t quantity,
                        apr_time_t now)
{
    bson_t push, entry;

    BSON_APPEND_DOCUMENT_BEGIN(update, "$push", &push);
    BSON_APPEND_DOCUMENT_BEGIN(&push, array, &entry);
    shop_bson_append_oid(&entry, "o", order_id);
    BSON_APPEND_INT64(&entry, "q", quantity);
    shop_bson_append_time(&entry, "at", now);
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

static void append_not_named(bson_t *filter, const char *member, const char *order_id)
{
    bson_t other;

    BSON_APPEND_DOCUMENT_BEGIN(filter, member, &other);
    shop_bson_append_oid(&other, "$ne", order_id);
    bson_append_document_end(filter, &other);
}

/* Sent once: a take that arrives late and twice would hold stock for an order that has failed and
 * released. The guard on holds.o makes the driver's own retry harmless. */
static void take_statement(bson_t *filter, bson_t *update, const char *order_id,
                           const shop_take_t *line, apr_time_t now)
{
    bson_t least, absent;

    BSON_APPEND_NULL(filter, "deleted_at");
    BSON_APPEND_INT64(filter, "price", line->price);
    BSON_APPEND_DOCUMENT_BEGIN(filter, "stock", &least);
    BSON_APPEND_INT64(&least, "$gte", line->quantity);
    bson_append_document_end(filter, &least);
    append_not_named(filter, "holds.o", order_id);
    BSON_APPEND_DOCUMENT_BEGIN(filter, LAST_HOLD, &absent);
    BSON_APPEND_BOOL(&absent, "$exists", false);
    bson_append_document_end(filter, &absent);
    append_inc(update, "stock", -line->quantity);
    append_push(update, "holds", order_id, line->quantity, now);
}

/* Consumes the hold that allows it: any number of times, at any delay. */
static void release_statement(bson_t *filter, bson_t *update, const char *order_id,
                              const shop_take_t *line, apr_time_t now)
{
    (void)now;
    shop_bson_append_oid(filter, "holds.o", order_id);
    append_inc(update, "stock", line->quantity);
    append_pull(update, "holds", order_id);
}

/* The order is committed: its hold goes, the stock stays taken. */
static void spend_statement(bson_t *filter, bson_t *update, const char *order_id,
                            const shop_take_t *line, apr_time_t now)
{
    (void)line;
    (void)now;
    shop_bson_append_oid(filter, "holds.o", order_id);
    append_pull(update, "holds", order_id);
}

/* back_rev rises, so that a give_back sent before this and arriving after it finds another one. */
static void forget_statement(bson_t *filter, bson_t *update, const char *order_id,
                             const shop_take_t *line, apr_time_t now)
{
    (void)line;
    (void)now;
    shop_bson_append_oid(filter, "backs.o", order_id);
    append_inc(update, "back_rev", 1);
    append_pull(update, "backs", order_id);
}

/* One unordered update command with a statement per line. */
static shop_error_t *send_batch(int64_t *matched, shop_product_repo_t *port, statement_t statement,
                                const char *order_id, const shop_take_t *lines, int count,
                                apr_time_t now, shop_mongo_concern_t concern, apr_pool_t *pool)
{
    shop_product_repo_mongo_t *repo = (shop_product_repo_mongo_t *)port;
    bson_t **filters = apr_palloc(pool, (apr_size_t)(count + 1) * sizeof(*filters));
    bson_t **updates = apr_palloc(pool, (apr_size_t)(count + 1) * sizeof(*updates));
    shop_error_t *err;

    for (int i = 0; i < count; i++) {
        filters[i] = bson_new();
        updates[i] = bson_new();
        shop_bson_append_oid(filters[i], "_id", lines[i].product_id);
        statement(filters[i], updates[i], order_id, &lines[i], now);
    }
    err = shop_mongo_update_batch(matched, repo->mongo, SHOP_PRODUCTS_COLLECTION,
                                  (const bson_t *const *)filters, (const bson_t *const *)updates,
                                  count, concern, pool);
    for (int i = 0; i < count; i++) {
        bson_destroy(filters[i]);
        bson_destroy(updates[i]);
    }
    return err;
}

static shop_error_t *product_take(int *taken, shop_product_repo_t *port, const char *order_id,
                                  const shop_take_t *lines, int count, apr_time_t now,
                                  apr_pool_t *pool)
{
    int64_t matched = 0;

    *taken = 0;
    SHOP_TRY(send_batch(&matched, port, take_statement, order_id, lines, count, now,
                        SHOP_MONGO_MAJORITY, pool));
    *taken = (int)matched;
    return NULL;
}

/* A majority, though a lost one would be swept by its hold: then the stock is back at once. */
static shop_error_t *product_release(shop_product_repo_t *port, const char *order_id,
                                     const shop_take_t *lines, int count, apr_pool_t *pool)
{
    int64_t matched;

    return send_batch(&matched, port, release_statement, order_id, lines, count, 0,
                      SHOP_MONGO_MAJORITY, pool);
}

static shop_error_t *product_spend(shop_product_repo_t *port, const char *order_id,
                                   const shop_take_t *lines, int count, apr_pool_t *pool)
{
    int64_t matched;

    return send_batch(&matched, port, spend_statement, order_id, lines, count, 0, SHOP_MONGO_ONE,
                      pool);
}

static shop_error_t *product_forget_back(shop_product_repo_t *port, const char *order_id,
                                         const shop_take_t *lines, int count, apr_pool_t *pool)
{
    int64_t matched;

    return send_batch(&matched, port, forget_statement, order_id, lines, count, 0, SHOP_MONGO_ONE,
                      pool);
}

static shop_error_t *product_give_back(bool *done, shop_product_repo_t *port, const char *order_id,
                                       const shop_take_t *line, int64_t back_rev, apr_time_t now,
                                       apr_pool_t *pool)
{
    shop_product_repo_mongo_t *repo = (shop_product_repo_mongo_t *)port;
    bson_t filter = BSON_INITIALIZER, update = BSON_INITIALIZER, inc;
    int64_t matched = 0;
    shop_error_t *err;

    shop_bson_append_oid(&filter, "_id", line->product_id);
    BSON_APPEND_INT64(&filter, "back_rev", back_rev);
    append_not_named(&filter, "backs.o", order_id);
    BSON_APPEND_DOCUMENT_BEGIN(&update, "$inc", &inc);
    BSON_APPEND_INT64(&inc, "stock", line->quantity);
    BSON_APPEND_INT64(&inc, "back_rev", 1);
    bson_append_document_end(&update, &inc);
    append_push(&update, "backs", order_id, line->quantity, now);
    err = shop_mongo_update(&matched, NULL, repo->mongo, SHOP_PRODUCTS_COLLECTION, &filter, &update,
                            NULL, SHOP_MONGO_MAJORITY, pool);
    bson_destroy(&filter);
    bson_destroy(&update);
    *done = !err && matched == 1;
    return err;
}

/* Calls each for every entry of an array of {o, q, at}; *count: how many there are. */
typedef void (*entry_t)(void *baton, const bson_t *entry);

static int walk_entries(const bson_t *doc, const char *array, entry_t each, void *baton)
{
    bson_t list, entry;
    bson_iter_t iter;
    int count = 0;

    if (!shop_bson_child(&list, doc, array) || !bson_iter_init(&iter, &list)) {
        return 0;
    }
    while (bson_iter_next(&iter)) {
        const uint8_t *bytes;
        uint32_t size;

        if (BSON_ITER_HOLDS_DOCUMENT(&iter)) {
            bson_iter_document(&iter, &size, &bytes);
            if (bson_init_static(&entry, bytes, size)) {
                each(baton, &entry);
                count++;
            }
        }
    }
    return count;
}

typedef struct naming_t {
    const char *order_id;
    bool named;
    apr_pool_t *pool;
} naming_t;

static void look_for_order(void *baton, const bson_t *entry)
{
    naming_t *naming = baton;
    const char *order_id = shop_bson_oid(entry, "o", naming->pool);

    naming->named = naming->named || (order_id && !strcmp(order_id, naming->order_id));
}

typedef struct asking_t {
    shop_stock_state_t *states;
    const char *order_id;
    int count;
} asking_t;

static void read_state(shop_stock_state_t *state, const bson_t *doc, const char *order_id,
                       apr_pool_t *pool)
{
    naming_t held = { order_id, false, pool }, backed = { order_id, false, pool };
    bson_iter_t iter;

    state->exists = !bson_iter_init_find(&iter, doc, "deleted_at") || BSON_ITER_HOLDS_NULL(&iter);
    state->stock = shop_bson_int(doc, "stock", 0);
    state->price = shop_bson_int(doc, "price", 0);
    state->back_rev = shop_bson_int(doc, "back_rev", 0);
    state->holds = walk_entries(doc, "holds", look_for_order, &held);
    walk_entries(doc, "backs", look_for_order, &backed);
    state->held = held.named;
    state->backed = backed.named;
}

static shop_error_t *collect_state(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    asking_t *asking = baton;
    const char *id = shop_bson_oid(doc, "_id", pool);

    for (int i = 0; id && i < asking->count; i++) {
        if (!strcmp(asking->states[i].product_id, id)) {
            read_state(&asking->states[i], doc, asking->order_id, pool);
        }
    }
    return NULL;
}

/* Deleted products too: what they gave or owe an order does not end with them. */
static shop_error_t *product_states(shop_stock_state_t *states, shop_product_repo_t *port,
                                    const char *order_id, const shop_take_t *lines, int count,
                                    apr_pool_t *pool)
{
    shop_product_repo_mongo_t *repo = (shop_product_repo_mongo_t *)port;
    asking_t asking = { states, order_id, count };
    bson_t filter = BSON_INITIALIZER, in, list;
    bson_t *opts = BCON_NEW("projection", "{", "stock", BCON_INT32(1), "price", BCON_INT32(1),
                            "deleted_at", BCON_INT32(1), "back_rev", BCON_INT32(1), "holds.o",
                            BCON_INT32(1), "backs.o", BCON_INT32(1), "}");
    shop_error_t *err;

    BSON_APPEND_DOCUMENT_BEGIN(&filter, "_id", &in);
    bson_append_array_begin(&in, "$in", -1, &list);
    for (int i = 0; i < count; i++) {
        states[i] = (shop_stock_state_t){ .product_id = lines[i].product_id };
        shop_bson_append_oid(&list, apr_itoa(pool, i), lines[i].product_id);
    }
    bson_append_array_end(&in, &list);
    bson_append_document_end(&filter, &in);
    err = shop_mongo_find(repo->mongo, SHOP_PRODUCTS_COLLECTION, &filter, opts, collect_state,
                          &asking, pool);
    bson_destroy(opts);
    bson_destroy(&filter);
    return err;
}

typedef struct sweep_t {
    apr_array_header_t *left;
    const char *array;
    const char *product_id;
    apr_time_t before;
    int limit;
    apr_pool_t *pool;
} sweep_t;

static void collect_leftover(void *baton, const bson_t *entry)
{
    sweep_t *sweep = baton;
    shop_leftover_t *leftover;

    if (sweep->left->nelts >= sweep->limit || shop_bson_time(entry, "at") >= sweep->before) {
        return;
    }
    leftover = apr_pcalloc(sweep->pool, sizeof(*leftover));
    leftover->id = sweep->product_id;
    leftover->order_id = shop_bson_oid(entry, "o", sweep->pool);
    leftover->quantity = shop_bson_int(entry, "q", 0);
    if (leftover->order_id) {
        APR_ARRAY_PUSH(sweep->left, shop_leftover_t *) = leftover;
    }
}

static shop_error_t *collect_leftovers(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    sweep_t *sweep = baton;

    sweep->pool = pool;
    sweep->product_id = shop_bson_oid(doc, "_id", pool);
    walk_entries(doc, sweep->array, collect_leftover, sweep);
    return NULL;
}

static shop_error_t *product_old_holds(apr_array_header_t **left, shop_product_repo_t *port,
                                       bool backs, apr_time_t before, int limit, apr_pool_t *pool)
{
    shop_product_repo_mongo_t *repo = (shop_product_repo_mongo_t *)port;
    sweep_t sweep = { .array = backs ? "backs" : "holds", .before = before, .limit = limit };
    bson_t filter = BSON_INITIALIZER, old;
    bson_t *opts =
        BCON_NEW("projection", "{", sweep.array, BCON_INT32(1), "}", "limit", BCON_INT64(limit));
    shop_error_t *err;

    *left = sweep.left = apr_array_make(pool, 8, sizeof(shop_leftover_t *));
    BSON_APPEND_DOCUMENT_BEGIN(&filter, backs ? "backs.at" : "holds.at", &old);
    shop_bson_append_time(&old, "$lt", before);
    bson_append_document_end(&filter, &old);
    err = shop_mongo_find(repo->mongo, SHOP_PRODUCTS_COLLECTION, &filter, opts, collect_leftovers,
                          &sweep, pool);
    bson_destroy(opts);
    bson_destroy(&filter);
    return err;
}

void shop_product_mongo_protocol(shop_product_repo_t *port)
{
    port->take = product_take;
    port->states = product_states;
    port->release = product_release;
    port->spend = product_spend;
    port->give_back = product_give_back;
    port->forget_back = product_forget_back;
    port->old_holds = product_old_holds;
}
