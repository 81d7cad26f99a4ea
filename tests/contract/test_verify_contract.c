/* SPDX-License-Identifier: MIT
 * The audit of the books on MongoDB: each kind of drift is planted by hand, named, mended and gone.
 * Exit 77 (skipped) without SHOP_TEST_MONGO_URI. */
#include "verify_shop.h"

static void uproot(const char *collection, const char *filter_text, int64_t wanted)
{
    bson_t *filter = verify_json(filter_text);
    int64_t deleted = 0;

    T_OK(shop_mongo_delete(&deleted, verify_mongo(), collection, filter, SHOP_MONGO_MAJORITY,
                           t_pool));
    T_INT(deleted, wanted);
    bson_destroy(filter);
}

/* What was planted is named, and named again because nothing was mended; then it is mended. */
static void is_found_and_mended(const char *what)
{
    verify_report_t report = verify_books(false);
    int count = 1;

    for (const char *at = what; *at; at++) {
        count += *at == ';';
    }
    t_assert(!strcmp(report.said, what), __LINE__, __FILE__, "said %s, not %s", report.said, what);
    T_INT(report.sums.drifts, count);
    T_INT(report.sums.repaired, 0);
    report = verify_books(true);
    t_assert(report.sums.repaired == count && report.sums.drifts == count, __LINE__, __FILE__,
             "%s: repaired %d of %d: %s", what, (int)report.sums.repaired, (int)report.sums.drifts,
             report.said);
    report = verify_books(false);
    t_assert(!*report.said, __LINE__, __FILE__, "after mending %s: %s", what, report.said);
}

static void an_honest_shop_is_clean(void)
{
    verify_report_t report;

    verify_open_shop();
    report = verify_books(true);
    T_STR(report.said, "");
    T_INT(report.sums.products, 2);
    T_INT(report.sums.coupons, 1);
    T_INT(report.sums.orders, 3);
    T_INT(report.sums.redemptions, 2);
    T_INT(order_shop_stock(verify_shop, 0), 100 - 4 + 4);
    T_INT(order_shop_stock(verify_shop, 1), 40);
}

static void stock_is_mended(void)
{
    const char *unit;

    verify_open_shop();
    unit = verify_oid(verify_shop->products[0]);
    verify_plant("products", unit, "{\"$inc\": {\"stock\": 7}}");
    is_found_and_mended("product stock!");
    T_INT(order_shop_stock(verify_shop, 0), 100);
    verify_plant("products", unit, "{\"$inc\": {\"stock\": -7}}");
    is_found_and_mended("product stock!");
    T_INT(order_shop_stock(verify_shop, 0), 100);
    verify_plant("products", unit, "{\"$unset\": {\"opened\": \"\"}}");
    is_found_and_mended("product opened!");
    T_INT(order_shop_stock(verify_shop, 0), 100);
    uproot("stock_movements", "{\"delta\": 5}", 1); /* a page of the ledger is gone */
    is_found_and_mended("product stock!");
    T_INT(order_shop_stock(verify_shop, 0), 95);
}

static void a_stock_below_nothing_is_left_to_a_person(void)
{
    verify_report_t report;

    verify_open_shop();
    verify_plant("products", verify_oid(verify_shop->products[0]),
                 "{\"$set\": {\"opened\": -1000}}");
    report = verify_books(true);
    T_STR(report.said, "product stock!");
    T_INT(report.sums.repaired, 0);
    T_INT(order_shop_stock(verify_shop, 0), 100);
}

/* An entry of an order that is not there, and the number that it moved. */
static const char *stranger(const char *array, const char *number, int by)
{
    return apr_psprintf(t_pool,
                        "{\"$push\": {\"%s\": {\"o\": {\"$oid\": \"" VERIFY_NOBODY "\"}, \"q\": 3, "
                        "\"at\": {\"$date\": 0}}}, \"$inc\": {\"%s\": %d}}",
                        array, number, by);
}

static void what_nobody_holds_is_given_back(void)
{
    const char *unit;

    verify_open_shop();
    unit = verify_oid(verify_shop->products[0]);
    verify_plant("products", unit, stranger("holds", "stock", -3));
    is_found_and_mended("product holds!");
    T_INT(order_shop_stock(verify_shop, 0), 100);
    verify_plant("products", unit, stranger("backs", "stock", 0));
    is_found_and_mended("product backs!");
    verify_plant("coupons", "\"TEN\"", stranger("holds", "remaining", -1));
    is_found_and_mended("coupon holds!");
    verify_plant("coupons", "\"TEN\"", stranger("backs", "remaining", 0));
    is_found_and_mended("coupon backs!");
}

/* ---- reservations ---- */

#define NOON_MS INT64_C(1790000000000)
#define OLD_MS (NOON_MS - 60001) /* older than two leases */

static const char *hold_of(const char *order_id, const char *user_id, int64_t at_ms, int quantity,
                           const char *number)
{
    return apr_psprintf(t_pool,
                        "{\"$push\": {\"holds\": {\"o\": %s, \"u\": %s, \"q\": %d, \"at\": "
                        "{\"$date\": %" APR_INT64_T_FMT "}}}, \"$inc\": {\"%s\": -%d}}",
                        verify_oid(order_id), verify_oid(user_id), quantity, at_ms, number,
                        quantity);
}

static shop_unit_state_t unit_state(const char *order_id)
{
    const shop_reservation_line_t line = { verify_shop->products[0], 1, 0 };
    const shop_reservation_t asked = { order_id, USER(0), &line, 1 };
    shop_unit_state_t state = { .unit_id = NULL };

    T_OK(verify_shop->ports.stock->states(&state, verify_shop->ports.stock, &asked, t_pool));
    return state;
}

static int status_of(const char *order_id)
{
    shop_order_repo_t *orders = verify_shop->ports.orders;
    shop_order_t *order;

    T_OK(orders->find(&order, orders, order_id, t_pool));
    return order ? (int)order->status : SHOP_VERIFY_ABSENT;
}

static void an_order_that_is_being_placed_is_not_there_yet(void)
{
    const char *unit;

    verify_open_shop();
    unit = verify_oid(verify_shop->products[0]);
    verify_plant("products", unit, hold_of(VERIFY_NOBODY, USER(7), NOON_MS - 60000, 3, "stock"));
    verify_plant("coupons", "\"TEN\"",
                 hold_of(VERIFY_NOBODY, USER(7), NOON_MS - 60000, 1, "remaining"));
    T_STR(verify_books(true).said, "");
    T_INT(order_shop_stock(verify_shop, 0), 97);
    T_INT(status_of(VERIFY_NOBODY), SHOP_VERIFY_ABSENT);
    verify_plant("products", unit, "{\"$inc\": {\"stock\": 1}}"); /* it counts as taken */
    is_found_and_mended("product stock!");
    T_INT(order_shop_stock(verify_shop, 0), 97);
    verify_shop->clock.fixed += apr_time_from_msec(1);
    is_found_and_mended("product holds!; coupon holds!");
    T_INT(order_shop_stock(verify_shop, 0), 100);
    T_INT(status_of(VERIFY_NOBODY), SHOP_ORDER_FAILED); /* it will never be placed */
    T_TRUE(unit_state(VERIFY_NOBODY).voided);
}

static void what_a_given_up_order_took_late_is_given_back(void)
{
    shop_order_repo_t *orders;
    shop_tombstone_t result;
    shop_order_t *order;

    verify_open_shop();
    orders = verify_shop->ports.orders;
    T_OK(orders->tombstone(&result, &order, orders, VERIFY_NOBODY, USER(7), SHOP_NOON, t_pool));
    T_STR(verify_books(false).said, "");
    verify_plant("products", verify_oid(verify_shop->products[0]),
                 hold_of(VERIFY_NOBODY, USER(7), OLD_MS, 3, "stock"));
    is_found_and_mended("product holds!");
    T_INT(order_shop_stock(verify_shop, 0), 100);
}

/* Its numbers are right: it is no drift, and repairing it changes none. */
static void is_a_leftover(const char *what)
{
    verify_report_t report = verify_books(false);

    t_assert(!strcmp(report.said, apr_pstrcat(t_pool, what, " left!", NULL)), __LINE__, __FILE__,
             "said %s", report.said);
    T_INT(report.sums.drifts, 0);
    T_INT(report.sums.leftovers, 1);
    report = verify_books(true);
    T_STR(report.said, apr_pstrcat(t_pool, what, " left", NULL));
    T_INT(report.sums.drifts + report.sums.repaired, 0);
    T_INT(report.sums.completed, 1);
    T_STR(verify_books(false).said, "");
}

static void what_a_placed_order_left_is_confirmed(void)
{
    const char *unit;

    verify_open_shop();
    unit = verify_oid(verify_shop->products[0]);
    verify_plant("products", unit, hold_of(verify_bought->id, USER(0), OLD_MS, 2, "rev"));
    is_a_leftover("product holds");
    verify_plant("products", unit, hold_of(verify_cancelled->id, USER(2), OLD_MS, 2, "rev"));
    is_a_leftover("product holds");
    verify_plant("coupons", "\"TEN\"", hold_of(verify_bought->id, USER(0), OLD_MS, 1, "rev"));
    is_a_leftover("coupon holds");
    T_INT(order_shop_stock(verify_shop, 0), 100);
    /* of the previous protocol: without the user */
    verify_plant("products", unit,
                 apr_psprintf(t_pool,
                              "{\"$push\": {\"holds\": {\"o\": %s, \"q\": 2, \"at\": "
                              "{\"$date\": 0}}}}",
                              verify_oid(verify_plain->id)));
    is_a_leftover("product holds");
    T_INT(order_shop_stock(verify_shop, 0), 100);
}

static void a_reservation_beside_its_orders_lines_is_given_back(void)
{
    shop_order_t *order;
    bool replayed;

    verify_open_shop();
    order_shop_fill(verify_shop, USER(3), 1, 0);
    T_OK(order_shop_place(&order, &replayed, verify_shop, USER(3), NULL, NULL, t_pool));
    verify_plant("products", verify_oid(verify_shop->products[1]),
                 hold_of(order->id, USER(3), OLD_MS, 3, "stock"));
    is_found_and_mended("product holds!");
    T_INT(order_shop_stock(verify_shop, 1), 40);
}

static shop_error_t *not_durable(shop_tombstone_t *result, shop_order_t **order,
                                 shop_order_repo_t *repo, const char *id, const char *user_id,
                                 apr_time_t now, apr_pool_t *pool)
{
    (void)repo;
    (void)id;
    (void)user_id;
    (void)now;
    (void)pool;
    *result = SHOP_TOMBSTONE_UNSEEN;
    *order = NULL;
    return NULL;
}

static void what_is_not_durable_is_left_to_the_next_run(void)
{
    verify_report_t report;
    shop_order_repo_t *orders;
    shop_order_repo_t real;

    verify_open_shop();
    orders = verify_shop->ports.orders;
    real = *orders;
    verify_plant("products", verify_oid(verify_shop->products[0]),
                 hold_of(VERIFY_NOBODY, USER(7), OLD_MS, 3, "stock"));
    verify_plant("products", verify_oid(verify_shop->products[1]),
                 hold_of(verify_bought->id, USER(0), OLD_MS, 1, "rev"));
    orders->tombstone = not_durable;
    report = verify_books(true);
    *orders = real;
    T_STR(report.said, "product busy!; product busy!");
    T_INT(report.sums.busy, 2);
    T_INT(report.sums.drifts + report.sums.leftovers + report.sums.repaired, 0);
    T_INT(order_shop_stock(verify_shop, 0), 97);
    T_STR(verify_books(true).said, "product holds; product holds left");
}

/* ---- the flag ---- */

static bool is_marked(int product)
{
    bson_t *filter = verify_json(
        apr_pstrcat(t_pool, "{\"_id\": ", verify_oid(verify_shop->products[product]), "}", NULL));
    const bson_t *doc = NULL;

    T_OK(shop_mongo_find_one(&doc, verify_mongo(), "products", filter, NULL, t_pool));
    bson_destroy(filter);
    return doc && shop_bson_bool(doc, "sold_out");
}

static void what_is_in_stock_is_not_marked_as_sold_out(void)
{
    const char *unit;

    verify_open_shop();
    unit = verify_oid(verify_shop->products[0]);
    verify_plant("products", unit, "{\"$set\": {\"sold_out\": true}}");
    verify_in_migration = true;
    T_STR(verify_books(true).said, "");
    verify_in_migration = false;
    is_found_and_mended("product sold_out!");
    T_TRUE(!is_marked(0));
    T_INT(order_shop_stock(verify_shop, 0), 100);
    /* with the stock, in one update */
    verify_plant("products", unit, "{\"$set\": {\"sold_out\": true, \"stock\": 0}}");
    is_found_and_mended("product stock!");
    T_TRUE(!is_marked(0));
}

static void what_is_sold_out_is_marked(void)
{
    verify_report_t report;

    verify_open_shop();
    T_OK(verify_move_stock(0, 0, true, NULL, t_pool));
    verify_plant("products", verify_oid(verify_shop->products[0]),
                 "{\"$unset\": {\"sold_out\": 1}}");
    T_STR(verify_books(false).said, ""); /* it may be that in a moment */
    verify_in_migration = true;
    T_STR(verify_books(true).said, "");
    verify_in_migration = false;
    report = verify_books(true);
    T_STR(report.said, "product sold_out left");
    T_INT(report.sums.drifts, 0);
    T_TRUE(is_marked(0));
    T_STR(verify_books(true).said, "");
}

/* ---- carts ---- */

static void claim_cart(int64_t at_ms)
{
    verify_plant("carts", verify_oid(USER(1)),
                 apr_psprintf(t_pool,
                              "{\"$set\": {\"ordering\": {\"o\": {\"$oid\": \"" VERIFY_NOBODY
                              "\"}, \"at\": {\"$date\": %" APR_INT64_T_FMT
                              "}, \"rev\": 1, \"lines\": []}}}",
                              at_ms));
}

static void a_stuck_cart_is_named_until_the_reaper_comes(void)
{
    shop_reap_sums_t sums;

    verify_open_shop();
    claim_cart(NOON_MS - 600000);
    T_STR(verify_books(true).said, "");
    claim_cart(NOON_MS - 600001);
    T_STR(verify_books(true).said, "cart ordering!");
    T_OK(shop_order_reap(&sums, &verify_shop->ports, t_pool));
    T_INT(sums.rolled_back, 1);
    T_STR(verify_books(false).said, "");
}

/* ---- coupons ---- */

static const char *use_of(const char *order_id, int64_t at_ms)
{
    return apr_psprintf(t_pool,
                        "{\"$push\": {\"uses\": %s, \"open\": {\"o\": %s, \"at\": "
                        "{\"$date\": %" APR_INT64_T_FMT "}}}}",
                        verify_oid(order_id), verify_oid(order_id), at_ms);
}

static void a_use_of_an_order_that_is_being_placed_is_no_drift(void)
{
    const char *id;

    verify_open_shop();
    id = apr_pstrcat(t_pool, "\"TEN:1:", USER(0), "\"", NULL);
    verify_plant("redemptions", id, use_of(VERIFY_NOBODY, NOON_MS - 60000));
    T_STR(verify_books(true).said, "");
    verify_shop->clock.fixed += apr_time_from_msec(1);
    is_found_and_mended("redemption uses!");
    T_INT(status_of(VERIFY_NOBODY), SHOP_ORDER_FAILED);
}

static void uses_are_mended(void)
{
    const char *redemption;

    verify_open_shop();
    redemption = apr_pstrcat(t_pool, "{\"_id\": \"TEN:1:", USER(0), "\"}", NULL);
    verify_plant("coupons", "\"TEN\"", "{\"$inc\": {\"remaining\": 2}}");
    is_found_and_mended("coupon remaining!");
    verify_plant("coupons", "\"TEN\"", "{\"$inc\": {\"remaining\": -2}}");
    is_found_and_mended("coupon remaining!");
    uproot("redemptions", redemption, 1);
    is_found_and_mended("redemption uses!");
    verify_plant("redemptions", apr_pstrcat(t_pool, "\"TEN:1:", USER(2), "\"", NULL),
                 apr_pstrcat(t_pool, "{\"$push\": {\"uses\": ", verify_oid(verify_cancelled->id),
                             "}}", NULL));
    is_found_and_mended("redemption uses!");
    verify_plant("redemptions", apr_pstrcat(t_pool, "\"TEN:1:", USER(2), "\"", NULL),
                 "{\"$push\": {\"uses\": {\"$oid\": \"" VERIFY_NOBODY "\"}}}");
    is_found_and_mended("redemption uses!");
}

static void sums_are_mended(void)
{
    const char *order;

    verify_open_shop();
    order = verify_oid(verify_bought->id);
    verify_plant("orders", order, "{\"$inc\": {\"total\": 1}}");
    is_found_and_mended("order total!");
    verify_plant("orders", order, "{\"$inc\": {\"subtotal\": 1}}");
    is_found_and_mended("order subtotal!");
    verify_plant("orders", order, "{\"$inc\": {\"discount\": 1}}");
    is_found_and_mended("order discount!");
    verify_plant("orders", order, "{\"$inc\": {\"items.1.total\": 1}}");
    is_found_and_mended("order items.1.total!");
    verify_plant("orders", order,
                 "{\"$set\": {\"refunded\": 10, \"refunds\": [{\"amount\": 4}, "
                 "{\"amount\": 5}]}}");
    is_found_and_mended("order refunded!");
    verify_plant("orders", order, "{\"$unset\": {\"refunded\": \"\"}}");
    is_found_and_mended("order refunded!");
}

static void a_person_must_look_at_wrong_lines(void)
{
    verify_open_shop();
    verify_plant("orders", verify_oid(verify_plain->id), "{\"$set\": {\"items.0.quantity\": -2}}");
    T_STR(verify_books(true).said,
          "product stock; order items.0.total!; order subtotal!; order total!");
}

static void a_stuck_order_is_named_until_the_reaper_comes(void)
{
    shop_reap_sums_t sums;

    verify_open_shop();
    verify_plant("orders", verify_oid(verify_plain->id),
                 "{\"$set\": {\"unfinished\": true, \"lease_at\": "
                 "{\"$date\": 0}}}");
    T_STR(verify_books(true).said, "order unfinished!");
    T_OK(shop_order_reap(&sums, &verify_shop->ports, t_pool));
    T_INT(sums.completed, 1);
    T_INT(sums.rolled_back + sums.left, 0);
    T_STR(verify_books(false).said, "");
}

static void an_order_that_vanished_shows_everywhere(void)
{
    verify_open_shop();
    uproot("orders", apr_pstrcat(t_pool, "{\"_id\": ", verify_oid(verify_bought->id), "}", NULL),
           1);
    verify_shop->clock.fixed += 2 * SHOP_ORDER_LEASE + 1; /* it may not be being placed any more */
    is_found_and_mended("product stock!; product stock!; coupon remaining!; redemption uses!");
}

static void returned_lines_are_nobodys(void)
{
    verify_open_shop(); /* as a refund leaves it that gave back one line */
    verify_plant("orders", verify_oid(verify_plain->id),
                 apr_pstrcat(t_pool, "{\"$push\": {\"returned\": \"", verify_shop->products[0],
                             "\"}}", NULL));
    T_STR(verify_books(false).said, "product stock!");
    verify_plant("products", verify_oid(verify_shop->products[0]), "{\"$inc\": {\"stock\": 2}}");
    T_STR(verify_books(false).said, "");
}

static void a_deleted_product_is_not_judged(void)
{
    shop_product_repo_t *products;
    bool done;

    verify_open_shop();
    products = verify_shop->ports.products;
    T_OK(products->remove(&done, products, verify_shop->products[1], 2, SHOP_NOON, t_pool));
    T_TRUE(done);
    T_OK(shop_order_cancel(&verify_plain, &verify_shop->ports, verify_plain, -1, USER(1), NULL, 0,
                           t_pool));
    T_STR(verify_books(false).said, "");
}

static void an_index_leads_to_a_products_orders(void)
{
    bson_t *filter, *opts = verify_json("{\"hint\": \"by_product\"}");
    const bson_t *doc;

    verify_open_shop();
    filter = verify_json(apr_pstrcat(
        t_pool, "{\"items.product\": ", verify_oid(verify_shop->products[0]), "}", NULL));
    T_OK(shop_mongo_find_one(&doc, verify_mongo(), "orders", filter, opts, t_pool));
    T_TRUE(doc != NULL);
    bson_destroy(filter);
    bson_destroy(opts);
}

static const shop_test_t tests[] = {
    SHOP_TEST(an_honest_shop_is_clean, "an honest shop is clean"),
    SHOP_TEST(stock_is_mended, "stock that is not what the ledger says is named and mended"),
    SHOP_TEST(a_stock_below_nothing_is_left_to_a_person,
              "a stock that would be below nothing is left to a person"),
    SHOP_TEST(what_nobody_holds_is_given_back, "what no order holds is given back"),
    SHOP_TEST(an_order_that_is_being_placed_is_not_there_yet,
              "an order that is being placed is not there yet"),
    SHOP_TEST(what_a_given_up_order_took_late_is_given_back,
              "what an order took after it was given up is given back"),
    SHOP_TEST(what_a_placed_order_left_is_confirmed,
              "a reservation that a placed order left is no drift, and confirmed"),
    SHOP_TEST(a_reservation_beside_its_orders_lines_is_given_back,
              "a reservation that is none of its order's lines is given back"),
    SHOP_TEST(what_is_not_durable_is_left_to_the_next_run,
              "an order that is not durable is left to the next run"),
    SHOP_TEST(what_is_in_stock_is_not_marked_as_sold_out,
              "what is in stock is not marked as sold out"),
    SHOP_TEST(what_is_sold_out_is_marked, "what is sold out is marked"),
    SHOP_TEST(a_stuck_cart_is_named_until_the_reaper_comes, "a cart that is stuck is named"),
    SHOP_TEST(a_use_of_an_order_that_is_being_placed_is_no_drift,
              "a use of an order that is being placed is no drift"),
    SHOP_TEST(uses_are_mended, "a coupon's uses are what its orders say"),
    SHOP_TEST(sums_are_mended, "an order's sums are what its lines say"),
    SHOP_TEST(a_person_must_look_at_wrong_lines, "lines that are wrong are left to a person"),
    SHOP_TEST(a_stuck_order_is_named_until_the_reaper_comes, "a stuck order is named"),
    SHOP_TEST(an_order_that_vanished_shows_everywhere, "an order that vanished shows everywhere"),
    SHOP_TEST(returned_lines_are_nobodys, "a line that was returned is nobody's"),
    SHOP_TEST(a_deleted_product_is_not_judged, "a deleted product's stock is not judged"),
    SHOP_TEST(an_index_leads_to_a_products_orders, "an index leads to a product's orders"),
    SHOP_TEST_END,
};

int main(void)
{
    const shop_suite_t suites[] = {
        { "verify, MongoDB", tests, verify_use_mongo, NULL },
        { "verify beside a running shop", verify_traffic_tests, NULL, contract_store_drop },
    };

    return contract_store_wanted() ? shop_tests_run(suites, 2) : 77;
}
