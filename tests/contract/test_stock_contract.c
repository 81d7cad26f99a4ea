/* SPDX-License-Identifier: MIT
 * Runs the contract of stock movements on the fake, and on MongoDB when SHOP_TEST_MONGO_URI is set,
 * with movements that were cut off between two documents. Exit 77 (skipped) when only the fake was
 * there. */
#include <string.h>

#include "mod_shop/catalogue/product_mongo.h"
#include "mod_shop/inventory/stock_mongo.h"
#include "tests/contract/stock_contract.h"
#include "tests/kit/contract_store.h"
#include "tests/kit/stock_mem.h"

static shop_mongo_t *mongo;
static shop_stock_repo_t *stock;
static shop_product_repo_t *products;

static shop_stock_repo_t *fake_store(shop_product_repo_t **catalogue)
{
    *catalogue = shop_product_repo_mem(t_pool);
    return shop_stock_repo_mem(*catalogue, t_pool);
}

static int use_fake(void)
{
    shop_stock_contract_store = fake_store;
    return 0;
}

static shop_stock_repo_t *real_store(shop_product_repo_t **catalogue)
{
    static const char *const collections[] = { "products", "stock_movements", NULL };

    contract_store_empty(mongo, collections);
    *catalogue = shop_product_repo_mongo(mongo, NULL, t_pool);
    return shop_stock_repo_mongo(mongo, t_pool);
}

static int use_mongo(void)
{
    const shop_mongo_index_t *const tables[] = { shop_product_indexes, shop_stock_indexes, NULL };

    shop_stock_contract_store = real_store;
    mongo = mongo ? mongo : contract_store_open("stock", tables);
    return mongo == NULL;
}

/* ---- movements that were cut off ---- */

#define CUT_AT apr_time_from_sec(1790000000)

static shop_error_t *cut_move(shop_stock_done_t *done, int seconds)
{
    shop_stock_request_t request = { .unit_id = shop_stock_test_id(1),
                                     .amount = -3,
                                     .reason = "broken",
                                     .by = "65a0000000000000000000ad",
                                     .key = "k",
                                     .fingerprint = "fp",
                                     .now = CUT_AT + apr_time_from_sec(seconds),
                                     .reply = shop_stock_test_reply };

    return stock->move(done, stock, &request, t_pool);
}

static void change(const char *collection, bson_t *update)
{
    bson_t all = BSON_INITIALIZER;
    int64_t matched = 0;

    T_OK(shop_mongo_update(&matched, NULL, mongo, collection, &all, update, NULL,
                           SHOP_MONGO_MAJORITY, t_pool));
    T_INT(matched, 1);
    bson_destroy(update);
}

static const bson_t *only(const char *collection)
{
    bson_t all = BSON_INITIALIZER;
    const bson_t *doc = NULL;

    T_OK(shop_mongo_find_one(&doc, mongo, collection, &all, NULL, t_pool));
    return doc;
}

/* As if the process had died before step 3: the product names the movement, with its reply. */
static void cut_before_noting(const char *state)
{
    bson_t push, entry, *update = bson_new();
    const bson_t *doc = only("stock_movements");
    shop_movement_effect_t effect = shop_movement_effect_of_bson(doc, t_pool);

    BSON_APPEND_DOCUMENT_BEGIN(update, "$push", &push);
    BSON_APPEND_DOCUMENT_BEGIN(&push, "moves", &entry);
    shop_bson_append_oid(&entry, "id", shop_bson_oid(doc, "_id", t_pool));
    shop_bson_append_time(&entry, "at", CUT_AT);
    shop_movement_append_effect(&entry, &effect);
    bson_append_document_end(&push, &entry);
    bson_append_document_end(update, &push);
    change("products", update);
    change("stock_movements", BCON_NEW("$set", "{", "state", BCON_UTF8(state), "}", "$unset", "{",
                                       "reply", "", "delta", "", "stock_after", "", "}"));
}

static int64_t cut_stock(void)
{
    return shop_bson_int(only("products"), "stock", -1);
}

static int names(void)
{
    bson_t moves;

    return shop_bson_child(&moves, only("products"), "moves") ? (int)bson_count_keys(&moves) : 0;
}

static void a_movement_cut_off_after_its_commit_is_answered_with_its_reply(void)
{
    static const char *const states[] = { "claimed", "refused" };

    for (int i = 0; i < 4; i++) {
        shop_stock_done_t first, again;

        stock = real_store(&products);
        T_OK(products->insert(products, shop_stock_test_product(1), t_pool));
        T_OK(cut_move(&first, 0));
        cut_before_noting(states[i / 2]);
        /* others have changed the product since, and it may be gone */
        change("products",
               BCON_NEW("$inc", "{", "stock", BCON_INT64(40), "rev", BCON_INT64(1), "}"));
        if (i % 2) {
            change("products", BCON_NEW("$set", "{", "deleted_at", BCON_DATE_TIME(1), "}"));
        }
        T_OK(cut_move(&again, 1)); /* nobody waits for the lease */
        T_TRUE(again.replayed);
        T_INT(again.reply_size, first.reply_size);
        T_TRUE(again.reply && !memcmp(again.reply, first.reply, first.reply_size));
        T_INT(cut_stock(), 42);
        T_INT(names(), 0);
        T_STR(shop_bson_string(only("stock_movements"), "state", t_pool), "applied");
        T_OK(cut_move(&again, 2)); /* now from the movement */
        T_TRUE(again.replayed && !memcmp(again.reply, first.reply, first.reply_size));
        T_INT(cut_stock(), 42);
    }
}

static void a_movement_cut_off_is_finished_by_whoever_comes_by(void)
{
    shop_stock_request_t other = { .unit_id = shop_stock_test_id(1),
                                   .amount = 1,
                                   .reason = "found",
                                   .by = "65a0000000000000000000ad",
                                   .now = CUT_AT + apr_time_from_sec(61) };
    shop_stock_done_t first, again;

    stock = real_store(&products);
    T_OK(products->insert(products, shop_stock_test_product(1), t_pool));
    T_OK(cut_move(&first, 0));
    cut_before_noting("claimed");
    T_OK(stock->move(&again, stock, &other, t_pool));
    T_INT(names(), 0);
    T_OK(cut_move(&again, 62));
    T_TRUE(again.replayed && again.reply_size == first.reply_size &&
           !memcmp(again.reply, first.reply, first.reply_size));
    T_INT(cut_stock(), 3);
}

static void a_claim_without_its_owner_is_taken_over_after_the_lease(void)
{
    shop_product_t *lamp = shop_stock_test_product(1);
    shop_stock_done_t done;
    shop_error_t *err;

    lamp->stock = 2;
    stock = real_store(&products);
    T_OK(products->insert(products, lamp, t_pool));
    T_ERR(cut_move(&done, 0), STOCK_NEGATIVE);
    change("stock_movements", BCON_NEW("$set", "{", "state", "claimed", "}")); /* it died instead */
    change("products", BCON_NEW("$set", "{", "stock", BCON_INT64(5), "}"));
    err = cut_move(&done, 29);
    T_ERR(err, IDEMPOTENCY_IN_PROGRESS);
    T_INT(err->retry_after, 2);
    T_INT(cut_stock(), 5);
    T_OK(cut_move(&done, 31));
    T_TRUE(!done.replayed);
    T_INT(cut_stock(), 2);
    T_OK(cut_move(&done, 32));
    T_TRUE(done.replayed);
    T_INT(cut_stock(), 2);
}

static const shop_test_t cut_off[] = {
    SHOP_TEST(a_movement_cut_off_after_its_commit_is_answered_with_its_reply,
              "a movement cut off after its commit is answered with its reply"),
    SHOP_TEST(a_movement_cut_off_is_finished_by_whoever_comes_by,
              "a movement cut off is finished by whoever comes by"),
    SHOP_TEST(a_claim_without_its_owner_is_taken_over_after_the_lease,
              "a claim without its owner is taken over after the lease"),
    SHOP_TEST_END,
};

int main(void)
{
    const shop_suite_t suites[] = {
        { "stock, fake", shop_stock_contract, use_fake, NULL },
        { "stock, MongoDB", shop_stock_contract, use_mongo, NULL },
        { "stock cut off, MongoDB", cut_off, use_mongo, contract_store_drop },
    };
    int real = contract_store_wanted();
    int failed = shop_tests_run(suites, real ? 3 : 1);

    return failed ? failed : real ? 0 : 77;
}
