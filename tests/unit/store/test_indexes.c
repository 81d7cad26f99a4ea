/* SPDX-License-Identifier: MIT
 * What the tables of indexes may not name. */
#include <string.h>

#include "mod_shop/coupons/coupon_mongo.h"
#include "mod_shop/inventory/stock_mongo.h"
#include "mod_shop/module.h"
#include "mod_shop/store/record_mongo.h"
#include "tests/kit/harness.h"

/* Does the list, of members in keys or in a condition, name the member or one inside it? */
static bool names(const char *list, const char *member)
{
    size_t length = strlen(member);

    for (const char *at = list; at && (at = strstr(at, member)); at++) {
        bool begins = at == list || strchr(",\"", at[-1]);

        if (begins && strchr(":.\"", at[length]) && at[length]) {
            return true;
        }
    }
    return false;
}

static void a_member_is_told_from_others(void)
{
    T_TRUE(names("stock:1", "stock"));
    T_TRUE(names("deleted_at:1,holds.at:-1", "holds"));
    T_TRUE(names("{\"deleted_at\":null,\"stock\":{\"$lte\":0}}", "stock"));
    T_TRUE(names("{\"holds.o\":1}", "holds"));
    T_TRUE(!names("by_stock:1,stocks:1", "stock"));
    T_TRUE(!names("{\"old_stock\":1,\"stocked\":1}", "stock"));
    T_TRUE(!names("", "stock"));
    T_TRUE(!names(NULL, "stock"));
}

static void look_at(const shop_mongo_index_t *index)
{
    static const shop_reservable_t *const kinds[] = { &shop_stock_units, &shop_coupon_uses };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const char *const members[] = { kinds[i]->counter, "holds" };

        for (int k = 0; k < 2 && !strcmp(kinds[i]->collection, index->collection); k++) {
            t_assert(!names(index->keys, members[k]) && !names(index->only, members[k]), __LINE__,
                     __FILE__,
                     "index %s of %s names %s, so every order would compute all index keys of its "
                     "documents",
                     index->name, index->collection, members[k]);
        }
    }
}

/* MongoDB before 7 computes every key of a document's indexes when an update touches a member that
 * one of them names. */
static void no_index_names_what_every_order_changes(void)
{
    int seen = 0;

    for (const shop_module_t *const *module = shop_modules; *module; module++) {
        const shop_record_t *const *record = (*module)->records;
        const shop_mongo_index_t *const *table = (*module)->indexes;

        for (; record && *record; record++) {
            for (const shop_mongo_index_t *index = shop_record_indexes(*record, t_pool);
                 index->collection; index++, seen++) {
                look_at(index);
            }
        }
        for (; table && *table; table++) {
            for (const shop_mongo_index_t *index = *table; index->collection; index++, seen++) {
                look_at(index);
            }
        }
    }
    T_TRUE(seen > 20);
}

static const shop_test_t tests[] = {
    SHOP_TEST(a_member_is_told_from_others, "a member is told from others"),
    SHOP_TEST(no_index_names_what_every_order_changes,
              "no index names the stock, what is left of a coupon, or reservations"),
    SHOP_TEST_END,
};

SHOP_SUITE("indexes", tests)
