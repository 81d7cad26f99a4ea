/* SPDX-License-Identifier: MIT
 * Carts in MongoDB. Every change is one atomic update of one document, so concurrent changes add
 * up. When an update matches nothing, the cart is read afterwards, only to choose the error. */
#include "cart_mongo.h"

#include <apr_strings.h>
#include <assert.h>
#include <inttypes.h>

#include "cart_bson.h"

#define COLLECTION SHOP_CARTS_COLLECTION
/* Path of the last line that a cart may have: if it exists, the cart is full. */
#define LAST_LINE "lines.99"
/* An attempt fails only when a concurrent change of the same cart came first. */
#define ADD_TURNS 20

static_assert(SHOP_CART_LINES_MAX == 100, "LAST_LINE names the hundredth line");

const shop_mongo_index_t shop_cart_indexes[] = {
    { .collection = COLLECTION, .name = "claimed", .keys = "ordering.at:1", .sparse = true },
    { .collection = NULL },
};

static shop_mongo_t *mongo_of(shop_cart_repo_t *port)
{
    return ((shop_cart_repo_mongo_t *)port)->mongo;
}

static shop_error_t *cart_find(shop_cart_t **cart, shop_cart_repo_t *port, const char *user_id,
                               apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER;
    const bson_t *doc = NULL;
    shop_error_t *err;

    shop_bson_append_oid(&filter, "_id", user_id);
    err = shop_mongo_find_one(&doc, mongo_of(port), COLLECTION, &filter, NULL, pool);
    bson_destroy(&filter);
    *cart = err ? NULL : shop_cart_of_bson(doc, user_id, pool);
    return err;
}

/* Appends what every edit does: increments rev and sets updated_at. units: path of a quantity to
 * increase by line_inc, or NULL. may_insert: gen is set when the update creates the document. */
static void append_touch(bson_t *update, const char *units, int64_t line_inc, bool may_insert,
                         apr_time_t now)
{
    bson_t inc, set, first;

    BSON_APPEND_DOCUMENT_BEGIN(update, "$inc", &inc);
    BSON_APPEND_INT64(&inc, "rev", 1);
    if (units) {
        BSON_APPEND_INT64(&inc, units, line_inc);
    }
    bson_append_document_end(update, &inc);
    if (may_insert) {
        BSON_APPEND_DOCUMENT_BEGIN(update, "$setOnInsert", &first);
        BSON_APPEND_INT64(&first, "gen", 0);
        bson_append_document_end(update, &first);
    }
    BSON_APPEND_DOCUMENT_BEGIN(update, "$set", &set);
    shop_bson_append_time(&set, "updated_at", now);
    bson_append_document_end(update, &set);
}

/* Adds to the line if it is at index place and stays within bounds, and returns the updated cart:
 * one command, without the positional "lines.$" (see cart_edit). */
static shop_error_t *add_at(const bson_t **doc, shop_mongo_t *mongo, const char *user_id,
                            const char *product_id, int64_t quantity, int place, apr_time_t now,
                            apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER, update = BSON_INITIALIZER, most;
    const char *line = apr_psprintf(pool, "lines.%d.", place);
    const char *units = apr_pstrcat(pool, line, "q", NULL);
    shop_error_t *err;

    shop_bson_append_oid(&filter, "_id", user_id);
    shop_bson_append_oid(&filter, apr_pstrcat(pool, line, "product", NULL), product_id);
    BSON_APPEND_DOCUMENT_BEGIN(&filter, units, &most);
    BSON_APPEND_INT64(&most, "$lte", SHOP_QUANTITY_MAX - quantity);
    bson_append_document_end(&filter, &most);
    append_touch(&update, units, quantity, false, now);
    err = shop_mongo_modify(doc, NULL, mongo, COLLECTION, &filter, &update, NULL, false,
                            SHOP_MONGO_MAJORITY, pool);
    bson_destroy(&filter);
    bson_destroy(&update);
    return err;
}

/* Adds to the line, wherever it is, if it stays within bounds. */
static shop_error_t *add_to_line(bool *done, shop_mongo_t *mongo, const char *user_id,
                                 const char *product_id, int64_t quantity, apr_time_t now,
                                 apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER, update = BSON_INITIALIZER, line, match, most;
    int64_t matched = 0;
    shop_error_t *err;

    shop_bson_append_oid(&filter, "_id", user_id);
    BSON_APPEND_DOCUMENT_BEGIN(&filter, "lines", &line);
    BSON_APPEND_DOCUMENT_BEGIN(&line, "$elemMatch", &match);
    shop_bson_append_oid(&match, "product", product_id);
    BSON_APPEND_DOCUMENT_BEGIN(&match, "q", &most);
    BSON_APPEND_INT64(&most, "$lte", SHOP_QUANTITY_MAX - quantity);
    bson_append_document_end(&match, &most);
    bson_append_document_end(&line, &match);
    bson_append_document_end(&filter, &line);
    append_touch(&update, "lines.$.q", quantity, false, now);
    err = shop_mongo_update(&matched, NULL, mongo, COLLECTION, &filter, &update, NULL,
                            SHOP_MONGO_MAJORITY, pool);
    bson_destroy(&filter);
    bson_destroy(&update);
    *done = !err && matched == 1;
    return err;
}

/* Appends the line if the cart has none for the product and is not full; creates the cart if it
 * does not exist. When an existing cart does not match, the upsert fails with a duplicate _id. */
static shop_error_t *make_line(const bson_t **doc, shop_mongo_t *mongo, const char *user_id,
                               const char *product_id, int64_t quantity, apr_time_t now,
                               apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER, update = BSON_INITIALIZER, other, absent, push, line;
    const char *duplicate = NULL;
    shop_error_t *err;

    shop_bson_append_oid(&filter, "_id", user_id);
    BSON_APPEND_DOCUMENT_BEGIN(&filter, "lines.product", &other);
    shop_bson_append_oid(&other, "$ne", product_id);
    bson_append_document_end(&filter, &other);
    BSON_APPEND_DOCUMENT_BEGIN(&filter, LAST_LINE, &absent);
    BSON_APPEND_BOOL(&absent, "$exists", false);
    bson_append_document_end(&filter, &absent);
    BSON_APPEND_DOCUMENT_BEGIN(&update, "$push", &push);
    BSON_APPEND_DOCUMENT_BEGIN(&push, "lines", &line);
    shop_bson_append_oid(&line, "product", product_id);
    BSON_APPEND_INT64(&line, "q", quantity);
    bson_append_document_end(&push, &line);
    bson_append_document_end(&update, &push);
    append_touch(&update, NULL, 0, true, now);
    err = shop_mongo_modify(doc, &duplicate, mongo, COLLECTION, &filter, &update, NULL, true,
                            SHOP_MONGO_MAJORITY, pool);
    bson_destroy(&filter);
    bson_destroy(&update);
    return err;
}

/* Why neither update matched; NULL: by now one would. */
static shop_error_t *why_not_added(const shop_cart_t *cart, const char *product_id,
                                   int64_t quantity, apr_pool_t *pool)
{
    const shop_cart_line_t *line = shop_cart_line(cart, product_id);
    shop_error_t *err = NULL;

    if (line && line->quantity > SHOP_QUANTITY_MAX - quantity) {
        shop_error_violate(&err, pool, "/quantity", "too_large",
                           "would make the line larger than %" PRId64, SHOP_QUANTITY_MAX);
    } else if (!line && cart->lines->nelts >= SHOP_CART_LINES_MAX) {
        err = shop_err(pool, CART_FULL, "a cart holds at most %d different products",
                       SHOP_CART_LINES_MAX);
    }
    return err;
}

/* Adds to the line, or appends it. *done: added; else *doc: the cart after appending; else neither
 * update matched. */
static shop_error_t *add_anywhere(bool *done, const bson_t **doc, shop_mongo_t *mongo,
                                  const char *user_id, const char *product_id, int64_t quantity,
                                  apr_time_t now, apr_pool_t *pool)
{
    SHOP_TRY(add_to_line(done, mongo, user_id, product_id, quantity, now, pool));
    return *done ? NULL : make_line(doc, mongo, user_id, product_id, quantity, now, pool);
}

static shop_error_t *cart_add(shop_cart_t **cart, shop_cart_repo_t *port, const char *user_id,
                              const char *product_id, int64_t quantity, int place, apr_time_t now,
                              apr_pool_t *pool)
{
    shop_mongo_t *mongo = mongo_of(port);
    const bson_t *doc = NULL;

    if (place >= 0) {
        SHOP_TRY(add_at(&doc, mongo, user_id, product_id, quantity, place, now, pool));
    } else {
        SHOP_TRY(make_line(&doc, mongo, user_id, product_id, quantity, now, pool));
    }
    for (int turn = 0; turn < ADD_TURNS; turn++) {
        bool done = false;

        if (!doc) {
            SHOP_TRY(add_anywhere(&done, &doc, mongo, user_id, product_id, quantity, now, pool));
        }
        if (doc) {
            *cart = shop_cart_of_bson(doc, user_id, pool);
            return NULL;
        }
        if (done) {
            return cart_find(cart, port, user_id, pool);
        }
        SHOP_TRY(cart_find(cart, port, user_id, pool));
        SHOP_TRY(why_not_added(*cart, product_id, quantity, pool));
    }
    return shop_err(pool, CONFLICT, "the cart keeps changing; try again");
}

/* Builds the update of an edit: sets a line, removes a line, or removes all. */
static void append_edit(bson_t *update, const char *product_id, int64_t quantity, apr_time_t now)
{
    bson_t inc, set, pull, line, none;

    BSON_APPEND_DOCUMENT_BEGIN(update, "$inc", &inc);
    BSON_APPEND_INT64(&inc, "rev", 1);
    bson_append_document_end(update, &inc);
    BSON_APPEND_DOCUMENT_BEGIN(update, "$set", &set);
    shop_bson_append_time(&set, "updated_at", now);
    if (product_id && quantity > 0) {
        BSON_APPEND_INT64(&set, "lines.$.q", quantity);
    } else if (!product_id) {
        bson_append_array_begin(&set, "lines", -1, &none);
        bson_append_array_end(&set, &none);
    }
    bson_append_document_end(update, &set);
    if (product_id && quantity == 0) {
        BSON_APPEND_DOCUMENT_BEGIN(update, "$pull", &pull);
        BSON_APPEND_DOCUMENT_BEGIN(&pull, "lines", &line);
        shop_bson_append_oid(&line, "product", product_id);
        bson_append_document_end(&pull, &line);
        bson_append_document_end(update, &pull);
    }
}

/* rev -1: any. The positional "lines.$" is used in update only, because not every server supports
 * it in findAndModify. */
static shop_error_t *cart_edit(shop_cart_t **cart, shop_cart_repo_t *port, const char *user_id,
                               const char *product_id, int64_t quantity, int64_t rev,
                               apr_time_t now, apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER, update = BSON_INITIALIZER;
    int64_t matched = 0;
    shop_error_t *err;

    shop_bson_append_oid(&filter, "_id", user_id);
    if (product_id) {
        shop_bson_append_oid(&filter, "lines.product", product_id);
    }
    if (rev >= 0) {
        BSON_APPEND_INT64(&filter, "rev", rev);
    }
    append_edit(&update, product_id, quantity, now);
    err = shop_mongo_update(&matched, NULL, mongo_of(port), COLLECTION, &filter, &update, NULL,
                            SHOP_MONGO_MAJORITY, pool);
    bson_destroy(&filter);
    bson_destroy(&update);
    if (!err) {
        err = cart_find(cart, port, user_id, pool);
    }
    if (!err && matched == 0 && rev >= 0 && (*cart)->rev != rev) {
        err = shop_err(pool, CONFLICT, "the cart changed at the same moment");
    }
    if (!err && matched == 0 && product_id) {
        err = shop_err(pool, NOT_FOUND, "the cart has no such line");
    }
    return err;
}

static shop_error_t *cart_set(shop_cart_t **cart, shop_cart_repo_t *port, const char *user_id,
                              const char *product_id, int64_t quantity, apr_time_t now,
                              apr_pool_t *pool)
{
    return cart_edit(cart, port, user_id, product_id, quantity, -1, now, pool);
}

static shop_error_t *cart_remove(shop_cart_t **cart, shop_cart_repo_t *port, const char *user_id,
                                 const char *product_id, apr_time_t now, apr_pool_t *pool)
{
    return cart_edit(cart, port, user_id, product_id, 0, -1, now, pool);
}

static shop_error_t *cart_clear(shop_cart_t **cart, shop_cart_repo_t *port, const char *user_id,
                                apr_time_t now, apr_pool_t *pool)
{
    return cart_edit(cart, port, user_id, NULL, 0, -1, now, pool);
}

shop_cart_repo_t *shop_cart_repo_mongo(shop_mongo_t *mongo, apr_pool_t *pool)
{
    shop_cart_repo_mongo_t *repo = apr_pcalloc(pool, sizeof(*repo));

    repo->mongo = mongo;
    repo->port.find = cart_find;
    repo->port.add = cart_add;
    repo->port.set = cart_set;
    repo->port.remove = cart_remove;
    repo->port.clear = cart_clear;
    repo->port.edit = cart_edit;
    shop_cart_mongo_claims(&repo->port);
    return &repo->port;
}
