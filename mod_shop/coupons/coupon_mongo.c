/* SPDX-License-Identifier: MIT
 * Coupons in MongoDB: their terms. What customers used of them is in coupon_redeem_mongo.c. */
#include "coupon_mongo.h"

#include <apr_strings.h>

const shop_mongo_index_t shop_coupon_indexes[] = {
    { .collection = SHOP_COUPONS_COLLECTION,
      .name = "old_holds",
      .keys = "holds.at:1",
      .sparse = true },
    { .collection = SHOP_COUPONS_COLLECTION,
      .name = "old_backs",
      .keys = "backs.at:1",
      .sparse = true },
    { .collection = SHOP_REDEMPTIONS_COLLECTION,
      .name = "open",
      .keys = "open.at:1",
      .sparse = true },
    { .collection = NULL },
};

const shop_reservable_t shop_coupon_uses = { .collection = SHOP_COUPONS_COLLECTION,
                                             .id = SHOP_UNIT_ID_TEXT,
                                             .counter = "remaining",
                                             .may_be_unlimited = true,
                                             .terms = "terms_rev",
                                             .born = "born" };

static shop_mongo_t *mongo_of(shop_coupon_repo_t *port)
{
    return ((shop_coupon_repo_mongo_t *)port)->mongo;
}

static void append_optional(bson_t *set, bson_t *unset, const char *name, int64_t value)
{
    if (value >= 0) {
        bson_append_int64(set, name, -1, value);
    } else {
        bson_append_utf8(unset, name, -1, "", -1);
    }
}

/* The terms; what is absent is named in unset. */
static void append_terms(bson_t *set, bson_t *unset, const shop_coupon_t *coupon)
{
    bson_append_int64(set, "discount_percent", -1, coupon->discount_percent);
    shop_bson_append_time(set, "valid_from", coupon->valid_from);
    shop_bson_append_time(set, "valid_until", coupon->valid_until);
    bson_append_int64(set, "min_purchase", -1, coupon->min_purchase);
    append_optional(set, unset, "max_discount", coupon->max_discount);
    append_optional(set, unset, "usage_limit", coupon->usage_limit);
    append_optional(set, unset, "usage_limit_per_user", coupon->usage_limit_per_user);
    bson_append_int64(set, "terms_rev", -1, coupon->terms_rev);
    bson_append_int64(set, "rev", -1, coupon->rev);
    shop_bson_append_time(set, "updated_at", coupon->updated_at);
}

static shop_coupon_t *coupon_of(const bson_t *doc, apr_pool_t *pool)
{
    shop_coupon_t *coupon = apr_pcalloc(pool, sizeof(*coupon));

    coupon->code = shop_bson_string(doc, "_id", pool);
    coupon->discount_percent = shop_bson_int(doc, "discount_percent", 0);
    coupon->valid_from = shop_bson_time(doc, "valid_from");
    coupon->valid_until = shop_bson_time(doc, "valid_until");
    coupon->min_purchase = shop_bson_int(doc, "min_purchase", 0);
    coupon->max_discount = shop_bson_int(doc, "max_discount", -1);
    coupon->usage_limit = shop_bson_int(doc, "usage_limit", -1);
    coupon->usage_limit_per_user = shop_bson_int(doc, "usage_limit_per_user", -1);
    coupon->remaining = shop_bson_int(doc, "remaining", -1);
    coupon->used = coupon->usage_limit >= 0 ? coupon->usage_limit - coupon->remaining : -1;
    coupon->terms_rev = shop_bson_int(doc, "terms_rev", 0);
    coupon->born = shop_bson_int(doc, "born", 0);
    coupon->rev = shop_bson_int(doc, "rev", 0);
    coupon->created_at = shop_bson_time(doc, "created_at");
    coupon->updated_at = shop_bson_time(doc, "updated_at");
    return coupon;
}

static shop_error_t *coupon_insert(shop_coupon_repo_t *port, const shop_coupon_t *coupon,
                                   apr_pool_t *pool)
{
    bson_t doc = BSON_INITIALIZER, unset = BSON_INITIALIZER, empty = BSON_INITIALIZER;
    const char *duplicate;
    shop_error_t *err;

    bson_append_utf8(&doc, "_id", -1, coupon->code, -1);
    append_terms(&doc, &unset, coupon);
    shop_bson_append_time(&doc, "created_at", coupon->created_at);
    if (coupon->usage_limit >= 0) {
        bson_append_int64(&doc, "remaining", -1, coupon->remaining);
    }
    /* back_rev rises over every earlier coupon of this code, or a late give-back could match */
    bson_append_int64(&doc, "born", -1, coupon->terms_rev);
    bson_append_int64(&doc, "back_rev", -1, coupon->terms_rev);
    bson_append_array(&doc, "holds", -1, &empty);
    bson_append_array(&doc, "backs", -1, &empty);
    err = shop_mongo_insert(&duplicate, mongo_of(port), SHOP_COUPONS_COLLECTION, &doc,
                            SHOP_MONGO_MAJORITY, pool);
    if (!err && duplicate) {
        err = shop_err(pool, COUPON_EXISTS, "there is a coupon %s", coupon->code);
    }
    bson_destroy(&doc);
    bson_destroy(&unset);
    bson_destroy(&empty);
    return err;
}

static bson_t *projected(void)
{
    return BCON_NEW("projection", "{", "holds", BCON_INT32(0), "backs", BCON_INT32(0), "}");
}

static shop_error_t *coupon_find(shop_coupon_t **coupon, shop_coupon_repo_t *port, const char *code,
                                 apr_pool_t *pool)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(code));
    bson_t *opts = projected();
    const bson_t *doc = NULL;
    shop_error_t *err =
        shop_mongo_find_one(&doc, mongo_of(port), SHOP_COUPONS_COLLECTION, filter, opts, pool);

    *coupon = !err && doc ? coupon_of(doc, pool) : NULL;
    bson_destroy(filter);
    bson_destroy(opts);
    return err;
}

static shop_error_t *collect(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    APR_ARRAY_PUSH((apr_array_header_t *)baton, shop_coupon_t *) = coupon_of(doc, pool);
    return NULL;
}

static shop_error_t *coupon_list(apr_array_header_t **coupons, shop_list_end_t *end,
                                 shop_coupon_repo_t *port, const shop_list_query_t *query,
                                 apr_pool_t *pool)
{
    bson_t all = BSON_INITIALIZER, filter = BSON_INITIALIZER;
    bson_t *opts = projected();
    shop_error_t *err = NULL;
    shop_cursor_t *next;

    *coupons = apr_array_make(pool, (int)query->limit + 1, sizeof(shop_coupon_t *));
    *end = (shop_list_end_t){ NULL, -1 };
    if (query->after) {
        BCON_APPEND(&filter, "_id", "{", "$gt", BCON_UTF8(query->after->id), "}");
    }
    BCON_APPEND(opts, "sort", "{", "_id", BCON_INT32(1), "}", "limit",
                BCON_INT64(query->limit + 1));
    err = shop_mongo_find(mongo_of(port), SHOP_COUPONS_COLLECTION, &filter, opts, collect, *coupons,
                          pool);
    if (!err && query->count) {
        err = shop_mongo_count_documents(&end->total, mongo_of(port), SHOP_COUPONS_COLLECTION, &all,
                                         NULL, SHOP_COUNT_CAP + 1, pool);
    }
    if (!err && (*coupons)->nelts > query->limit) {
        apr_array_pop(*coupons);
        next = apr_pcalloc(pool, sizeof(*next));
        next->sort = "";
        next->id = APR_ARRAY_IDX(*coupons, (*coupons)->nelts - 1, shop_coupon_t *)->code;
        end->next = next;
    }
    bson_destroy(&all);
    bson_destroy(&filter);
    bson_destroy(opts);
    return err;
}

/* With a limit before and after, remaining moves by the difference; a limit that is new brings
 * its own remaining, one that goes takes it along. terms_rev tells orders in flight. */
static void append_update(bson_t *update, const shop_coupon_t *coupon, int64_t limit_delta)
{
    bson_t set, inc;
    bson_t unset = BSON_INITIALIZER;

    bson_append_document_begin(update, "$set", -1, &set);
    append_terms(&set, &unset, coupon);
    if (coupon->usage_limit < 0) {
        bson_append_utf8(&unset, "remaining", -1, "", -1);
    } else if (coupon->remaining >= 0) {
        bson_append_int64(&set, "remaining", -1, coupon->remaining);
    }
    bson_append_document_end(update, &set);
    if (coupon->usage_limit >= 0 && coupon->remaining < 0 && limit_delta) {
        bson_append_document_begin(update, "$inc", -1, &inc);
        bson_append_int64(&inc, "remaining", -1, limit_delta);
        bson_append_document_end(update, &inc);
    }
    if (!bson_empty(&unset)) {
        bson_append_document(update, "$unset", -1, &unset);
    }
    bson_destroy(&unset);
}

static shop_error_t *coupon_update(bool *done, shop_coupon_repo_t *port,
                                   const shop_coupon_t *coupon, int64_t limit_delta,
                                   apr_pool_t *pool)
{
    bson_t update = BSON_INITIALIZER;
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(coupon->code), "rev", BCON_INT64(coupon->rev - 1));
    shop_coupon_t *now = NULL;
    int64_t matched = 0;
    shop_error_t *err;

    if (limit_delta < 0) {
        BCON_APPEND(filter, "remaining", "{", "$gte", BCON_INT64(-limit_delta), "}");
    }
    append_update(&update, coupon, limit_delta);
    err = shop_mongo_update(&matched, NULL, mongo_of(port), SHOP_COUPONS_COLLECTION, filter,
                            &update, NULL, SHOP_MONGO_MAJORITY, pool);
    *done = !err && matched == 1;
    if (!err && !*done && limit_delta < 0) {
        err = coupon_find(&now, port, coupon->code, pool);
        if (!err && now && now->rev == coupon->rev - 1) {
            err = shop_err(pool, COUPON_LIMIT, "coupon %s was used more often than that",
                           coupon->code);
        }
    }
    bson_destroy(filter);
    bson_destroy(&update);
    return err;
}

static shop_error_t *coupon_remove(bool *done, shop_coupon_repo_t *port, const char *code,
                                   int64_t rev, apr_pool_t *pool)
{
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(code), "rev", BCON_INT64(rev));
    int64_t deleted = 0;
    shop_error_t *err = shop_mongo_delete(&deleted, mongo_of(port), SHOP_COUPONS_COLLECTION, filter,
                                          SHOP_MONGO_MAJORITY, pool);

    *done = !err && deleted == 1;
    bson_destroy(filter);
    return err;
}

shop_coupon_repo_t *shop_coupon_repo_mongo(shop_mongo_t *mongo, apr_pool_t *pool)
{
    shop_coupon_repo_mongo_t *repo = apr_pcalloc(pool, sizeof(*repo));

    repo->mongo = mongo;
    repo->port.insert = coupon_insert;
    repo->port.find = coupon_find;
    repo->port.list = coupon_list;
    repo->port.update = coupon_update;
    repo->port.remove = coupon_remove;
    shop_coupon_mongo_redeem(&repo->port);
    return &repo->port;
}
