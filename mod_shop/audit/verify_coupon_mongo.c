/* SPDX-License-Identifier: MIT
 * Coupons, their uses and their redemptions in MongoDB. */
#include "verify_coupon_mongo.h"

#include <apr_strings.h>
#include <string.h>

#include "../base/id.h"
#include "verify_read_mongo.h"

#define COUPONS "coupons"
#define REDEMPTIONS "redemptions"
#define COUPON_LINE "coupon" /* in an order's `returned` */

static const char *const coupon_members[] = { "usage_limit", "remaining", "terms_rev", "born",
                                              "holds",       "backs",     "back_rev",  NULL };
static const char *const use_members[] = { "status", "coupon", "coupon_born", "returned", NULL };
static const char *const redemption_members[] = { "uses", "open", NULL };

/* ---- coupons ---- */

shop_error_t *shop_verify_read_coupon(shop_verify_reservable_t **out, shop_verify_store_t *port,
                                      const char *code, apr_pool_t *pool)
{
    shop_verify_coupon_t *coupon = apr_pcalloc(pool, sizeof(*coupon));
    const bson_t *doc;

    *out = NULL;
    SHOP_TRY(shop_verify_find_id(&doc, port, COUPONS, false, code, coupon_members, pool));
    if (!doc) {
        return NULL;
    }
    coupon->base.id = code;
    coupon->usage_limit = shop_bson_int(doc, "usage_limit", -1);
    coupon->remaining = shop_bson_int(doc, "remaining", -1);
    coupon->terms_rev = shop_bson_int(doc, "terms_rev", 0);
    coupon->born = shop_bson_int(doc, "born", 0);
    coupon->base.holds = shop_verify_entries(doc, "holds", "o", NULL, pool);
    coupon->base.backs = shop_verify_entries(doc, "backs", "o", NULL, pool);
    coupon->base.seen = shop_verify_seen(doc);
    *out = &coupon->base;
    return NULL;
}

static shop_error_t *count_use(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    shop_verify_walk_t *walk = baton;
    shop_verify_use_t use = { .born = -1 };
    bson_t terms;

    (void)pool;
    apr_pool_clear(walk->scratch);
    use.order_id = shop_bson_oid(doc, "_id", walk->scratch);
    use.status = shop_order_status_of_stored(shop_bson_string(doc, "status", walk->scratch));
    use.returned = shop_verify_is_returned(doc, COUPON_LINE);
    if (shop_bson_child(&terms, doc, "coupon")) {
        use.limited = shop_bson_bool(&terms, "limited");
        use.terms_rev = shop_bson_int(&terms, "terms_rev", 0);
        use.born = shop_bson_int(&terms, "born", -1);
    }
    if (use.order_id) {
        shop_verify_count_use(walk->object, &use);
    }
    return NULL;
}

shop_error_t *shop_verify_count_coupon(shop_verify_reservable_t *coupon, shop_verify_store_t *port,
                                       apr_pool_t *pool)
{
    shop_verify_walk_t walk = { coupon, NULL };
    bson_t *filter = BCON_NEW("coupon_code", BCON_UTF8(coupon->id));
    shop_error_t *err;

    apr_pool_create(&walk.scratch, pool);
    err = shop_verify_find(port, "orders", filter, use_members, count_use, &walk, pool);
    bson_destroy(filter);
    return err;
}

/* ---- redemptions ---- */

const char *shop_verify_redemption_id(const bson_t *order, apr_pool_t *pool)
{
    const char *code = shop_bson_string(order, "coupon_code", pool);
    const char *user = shop_bson_oid(order, "user", pool);
    bson_t terms;

    if (!code || !user || !shop_bson_child(&terms, order, "coupon") ||
        shop_bson_int(&terms, "user_limit", -1) < 0) {
        return NULL;
    }
    return apr_psprintf(pool, "%s:%" APR_INT64_T_FMT ":%s", code, shop_bson_int(&terms, "born", 0),
                        user);
}

/* The redemption's name ends with its customer's. */
static const char *user_of(const char *redemption_id)
{
    const char *colon = redemption_id ? strrchr(redemption_id, ':') : NULL;

    return colon && shop_id_valid(colon + 1) ? colon + 1 : NULL;
}

static shop_verify_redemption_t *redemption_of(const bson_t *doc, apr_pool_t *pool)
{
    shop_verify_redemption_t *redemption = apr_pcalloc(pool, sizeof(*redemption));
    apr_array_header_t *open = shop_verify_entries(doc, "open", "o", NULL, pool);
    bson_t list;
    bson_iter_t iter;

    redemption->id = shop_bson_string(doc, "_id", pool);
    redemption->user_id = user_of(redemption->id);
    redemption->uses = apr_array_make(pool, 4, sizeof(shop_verify_entry_t));
    if (!shop_bson_child(&list, doc, "uses") || !bson_iter_init(&iter, &list)) {
        return redemption;
    }
    while (bson_iter_next(&iter)) {
        const char *id = shop_bson_oid(&list, bson_iter_key(&iter), pool);

        if (id) {
            const shop_verify_entry_t *opened = shop_verify_entry(open, id);

            APR_ARRAY_PUSH(redemption->uses, shop_verify_entry_t) = (shop_verify_entry_t){
                .id = id, .amount = opened != NULL, .at = opened ? opened->at : 0
            };
        }
    }
    return redemption;
}

static shop_error_t *collect_redemption(void *baton, const bson_t *doc, apr_pool_t *pool)
{
    APR_ARRAY_PUSH((apr_array_header_t *)baton, shop_verify_redemption_t *) =
        redemption_of(doc, pool);
    return NULL;
}

static shop_error_t *read_redemptions(apr_array_header_t **redemptions, shop_verify_store_t *port,
                                      const char *after, apr_pool_t *pool)
{
    *redemptions = apr_array_make(pool, SHOP_VERIFY_PAGE, sizeof(shop_verify_redemption_t *));
    return shop_verify_find_page(port, REDEMPTIONS, false, after, redemption_members,
                                 collect_redemption, *redemptions, pool);
}

static shop_error_t *read_redemption(shop_verify_redemption_t **redemption,
                                     shop_verify_store_t *port, const char *id, apr_pool_t *pool)
{
    const bson_t *doc;

    SHOP_TRY(shop_verify_find_id(&doc, port, REDEMPTIONS, false, id, redemption_members, pool));
    *redemption = doc ? redemption_of(doc, pool) : NULL;
    return NULL;
}

/* Adds it to `open` too: if the order is being cancelled now, the reaper drops the use. */
static shop_error_t *add_use(shop_verify_store_t *port, const char *redemption_id,
                             const char *order_id, apr_time_t now, apr_pool_t *pool)
{
    bson_oid_t oid;
    bson_t *filter, *update, *upsert = BCON_NEW("upsert", BCON_BOOL(true));
    bson_t open = BSON_INITIALIZER;
    const char *duplicate; /* it has the order by now */
    shop_error_t *err;

    bson_oid_init_from_string(&oid, order_id);
    bson_append_oid(&open, "o", -1, &oid);
    shop_bson_append_time(&open, "at", now);
    filter = BCON_NEW("_id", BCON_UTF8(redemption_id), "uses", "{", "$ne", BCON_OID(&oid), "}");
    update = BCON_NEW("$push", "{", "uses", BCON_OID(&oid), "open", BCON_DOCUMENT(&open), "}");
    err = shop_mongo_update(NULL, &duplicate, shop_verify_mongo_of(port), REDEMPTIONS, filter,
                            update, upsert, SHOP_MONGO_MAJORITY, pool);
    bson_destroy(&open);
    bson_destroy(filter);
    bson_destroy(update);
    bson_destroy(upsert);
    return err;
}

void shop_verify_coupon_mongo(shop_verify_store_t *port)
{
    port->redemptions = read_redemptions;
    port->redemption = read_redemption;
    port->add_use = add_use;
}
