/* SPDX-License-Identifier: MIT
 * What an order does with a coupon of limited use, each time one atomic update of one document. A
 * coupon may gain or lose its limit while orders hold it: every update says which it means. */
#include <apr_strings.h>

#include "coupon_mongo.h"

#define HOLDS_MAX_INDEX "holds.199" /* there is no 201st hold */

static shop_mongo_t *mongo_of(shop_coupon_repo_t *port)
{
    return ((shop_coupon_repo_mongo_t *)port)->mongo;
}

static bson_oid_t oid_of(const char *id)
{
    bson_oid_t oid;

    bson_oid_init_from_string(&oid, id);
    return oid;
}

static bson_t *entry(const bson_oid_t *oid, apr_time_t at)
{
    bson_t *doc = BCON_NEW("o", BCON_OID(oid));

    shop_bson_append_time(doc, "at", at);
    return doc;
}

static shop_error_t *use_take(bool *taken, shop_coupon_repo_t *port, const char *code,
                              int64_t terms_rev, const char *order_id, apr_time_t now,
                              apr_pool_t *pool)
{
    bson_oid_t oid = oid_of(order_id);
    bson_t *hold = entry(&oid, now);
    bson_t *filter =
        BCON_NEW("_id", BCON_UTF8(code), "terms_rev", BCON_INT64(terms_rev), "remaining", "{",
                 "$gte", BCON_INT64(1), "}", "holds.o", "{", "$ne", BCON_OID(&oid), "}",
                 HOLDS_MAX_INDEX, "{", "$exists", BCON_BOOL(false), "}");
    bson_t *update = BCON_NEW("$inc", "{", "remaining", BCON_INT64(-1), "}", "$push", "{", "holds",
                              BCON_DOCUMENT(hold), "}");
    int64_t matched = 0;
    shop_error_t *err = shop_mongo_update(&matched, NULL, mongo_of(port), SHOP_COUPONS_COLLECTION,
                                          filter, update, NULL, SHOP_MONGO_MAJORITY, pool);

    *taken = !err && matched == 1;
    bson_destroy(hold);
    bson_destroy(filter);
    bson_destroy(update);
    return err;
}

/* Does the array `name` of doc name the order? *count: its length. */
static bool names(int *count, const bson_t *doc, const char *name, const char *order_id,
                  apr_pool_t *pool)
{
    bson_t array, one;
    bson_iter_t iter;
    bool found = false;
    int seen = 0;

    if (shop_bson_child(&array, doc, name) && bson_iter_init(&iter, &array)) {
        for (; bson_iter_next(&iter); seen++) {
            const char *id = shop_bson_child(&one, &array, bson_iter_key(&iter))
                                 ? shop_bson_oid(&one, "o", pool)
                                 : NULL;

            found = found || (id && !strcmp(id, order_id));
        }
    }
    *count = seen;
    return found;
}

static shop_error_t *use_state(shop_coupon_state_t *state, shop_coupon_repo_t *port,
                               const char *code, const char *order_id, apr_pool_t *pool)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(code));
    const bson_t *doc = NULL;
    int backs;
    shop_error_t *err =
        shop_mongo_find_one(&doc, mongo_of(port), SHOP_COUPONS_COLLECTION, filter, NULL, pool);

    *state = (shop_coupon_state_t){ .remaining = -1 };
    bson_destroy(filter);
    if (err || !doc) {
        return err;
    }
    state->exists = true;
    state->remaining = shop_bson_int(doc, "remaining", -1);
    state->terms_rev = shop_bson_int(doc, "terms_rev", 0);
    state->back_rev = shop_bson_int(doc, "back_rev", 0);
    state->born = shop_bson_int(doc, "born", 0);
    state->held = names(&state->holds, doc, "holds", order_id, pool);
    state->backed = names(&backs, doc, "backs", order_id, pool);
    return NULL;
}

/* Consumes the hold. With a limit the use goes back; without one there is nothing to count. Should
 * the limit come or go between the two statements, the hold stays for the reaper. */
static shop_error_t *use_release(shop_coupon_repo_t *port, const char *code, const char *order_id,
                                 apr_pool_t *pool)
{
    bson_oid_t oid = oid_of(order_id);
    bson_t *filters[2], *updates[2];
    int64_t matched;
    shop_error_t *err;

    for (int limited = 0; limited < 2; limited++) {
        filters[limited] = BCON_NEW("_id", BCON_UTF8(code), "holds.o", BCON_OID(&oid), "remaining",
                                    "{", "$exists", BCON_BOOL(limited == 1), "}");
        updates[limited] = BCON_NEW("$pull", "{", "holds", "{", "o", BCON_OID(&oid), "}", "}");
    }
    BCON_APPEND(updates[1], "$inc", "{", "remaining", BCON_INT64(1), "}");
    err = shop_mongo_update_batch(&matched, mongo_of(port), SHOP_COUPONS_COLLECTION,
                                  (const bson_t *const *)filters, (const bson_t *const *)updates, 2,
                                  SHOP_MONGO_MAJORITY, pool);
    for (int i = 0; i < 2; i++) {
        bson_destroy(filters[i]);
        bson_destroy(updates[i]);
    }
    return err;
}

static shop_error_t *use_spend(shop_coupon_repo_t *port, const char *code, const char *order_id,
                               apr_pool_t *pool)
{
    bson_oid_t oid = oid_of(order_id);
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(code), "holds.o", BCON_OID(&oid));
    bson_t *update = BCON_NEW("$pull", "{", "holds", "{", "o", BCON_OID(&oid), "}", "}");
    shop_error_t *err = shop_mongo_update(NULL, NULL, mongo_of(port), SHOP_COUPONS_COLLECTION,
                                          filter, update, NULL, SHOP_MONGO_ONE, pool);

    bson_destroy(filter);
    bson_destroy(update);
    return err;
}

static shop_error_t *use_give_back(bool *done, shop_coupon_repo_t *port, const char *code,
                                   const char *order_id, int64_t back_rev, apr_time_t now,
                                   apr_pool_t *pool)
{
    bson_oid_t oid = oid_of(order_id);
    bson_t *back = entry(&oid, now);
    bson_t *filters[2], *updates[2];
    int64_t matched = 0;
    shop_error_t *err;

    for (int limited = 0; limited < 2; limited++) {
        filters[limited] = BCON_NEW("_id", BCON_UTF8(code), "back_rev", BCON_INT64(back_rev),
                                    "backs.o", "{", "$ne", BCON_OID(&oid), "}", "remaining", "{",
                                    "$exists", BCON_BOOL(limited == 1), "}");
        updates[limited] = BCON_NEW("$push", "{", "backs", BCON_DOCUMENT(back), "}");
    }
    BCON_APPEND(updates[0], "$inc", "{", "back_rev", BCON_INT64(1), "}");
    BCON_APPEND(updates[1], "$inc", "{", "back_rev", BCON_INT64(1), "remaining", BCON_INT64(1),
                "}");
    err = shop_mongo_update_batch(&matched, mongo_of(port), SHOP_COUPONS_COLLECTION,
                                  (const bson_t *const *)filters, (const bson_t *const *)updates, 2,
                                  SHOP_MONGO_MAJORITY, pool);
    *done = !err && matched == 1;
    for (int i = 0; i < 2; i++) {
        bson_destroy(filters[i]);
        bson_destroy(updates[i]);
    }
    bson_destroy(back);
    return err;
}

static shop_error_t *use_forget_back(shop_coupon_repo_t *port, const char *code,
                                     const char *order_id, apr_pool_t *pool)
{
    bson_oid_t oid = oid_of(order_id);
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(code), "backs.o", BCON_OID(&oid));
    bson_t *update = BCON_NEW("$pull", "{", "backs", "{", "o", BCON_OID(&oid), "}", "}", "$inc",
                              "{", "back_rev", BCON_INT64(1), "}");
    shop_error_t *err = shop_mongo_update(NULL, NULL, mongo_of(port), SHOP_COUPONS_COLLECTION,
                                          filter, update, NULL, SHOP_MONGO_ONE, pool);

    bson_destroy(filter);
    bson_destroy(update);
    return err;
}

shop_error_t *shop_coupon_leftovers(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    shop_coupon_leftovers_t *walk = baton;
    const char *id = shop_bson_string(doc, "_id", pool);
    bson_t array, one;
    bson_iter_t iter;

    if (!shop_bson_child(&array, doc, walk->field) || !bson_iter_init(&iter, &array)) {
        return NULL;
    }
    while (bson_iter_next(&iter) && walk->left->nelts < walk->limit) {
        shop_leftover_t *left;
        const char *order_id;

        if (!shop_bson_child(&one, &array, bson_iter_key(&iter)) ||
            shop_bson_time(&one, "at") >= walk->before ||
            !(order_id = shop_bson_oid(&one, "o", pool))) {
            continue;
        }
        left = apr_pcalloc(pool, sizeof(*left));
        left->id = id;
        left->order_id = order_id;
        left->quantity = 1;
        APR_ARRAY_PUSH(walk->left, shop_leftover_t *) = left;
    }
    return NULL;
}

static shop_error_t *use_old_holds(apr_array_header_t **left, shop_coupon_repo_t *port, bool backs,
                                   apr_time_t before, int limit, apr_pool_t *pool)
{
    const char *field = backs ? "backs" : "holds";
    shop_coupon_leftovers_t walk = { apr_array_make(pool, 8, sizeof(shop_leftover_t *)), field,
                                     before, limit };
    bson_t filter = BSON_INITIALIZER, older = BSON_INITIALIZER;
    bson_t *opts =
        BCON_NEW("limit", BCON_INT64(limit), "projection", "{", field, BCON_INT32(1), "}");
    shop_error_t *err;

    shop_bson_append_time(&older, "$lt", before);
    bson_append_document(&filter, backs ? "backs.at" : "holds.at", -1, &older);
    err = shop_mongo_find(mongo_of(port), SHOP_COUPONS_COLLECTION, &filter, opts,
                          shop_coupon_leftovers, &walk, pool);
    *left = walk.left;
    bson_destroy(&filter);
    bson_destroy(&older);
    bson_destroy(opts);
    return err;
}

void shop_coupon_mongo_use(shop_coupon_repo_t *port)
{
    port->take = use_take;
    port->state = use_state;
    port->release = use_release;
    port->spend = use_spend;
    port->give_back = use_give_back;
    port->forget_back = use_forget_back;
    port->old_holds = use_old_holds;
}
