/* SPDX-License-Identifier: MIT
 * The commands of POST /api/orders where the cart carries the claim and the insert of the order is
 * the commit: session, cart, products; claim, take, insert, clear. Holds are dropped behind the
 * reply, those of many orders in one command. */
#include "bare.h"

#include <string.h>
#include <time.h>

#define DROP_WAIT_MS 200

static void claim(work_t *work, const bson_oid_t *order)
{
    bson_t *filter =
        BCON_NEW("_id", BCON_OID(&work->user), "gen", BCON_INT64(work->gen), "rev",
                 BCON_INT64(work->rev), "ordering", "{", "$exists", BCON_BOOL(false), "}");
    bson_t *change = BCON_NEW("$inc", "{", "rev", BCON_INT64(1), "}");
    bson_t set, ordering, lines, line;
    char key[16];

    BSON_APPEND_DOCUMENT_BEGIN(change, "$set", &set);
    BSON_APPEND_DOCUMENT_BEGIN(&set, "ordering", &ordering);
    BSON_APPEND_OID(&ordering, "o", order);
    BSON_APPEND_DATE_TIME(&ordering, "at", bare_now_ms());
    BSON_APPEND_INT64(&ordering, "rev", work->rev + 1);
    bson_append_array_begin(&ordering, "lines", -1, &lines);
    for (int i = 0; i < work->count; i++) {
        snprintf(key, sizeof(key), "%d", i);
        BSON_APPEND_DOCUMENT_BEGIN(&lines, key, &line);
        BSON_APPEND_OID(&line, "product", &work->lines[i].product);
        BSON_APPEND_INT64(&line, "q", work->lines[i].quantity);
        bson_append_document_end(&lines, &line);
    }
    bson_append_array_end(&ordering, &lines);
    bson_append_document_end(&set, &ordering);
    bson_append_document_end(change, &set);
    if (bare_update(work, "carts", filter, change, true) != 1) {
        bare_fail(work, "claim", NULL);
    }
    bson_destroy(change);
    bson_destroy(filter);
}

static void run_bulk(work_t *work, mongoc_bulk_operation_t *bulk, int64_t wanted)
{
    bson_t reply;
    bson_error_t error;
    bson_iter_t iter;

    work->commands++;
    if (!mongoc_bulk_operation_execute(bulk, &reply, &error)) {
        bare_fail(work, "batch", &error);
    } else if (wanted && (!bson_iter_init_find(&iter, &reply, "nMatched") ||
                          bson_iter_as_int64(&iter) != wanted)) {
        bare_fail(work, "a line was not matched", NULL);
    }
    bson_destroy(&reply);
    mongoc_bulk_operation_destroy(bulk);
}

static mongoc_bulk_operation_t *bulk_of(work_t *work, mongoc_collection_t *collection)
{
    bson_t opts = BSON_INITIALIZER;
    mongoc_bulk_operation_t *bulk;

    bare_append_concern(work, &opts, true);
    BSON_APPEND_BOOL(&opts, "ordered", false);
    bulk = mongoc_collection_create_bulk_operation_with_opts(collection, &opts);
    bson_destroy(&opts);
    return bulk;
}

static void take(work_t *work, const bson_oid_t *order)
{
    mongoc_collection_t *collection = bare_collection(work, "products");
    mongoc_bulk_operation_t *bulk = bulk_of(work, collection);
    bson_error_t error;

    for (int i = 0; i < work->count; i++) {
        const line_t *line = &work->lines[i];
        bson_t *filter =
            BCON_NEW("_id", BCON_OID(&line->product), "deleted_at", BCON_NULL, "price",
                     BCON_INT64(line->price), "stock", "{", "$gte", BCON_INT64(line->quantity), "}",
                     "holds.o", "{", "$ne", BCON_OID(order), "}", "voids.o", "{", "$ne",
                     BCON_OID(order), "}", "holds.199", "{", "$exists", BCON_BOOL(false), "}");
        bson_t *change =
            BCON_NEW("$inc", "{", "stock", BCON_INT64(-line->quantity), "}", "$push", "{", "holds",
                     "{", "o", BCON_OID(order), "u", BCON_OID(&work->user), "q",
                     BCON_INT64(line->quantity), "at", BCON_DATE_TIME(bare_now_ms()), "}", "}");

        mongoc_bulk_operation_update_one_with_opts(bulk, filter, change, NULL, &error);
        bson_destroy(filter);
        bson_destroy(change);
    }
    run_bulk(work, bulk, work->count);
    mongoc_collection_destroy(collection);
}

static void insert(work_t *work, const bson_oid_t *order)
{
    static const uint8_t reply[900];
    mongoc_collection_t *collection = bare_collection(work, "orders");
    bson_t doc = BSON_INITIALIZER, opts = BSON_INITIALIZER, empty = BSON_INITIALIZER;
    bson_error_t error;
    char by[25];

    bson_oid_to_string(&work->user, by);
    bare_append_order(&doc, work, order, "pending", 1);
    BCON_APPEND(&doc, "created_at", BCON_DATE_TIME(bare_now_ms()), "reply",
                BCON_BIN(BSON_SUBTYPE_BINARY, reply, sizeof(reply)), "history", "[", "{", "status",
                BCON_UTF8("pending"), "at", BCON_DATE_TIME(bare_now_ms()), "by", BCON_UTF8(by), "}",
                "]", "outbox", "[", "{", "event", BCON_UTF8("order_placed"), "at",
                BCON_DATE_TIME(bare_now_ms()), "}", "]");
    BSON_APPEND_ARRAY(&doc, "returned", &empty);
    bare_append_concern(work, &opts, true);
    work->commands++;
    if (!mongoc_collection_insert_one(collection, &doc, &opts, NULL, &error)) {
        bare_fail(work, "insert", &error);
    }
    bson_destroy(&doc);
    bson_destroy(&opts);
    bson_destroy(&empty);
    mongoc_collection_destroy(collection);
}

static void clear_cart(work_t *work, const bson_oid_t *order)
{
    bson_t *filter = BCON_NEW("_id", BCON_OID(&work->user), "ordering.o", BCON_OID(order), "rev",
                              BCON_INT64(work->rev + 1));
    bson_t *change = BCON_NEW("$inc", "{", "gen", BCON_INT64(1), "rev", BCON_INT64(1), "}",
                              "$unset", "{", "ordering", BCON_UTF8(""), "}", "$set", "{", "lines",
                              "[", "]", "updated_at", BCON_DATE_TIME(bare_now_ms()), "}");

    if (bare_update(work, "carts", filter, change, false) != 1) {
        bare_fail(work, "cart", NULL);
    }
    bson_destroy(change);
    bson_destroy(filter);
}

/* ---- holds, dropped behind the reply ---- */

static drop_t *drop_of(shared_t *shared, const bson_oid_t *product)
{
    for (int i = 0; i < shared->dropping; i++) {
        if (bson_oid_equal(product, &shared->drops[i].product)) {
            return &shared->drops[i];
        }
    }
    if (shared->dropping == DROP_PRODUCTS) {
        return NULL;
    }
    bson_oid_copy(product, &shared->drops[shared->dropping].product);
    shared->drops[shared->dropping].count = 0;
    return &shared->drops[shared->dropping++];
}

/* Waits while the product's list is full: the dropping thread empties it. */
static void remember(work_t *work, const bson_oid_t *order)
{
    const struct timespec pause = { 0, 1000000 };

    for (int i = 0; i < work->count; i++) {
        drop_t *drop = NULL;

        while (!drop) {
            pthread_mutex_lock(&work->shared->lock);
            drop = drop_of(work->shared, &work->lines[i].product);
            if (drop && drop->count < DROP_ORDERS) {
                bson_oid_copy(order, &drop->orders[drop->count++]);
            } else {
                drop = NULL;
            }
            pthread_mutex_unlock(&work->shared->lock);
            if (!drop) {
                nanosleep(&pause, NULL);
            }
        }
    }
}

static void append_pull(mongoc_bulk_operation_t *bulk, const drop_t *drop)
{
    bson_t *filter = BCON_NEW("_id", BCON_OID(&drop->product)), change = BSON_INITIALIZER;
    bson_t pull, holds, o, in;
    bson_error_t error;
    char key[16];

    BSON_APPEND_DOCUMENT_BEGIN(&change, "$pull", &pull);
    BSON_APPEND_DOCUMENT_BEGIN(&pull, "holds", &holds);
    BSON_APPEND_DOCUMENT_BEGIN(&holds, "o", &o);
    bson_append_array_begin(&o, "$in", -1, &in);
    for (int i = 0; i < drop->count; i++) {
        snprintf(key, sizeof(key), "%d", i);
        BSON_APPEND_OID(&in, key, &drop->orders[i]);
    }
    bson_append_array_end(&o, &in);
    bson_append_document_end(&holds, &o);
    bson_append_document_end(&pull, &holds);
    bson_append_document_end(&change, &pull);
    mongoc_bulk_operation_update_one_with_opts(bulk, filter, &change, NULL, &error);
    bson_destroy(&change);
    bson_destroy(filter);
}

/* {_id: {$in: products}, stock: {$lte: 0}, sold_out: {$ne: true}} -> sold out */
static void append_sold_out(mongoc_bulk_operation_t *bulk, const drop_t *drops, int count)
{
    bson_t filter = BSON_INITIALIZER, *change, id, in;
    bson_error_t error;
    char key[16];

    BSON_APPEND_DOCUMENT_BEGIN(&filter, "_id", &id);
    bson_append_array_begin(&id, "$in", -1, &in);
    for (int i = 0; i < count; i++) {
        snprintf(key, sizeof(key), "%d", i);
        BSON_APPEND_OID(&in, key, &drops[i].product);
    }
    bson_append_array_end(&id, &in);
    bson_append_document_end(&filter, &id);
    BCON_APPEND(&filter, "stock", "{", "$lte", BCON_INT64(0), "}", "sold_out", "{", "$ne",
                BCON_BOOL(true), "}");
    change = BCON_NEW("$set", "{", "sold_out", BCON_BOOL(true), "}");
    mongoc_bulk_operation_update_many_with_opts(bulk, &filter, change, NULL, &error);
    bson_destroy(change);
    bson_destroy(&filter);
}

static void drop_batch(work_t *work, drop_t *drops)
{
    mongoc_collection_t *collection;
    mongoc_bulk_operation_t *bulk;
    int count;

    pthread_mutex_lock(&work->shared->lock);
    count = work->shared->dropping;
    memcpy(drops, work->shared->drops, (size_t)count * sizeof(*drops));
    work->shared->dropping = 0;
    pthread_mutex_unlock(&work->shared->lock);
    if (!count) {
        return;
    }
    collection = bare_collection(work, "products");
    bulk = bulk_of(work, collection);
    for (int i = 0; i < count; i++) {
        append_pull(bulk, &drops[i]);
    }
    append_sold_out(bulk, drops, count);
    run_bulk(work, bulk, 0);
    mongoc_collection_destroy(collection);
}

static bool is_full(shared_t *shared)
{
    bool full = false;

    pthread_mutex_lock(&shared->lock);
    for (int i = 0; i < shared->dropping; i++) {
        full = full || shared->drops[i].count == DROP_ORDERS;
    }
    pthread_mutex_unlock(&shared->lock);
    return full;
}

void *bare_drop_holds(void *argument)
{
    static drop_t drops[DROP_PRODUCTS];
    const struct timespec pause = { 0, 5000000 };
    work_t work = { .shared = argument };
    bool done = false;

    if (strcmp(work.shared->mode, "order_v2")) {
        return NULL;
    }
    bare_begin(&work);
    while (!done) {
        for (int waited = 0;
             waited < DROP_WAIT_MS && !is_full(work.shared) && !atomic_load(&work.shared->done);
             waited += 5) {
            nanosleep(&pause, NULL);
        }
        done = atomic_load(&work.shared->done);
        drop_batch(&work, drops);
    }
    bare_end(&work);
    return NULL;
}

void bare_order_v2(work_t *work)
{
    bson_oid_t id;

    bson_oid_init(&id, NULL);
    bare_find_session(work);
    bare_find_cart(work);
    bare_find_products(work);
    claim(work, &id);
    take(work, &id);
    insert(work, &id);
    clear_cart(work, &id);
    remember(work, &id);
}
