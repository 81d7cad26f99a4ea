/* SPDX-License-Identifier: MIT
 * The shop whose books are audited. */
#include "verify_shop.h"

#include "mod_shop/cart/cart_mongo.h"
#include "mod_shop/catalogue/product_mongo.h"
#include "mod_shop/coupons/coupon_mongo.h"
#include "mod_shop/audit/verify_mongo.h"
#include "mod_shop/orders/order_mongo.h"
#include "mod_shop/inventory/stock_mongo.h"

#define ADMIN "e00000000000000000000001"

static shop_mongo_t *mongo;
order_shop_t *verify_shop;
shop_order_t *verify_bought, *verify_plain, *verify_cancelled;
void (*verify_step_in)(shop_verify_store_t *store);
bool verify_in_migration;

static shop_order_ports_t real_ports(void)
{
    static const char *const collections[] = { "orders",  "products",    "stock_movements",
                                               "coupons", "redemptions", "carts",
                                               NULL };

    contract_store_empty(mongo, collections);
    return (shop_order_ports_t){
        .orders = shop_order_repo_mongo(mongo, t_pool),
        .carts = shop_cart_repo_mongo(mongo, t_pool),
        .products = shop_product_repo_mongo(mongo, NULL, t_pool),
        .stock = shop_reservations_mongo(&shop_stock_units, mongo, NULL, t_pool),
        .coupons = shop_coupon_repo_mongo(mongo, t_pool),
        .coupon_uses = shop_reservations_mongo(&shop_coupon_uses, mongo, NULL, t_pool),
    };
}

int verify_use_mongo(void)
{
    const shop_mongo_index_t *const tables[] = { shop_order_indexes,   shop_coupon_indexes,
                                                 shop_product_indexes, shop_stock_indexes,
                                                 shop_cart_indexes,    NULL };

    order_shop_ports = real_ports;
    mongo = contract_store_open("verify", tables);
    return mongo == NULL;
}

/* ---- the audit, as one line of text ---- */

static void note(void *baton, const shop_verify_finding_t *finding)
{
    verify_report_t *report = baton;

    report->said =
        apr_pstrcat(t_pool, report->said, *report->said ? "; " : "", finding->kind, " ",
                    finding->busy ? "busy" : finding->member, finding->leftover ? " left" : "",
                    finding->repaired ? "" : "!", NULL);
}

verify_report_t verify_books(bool repair)
{
    shop_verify_ports_t ports = { .store = shop_verify_store_mongo(mongo, t_pool),
                                  .stock = verify_shop->ports.stock,
                                  .coupons = verify_shop->ports.coupons,
                                  .coupon_uses = verify_shop->ports.coupon_uses,
                                  .orders = verify_shop->ports.orders,
                                  .clock = verify_shop->ports.clock,
                                  .keeps_sold_out = !verify_in_migration };
    verify_report_t report = { .said = "" };

    if (verify_step_in) {
        verify_step_in(ports.store);
    }
    T_OK(shop_verify(&report.sums, &ports, repair, note, &report, t_pool));
    return report;
}

/* ---- a shop with a history ---- */

shop_order_t *verify_place(const char *user_id, const char *coupon)
{
    shop_order_t *order;
    bool replayed;

    order_shop_fill(verify_shop, user_id, 2, 1);
    T_OK(order_shop_place(&order, &replayed, verify_shop, user_id, NULL, coupon, t_pool));
    return order;
}

static shop_error_t *reply(const char **bytes, apr_size_t *size, void *baton,
                           const shop_product_t *after, apr_pool_t *pool)
{
    (void)baton;
    *bytes = apr_psprintf(pool, "%" APR_INT64_T_FMT, after->stock);
    *size = strlen(*bytes);
    return NULL;
}

shop_error_t *verify_move_stock(int product, int64_t amount, bool set, const char *key,
                                apr_pool_t *pool)
{
    shop_stock_repo_t *stock = shop_stock_repo_mongo(mongo, pool);
    shop_stock_request_t request = { .unit_id = verify_shop->products[product],
                                     .amount = amount,
                                     .set = set,
                                     .reason = "delivery",
                                     .by = ADMIN,
                                     .key = key,
                                     .fingerprint = key ? "delivery" : NULL,
                                     .now = SHOP_NOON,
                                     .reply = reply };
    shop_stock_done_t done;

    return stock->move(&done, stock, &request, pool);
}

void verify_open_shop(void)
{
    shop_order_t *order;

    verify_shop = order_shop(100, 50);
    verify_bought = verify_place(USER(0), "TEN");
    verify_plain = verify_place(USER(1), NULL);
    order = verify_place(USER(2), "TEN");
    T_OK(shop_order_cancel(&verify_cancelled, &verify_shop->ports, order, -1, USER(2), NULL, 0,
                           t_pool));
    T_OK(verify_move_stock(0, 5, false, NULL, t_pool));
    T_OK(verify_move_stock(0, -1, false, "key", t_pool));
    T_OK(verify_move_stock(1, 40, true, NULL, t_pool));
}

bson_t *verify_json(const char *text)
{
    bson_error_t error;
    bson_t *doc = bson_new_from_json((const uint8_t *)text, -1, &error);

    t_assert(doc != NULL, __LINE__, __FILE__, "%s: %s", text, doc ? "" : error.message);
    return doc ? doc : bson_new();
}

const char *verify_oid(const char *id)
{
    return apr_pstrcat(t_pool, "{\"$oid\": \"", id, "\"}", NULL);
}

/* One document by its id, given as JSON. */
void verify_plant(const char *collection, const char *id, const char *update_text)
{
    bson_t *filter = verify_json(apr_pstrcat(t_pool, "{\"_id\": ", id, "}", NULL));
    bson_t *update = verify_json(update_text);
    int64_t matched = 0;

    T_OK(shop_mongo_update(&matched, NULL, mongo, collection, filter, update, NULL,
                           SHOP_MONGO_MAJORITY, t_pool));
    T_INT(matched, 1);
    bson_destroy(filter);
    bson_destroy(update);
}

shop_mongo_t *verify_mongo(void)
{
    return mongo;
}
