/* SPDX-License-Identifier: MIT
 * Coupons in MongoDB: their terms. Redemptions are in coupon_redeem_mongo.c. */
#include "coupon_mongo.h"

#include "../store/record_bson.h"
#include "../store/record_mongo.h"

const shop_mongo_index_t shop_coupon_indexes[] = {
    { .collection = SHOP_COUPONS_COLLECTION,
      .name = "old_voids",
      .keys = "voids.at:1",
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

static shop_record_store_t *terms_of(shop_coupon_repo_t *port)
{
    return ((shop_coupon_repo_mongo_t *)port)->terms;
}

static void count_used(shop_coupon_t *coupon)
{
    coupon->used = coupon->usage_limit >= 0 ? coupon->usage_limit - coupon->remaining : -1;
}

static shop_error_t *coupon_insert(shop_coupon_repo_t *port, const shop_coupon_t *coupon,
                                   apr_pool_t *pool)
{
    shop_coupon_t born = *coupon;
    bson_t *more;
    shop_error_t *err;

    born.born = coupon->terms_rev;
    /* back_rev must exceed that of every earlier coupon with this code, or a delayed restock could
     * match */
    more =
        BCON_NEW("back_rev", BCON_INT64(coupon->terms_rev), "holds", "[", "]", "backs", "[", "]");
    err = shop_record_mongo_insert(terms_of(port), &born, more, pool);
    bson_destroy(more);
    return err;
}

static shop_error_t *coupon_find(shop_coupon_t **coupon, shop_coupon_repo_t *port, const char *code,
                                 apr_pool_t *pool)
{
    shop_record_store_t *terms = terms_of(port);
    void *one = NULL;
    shop_error_t *err = terms->find(&one, terms, code, pool);

    *coupon = one;
    if (one) {
        count_used(one);
    }
    return err;
}

static shop_error_t *coupon_find_to_order(shop_coupon_t **coupon, apr_array_header_t **stale,
                                          shop_coupon_repo_t *port, const char *code,
                                          apr_time_t before, apr_pool_t *pool)
{
    shop_mongo_t *mongo = ((shop_coupon_repo_mongo_t *)port)->mongo;
    bson_t *filter = BCON_NEW("_id", BCON_UTF8(code));
    const bson_t *doc = NULL;
    void *one = NULL;
    shop_error_t *err =
        shop_mongo_find_one(&doc, mongo, SHOP_COUPONS_COLLECTION, filter, NULL, pool);

    bson_destroy(filter);
    *coupon = NULL;
    *stale = apr_array_make(pool, 1, sizeof(shop_leftover_t *));
    if (err || !doc) {
        return err;
    }
    SHOP_TRY(shop_record_of_bson(&one, &shop_coupon_record, doc, pool));
    *coupon = one;
    count_used(one);
    shop_reservations_stale(*stale, doc, SHOP_UNIT_ID_TEXT, before, pool);
    return NULL;
}

static shop_error_t *coupon_list(apr_array_header_t **coupons, shop_list_end_t *end,
                                 shop_coupon_repo_t *port, const shop_list_query_t *query,
                                 apr_pool_t *pool)
{
    const shop_record_query_t by_code = { .list = *query };
    shop_record_store_t *terms = terms_of(port);

    SHOP_TRY(terms->list(coupons, end, terms, &by_code, pool));
    for (int i = 0; i < (*coupons)->nelts; i++) {
        count_used(APR_ARRAY_IDX(*coupons, i, shop_coupon_t *));
    }
    return NULL;
}

/* When the limit is lowered, remaining must not become negative. */
static shop_error_t *why_not_changed(shop_coupon_repo_t *port, const shop_coupon_t *coupon,
                                     apr_pool_t *pool)
{
    shop_coupon_t *now;

    SHOP_TRY(coupon_find(&now, port, coupon->code, pool));
    return now && now->rev == coupon->rev - 1
               ? shop_err(pool, COUPON_LIMIT, "coupon %s was used more often than that",
                          coupon->code)
               : NULL;
}

/* With a limit before and after, remaining changes by the difference. A new limit sets remaining, a
 * removed limit unsets it. Orders in progress see the new terms_rev. */
static shop_error_t *coupon_update(bool *done, shop_coupon_repo_t *port,
                                   const shop_coupon_t *coupon, int64_t limit_delta,
                                   apr_pool_t *pool)
{
    shop_record_more_t more = { NULL, NULL, NULL, NULL };
    bson_t *enough = NULL, *counter = NULL;
    shop_error_t *err;

    if (limit_delta < 0) {
        more.filter = enough = BCON_NEW("remaining", "{", "$gte", BCON_INT64(-limit_delta), "}");
    }
    if (coupon->usage_limit < 0) {
        more.unset = counter = BCON_NEW("remaining", BCON_UTF8(""));
    } else if (coupon->remaining >= 0) {
        more.set = counter = BCON_NEW("remaining", BCON_INT64(coupon->remaining));
    } else if (limit_delta) {
        more.inc = counter = BCON_NEW("remaining", BCON_INT64(limit_delta));
    }
    err = shop_record_mongo_update(done, terms_of(port), coupon, &more, pool);
    bson_destroy(enough);
    bson_destroy(counter);
    return !err && !*done && limit_delta < 0 ? why_not_changed(port, coupon, pool) : err;
}

static shop_error_t *coupon_remove(bool *done, shop_coupon_repo_t *port, const char *code,
                                   int64_t rev, apr_pool_t *pool)
{
    shop_record_store_t *terms = terms_of(port);

    return terms->remove(done, terms, code, rev, pool);
}

shop_coupon_repo_t *shop_coupon_repo_mongo(shop_mongo_t *mongo, apr_pool_t *pool)
{
    shop_coupon_repo_mongo_t *repo = apr_pcalloc(pool, sizeof(*repo));

    repo->mongo = mongo;
    repo->terms = shop_record_mongo(&shop_coupon_record, mongo, pool);
    repo->port.insert = coupon_insert;
    repo->port.find = coupon_find;
    repo->port.find_to_order = coupon_find_to_order;
    repo->port.list = coupon_list;
    repo->port.update = coupon_update;
    repo->port.remove = coupon_remove;
    shop_coupon_mongo_redeem(&repo->port);
    return &repo->port;
}
