/* SPDX-License-Identifier: MIT
 * Corrects the members of an order's current status: tracking number and latest note. */
#include <apr_strings.h>

#include "order_mongo.h"

/* "$set" or "$unset" of name; value NULL: neither. */
static void append_correction(bson_t *set, bson_t *unset, const char *name, const char *value)
{
    if (value && *value) {
        bson_append_utf8(set, name, -1, value, -1);
    } else if (value) {
        bson_append_utf8(unset, name, -1, "", -1);
    }
}

static shop_error_t *order_correct(bool *done, shop_order_repo_t *port, const char *id, int64_t rev,
                                   const char *tracking_number, int event, const char *note,
                                   apr_pool_t *pool)
{
    bson_t filter = BSON_INITIALIZER, update = BSON_INITIALIZER, set = BSON_INITIALIZER,
           unset = BSON_INITIALIZER;
    int64_t matched = 0;
    shop_error_t *err;

    shop_bson_append_oid(&filter, "_id", id);
    bson_append_int64(&filter, "rev", -1, rev);
    append_correction(&set, &unset, "tracking_number", tracking_number);
    append_correction(&set, &unset, apr_psprintf(pool, "history.%d.note", event), note);
    BCON_APPEND(&update, "$inc", "{", "rev", BCON_INT64(1), "}");
    if (bson_count_keys(&set)) {
        bson_append_document(&update, "$set", -1, &set);
    }
    if (bson_count_keys(&unset)) {
        bson_append_document(&update, "$unset", -1, &unset);
    }
    err = shop_mongo_update(&matched, NULL, ((shop_order_repo_mongo_t *)port)->mongo,
                            SHOP_ORDERS_COLLECTION, &filter, &update, NULL, SHOP_MONGO_MAJORITY,
                            pool);
    *done = !err && matched == 1;
    bson_destroy(&filter);
    bson_destroy(&update);
    bson_destroy(&set);
    bson_destroy(&unset);
    return err;
}

void shop_order_mongo_corrections(shop_order_repo_t *port)
{
    port->correct = order_correct;
}
