/* SPDX-License-Identifier: MIT
 * Many threads at once (32; 100 on a real store). Threads count, the main thread asserts. */
#include "tests/kit/order_shop.h"
#include "order_tests.h"

#include <pthread.h>

#define MOST 100
#define THREADS order_shop_threads

typedef struct racer_t {
    pthread_t thread;
    pthread_barrier_t *gate;
    const order_shop_t *shop;
    const char *user_id, *key, *coupon;
    const shop_order_t *cancel; /* cancel this instead of placing */
    shop_code_t code;
    bool replayed;
    char reply[64];
} racer_t;

static void *race(void *data)
{
    racer_t *racer = data;
    shop_order_t *order;
    shop_error_t *err;
    apr_pool_t *pool;

    apr_pool_create(&pool, NULL);
    pthread_barrier_wait(racer->gate);
    if (racer->cancel) {
        err = shop_order_cancel(&order, &racer->shop->ports, racer->cancel, -1, racer->user_id,
                                NULL, 0, pool);
    } else {
        err = order_shop_place(&order, &racer->replayed, racer->shop, racer->user_id, racer->key,
                               racer->coupon, pool);
        apr_cpystrn(racer->reply, err ? "" : order->reply, sizeof(racer->reply));
    }
    racer->code = err ? err->code : SHOP_OK;
    apr_pool_destroy(pool);
    return NULL;
}

static void run(racer_t *racers, const order_shop_t *shop)
{
    pthread_barrier_t gate;

    pthread_barrier_init(&gate, NULL, (unsigned)THREADS);
    for (int i = 0; i < THREADS; i++) {
        racers[i].gate = &gate;
        racers[i].shop = shop;
        pthread_create(&racers[i].thread, NULL, race, &racers[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(racers[i].thread, NULL);
    }
    pthread_barrier_destroy(&gate);
}

static int count(const racer_t *racers, shop_code_t code)
{
    int found = 0;

    for (int i = 0; i < THREADS; i++) {
        found += racers[i].code == code;
    }
    return found;
}

static void never_oversold(void)
{
    order_shop_t *shop = order_shop(20, 100);
    racer_t racers[MOST] = { 0 };

    for (int i = 0; i < THREADS; i++) {
        racers[i].user_id = USER(i);
        order_shop_fill(shop, USER(i), 1, 0);
    }
    run(racers, shop);
    T_INT(count(racers, SHOP_OK), 20);
    T_INT(count(racers, SHOP_OUT_OF_STOCK), THREADS - 20);
    order_shop_audit(shop, THREADS, "20 units, many buyers");
}

static void a_coupon_is_not_used_too_often(void)
{
    order_shop_t *shop = order_shop(1000, 10);
    racer_t racers[MOST] = { 0 };

    for (int i = 0; i < THREADS; i++) {
        racers[i].user_id = USER(i);
        racers[i].coupon = "TEN";
        order_shop_fill(shop, USER(i), 1, 1);
    }
    run(racers, shop);
    T_INT(count(racers, SHOP_OK), 10);
    T_INT(count(racers, SHOP_COUPON_EXHAUSTED), THREADS - 10);
    order_shop_audit(shop, THREADS, "10 uses, many buyers");
}

static void one_key_is_one_order(void)
{
    order_shop_t *shop = order_shop(100, 10);
    racer_t racers[MOST] = { 0 };
    const char *reply = NULL;
    int fresh = 0;

    order_shop_fill(shop, USER(0), 3, 1);
    for (int i = 0; i < THREADS; i++) {
        racers[i].user_id = USER(0);
        racers[i].key = "k:once";
    }
    run(racers, shop);
    for (int i = 0; i < THREADS; i++) {
        if (racers[i].code == SHOP_OK) {
            reply = reply ? reply : racers[i].reply;
            T_STR(racers[i].reply, reply);
            fresh += !racers[i].replayed;
        }
    }
    T_INT(fresh, 1);
    T_INT(count(racers, SHOP_OK) + count(racers, SHOP_IDEMPOTENCY_IN_PROGRESS), THREADS);
    T_INT(order_shop_stock(shop, 0), 97);
    order_shop_audit(shop, 1, "one key, many times");
}

static void one_cart_is_one_order(void)
{
    order_shop_t *shop = order_shop(100, 10);
    racer_t racers[MOST] = { 0 };

    order_shop_fill(shop, USER(0), 3, 1);
    for (int i = 0; i < THREADS; i++) {
        racers[i].user_id = USER(0);
    }
    run(racers, shop);
    T_INT(count(racers, SHOP_OK), 1);
    T_INT(count(racers, SHOP_ORDER_IN_PROGRESS) + count(racers, SHOP_CART_EMPTY), THREADS - 1);
    T_INT(order_shop_stock(shop, 0), 97);
    order_shop_audit(shop, 1, "one cart, many times");
}

static void a_cancel_gives_back_once(void)
{
    order_shop_t *shop = order_shop(10, 10);
    racer_t racers[MOST] = { 0 };
    shop_order_t *order;
    bool replayed;

    order_shop_fill(shop, USER(0), 7, 2);
    T_OK(order_shop_place(&order, &replayed, shop, USER(0), NULL, "TEN", t_pool));
    T_OK(shop->ports.orders->find(&order, shop->ports.orders, order->id, t_pool));
    for (int i = 0; i < THREADS; i++) {
        racers[i].user_id = USER(0);
        racers[i].cancel = order;
    }
    run(racers, shop);
    T_INT(count(racers, SHOP_OK), 1);
    T_INT(count(racers, SHOP_INVALID_TRANSITION), THREADS - 1);
    T_INT(order_shop_stock(shop, 0), 10);
    order_shop_audit(shop, 1, "many cancels");
}

const shop_test_t order_race_tests[] = {
    SHOP_TEST(never_oversold, "many buyers of 20 units: 20 orders"),
    SHOP_TEST(a_coupon_is_not_used_too_often, "many orders with a coupon of 10: 10 discounts"),
    SHOP_TEST(one_key_is_one_order, "one key many times is one order and one answer"),
    SHOP_TEST(one_cart_is_one_order, "one cart ordered many times is one order"),
    SHOP_TEST(a_cancel_gives_back_once, "many cancels give back once"),
    SHOP_TEST_END,
};
SHOP_SUITE("orders at once", order_race_tests)
