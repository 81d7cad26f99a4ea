/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TESTS_VERIFY_SHOP_H
#define SHOP_TESTS_VERIFY_SHOP_H

/* A shop on the real store with a history, and the audit of its books as one line of text. */

#include "tests/kit/contract_store.h"
#include "mod_shop/audit/verify_run.h"
#include "tests/kit/order_shop.h"

#define VERIFY_NOBODY "f00000000000000000000000"

typedef struct verify_report_t {
    shop_verify_sums_t sums;
    const char *said; /* "kind member" as found, "; " between, "left" behind a leftover, "!" where
                         it was not repaired */
} verify_report_t;

extern order_shop_t *verify_shop;
/* In verify_open_shop's: a standing order with the coupon, one without, a cancelled one. */
extern shop_order_t *verify_bought, *verify_plain, *verify_cancelled;
extern const shop_test_t verify_traffic_tests[];

int verify_use_mongo(void);
shop_mongo_t *verify_mongo(void);
/* Two products, coupon TEN, three orders, three movements: 100 and 40 units are left. */
void verify_open_shop(void);
verify_report_t verify_books(bool repair);
/* Given the audit's store before each run, so that a test may step in; NULL: left alone. */
extern void (*verify_step_in)(shop_verify_store_t *store);
/* true: old processes, which do not keep the flag of sold-out products, may run. */
extern bool verify_in_migration;
shop_order_t *verify_place(const char *user_id, const char *coupon);
shop_error_t *verify_move_stock(int product, int64_t amount, bool set, const char *key,
                                apr_pool_t *pool);
/* Extended JSON: a document the caller destroys; an id. */
bson_t *verify_json(const char *text);
const char *verify_oid(const char *id);
/* Changes one document by its id (JSON), past all rules. */
void verify_plant(const char *collection, const char *id, const char *update_text);

#endif
