/* SPDX-License-Identifier: MIT
 * What `shopctl doctor` reads out of a dump of httpd's configuration. */
#include "tests/kit/harness.h"
#include "tools/doctor_dump.h"

static doctor_dump_t dump;

static const char *value(int shop, const char *name)
{
    const doctor_setting_t *setting =
        doctor_setting(&APR_ARRAY_IDX(dump.shops, shop, doctor_shop_t), name);

    return setting ? setting->value : NULL;
}

static void the_server_is_read(void)
{
    doctor_dump_read(&dump,
                     "ServerRoot: \"/etc/apache2\"\nMain ErrorLog: \"/var/log/apache2/error.log\"\n"
                     "Mutex default: dir=\"/run\" mechanism=default \nPidFile: \"/run/a.pid\"\n"
                     "User: name=\"www-data\" id=33\nLoaded Modules:\n core_module (static)\n"
                     " shop_module (shared)\nServer of shops:\n  version 1.2.3\n"
                     "  built-for 20120211:142\n  listen 127.0.0.1:80 http\n  threads 25\n"
                     "  something new\n",
                     t_pool);
    T_STR(dump.root, "/etc/apache2");
    T_STR(dump.error_log, "/var/log/apache2/error.log");
    T_STR(dump.pid_file, "/run/a.pid");
    T_STR(dump.user, "www-data");
    T_TRUE(doctor_dump_has_module(&dump, "shop_module"));
    T_TRUE(!doctor_dump_has_module(&dump, "headers_module"));
    T_STR(dump.version, "1.2.3");
    T_STR(dump.built, "20120211:142");
    T_INT(dump.threads, 25);
    T_INT(dump.listens->nelts, 1);
    T_INT(dump.shops->nelts, 0);
}

static void settings_have_values_and_places(void)
{
    doctor_dump_read(&dump,
                     "Shop books:\n  at shop.example:443/api  # /etc/shop.conf:3\n"
                     "  ShopMongoURI (masked)  # /etc/apache2/conf.d/shop 1.conf:12\n"
                     "  ShopJwtKey a HS256 (64 bytes) sign  # /etc/shop.conf:5\n"
                     "  ShopJwtKey b HS256 (64 bytes) verify  # /etc/shop.conf:6\n"
                     "  ShopPublicURL (from the request)  # default\nShop toys:\n",
                     t_pool);
    T_INT(dump.shops->nelts, 2);
    T_STR(APR_ARRAY_IDX(dump.shops, 0, doctor_shop_t).name, "books");
    T_STR(APR_ARRAY_IDX(APR_ARRAY_IDX(dump.shops, 0, doctor_shop_t).places, 0, const char *),
          "shop.example:443/api");
    T_INT(APR_ARRAY_IDX(dump.shops, 0, doctor_shop_t).settings->nelts, 4);
    T_STR(value(0, "shopmongouri"), "(masked)");
    T_STR(doctor_setting(&APR_ARRAY_IDX(dump.shops, 0, doctor_shop_t), "ShopMongoURI")->file,
          "/etc/apache2/conf.d/shop 1.conf");
    T_INT(doctor_setting(&APR_ARRAY_IDX(dump.shops, 0, doctor_shop_t), "ShopMongoURI")->line, 12);
    T_TRUE(!doctor_is_set(
        doctor_setting(&APR_ARRAY_IDX(dump.shops, 0, doctor_shop_t), "ShopPublicURL")));
    T_STR(value(1, "ShopMongoURI"), NULL);
}

static void a_shop_of_several_hosts_is_one(void)
{
    doctor_dump_read(&dump,
                     "Shop of a.example:\n  root /api\n  ShopInstance books\n  ShopRedis off\n"
                     "Shop of b.example:\n  root /v1\n  ShopInstance books\n  ShopRedis off\n"
                     "Shop of c.example:\n  root /api\n  ShopInstance books\n"
                     "  ShopRedis redis://127.0.0.1\n",
                     t_pool);
    T_INT(dump.shops->nelts, 2);
    T_STR(APR_ARRAY_IDX(dump.shops, 0, doctor_shop_t).name, "books");
    T_INT(APR_ARRAY_IDX(dump.shops, 0, doctor_shop_t).places->nelts, 2);
    T_STR(value(1, "ShopRedis"), "redis://127.0.0.1");
}

static void anything_can_be_read(void)
{
    static const char *const odd[] = { "",
                                       "Shop \n",
                                       "Shop of :\n",
                                       "Shop :\n  Shop\n",
                                       "  ShopA 1",
                                       "User: name=\n",
                                       " x (static)\n",
                                       "Shop x:\n  # a:1\n",
                                       "Shop x:\n  ShopA   # :\n" };

    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        doctor_dump_read(&dump, odd[i], t_pool);
        T_TRUE(dump.shops->nelts <= 1);
    }
}

static const shop_test_t tests[] = {
    SHOP_TEST(the_server_is_read, "the server is read"),
    SHOP_TEST(settings_have_values_and_places, "settings have values and places"),
    SHOP_TEST(a_shop_of_several_hosts_is_one, "a shop of several virtual hosts is one"),
    SHOP_TEST(anything_can_be_read, "anything can be read"),
    SHOP_TEST_END,
};
SHOP_SUITE("doctor's dump", tests)
