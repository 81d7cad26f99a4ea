/* SPDX-License-Identifier: MIT
 * Stock movements. A movement is a document of its own, because it is kept for ever, and the stock
 * is a number in the product: two documents, so three steps that can each be repeated.
 *   1. insert the movement as claimed; its _id is derived from the key, so the insert is the claim
 *   2. one update of the product: the stock moves and `moves` names the movement; this commits it
 *   3. the movement becomes applied; then the product forgets its name
 * `moves` alone would let a delayed duplicate of step 2 count twice after step 3, so a step that
 * may have one (a movement with a key) is fenced by move_rev, which rises with every forgetting.
 *
 * The reply to a request with a key is made before step 2 and stored by it, so it is made for one
 * state of the product and step 2 demands that state. Step 3 copies it to the movement. A repeated
 * request finds it in the one or the other, wherever the first was cut off. A claim that is neither
 * named nor applied is running; when its lease has expired, a repeated request takes over. If its
 * first request still runs, the fence lets only one of the two commit. */
#include <apr_strings.h>
#include <inttypes.h>
#include <string.h>

#include "../base/id.h"
#include "../base/testpoint.h"
#include "stock_mongo.h"

/* An attempt fails only when another writer came first. */
#define MOVE_TURNS 100
/* As long as an order's; a request ends well before. */
#define MOVE_LEASE apr_time_from_sec(30)
#define TAKE_OVER_TURNS 4
#define RETRY_AFTER 2 /* seconds */
/* An older entry in `moves` was left by a process that died before step 3. */
#define MOVE_LEFT_AFTER apr_time_from_sec(60)

/* One call of move_stock. */
typedef struct move_t {
    shop_mongo_t *mongo;
    const shop_stock_request_t *request;
    bool keyed; /* a duplicate may run concurrently or have run before */
    shop_movement_t *movement;
    shop_stock_done_t *done;
    apr_pool_t *pool;
} move_t;

/* A product as far as a movement looks at it. */
typedef struct target_t {
    shop_product_t *product; /* NULL: not there, or deleted */
    int64_t move_rev;
    bool named;                    /* moves names the movement */
    shop_movement_effect_t effect; /* when named */
    const bson_t *doc;
} target_t;

typedef struct claim_t {
    bool applied, refused; /* neither: claimed */
    apr_time_t at;
    shop_movement_effect_t effect; /* when applied */
} claim_t;

/* ---- the movement's document ---- */

/* Step 1. *duplicate: the key was used before; the claim holds the request's fingerprint. */
static shop_error_t *insert_claim(bool *duplicate, const move_t *move)
{
    const shop_movement_t *movement = move->movement;
    const shop_stock_request_t *request = move->request;
    const char *refusal = NULL;
    bson_t doc = BSON_INITIALIZER;
    shop_error_t *err;

    shop_bson_append_oid(&doc, "_id", movement->id);
    shop_bson_append_oid(&doc, "product", movement->unit_id);
    BSON_APPEND_UTF8(&doc, "state", "claimed");
    BSON_APPEND_BOOL(&doc, "set", request->set);
    BSON_APPEND_INT64(&doc, "amount", request->amount);
    BSON_APPEND_UTF8(&doc, "reason", movement->reason);
    shop_bson_append_oid(&doc, "by", movement->by);
    shop_bson_append_time(&doc, "at", movement->at);
    BSON_APPEND_UTF8(&doc, "by_at", shop_movement_key(movement->at, movement->id, move->pool));
    if (move->keyed) {
        BSON_APPEND_UTF8(&doc, "fp", request->fingerprint);
    }
    err = shop_mongo_insert(&refusal, move->mongo, SHOP_MOVEMENTS_COLLECTION, &doc,
                            SHOP_MONGO_MAJORITY, move->pool);
    *duplicate = !err && refusal;
    bson_destroy(&doc);
    return err;
}

static shop_error_t *read_claim(claim_t *claim, const move_t *move)
{
    bson_t filter = BSON_INITIALIZER;
    const bson_t *doc = NULL;
    const char *text;
    shop_error_t *err;

    shop_bson_append_oid(&filter, "_id", move->movement->id);
    err = shop_mongo_find_one(&doc, move->mongo, SHOP_MOVEMENTS_COLLECTION, &filter, NULL,
                              move->pool);
    bson_destroy(&filter);
    SHOP_TRY(err);
    if (!doc) {
        return shop_err(move->pool, CONFLICT, "the movement changed at the same moment");
    }
    text = shop_bson_string(doc, "fp", move->pool);
    if (!text || strcmp(text, move->request->fingerprint) != 0) {
        return shop_err(move->pool, IDEMPOTENCY_MISMATCH,
                        "this Idempotency-Key was used for another request");
    }
    *move->movement = *shop_movement_of_bson(doc, move->pool);
    text = shop_bson_string(doc, "state", move->pool);
    claim->applied = text && !strcmp(text, "applied");
    claim->refused = text && !strcmp(text, "refused");
    claim->at = shop_bson_time(doc, "at");
    claim->effect = shop_movement_effect_of_bson(doc, move->pool);
    return NULL;
}

/* filter is destroyed. */
static shop_error_t *update_movement(int64_t *matched, const move_t *move, bson_t *filter,
                                     const bson_t *set)
{
    bson_t update = BSON_INITIALIZER;
    shop_error_t *err;

    BSON_APPEND_DOCUMENT(&update, "$set", set);
    err = shop_mongo_update(matched, NULL, move->mongo, SHOP_MOVEMENTS_COLLECTION, filter, &update,
                            NULL, SHOP_MONGO_MAJORITY, move->pool);
    bson_destroy(filter);
    bson_destroy(&update);
    return err;
}

/* Takes over the claim. Of several concurrent attempts one succeeds. */
static shop_error_t *take_over(bool *ours, move_t *move, const claim_t *seen)
{
    bson_t filter = BSON_INITIALIZER, set = BSON_INITIALIZER;
    apr_time_t now = move->request->now;
    int64_t matched = 0;
    shop_error_t *err;

    shop_bson_append_oid(&filter, "_id", move->movement->id);
    BSON_APPEND_UTF8(&filter, "state", seen->refused ? "refused" : "claimed");
    shop_bson_append_time(&filter, "at", seen->at);
    BSON_APPEND_UTF8(&set, "state", "claimed");
    shop_bson_append_time(&set, "at", now);
    BSON_APPEND_UTF8(&set, "by_at", shop_movement_key(now, move->movement->id, move->pool));
    err = update_movement(&matched, move, &filter, &set);
    bson_destroy(&set);
    *ours = !err && matched == 1;
    move->movement->at = now;
    return err;
}

/* Marks the claim refused, so that a repeated request need not wait for the lease, and passes the
 * reason on. When the outcome of step 2 is unknown that may be wrong, and does no harm: `moves`
 * overrules it. */
static shop_error_t *refuse(const move_t *move, shop_error_t *reason)
{
    bson_t filter = BSON_INITIALIZER, set = BSON_INITIALIZER;
    shop_error_t *err;

    shop_bson_append_oid(&filter, "_id", move->movement->id);
    BSON_APPEND_UTF8(&filter, "state", "claimed");
    BSON_APPEND_UTF8(&set, "state", "refused");
    err = update_movement(NULL, move, &filter, &set);
    bson_destroy(&set);
    return err ? err : reason;
}

/* Step 3, for any movement that `moves` names: it has happened, whoever finds it. A state of
 * refused is overruled, for a refusal is only an opinion of one moment. */
static shop_error_t *finish(const move_t *move, const char *id,
                            const shop_movement_effect_t *effect)
{
    bson_t set = BSON_INITIALIZER, claim = BSON_INITIALIZER, filter = BSON_INITIALIZER;
    bson_t *update = bson_new(), pull, entry, inc;
    shop_error_t *err;

    BSON_APPEND_UTF8(&set, "state", "applied");
    shop_movement_append_effect(&set, effect);
    shop_bson_append_oid(&claim, "_id", id);
    err = update_movement(NULL, move, &claim, &set);
    bson_destroy(&set);
    if (!err) {
        shop_bson_append_oid(&filter, "_id", move->movement->unit_id);
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

/* ---- the product ---- */

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
        shop_movement_effect_t effect;

        if (BSON_ITER_HOLDS_DOCUMENT(&iter)) {
            bson_iter_document(&iter, &size, &bytes);
            id = bson_init_static(&entry, bytes, size) ? shop_bson_oid(&entry, "id", move->pool)
                                                       : NULL;
        }
        if (id && !strcmp(id, move->movement->id)) {
            target->named = true;
            target->effect = shop_movement_effect_of_bson(&entry, move->pool);
        } else if (id && shop_bson_time(&entry, "at") < move->request->now - MOVE_LEFT_AFTER) {
            effect = shop_movement_effect_of_bson(&entry, move->pool);
            SHOP_TRY(finish(move, id, &effect));
        }
    }
    return NULL;
}

static void append_target_members(bson_t *fields)
{
    shop_product_members(fields);
    BSON_APPEND_INT32(fields, "deleted_at", 1);
    BSON_APPEND_INT32(fields, "moves", 1);
    BSON_APPEND_INT32(fields, "move_rev", 1);
}

/* Includes deleted products: their stock may have changed before. */
static shop_error_t *target_read(target_t *target, const move_t *move)
{
    bson_t filter = BSON_INITIALIZER, opts = BSON_INITIALIZER, fields;
    shop_error_t *err;

    memset(target, 0, sizeof(*target));
    shop_bson_append_oid(&filter, "_id", move->movement->unit_id);
    BSON_APPEND_DOCUMENT_BEGIN(&opts, "projection", &fields);
    append_target_members(&fields);
    bson_append_document_end(&opts, &fields);
    err = shop_mongo_find_one(&target->doc, move->mongo, SHOP_PRODUCTS_COLLECTION, &filter, &opts,
                              move->pool);
    bson_destroy(&opts);
    bson_destroy(&filter);
    if (!err && target->doc) {
        target->product = shop_bson_time(target->doc, "deleted_at")
                              ? NULL
                              : shop_product_of_bson(target->doc, move->pool);
        target->move_rev = shop_bson_int(target->doc, "move_rev", 0);
        err = look_at_moves(target, move);
    }
    return err;
}

/* Nothing of what was read is left. The update demands a stock of which that is true. */
static bool sells_out(const target_t *target, int64_t delta)
{
    return target->product->stock + delta <= 0;
}

static bson_t *move_filter(const target_t *target, const move_t *move, int64_t delta)
{
    bson_t *filter = shop_product_filter(move->movement->unit_id), stock, other;

    BSON_APPEND_DOCUMENT_BEGIN(filter, "stock", &stock);
    if (move->request->set || move->keyed || sells_out(target, delta)) {
        BSON_APPEND_INT64(&stock, "$eq", target->product->stock);
    } else {
        BSON_APPEND_INT64(&stock, "$gte", delta > 0 ? 0 : 1 - delta); /* one is left */
        BSON_APPEND_INT64(&stock, "$lte", SHOP_STOCK_MAX - (delta > 0 ? delta : 0));
    }
    bson_append_document_end(filter, &stock);
    if (move->keyed) { /* the product that the reply shows, and the fence */
        BSON_APPEND_INT64(filter, "rev", target->product->rev);
        BSON_APPEND_INT64(filter, "move_rev", target->move_rev);
    }
    BSON_APPEND_DOCUMENT_BEGIN(filter, "moves.id", &other);
    shop_bson_append_oid(&other, "$ne", move->movement->id);
    bson_append_document_end(filter, &other);
    return filter;
}

static bson_t *move_update(const target_t *target, const move_t *move,
                           const shop_movement_effect_t *effect)
{
    bson_t *update = bson_new(), inc, set, push, entry;

    BSON_APPEND_DOCUMENT_BEGIN(update, "$inc", &inc);
    BSON_APPEND_INT64(&inc, "stock", effect->delta);
    BSON_APPEND_INT64(&inc, "rev", 1);
    bson_append_document_end(update, &inc);
    BSON_APPEND_DOCUMENT_BEGIN(update, "$set", &set);
    shop_bson_append_time(&set, "updated_at", move->request->now);
    BSON_APPEND_BOOL(&set, "sold_out", sells_out(target, effect->delta));
    bson_append_document_end(update, &set);
    BSON_APPEND_DOCUMENT_BEGIN(update, "$push", &push);
    BSON_APPEND_DOCUMENT_BEGIN(&push, "moves", &entry);
    shop_bson_append_oid(&entry, "id", move->movement->id);
    shop_bson_append_time(&entry, "at", move->request->now);
    shop_movement_append_effect(&entry, effect);
    bson_append_document_end(&push, &entry);
    bson_append_document_end(update, &push);
    return update;
}

/* Step 2. *product NULL: another writer came first. */
static shop_error_t *apply(shop_product_t **product, const target_t *target, const move_t *move,
                           const shop_movement_effect_t *effect)
{
    bson_t *filter = move_filter(target, move, effect->delta);
    bson_t *update = move_update(target, move, effect);
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

/* ---- all of it ---- */

static void set_answer(bool *answered, move_t *move, const shop_movement_effect_t *effect,
                       bool replayed)
{
    move->movement->delta = effect->delta;
    move->movement->stock_after = effect->stock_after;
    move->done->reply = effect->reply;
    move->done->reply_size = effect->reply_size;
    move->done->replayed = replayed;
    *answered = true;
}

/* The effect of the movement on the product as it was read. */
static shop_error_t *compute_effect(shop_movement_effect_t *effect, const target_t *target,
                                    const move_t *move)
{
    const shop_stock_request_t *request = move->request;
    shop_product_t after = *target->product;

    *effect = (shop_movement_effect_t){ .delta = request->set ? request->amount - after.stock
                                                              : request->amount,
                                        .stock_after = SHOP_STOCK_AFTER_UNKNOWN };
    SHOP_TRY(shop_stock_may_move(after.stock, effect->delta, move->pool));
    if (move->keyed) {
        after.stock += effect->delta;
        after.rev++;
        after.updated_at = apr_time_from_msec(apr_time_as_msec(request->now)); /* as stored */
        effect->stock_after = after.stock;
        return request->reply(&effect->reply, &effect->reply_size, request->baton, &after,
                              move->pool);
    }
    return NULL;
}

/* One attempt; no result when another writer came first. The product is read before the claim, also
 * by the request that inserted it: a duplicate that completes in between increments move_rev. */
static shop_error_t *turn(bool *answered, move_t *move)
{
    target_t target;
    claim_t claim = { .applied = false };
    shop_product_t *product;
    shop_movement_effect_t effect;

    SHOP_TRY(target_read(&target, move));
    if (move->keyed) {
        SHOP_TRY(read_claim(&claim, move));
    }
    if (claim.applied || target.named) {
        set_answer(answered, move, claim.applied ? &claim.effect : &target.effect, true);
        return target.named ? finish(move, move->movement->id, &target.effect) : NULL;
    }
    if (!target.product) {
        return shop_err(move->pool, NOT_FOUND, "there is no such product");
    }
    SHOP_TRY(compute_effect(&effect, &target, move));
    SHOP_TRY(apply(&product, &target, move, &effect));
    if (!product) {
        return NULL;
    }
    SHOP_TEST_POINT("moving.applied", move->pool);
    if (!move->keyed) {
        effect.stock_after = product->stock;
        move->done->product = product;
    }
    set_answer(answered, move, &effect, false);
    return finish(move, move->movement->id, &effect);
}

/* The claim exists. *answered: the reply exists too; otherwise this request continues. */
static shop_error_t *join(bool *answered, move_t *move)
{
    shop_error_t *busy;

    for (int i = 0; i < TAKE_OVER_TURNS; i++) {
        target_t target;
        claim_t claim;
        bool ours = false;

        SHOP_TRY(read_claim(&claim, move));
        if (claim.applied) {
            set_answer(answered, move, &claim.effect, true);
            return NULL;
        }
        if (!claim.refused && claim.at > move->request->now - MOVE_LEASE) {
            SHOP_TRY(target_read(&target, move));
            if (target.named) { /* committed: there is nothing to wait for */
                return NULL;
            }
            break;
        }
        SHOP_TRY(take_over(&ours, move, &claim));
        if (ours) {
            return NULL;
        }
    }
    busy = shop_err(move->pool, IDEMPOTENCY_IN_PROGRESS,
                    "a request with this Idempotency-Key is still running");
    busy->retry_after = RETRY_AFTER;
    return busy;
}

static shop_error_t *movement_make(shop_movement_t **movement, const shop_stock_request_t *request,
                                   apr_pool_t *pool)
{
    shop_movement_t *made = apr_pcalloc(pool, sizeof(*made));

    if (request->key) {
        const char *scoped =
            apr_pstrcat(pool, request->by, " ", request->unit_id, " ", request->key, NULL);

        made->id = apr_pstrndup(pool, shop_id_sha256(scoped, strlen(scoped), pool), SHOP_ID_LENGTH);
    } else {
        SHOP_TRY(shop_id_make(&made->id, pool));
    }
    made->unit_id = request->unit_id;
    made->reason = request->reason;
    made->by = request->by;
    made->at = request->now;
    *movement = made;
    return NULL;
}

static shop_error_t *stock_move(shop_stock_done_t *done, shop_stock_repo_t *port,
                                const shop_stock_request_t *request, apr_pool_t *pool)
{
    move_t move = { .mongo = ((shop_stock_repo_mongo_t *)port)->mongo,
                    .request = request,
                    .keyed = request->key != NULL,
                    .done = done,
                    .pool = pool };
    bool duplicate = false, answered = false;
    shop_error_t *err = NULL;

    memset(done, 0, sizeof(*done));
    SHOP_TRY(movement_make(&move.movement, request, pool));
    done->movement = move.movement;
    err = insert_claim(&duplicate, &move);
    if (err) { /* the claim may exist */
        return refuse(&move, err);
    }
    SHOP_TEST_POINT("moving.claimed", pool);
    if (duplicate && move.keyed) {
        SHOP_TRY(join(&answered, &move));
    }
    for (int i = 0; i < MOVE_TURNS && !answered && !err; i++) {
        err = turn(&answered, &move);
    }
    if (!err && !answered) {
        err = shop_err(pool, CONFLICT, "the stock kept changing; try again");
    }
    return err ? refuse(&move, err) : NULL;
}

shop_stock_repo_t *shop_stock_repo_mongo(shop_mongo_t *mongo, apr_pool_t *pool)
{
    shop_stock_repo_mongo_t *repo = apr_pcalloc(pool, sizeof(*repo));

    repo->mongo = mongo;
    repo->port.move = stock_move;
    repo->port.movements = shop_movements_mongo;
    return &repo->port;
}
