/* SPDX-License-Identifier: MIT
 * Redemptions: one document per coupon and user with the orders that use the coupon. They remain
 * when the coupon is deleted, because its orders may still be cancelled. */
#include <apr_strings.h>
#include <string.h>

#include "coupon_mongo.h"

static shop_mongo_t *mongo_of(shop_coupon_repo_t *port)
{
    return ((shop_coupon_repo_mongo_t *)port)->mongo;
}

static const char *redemption_id(const char *code, int64_t born, const char *user_id,
                                 apr_pool_t *pool)
{
    return apr_psprintf(pool, "%s:%" APR_INT64_T_FMT ":%s", code, born, user_id);
}

static shop_error_t *is_named(bool *named, shop_mongo_t *mongo, const char *id,
                              const bson_oid_t *oid, apr_pool_t *pool)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(id), "uses", BCON_OID(oid));
    const bson_t *doc = NULL;
    shop_error_t *err =
        shop_mongo_find_one(&doc, mongo, SHOP_REDEMPTIONS_COLLECTION, filter, NULL, pool);

    *named = !err && doc;
    bson_destroy(filter);
    return err;
}

/* The upsert failed with a duplicate key: the limit is reached, the order is already in the
 * document, or another order created the document concurrently. */
static shop_error_t *redeem(bool *redeemed, shop_coupon_repo_t *port, const char *code,
                            int64_t born, const char *user_id, int64_t limit, const char *order_id,
                            apr_time_t now, apr_pool_t *pool)
{
    shop_mongo_t *mongo = mongo_of(port);
    const char *id = redemption_id(code, born, user_id, pool);
    const char *last = apr_psprintf(pool, "uses.%" APR_INT64_T_FMT, limit - 1);
    const char *duplicate = NULL;
    int64_t matched = 0;
    bson_oid_t oid;
    bson_t *filter, *update, *upsert;
    bson_t open = BSON_INITIALIZER;
    shop_error_t *err;

    bson_oid_init_from_string(&oid, order_id);
    bson_append_oid(&open, "o", -1, &oid);
    shop_bson_append_time(&open, "at", now);
    filter = BCON_NEW("_id", BCON_UTF8(id), last, "{", "$exists", BCON_BOOL(false), "}", "uses",
                      "{", "$ne", BCON_OID(&oid), "}");
    update = BCON_NEW("$push", "{", "uses", BCON_OID(&oid), "open", BCON_DOCUMENT(&open), "}");
    upsert = BCON_NEW("upsert", BCON_BOOL(true));
    err = shop_mongo_update(NULL, &duplicate, mongo, SHOP_REDEMPTIONS_COLLECTION, filter, update,
                            upsert, SHOP_MONGO_MAJORITY, pool);
    *redeemed = !err && !duplicate;
    if (!err && duplicate) {
        err = shop_mongo_update(&matched, NULL, mongo, SHOP_REDEMPTIONS_COLLECTION, filter, update,
                                NULL, SHOP_MONGO_MAJORITY, pool);
        *redeemed = matched == 1;
    }
    if (!err && !*redeemed) {
        err = is_named(redeemed, mongo, id, &oid, pool);
    }
    bson_destroy(&open);
    bson_destroy(filter);
    bson_destroy(update);
    bson_destroy(upsert);
    return err;
}

/* Removes the order from open; drop: from uses too. */
static shop_error_t *pull(shop_coupon_repo_t *port, const char *id, const char *order_id, bool drop,
                          shop_mongo_concern_t concern, apr_pool_t *pool)
{
    bson_oid_t oid;
    bson_t *filter, *update;
    shop_error_t *err;

    bson_oid_init_from_string(&oid, order_id);
    filter = BCON_NEW("_id", BCON_UTF8(id));
    update = drop ? BCON_NEW("$pull", "{", "uses", BCON_OID(&oid), "open", "{", "o", BCON_OID(&oid),
                             "}", "}")
                  : BCON_NEW("$pull", "{", "open", "{", "o", BCON_OID(&oid), "}", "}");
    err = shop_mongo_update(NULL, NULL, mongo_of(port), SHOP_REDEMPTIONS_COLLECTION, filter, update,
                            NULL, concern, pool);
    bson_destroy(filter);
    bson_destroy(update);
    return err;
}

static shop_error_t *drop_redemption(shop_coupon_repo_t *port, const char *id, const char *order_id,
                                     apr_pool_t *pool)
{
    return pull(port, id, order_id, true, SHOP_MONGO_MAJORITY, pool);
}

static shop_error_t *keep_redemption(shop_coupon_repo_t *port, const char *id, const char *order_id,
                                     apr_pool_t *pool)
{
    return pull(port, id, order_id, false, SHOP_MONGO_ONE, pool);
}

static shop_error_t *unredeem(shop_coupon_repo_t *port, const char *code, int64_t born,
                              const char *user_id, const char *order_id, apr_pool_t *pool)
{
    return drop_redemption(port, redemption_id(code, born, user_id, pool), order_id, pool);
}

static shop_error_t *count_uses(int64_t *uses, shop_coupon_repo_t *port, const char *code,
                                int64_t born, const char *user_id, apr_pool_t *pool)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(redemption_id(code, born, user_id, pool)));
    const bson_t *doc = NULL;
    bson_t array;
    shop_error_t *err =
        shop_mongo_find_one(&doc, mongo_of(port), SHOP_REDEMPTIONS_COLLECTION, filter, NULL, pool);

    *uses = !err && doc && shop_bson_child(&array, doc, "uses") ? bson_count_keys(&array) : 0;
    bson_destroy(filter);
    return err;
}

/* The user is the last part of the id. */
static shop_error_t *old_redemptions(apr_array_header_t **left, shop_coupon_repo_t *port,
                                     apr_time_t before, int limit, apr_pool_t *pool)
{
    SHOP_TRY(shop_leftovers_find(left, mongo_of(port), SHOP_REDEMPTIONS_COLLECTION,
                                 SHOP_UNIT_ID_TEXT, "open", before, limit, pool));
    for (int i = 0; i < (*left)->nelts; i++) {
        shop_leftover_t *leftover = APR_ARRAY_IDX(*left, i, shop_leftover_t *);
        const char *colon = strrchr(leftover->id, ':');

        leftover->user_id = colon && colon[1] ? colon + 1 : NULL;
    }
    return NULL;
}

void shop_coupon_mongo_redeem(shop_coupon_repo_t *port)
{
    port->redeem = redeem;
    port->unredeem = unredeem;
    port->uses = count_uses;
    port->old_redemptions = old_redemptions;
    port->drop_redemption = drop_redemption;
    port->keep_redemption = keep_redemption;
}
