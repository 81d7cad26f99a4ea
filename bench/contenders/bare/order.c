/* SPDX-License-Identifier: MIT
 * The commands of POST /api/orders, in the order of mod_shop/orders/order_place.c. */
#include "bare.h"

#include <inttypes.h>
#include <string.h>

static void append_items(bson_t *doc, const work_t *work)
{
    bson_t items, item;
    char key[16];

    bson_append_array_begin(doc, "items", -1, &items);
    for (int i = 0; i < work->count; i++) {
        const line_t *line = &work->lines[i];

        snprintf(key, sizeof(key), "%d", i);
        BSON_APPEND_DOCUMENT_BEGIN(&items, key, &item);
        BSON_APPEND_OID(&item, "product", &line->product);
        BSON_APPEND_UTF8(&item, "name", line->name);
        BSON_APPEND_INT64(&item, "price", line->price);
        BSON_APPEND_INT64(&item, "quantity", line->quantity);
        BSON_APPEND_INT64(&item, "total", line->price * line->quantity);
        BSON_APPEND_INT64(&item, "discount", 0);
        bson_append_document_end(&items, &item);
    }
    bson_append_array_end(doc, &items);
}

void bare_append_order(bson_t *doc, const work_t *work, const bson_oid_t *order, const char *status,
                       int64_t rev)
{
    char hex[25], number[32], slot[32], key[32], fingerprint[65];

    bson_oid_to_string(order, hex);
    snprintf(number, sizeof(number), "SH-%s", hex + 8);
    snprintf(slot, sizeof(slot), "g:%" PRId64, work->gen);
    snprintf(key, sizeof(key), "o:%s", hex);
    memset(fingerprint, 'f', sizeof(fingerprint) - 1);
    fingerprint[64] = '\0';
    BSON_APPEND_OID(doc, "_id", order);
    BSON_APPEND_OID(doc, "user", &work->user);
    BCON_APPEND(doc, "number", BCON_UTF8(number), "status", BCON_UTF8(status), "rev",
                BCON_INT64(rev));
    append_items(doc, work);
    BCON_APPEND(doc, "subtotal", BCON_INT64(10000), "discount", BCON_INT64(0), "total",
                BCON_INT64(10000), "currency", BCON_UTF8("USD"), "address", "{", "street",
                BCON_UTF8("1 Quay Road"), "city", BCON_UTF8("Harwich"), "state", BCON_UTF8("Essex"),
                "country", BCON_UTF8("United Kingdom"), "zip_code", BCON_UTF8("CO12 3HH"), "}",
                "payment_method", BCON_UTF8("credit_card"), "claimed_at",
                BCON_DATE_TIME(bare_now_ms()), "updated_at", BCON_DATE_TIME(bare_now_ms()),
                "cart_gen", BCON_INT64(work->gen), "cart_slot", BCON_UTF8(slot), "key_slot",
                BCON_UTF8(key), "fp", BCON_UTF8(fingerprint));
}

static void claim(work_t *work, const bson_oid_t *order)
{
    mongoc_collection_t *collection = bare_collection(work, "orders");
    bson_t doc = BSON_INITIALIZER, opts = BSON_INITIALIZER, empty = BSON_INITIALIZER;
    bson_error_t error;

    bare_append_order(&doc, work, order, "placing", 0);
    BSON_APPEND_ARRAY(&doc, "history", &empty);
    BCON_APPEND(&doc, "lease_at", BCON_DATE_TIME(bare_now_ms() + 30000), "unfinished",
                BCON_BOOL(true));
    BSON_APPEND_ARRAY(&doc, "returned", &empty);
    bare_append_concern(work, &opts, true);
    work->commands++;
    if (!mongoc_collection_insert_one(collection, &doc, &opts, NULL, &error)) {
        bare_fail(work, "claim", &error);
    }
    bson_destroy(&doc);
    bson_destroy(&opts);
    bson_destroy(&empty);
    mongoc_collection_destroy(collection);
}

/* Stock is taken under a hold, or the hold is dropped: one command for all lines. */
static void batch(work_t *work, const bson_oid_t *order, bool take)
{
    mongoc_collection_t *collection = bare_collection(work, "products");
    bson_t opts = BSON_INITIALIZER, reply;
    mongoc_bulk_operation_t *bulk;
    bson_error_t error;
    bson_iter_t iter;

    bare_append_concern(work, &opts, take);
    BSON_APPEND_BOOL(&opts, "ordered", false);
    bulk = mongoc_collection_create_bulk_operation_with_opts(collection, &opts);
    for (int i = 0; i < work->count; i++) {
        const line_t *line = &work->lines[i];
        bson_t *filter, *change;

        if (take) {
            filter =
                BCON_NEW("_id", BCON_OID(&line->product), "deleted_at", BCON_NULL, "price",
                         BCON_INT64(line->price), "stock", "{", "$gte", BCON_INT64(line->quantity),
                         "}", "holds.o", "{", "$ne", BCON_OID(order), "}", "holds.199", "{",
                         "$exists", BCON_BOOL(false), "}");
            change = BCON_NEW("$inc", "{", "stock", BCON_INT64(-line->quantity), "}", "$push", "{",
                              "holds", "{", "o", BCON_OID(order), "q", BCON_INT64(line->quantity),
                              "at", BCON_DATE_TIME(bare_now_ms()), "}", "}");
        } else {
            filter = BCON_NEW("_id", BCON_OID(&line->product), "holds.o", BCON_OID(order));
            change = BCON_NEW("$pull", "{", "holds", "{", "o", BCON_OID(order), "}", "}");
        }
        mongoc_bulk_operation_update_one_with_opts(bulk, filter, change, NULL, &error);
        bson_destroy(filter);
        bson_destroy(change);
    }
    work->commands++;
    if (!mongoc_bulk_operation_execute(bulk, &reply, &error)) {
        bare_fail(work, "batch", &error);
    } else if (!bson_iter_init_find(&iter, &reply, "nMatched") ||
               bson_iter_as_int64(&iter) != work->count) {
        bare_fail(work, "a line was not matched", NULL);
    }
    bson_destroy(&reply);
    mongoc_bulk_operation_destroy(bulk);
    bson_destroy(&opts);
    mongoc_collection_destroy(collection);
}

static void commit(work_t *work, const bson_oid_t *order)
{
    static const uint8_t reply[900];
    char by[25];
    bson_t *filter = BCON_NEW("_id", BCON_OID(order), "status", BCON_UTF8("placing"));
    bson_t *change;

    bson_oid_to_string(&work->user, by);
    change =
        BCON_NEW("$set", "{", "status", BCON_UTF8("pending"), "rev", BCON_INT64(1), "created_at",
                 BCON_DATE_TIME(bare_now_ms()), "updated_at", BCON_DATE_TIME(bare_now_ms()),
                 "reply", BCON_BIN(BSON_SUBTYPE_BINARY, reply, sizeof(reply)), "history", "[", "{",
                 "status", BCON_UTF8("pending"), "at", BCON_DATE_TIME(bare_now_ms()), "by",
                 BCON_UTF8(by), "}", "]", "outbox", "[", "{", "event", BCON_UTF8("order_placed"),
                 "at", BCON_DATE_TIME(bare_now_ms()), "}", "]", "}");
    if (bare_update(work, "orders", filter, change, true) != 1) {
        bare_fail(work, "commit", NULL);
    }
    bson_destroy(change);
    bson_destroy(filter);
}

static void clear_cart(work_t *work)
{
    bson_t *filter = BCON_NEW("_id", BCON_OID(&work->user), "gen", BCON_INT64(work->gen));
    bson_t *change = BCON_NEW("$inc", "{", "gen", BCON_INT64(1), "rev", BCON_INT64(1), "}", "$set",
                              "{", "updated_at", BCON_DATE_TIME(bare_now_ms()), "}");
    bson_t pull, lines, product, in;
    char key[16];

    BSON_APPEND_DOCUMENT_BEGIN(change, "$pull", &pull);
    BSON_APPEND_DOCUMENT_BEGIN(&pull, "lines", &lines);
    BSON_APPEND_DOCUMENT_BEGIN(&lines, "product", &product);
    bson_append_array_begin(&product, "$in", -1, &in);
    for (int i = 0; i < work->count; i++) {
        snprintf(key, sizeof(key), "%d", i);
        BSON_APPEND_OID(&in, key, &work->lines[i].product);
    }
    bson_append_array_end(&product, &in);
    bson_append_document_end(&lines, &product);
    bson_append_document_end(&pull, &lines);
    bson_append_document_end(change, &pull);
    if (bare_update(work, "carts", filter, change, false) != 1) {
        bare_fail(work, "cart", NULL);
    }
    bson_destroy(change);
    bson_destroy(filter);
}

static void finish(work_t *work, const bson_oid_t *order)
{
    bson_t *filter =
        BCON_NEW("_id", BCON_OID(order), "status", "{", "$nin", "[", BCON_UTF8("placing"),
                 BCON_UTF8("aborting"), BCON_UTF8("cancelling"), "]", "}");
    bson_t *change =
        BCON_NEW("$unset", "{", "unfinished", BCON_UTF8(""), "lease_at", BCON_UTF8(""), "}");

    bare_update(work, "orders", filter, change, false);
    bson_destroy(change);
    bson_destroy(filter);
}

void bare_order(work_t *work)
{
    bson_oid_t id;

    bson_oid_init(&id, NULL);
    bare_find_session(work);
    bare_find_cart(work);
    bare_find_products(work);
    claim(work, &id);
    batch(work, &id, true);
    commit(work, &id);
    batch(work, &id, false);
    clear_cart(work);
    finish(work, &id);
}
