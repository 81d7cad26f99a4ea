/* SPDX-License-Identifier: MIT
 * The claim of an order in its customer's cart. Each step is one update of the cart's document,
 * fenced by what the caller read: a copy of it that arrives late, or once more, matches nothing. */
#include "cart_bson.h"
#include "cart_mongo.h"

#include <string.h>

#define COLLECTION SHOP_CARTS_COLLECTION

static shop_mongo_t *mongo_of(shop_cart_repo_t *port)
{
    return ((shop_cart_repo_mongo_t *)port)->mongo;
}

static void append_lines(bson_t *doc, const apr_array_header_t *lines)
{
    bson_t array, inner;

    BSON_APPEND_ARRAY_BEGIN(doc, "lines", &array);
    for (int i = 0; i < lines->nelts; i++) {
        const shop_cart_line_t *line = APR_ARRAY_IDX(lines, i, shop_cart_line_t *);
        const char *index;
        char buffer[16];

        bson_uint32_to_string((uint32_t)i, &index, buffer, sizeof(buffer));
        BSON_APPEND_DOCUMENT_BEGIN(&array, index, &inner);
        shop_bson_append_oid(&inner, "product", line->product_id);
        BSON_APPEND_INT64(&inner, "q", line->quantity);
        bson_append_document_end(&array, &inner);
    }
    bson_append_array_end(doc, &array);
}

static void append_claim(bson_t *doc, const shop_cart_claim_t *claim)
{
    bson_t ordering, coupon;

    BSON_APPEND_DOCUMENT_BEGIN(doc, "ordering", &ordering);
    shop_bson_append_oid(&ordering, "o", claim->order_id);
    shop_bson_append_time(&ordering, "at", claim->at);
    BSON_APPEND_INT64(&ordering, "rev", claim->rev);
    if (claim->key_slot) {
        BSON_APPEND_UTF8(&ordering, "key", claim->key_slot);
    }
    append_lines(&ordering, claim->lines);
    if (claim->coupon_code) {
        BSON_APPEND_DOCUMENT_BEGIN(&ordering, "coupon", &coupon);
        BSON_APPEND_UTF8(&coupon, "code", claim->coupon_code);
        BSON_APPEND_INT64(&coupon, "born", claim->coupon_born);
        BSON_APPEND_BOOL(&coupon, "limited", claim->coupon_limited);
        BSON_APPEND_INT64(&coupon, "user_limit", claim->coupon_user_limit);
        bson_append_document_end(&ordering, &coupon);
    }
    bson_append_document_end(doc, &ordering);
}

/* order_id NULL: there must be no claim. */
static void append_claimed_by(bson_t *filter, const char *order_id)
{
    if (order_id) {
        shop_bson_append_oid(filter, "ordering.o", order_id);
    } else {
        BCON_APPEND(filter, "ordering", "{", "$exists", BCON_BOOL(false), "}");
    }
}

/* As it was read: order_id is that of its claim, NULL: none. An edit that an election took back may
 * have had the same rev as a later one, hence the lines. */
static void append_as_read(bson_t *filter, const shop_cart_t *cart, const char *order_id)
{
    shop_bson_append_oid(filter, "_id", cart->user_id);
    BSON_APPEND_INT64(filter, "gen", cart->gen);
    BSON_APPEND_INT64(filter, "rev", cart->rev);
    if (cart->lines->nelts) {
        append_lines(filter, cart->lines);
    } else {
        BCON_APPEND(filter, "lines.0", "{", "$exists", BCON_BOOL(false), "}");
    }
    append_claimed_by(filter, order_id);
}

static shop_error_t *cart_claim(bool *claimed, shop_cart_repo_t *port, const shop_cart_t *cart,
                                const shop_cart_claim_t *claim, apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER, update = BSON_INITIALIZER, set;
    int64_t matched = 0;
    shop_error_t *err;

    append_as_read(&filter, cart, NULL);
    BCON_APPEND(&update, "$inc", "{", "rev", BCON_INT64(1), "}");
    BSON_APPEND_DOCUMENT_BEGIN(&update, "$set", &set);
    append_claim(&set, claim);
    bson_append_document_end(&update, &set);
    /* Majority: if an election took the claim back after units were reserved, and the request
     * ended there, nothing would name those units. */
    err = shop_mongo_update(&matched, NULL, mongo_of(port), COLLECTION, &filter, &update, NULL,
                            SHOP_MONGO_MAJORITY, pool);
    *claimed = !err && matched == 1;
    bson_destroy(&filter);
    bson_destroy(&update);
    return err;
}

static shop_error_t *cart_ordered(bool *done, shop_cart_repo_t *port, const shop_cart_t *cart,
                                  const char *order_id, const apr_array_header_t *left,
                                  apr_time_t now, apr_pool_t *pool)
{
    const char *claimed_by = cart->claim ? cart->claim->order_id : NULL;
    bool is_own = claimed_by && !strcmp(claimed_by, order_id);
    bson_t filter = BSON_INITIALIZER, update = BSON_INITIALIZER, set;
    int64_t matched = 0;
    shop_error_t *err;

    append_as_read(&filter, cart, claimed_by);
    BCON_APPEND(&update, "$inc", "{", "gen", BCON_INT64(1), "rev", BCON_INT64(1), "}");
    BSON_APPEND_DOCUMENT_BEGIN(&update, "$set", &set);
    append_lines(&set, left);
    shop_bson_append_time(&set, "updated_at", now);
    bson_append_document_end(&update, &set);
    if (is_own) {
        BCON_APPEND(&update, "$unset", "{", "ordering", "", "}");
    }
    /* Taken back by an election, the claim is there again, and the reaper finds it. Without a claim
     * nothing would clear the cart any more, hence majority. */
    err = shop_mongo_update(&matched, NULL, mongo_of(port), COLLECTION, &filter, &update, NULL,
                            is_own ? SHOP_MONGO_ONE : SHOP_MONGO_MAJORITY, pool);
    *done = !err && matched == 1;
    bson_destroy(&filter);
    bson_destroy(&update);
    return err;
}

static shop_error_t *cart_unclaim(shop_cart_repo_t *port, const char *user_id, const char *order_id,
                                  apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER;
    bson_t *update =
        BCON_NEW("$unset", "{", "ordering", "", "}", "$inc", "{", "rev", BCON_INT64(1), "}");
    shop_error_t *err;

    shop_bson_append_oid(&filter, "_id", user_id);
    append_claimed_by(&filter, order_id);
    err = shop_mongo_update(NULL, NULL, mongo_of(port), COLLECTION, &filter, update, NULL,
                            SHOP_MONGO_ONE, pool);
    bson_destroy(&filter);
    bson_destroy(update);
    return err;
}

/* One document that cannot be read must not keep the reaper from the others. */
static shop_error_t *collect_claimed(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    shop_cart_t *cart = shop_cart_of_bson(doc, shop_bson_oid(doc, "_id", pool), pool);

    if (cart->user_id && cart->claim) {
        APR_ARRAY_PUSH((apr_array_header_t *)baton, shop_cart_t *) = cart;
    }
    return NULL;
}

static shop_error_t *cart_old_claims(apr_array_header_t **carts, shop_cart_repo_t *port,
                                     apr_time_t before, int limit, apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER, older;
    bson_t *opts =
        BCON_NEW("sort", "{", "ordering.at", BCON_INT32(1), "}", "limit", BCON_INT64(limit));
    shop_error_t *err;

    *carts = apr_array_make(pool, 8, sizeof(shop_cart_t *));
    BSON_APPEND_DOCUMENT_BEGIN(&filter, "ordering.at", &older);
    shop_bson_append_time(&older, "$lt", before);
    bson_append_document_end(&filter, &older);
    err = shop_mongo_find(mongo_of(port), COLLECTION, &filter, opts, collect_claimed, *carts, pool);
    bson_destroy(&filter);
    bson_destroy(opts);
    return err;
}

void shop_cart_mongo_claims(shop_cart_repo_t *port)
{
    port->claim = cart_claim;
    port->ordered = cart_ordered;
    port->unclaim = cart_unclaim;
    port->old_claims = cart_old_claims;
}
