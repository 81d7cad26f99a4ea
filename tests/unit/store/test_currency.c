/* SPDX-License-Identifier: MIT
 * Which collections hold amounts in the currency of the database. */
#include <string.h>

#include "mod_shop/app.h"
#include "tests/kit/harness.h"

static int count(const char *name)
{
    int count = 0;

    for (const char *const *at = shop_app_amounts(t_pool); *at; at++) {
        count += !strcmp(*at, name);
    }
    return count;
}

static void records_with_money_and_marked_collections_hold_amounts(void)
{
    T_INT(count("coupons"), 1);  /* a record: by its field table */
    T_INT(count("products"), 1); /* marked, by one of the two modules that store into it */
    T_INT(count("orders"), 0);   /* each names its own currency */
    T_INT(count("users"), 0);
    T_INT(count("stock_movements"), 0);
}

static const shop_test_t tests[] = {
    SHOP_TEST(records_with_money_and_marked_collections_hold_amounts,
              "records with money and marked collections hold amounts"),
    SHOP_TEST_END,
};
SHOP_SUITE("currency", tests)
