/* SPDX-License-Identifier: MIT
 * Which database a connection string means. */
#include "mod_shop/drivers/mongo.h"
#include "tests/kit/harness.h"

static void hosts_and_database_are_named_without_secrets(void)
{
    static const struct {
        const char *uri, *database;
    } table[] = {
        { "mongodb://127.0.0.1", "127.0.0.1:27017/shop" },
        { "mongodb://localhost/", "127.0.0.1:27017/shop" },
        { "mongodb://127.0.0.1:27017/Toys", "127.0.0.1:27017/Toys" },
        { "mongodb://me:se%40cret@b:27018,A/toys?replicaSet=r", "a:27017,b:27018/toys" },
        { "mongodb://a/?appName=x%40y", "a:27017/shop" }, /* an @ that ends no user */
        { "mongodb+srv://me:secret@db.example.com/toys", "db.example.com/toys" },
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        T_STR(shop_mongo_uri_database(table[i].uri, t_pool), table[i].database);
    }
}

static const shop_test_t tests[] = {
    SHOP_TEST(hosts_and_database_are_named_without_secrets,
              "hosts and database of a connection string are named without its secrets"),
    SHOP_TEST_END,
};
SHOP_SUITE("mongo_uri", tests)
