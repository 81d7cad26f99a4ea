/* SPDX-License-Identifier: MIT
 * Runs the orders contract on the fake, and when SHOP_TEST_MONGO_URI is set on MongoDB, together
 * with the whole protocol: placing, cancelling, faults at each call, a hundred threads. Exit 77
 * (skipped) when only the fake was there. */
#include "tests/kit/contract_store.h"
#include "mod_shop/cart/cart_mongo.h"
#include "mod_shop/catalogue/product_mongo.h"
#include "mod_shop/coupons/coupon_mongo.h"
#include "mod_shop/orders/order_mongo.h"
#include "mod_shop/inventory/stock_mongo.h"
#include "mod_shop/store/schema.h"
#include "order_contract.h"
#include "tests/kit/order_mem.h"
#include "tests/kit/order_shop.h"
#include "tests/unit/orders/order_tests.h"

static shop_mongo_t *mongo;
static shop_schema_known_t schema;

static shop_order_repo_t *fake_store(void)
{
    return shop_order_repo_mem(t_pool);
}

static int use_fake(void)
{
    shop_order_contract_store = fake_store;
    return 0;
}

static shop_order_ports_t real_ports(void)
{
    static const char *const collections[] = { "orders",  "products",    "stock_movements",
                                               "coupons", "redemptions", "carts",
                                               NULL };

    contract_store_empty(mongo, collections);
    schema.finished = order_shop_claims_open ? SHOP_STAGE_CLAIMS - 1 : SHOP_STAGE_CLAIMS;
    return (shop_order_ports_t){
        .orders = shop_order_repo_mongo(mongo, t_pool),
        .carts = shop_cart_repo_mongo(mongo, t_pool),
        .products = shop_product_repo_mongo(mongo, NULL, t_pool),
        .stock = shop_reservations_mongo(&shop_stock_units, mongo, &schema, t_pool),
        .coupons = shop_coupon_repo_mongo(mongo, t_pool),
        .coupon_uses = shop_reservations_mongo(&shop_coupon_uses, mongo, &schema, t_pool),
    };
}

static shop_order_repo_t *real_store(void)
{
    return real_ports().orders;
}

static int use_mongo(void)
{
    const shop_mongo_index_t *const tables[] = { shop_order_indexes,   shop_coupon_indexes,
                                                 shop_product_indexes, shop_stock_indexes,
                                                 shop_cart_indexes,    NULL };

    shop_order_contract_store = real_store;
    order_shop_ports = real_ports;
    mongo = contract_store_open("orders", tables);
    return mongo == NULL;
}

static int crowd(void)
{
    order_shop_threads = 100;
    return 0;
}

/* What one placing sends to the server, whatever the number of lines. */
static void placing_sends_few_commands(void)
{
    static const struct {
        const char *key, *coupon;
        int most;
    } table[] = { { NULL, NULL, 6 }, { "k:a", NULL, 7 }, { NULL, "TEN", 9 } };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        order_shop_t *shop = order_shop(10, 5);
        shop_order_t *order;
        bool replayed;

        order_shop_queue(shop);
        order_shop_fill(shop, USER(0), 2, 1);
        shop_mongo_begin(0);
        T_OK(order_shop_place(&order, &replayed, shop, USER(0), table[i].key, table[i].coupon,
                              t_pool));
        T_INT(shop_mongo_count(), table[i].most);
    }
}

/* A database restored without its indexes: nothing is sold until they are there again. */
static void no_order_without_the_unique_indexes(void)
{
    order_shop_t *shop = order_shop(10, 5);
    shop_order_t *order;
    bool replayed;

    order_shop_fill(shop, USER(0), 1, 0);
    contract_store_drop_index("orders", "key_slot");
    T_ERR(order_shop_place(&order, &replayed, shop, USER(0), "k:a", NULL, t_pool), UNAVAILABLE);
    T_INT(order_shop_stock(shop, 0), 10);
    T_OK(shop_mongo_ensure_indexes(mongo, shop_order_indexes, t_pool));
    T_OK(order_shop_place(&order, &replayed, shop, USER(0), "k:a", NULL, t_pool));
    order_shop_audit(shop, 1, "after the index was made");
}

static const shop_test_t cost_tests[] = {
    SHOP_TEST(no_order_without_the_unique_indexes, "no order without the unique indexes"),
    SHOP_TEST(placing_sends_few_commands, "placing sends 6 commands, 7 with a key"),
    SHOP_TEST_END,
};

int main(void)
{
    const shop_suite_t suites[] = {
        { "orders, fake", shop_order_contract, use_fake, NULL },
        { "orders, MongoDB", shop_order_contract, use_mongo, NULL },
        { "placing and cancelling, MongoDB", order_place_tests, NULL, NULL },
        { "claims of carts, MongoDB", order_claim_tests, NULL, NULL },
        { "an order's cost and indexes, MongoDB", cost_tests, NULL, NULL },
        { "orders under faults, MongoDB", order_fault_tests, NULL, NULL },
        { "orders at once, MongoDB", order_race_tests, crowd, contract_store_drop },
    };
    int real = contract_store_wanted();
    int failed = shop_tests_run(suites, real ? 7 : 1);

    return failed ? failed : real ? 0 : 77;
}
