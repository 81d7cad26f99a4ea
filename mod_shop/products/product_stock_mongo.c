/* SPDX-License-Identifier: MIT
 * Stock movements. A movement is a document of its own, because it is kept for ever, and the stock
 * is a number in the product: two documents, so three steps that can each be repeated.
 *   1. insert the movement as claimed; its _id is derived from the key, so the insert is the claim
 *   2. one update of the product: the stock moves and `moves` names the movement
 *   3. the movement becomes applied; then the product forgets its name
 * `moves` alone would let a delayed duplicate of step 2 count twice after step 3, so a step that
 * may have one (a movement with a key) is fenced by move_rev, which rises with every forgetting. */
#include <apr_strings.h>
#include <inttypes.h>
#include <string.h>

#include "../base/id.h"
#include "product_mongo.h"

/* Each turn that fails means that another writer got ahead. */
#define MOVE_TURNS 100
/* A name in `moves` that is older was left by a process that died before step 3. */
#define MOVE_LEFT_AFTER apr_time_from_sec(60)
#define STOCK_AFTER_UNKNOWN (-1)

/* One call of move_stock. */
typedef struct move_t {
    shop_mongo_t *mongo;
    shop_movement_t *movement;
    bool keyed; /* a duplicate may run beside us or have run before */
    bool set;
    int64_t amount;
    apr_time_t now;
    apr_pool_t *pool;
} move_t;

/* A product as far as a movement looks at it. */
typedef struct target_t {
    shop_product_t *product; /* NULL: not there */
    int64_t move_rev;
    bool named; /* moves names the movement */
    int64_t named_delta;
    const bson_t *doc;
} target_t;

static shop_movement_t *movement_of_bson(const bson_t *doc, apr_pool_t *pool)
{
    shop_movement_t *movement = apr_pcalloc(pool, sizeof(*movement));

    movement->id = shop_bson_oid(doc, "_id", pool);
    movement->product_id = shop_bson_oid(doc, "product", pool);
    movement->delta = shop_bson_int(doc, "delta", 0);
    movement->stock_after = shop_bson_int(doc, "stock_after", STOCK_AFTER_UNKNOWN);
    movement->reason = shop_bson_string(doc, "reason", pool);
    movement->by = shop_bson_oid(doc, "by", pool);
    movement->at = shop_bson_time(doc, "at");
    return movement;
}

/* Step 1. A duplicate is no error: the key was used before, and the claim says for what. */
static shop_error_t *claim(const move_t *move)
{
    const shop_movement_t *movement = move->movement;
    const char *duplicate = NULL;
    bson_t doc = BSON_INITIALIZER;
    shop_error_t *err;

    shop_bson_append_oid(&doc, "_id", movement->id);
    shop_bson_append_oid(&doc, "product", movement->product_id);
    BSON_APPEND_UTF8(&doc, "state", "claimed");
    BSON_APPEND_BOOL(&doc, "set", move->set);
    BSON_APPEND_INT64(&doc, "amount", move->amount);
    BSON_APPEND_UTF8(&doc, "reason", movement->reason);
    shop_bson_append_oid(&doc, "by", movement->by);
    shop_bson_append_time(&doc, "at", movement->at);
    BSON_APPEND_UTF8(&doc, "by_at", shop_movement_key(movement->at, movement->id, move->pool));
    err = shop_mongo_insert(&duplicate, move->mongo, SHOP_MOVEMENTS_COLLECTION, &doc,
                            SHOP_MONGO_MAJORITY, move->pool);
    bson_destroy(&doc);
    return err;
}

static shop_error_t *movement_read(const bson_t **doc, const move_t *move)
{
    bson_t filter = BSON_INITIALIZER;
    shop_error_t *err;

    shop_bson_append_oid(&filter, "_id", move->movement->id);
    err =
        shop_mongo_find_one(doc, move->mongo, SHOP_MOVEMENTS_COLLECTION, &filter, NULL, move->pool);
    bson_destroy(&filter);
    return err;
}

static shop_error_t *movement_set_state(const move_t *move, const char *id, const char *from,
                                        bson_t *set)
{
    bson_t filter = BSON_INITIALIZER, update = BSON_INITIALIZER;
    shop_error_t *err;

    shop_bson_append_oid(&filter, "_id", id);
    if (from) {
        BSON_APPEND_UTF8(&filter, "state", from);
    }
    BSON_APPEND_DOCUMENT(&update, "$set", set);
    err = shop_mongo_update(NULL, NULL, move->mongo, SHOP_MOVEMENTS_COLLECTION, &filter, &update,
                            NULL, SHOP_MONGO_MAJORITY, move->pool);
    bson_destroy(&filter);
    bson_destroy(&update);
    return err;
}

/* Step 3, for any movement that `moves` names: it has happened, whoever finds it. A state of
 * refused is overruled, for a refusal is only an opinion of one moment. */
static shop_error_t *finish(const move_t *move, const char *id, int64_t delta, int64_t after)
{
    bson_t set = BSON_INITIALIZER, filter = BSON_INITIALIZER;
    bson_t *update = bson_new(), pull, entry, inc;
    shop_error_t *err;

    BSON_APPEND_UTF8(&set, "state", "applied");
    BSON_APPEND_INT64(&set, "delta", delta);
    if (after != STOCK_AFTER_UNKNOWN) {
        BSON_APPEND_INT64(&set, "stock_after", after);
    }
    err = movement_set_state(move, id, NULL, &set);
    bson_destroy(&set);
    if (!err) {
        shop_bson_append_oid(&filter, "_id", move->movement->product_id);
        shop_bson_append_oid(&filter, "moves.id", id);
        BSON_APPEND_DOCUMENT_BEGIN(update, "$pull", &pull);
        BSON_APPEND_DOCUMENT_BEGIN(&pull, "moves", &entry);
        shop_bson_append_oid(&entry, "id", id);
        bson_append_document_end(&pull, &entry);
        bson_append_document_end(update, &pull);
        BSON_APPEND_DOCUMENT_BEGIN(update, "$inc", &inc);
        BSON_APPEND_INT64(&inc, "move_rev", 1);
        bson_append_document_end(update, &inc);
        err = shop_mongo_update(NULL, NULL, move->mongo, SHOP_PRODUCTS_COLLECTION, &filter, update,
                                NULL, SHOP_MONGO_ONE, move->pool);
    }
    bson_destroy(&filter);
    bson_destroy(update);
    return err;
}

/* Looks through `moves` for this movement, and finishes what dead processes left there. */
static shop_error_t *look_at_moves(target_t *target, const move_t *move)
{
    bson_t list, entry;
    bson_iter_t iter;

    if (!shop_bson_child(&list, target->doc, "moves") || !bson_iter_init(&iter, &list)) {
        return NULL;
    }
    while (bson_iter_next(&iter)) {
        const uint8_t *bytes;
        uint32_t size;
        const char *id = NULL;

        if (BSON_ITER_HOLDS_DOCUMENT(&iter)) {
            bson_iter_document(&iter, &size, &bytes);
            id = bson_init_static(&entry, bytes, size) ? shop_bson_oid(&entry, "id", move->pool)
                                                       : NULL;
        }
        if (id && !strcmp(id, move->movement->id)) {
            target->named = true;
            target->named_delta = shop_bson_int(&entry, "delta", 0);
        } else if (id && shop_bson_time(&entry, "at") < move->now - MOVE_LEFT_AFTER) {
            SHOP_TRY(finish(move, id, shop_bson_int(&entry, "delta", 0), STOCK_AFTER_UNKNOWN));
        }
    }
    return NULL;
}

static void append_target_members(bson_t *fields)
{
    shop_product_members(fields);
    BSON_APPEND_INT32(fields, "moves", 1);
    BSON_APPEND_INT32(fields, "move_rev", 1);
}

static shop_error_t *target_read(target_t *target, const move_t *move)
{
    bson_t *filter = shop_product_filter(move->movement->product_id);
    bson_t opts = BSON_INITIALIZER, fields;
    shop_error_t *err;

    memset(target, 0, sizeof(*target));
    BSON_APPEND_DOCUMENT_BEGIN(&opts, "projection", &fields);
    append_target_members(&fields);
    bson_append_document_end(&opts, &fields);
    err = shop_mongo_find_one(&target->doc, move->mongo, SHOP_PRODUCTS_COLLECTION, filter, &opts,
                              move->pool);
    bson_destroy(&opts);
    bson_destroy(filter);
    if (!err && target->doc) {
        target->product = shop_product_of_bson(target->doc, move->pool);
        target->move_rev = shop_bson_int(target->doc, "move_rev", 0);
        err = look_at_moves(target, move);
    }
    return err;
}

static bson_t *move_filter(const target_t *target, const move_t *move, int64_t delta)
{
    bson_t *filter = shop_product_filter(move->movement->product_id), stock, other;

    BSON_APPEND_DOCUMENT_BEGIN(filter, "stock", &stock);
    if (move->set) {
        BSON_APPEND_INT64(&stock, "$eq", target->product->stock);
    } else {
        BSON_APPEND_INT64(&stock, "$gte", delta < 0 ? -delta : 0);
        BSON_APPEND_INT64(&stock, "$lte", SHOP_STOCK_MAX - (delta > 0 ? delta : 0));
    }
    bson_append_document_end(filter, &stock);
    if (move->keyed) {
        BSON_APPEND_INT64(filter, "move_rev", target->move_rev);
    }
    BSON_APPEND_DOCUMENT_BEGIN(filter, "moves.id", &other);
    shop_bson_append_oid(&other, "$ne", move->movement->id);
    bson_append_document_end(filter, &other);
    return filter;
}

static bson_t *move_update(const move_t *move, int64_t delta)
{
    bson_t *update = bson_new(), inc, set, push, entry;

    BSON_APPEND_DOCUMENT_BEGIN(update, "$inc", &inc);
    BSON_APPEND_INT64(&inc, "stock", delta);
    BSON_APPEND_INT64(&inc, "rev", 1);
    bson_append_document_end(update, &inc);
    BSON_APPEND_DOCUMENT_BEGIN(update, "$set", &set);
    shop_bson_append_time(&set, "updated_at", move->now);
    bson_append_document_end(update, &set);
    BSON_APPEND_DOCUMENT_BEGIN(update, "$push", &push);
    BSON_APPEND_DOCUMENT_BEGIN(&push, "moves", &entry);
    shop_bson_append_oid(&entry, "id", move->movement->id);
    BSON_APPEND_INT64(&entry, "delta", delta);
    shop_bson_append_time(&entry, "at", move->now);
    bson_append_document_end(&push, &entry);
    bson_append_document_end(update, &push);
    return update;
}

/* Step 2. *product NULL: another writer got ahead. */
static shop_error_t *apply(shop_product_t **product, const target_t *target, const move_t *move,
                           int64_t delta)
{
    bson_t *filter = move_filter(target, move, delta);
    bson_t *update = move_update(move, delta);
    bson_t fields = BSON_INITIALIZER;
    const bson_t *doc = NULL;
    shop_error_t *err;

    append_target_members(&fields);
    err = shop_mongo_modify(&doc, NULL, move->mongo, SHOP_PRODUCTS_COLLECTION, filter, update,
                            &fields, false, SHOP_MONGO_MAJORITY, move->pool);
    bson_destroy(&fields);
    bson_destroy(update);
    bson_destroy(filter);
    *product = !err && doc ? shop_product_of_bson(doc, move->pool) : NULL;
    return err;
}

/* Marks the claim refused, so that it is never listed, and passes the reason on. */
static shop_error_t *refuse(const move_t *move, shop_error_t *reason)
{
    bson_t set = BSON_INITIALIZER;
    shop_error_t *err;

    BSON_APPEND_UTF8(&set, "state", "refused");
    err = movement_set_state(move, move->movement->id, "claimed", &set);
    bson_destroy(&set);
    return err ? err : reason;
}

/* What the claim says by now. *settled: the answer stands in *move. A refused movement is tried
 * again: by now there may be enough. */
static shop_error_t *look_at_claim(bool *settled, move_t *move)
{
    const bson_t *doc = NULL;
    const char *state;

    *settled = false;
    SHOP_TRY(movement_read(&doc, move));
    if (!doc) {
        return shop_err(move->pool, CONFLICT, "the movement changed at the same moment");
    }
    if (shop_bson_bool(doc, "set") != move->set ||
        shop_bson_int(doc, "amount", 0) != move->amount) {
        return shop_err(move->pool, IDEMPOTENCY_MISMATCH, "this key was used for another movement");
    }
    state = shop_bson_string(doc, "state", move->pool);
    if (state && !strcmp(state, "applied")) {
        move->movement = movement_of_bson(doc, move->pool);
        *settled = true;
    }
    return NULL;
}

/* One turn. *product stays NULL when another writer got ahead. The product is read before the
 * claim, also by the one who made it: a duplicate of the request may have done everything by now,
 * and if it does so in between, it has raised move_rev. */
static shop_error_t *turn(shop_product_t **product, move_t *move)
{
    target_t target;
    bool settled = false;
    int64_t delta;
    shop_error_t *no;

    SHOP_TRY(target_read(&target, move));
    if (move->keyed) {
        SHOP_TRY(look_at_claim(&settled, move));
    }
    if (!target.product) {
        return refuse(move, shop_err(move->pool, NOT_FOUND, "there is no such product"));
    }
    if (settled) {
        *product = target.product;
        return NULL;
    }
    if (target.named) {
        delta = target.named_delta;
        *product = target.product;
    } else {
        delta = move->set ? move->amount - target.product->stock : move->amount;
        no = shop_product_may_move(target.product->stock, delta, move->pool);
        if (no) {
            return refuse(move, no);
        }
        SHOP_TRY(apply(product, &target, move, delta));
    }
    if (*product) {
        move->movement->delta = delta;
        move->movement->stock_after = (*product)->stock;
        return finish(move, move->movement->id, delta, (*product)->stock);
    }
    return NULL;
}

static shop_error_t *movement_make(shop_movement_t **movement, const char *id, const char *reason,
                                   const char *by, const char *key, apr_time_t now,
                                   apr_pool_t *pool)
{
    shop_movement_t *made = apr_pcalloc(pool, sizeof(*made));

    if (key) {
        const char *scoped = apr_pstrcat(pool, by, " ", id, " ", key, NULL);

        made->id = apr_pstrndup(pool, shop_id_sha256(scoped, strlen(scoped), pool), SHOP_ID_LENGTH);
    } else {
        SHOP_TRY(shop_id_make(&made->id, pool));
    }
    made->product_id = id;
    made->reason = reason;
    made->by = by;
    made->at = now;
    *movement = made;
    return NULL;
}

shop_error_t *shop_product_mongo_move(shop_product_t **product, shop_movement_t **movement,
                                      shop_product_repo_t *port, const char *id, int64_t amount,
                                      bool set, const char *reason, const char *by, const char *key,
                                      apr_time_t now, apr_pool_t *pool)
{
    move_t move = { .mongo = ((shop_product_repo_mongo_t *)port)->mongo,
                    .keyed = key != NULL,
                    .set = set,
                    .amount = amount,
                    .now = now,
                    .pool = pool };

    *product = NULL;
    SHOP_TRY(movement_make(&move.movement, id, reason, by, key, now, pool));
    SHOP_TRY(claim(&move));
    for (int i = 0; i < MOVE_TURNS && !*product; i++) {
        SHOP_TRY(turn(product, &move));
    }
    *movement = move.movement;
    return *product ? NULL : shop_err(pool, CONFLICT, "the stock kept changing; try again");
}

static shop_error_t *collect_movement(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    APR_ARRAY_PUSH((apr_array_header_t *)baton, shop_movement_t *) = movement_of_bson(doc, pool);
    return NULL;
}

static bson_t *movements_filter(const char *id, const shop_cursor_t *after, apr_pool_t *pool)
{
    bson_t *filter = bson_new(), range;

    shop_bson_append_oid(filter, "product", id);
    BSON_APPEND_UTF8(filter, "state", "applied");
    if (after) {
        BSON_APPEND_DOCUMENT_BEGIN(filter, "by_at", &range);
        BSON_APPEND_UTF8(&range, "$lt", shop_movement_key(after->number, after->id, pool));
        bson_append_document_end(filter, &range);
    }
    return filter;
}

shop_error_t *shop_product_mongo_movements(apr_array_header_t **movements, shop_list_end_t *end,
                                           shop_product_repo_t *port, const char *id,
                                           const shop_list_query_t *query, apr_pool_t *pool)
{
    shop_mongo_t *mongo = ((shop_product_repo_mongo_t *)port)->mongo;
    bson_t *filter = movements_filter(id, query->after, pool);
    bson_t *opts =
        BCON_NEW("sort", "{", "by_at", BCON_INT32(-1), "}", "limit", BCON_INT64(query->limit + 1));
    shop_error_t *err;

    *movements = apr_array_make(pool, (int)query->limit + 1, sizeof(shop_movement_t *));
    *end = (shop_list_end_t){ .total = -1 };
    err = shop_mongo_find(mongo, SHOP_MOVEMENTS_COLLECTION, filter, opts, collect_movement,
                          *movements, pool);
    bson_destroy(opts);
    bson_destroy(filter);
    if (!err && query->count) {
        filter = movements_filter(id, NULL, pool);
        err = shop_mongo_count_documents(&end->total, mongo, SHOP_MOVEMENTS_COLLECTION, filter,
                                         SHOP_COUNT_CAP + 1, pool);
        bson_destroy(filter);
    }
    if (!err && (*movements)->nelts > query->limit) {
        int last = --(*movements)->nelts - 1;

        end->next = shop_movement_cursor(APR_ARRAY_IDX(*movements, last, shop_movement_t *), pool);
    }
    return err;
}
