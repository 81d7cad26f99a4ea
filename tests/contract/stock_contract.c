/* SPDX-License-Identifier: MIT
 * Stock movements: each counts once and is kept, and a request
 * with a key is answered with the same bytes however often it comes. */
#include <apr_thread_mutex.h>
#include <stdlib.h>
#include <string.h>

#include "tests/contract/stock_contract.h"

#define T0 apr_time_from_sec(1790000000)
#define SEC(n) apr_time_from_sec(n)
#define ADMIN "65a0000000000000000000ad"
#define OTHER "65a0000000000000000000ae"

enum { CROWD = 20, SENDS = 100 };

shop_stock_repo_t *(*shop_stock_contract_store)(shop_product_repo_t **products);

static shop_stock_repo_t *repo;
static shop_product_repo_t *products;
static shop_stock_done_t done;

const char *shop_stock_test_id(int n)
{
    return apr_psprintf(t_pool, "65a0000000000000000%05x", n);
}

shop_product_t *shop_stock_test_product(int n)
{
    shop_product_t *product = apr_pcalloc(t_pool, sizeof(*product));

    product->id = shop_stock_test_id(n);
    product->name = "Lamp";
    product->description = "";
    product->price = 1000;
    product->category = "Things";
    product->stock = 5;
    product->created_at = product->updated_at = T0;
    product->rev = 1;
    return product;
}

static void begin(void)
{
    repo = shop_stock_contract_store(&products);
    T_OK(products->insert(products, shop_stock_test_product(1), t_pool));
}

static int64_t stock(void)
{
    shop_product_t *product = NULL;

    T_OK(products->find(&product, products, shop_stock_test_id(1), t_pool));
    return product->stock;
}

/* Says everything that a product says, and that 0 is a byte like others. */
shop_error_t *shop_stock_test_reply(const char **bytes, apr_size_t *size, void *baton,
                                    const shop_product_t *after, apr_pool_t *pool)
{
    char *text = apr_psprintf(pool, "%s|%s|%d|%d|%d|%d", after->id, after->name, (int)after->price,
                              (int)after->stock, (int)after->rev,
                              (int)apr_time_as_msec(after->updated_at - T0));

    (void)baton;
    *size = strlen(text);
    text[strlen(after->id)] = '\0';
    *bytes = text;
    return NULL;
}

static shop_stock_request_t request_of(int64_t amount, bool set, const char *key, apr_time_t now)
{
    return (shop_stock_request_t){ .unit_id = "65a000000000000000000001",
                                   .amount = amount,
                                   .set = set,
                                   .reason = "count",
                                   .by = ADMIN,
                                   .key = key,
                                   .fingerprint = apr_psprintf(t_pool, "%s %d",
                                                               set ? "set" : "delta", (int)amount),
                                   .now = now,
                                   .reply = shop_stock_test_reply };
}

static shop_error_t *move(int64_t amount, bool set, const char *key, apr_time_t now)
{
    shop_stock_request_t request = request_of(amount, set, key, now);

    return repo->move(&done, repo, &request, t_pool);
}

static apr_array_header_t *movements(int limit, const shop_cursor_t *after,
                                     const shop_cursor_t **next)
{
    shop_list_query_t query = { .limit = limit, .after = after, .count = true };
    apr_array_header_t *list = apr_array_make(t_pool, 1, sizeof(shop_movement_t *));
    shop_list_end_t end = { .total = 0 };

    T_OK(repo->movements(&list, &end, repo, shop_stock_test_id(1), &query, t_pool));
    if (next) {
        *next = end.next;
    }
    T_TRUE(end.total >= list->nelts);
    return list;
}

static void stock_moves_and_every_movement_is_kept(void)
{
    shop_stock_request_t nowhere = request_of(1, false, NULL, T0);
    const shop_cursor_t *next;
    apr_array_header_t *list;

    begin();
    T_OK(move(3, false, NULL, T0));
    T_INT(done.product->stock, 8);
    T_TRUE(!done.reply && !done.replayed);
    T_INT(done.movement->delta, 3);
    T_INT(done.movement->stock_after, 8);
    T_OK(move(2, true, NULL, T0 + SEC(1)));
    T_INT(done.product->stock, 2);
    T_INT(done.movement->delta, -6);
    T_ERR(move(-3, false, NULL, T0), STOCK_NEGATIVE);
    T_ERR(move(SHOP_STOCK_MAX, false, NULL, T0), VALIDATION_FAILED);
    T_INT(stock(), 2);
    nowhere.unit_id = shop_stock_test_id(9);
    T_ERR(repo->move(&done, repo, &nowhere, t_pool), NOT_FOUND);
    list = movements(10, NULL, NULL);
    T_INT(list->nelts, 2);
    list = movements(1, NULL, &next);
    T_INT(APR_ARRAY_IDX(list, 0, shop_movement_t *)->delta, -6);
    T_STR(APR_ARRAY_IDX(list, 0, shop_movement_t *)->reason, "count");
    T_STR(APR_ARRAY_IDX(list, 0, shop_movement_t *)->by, ADMIN);
    list = movements(1, next, &next);
    T_INT(APR_ARRAY_IDX(list, 0, shop_movement_t *)->delta, 3);
    T_INT(APR_ARRAY_IDX(list, 0, shop_movement_t *)->stock_after, 8);
    T_TRUE(next == NULL);
}

static int sold_out(void)
{
    const shop_product_query_t query = { .list = { .limit = 10 },
                                         .min_price = -1,
                                         .max_price = -1,
                                         .featured = -1,
                                         .in_stock = 0,
                                         .sort = "name" };
    apr_array_header_t *found = NULL;
    shop_list_end_t end;

    T_OK(products->list(&found, &end, products, &query, t_pool));
    return found->nelts;
}

static void a_movement_says_what_is_sold_out(void)
{
    static const char *const keys[] = { NULL, "k" };

    begin();
    T_INT(sold_out(), 0);
    for (int i = 0; i < 2; i++) {
        const char *key = keys[i];

        T_OK(move(-stock(), false, key, T0));
        T_INT(sold_out(), 1);
        T_OK(move(4, false, key ? "l" : NULL, T0));
        T_INT(sold_out(), 0);
        T_OK(move(-3, false, key ? "m" : NULL, T0));
        T_INT(sold_out(), 0);
        T_OK(move(0, true, key ? "n" : NULL, T0));
        T_INT(sold_out(), 1);
        T_OK(move(0, true, key ? "o" : NULL, T0));
        T_INT(sold_out(), 1);
        T_OK(move(2, true, key ? "p" : NULL, T0));
        T_INT(sold_out(), 0);
    }
    T_INT(stock(), 2);
}

static bool same_reply(const shop_stock_done_t *one, const shop_stock_done_t *other)
{
    return one->reply && other->reply && one->reply_size == other->reply_size &&
           !memcmp(one->reply, other->reply, one->reply_size);
}

static void a_repeated_key_counts_once_and_is_answered_alike(void)
{
    shop_product_t *product;
    shop_stock_done_t first;

    begin();
    T_OK(move(3, false, "k1", T0 + 123456));
    first = done;
    T_TRUE(!first.replayed);
    T_OK(products->find(&product, products, shop_stock_test_id(1), t_pool));
    T_OK(shop_stock_test_reply(&done.reply, &done.reply_size, NULL, product, t_pool));
    T_TRUE(same_reply(&first, &done)); /* what was foreseen is what is there */
    T_OK(move(50, true, NULL, T0 + SEC(2)));
    T_OK(move(3, false, "k1", T0 + SEC(9)));
    T_TRUE(done.replayed && same_reply(&first, &done));
    T_STR(done.movement->id, first.movement->id);
    T_INT(done.movement->delta, 3);
    T_INT(done.movement->stock_after, 8);
    T_INT(stock(), 50);
    T_ERR(move(4, false, "k1", T0), IDEMPOTENCY_MISMATCH);
    T_ERR(move(3, true, "k1", T0), IDEMPOTENCY_MISMATCH);
    T_OK(move(3, false, "k2", T0));
    T_TRUE(!done.replayed);
    T_INT(stock(), 53);
    T_INT(movements(10, NULL, NULL)->nelts, 3);
}

static void a_refused_key_is_tried_again(void)
{
    begin();
    for (int i = 0; i < 2; i++) {
        T_ERR(move(-7, false, "k", T0), STOCK_NEGATIVE);
    }
    T_INT(movements(10, NULL, NULL)->nelts, 0);
    T_OK(move(4, false, NULL, T0 + SEC(1)));
    T_OK(move(-7, false, "k", T0 + SEC(2)));
    T_TRUE(!done.replayed);
    T_INT(stock(), 2);
    T_OK(move(-7, false, "k", T0 + SEC(3)));
    T_TRUE(done.replayed);
    T_INT(stock(), 2);
}

static void a_key_is_one_users_for_one_product(void)
{
    shop_stock_request_t request = request_of(3, false, "k", T0);

    begin();
    T_OK(products->insert(products, shop_stock_test_product(2), t_pool));
    T_OK(repo->move(&done, repo, &request, t_pool));
    request.by = OTHER;
    T_OK(repo->move(&done, repo, &request, t_pool));
    T_TRUE(!done.replayed);
    T_INT(stock(), 11);
    request.unit_id = shop_stock_test_id(2);
    T_OK(repo->move(&done, repo, &request, t_pool));
    T_TRUE(!done.replayed);
}

static void a_deleted_product_still_answers_a_known_key(void)
{
    shop_stock_done_t first;
    bool gone = false;

    begin();
    T_OK(move(3, false, "k", T0));
    first = done;
    T_OK(products->remove(&gone, products, shop_stock_test_id(1), 2, T0, t_pool));
    T_TRUE(gone);
    T_OK(move(3, false, "k", T0 + SEC(1)));
    T_TRUE(done.replayed && same_reply(&first, &done));
    T_ERR(move(3, false, "k2", T0 + SEC(1)), NOT_FOUND);
}

/* ---- many at once ---- */

typedef struct sent_t {
    shop_stock_done_t done[SENDS];
    apr_thread_mutex_t *lock; /* of t_pool */
} sent_t;

/* Sends one request until it is answered, as a client does that heeds Retry-After. */
static bool send_one(void *baton, int i, apr_pool_t *pool)
{
    sent_t *sent = baton;
    shop_stock_request_t request = { .unit_id = "65a000000000000000000001",
                                     .amount = 2,
                                     .reason = "in",
                                     .by = ADMIN,
                                     .key = "same",
                                     .fingerprint = "fp",
                                     .now = T0,
                                     .reply = shop_stock_test_reply };
    shop_stock_done_t got;
    shop_error_t *err;

    do {
        err = repo->move(&got, repo, &request, pool);
    } while (err && err->code == SHOP_IDEMPOTENCY_IN_PROGRESS && err->retry_after > 0);
    if (!err) {
        apr_thread_mutex_lock(sent->lock);
        got.reply = apr_pmemdup(t_pool, got.reply, got.reply_size);
        sent->done[i] = got;
        apr_thread_mutex_unlock(sent->lock);
    }
    return !err;
}

static void a_hundred_sends_of_one_key_are_one_movement(void)
{
    sent_t *sent = apr_pcalloc(t_pool, sizeof(*sent));
    int first = 0;

    begin();
    apr_thread_mutex_create(&sent->lock, APR_THREAD_MUTEX_DEFAULT, t_pool);
    T_INT(shop_test_crowd(SENDS, send_one, sent), SENDS);
    T_INT(stock(), 7);
    T_INT(movements(100, NULL, NULL)->nelts, 1);
    for (int i = 0; i < SENDS; i++) {
        T_TRUE(same_reply(&sent->done[0], &sent->done[i]));
        first += !sent->done[i].replayed;
    }
    T_INT(first, 1);
}

static bool move_once(void *keyed, int i, apr_pool_t *pool)
{
    shop_stock_request_t request = { .unit_id = "65a000000000000000000001",
                                     .amount = i % 2 ? 3 : -1,
                                     .reason = "in",
                                     .by = ADMIN,
                                     .key = keyed ? apr_psprintf(pool, "k%d", i) : NULL,
                                     .fingerprint = "fp",
                                     .now = T0,
                                     .reply = shop_stock_test_reply };
    shop_stock_done_t got;

    return !repo->move(&got, repo, &request, pool);
}

static void parallel_movements_add_up(void)
{
    static char keyed[] = "keyed";

    begin();
    T_OK(move(100, true, NULL, T0));
    T_INT(shop_test_crowd(CROWD, move_once, keyed), CROWD);
    T_INT(stock(), 100 + CROWD);
    T_INT(shop_test_crowd(CROWD, move_once, NULL), CROWD);
    T_INT(stock(), 100 + 2 * CROWD);
    T_INT(movements(100, NULL, NULL)->nelts, 1 + 2 * CROWD);
}

const shop_test_t shop_stock_contract[] = {
    SHOP_TEST(stock_moves_and_every_movement_is_kept, "stock moves and every movement is kept"),
    SHOP_TEST(a_movement_says_what_is_sold_out, "a movement says what is sold out"),
    SHOP_TEST(a_repeated_key_counts_once_and_is_answered_alike,
              "a repeated key counts once and is answered alike"),
    SHOP_TEST(a_refused_key_is_tried_again, "a refused key is tried again"),
    SHOP_TEST(a_key_is_one_users_for_one_product, "a key is one user's for one product"),
    SHOP_TEST(a_deleted_product_still_answers_a_known_key,
              "a deleted product still answers a known key"),
    SHOP_TEST(a_hundred_sends_of_one_key_are_one_movement,
              "100 threads send one key: one movement, the same bytes"),
    SHOP_TEST(parallel_movements_add_up, "parallel movements add up, with keys and without"),
    SHOP_TEST_END,
};
