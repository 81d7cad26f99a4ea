/* SPDX-License-Identifier: MIT
 * shopctl reap. */
#include <stdio.h>

#include "mod_shop/orders/order_reap.h"
#include "tools/shopctl.h"

static void print_sums(const shop_reap_sums_t *sums, const char *database)
{
    int orders = sums->completed + sums->rolled_back;

    printf("reap: %s: %d orders completed, %d rolled back, %d leftovers removed, %d left\n",
           database, sums->completed, sums->rolled_back, sums->done - orders, sums->left);
}

int shopctl_run_reap(shopctl_t *ctl)
{
    shop_reap_sums_t sums = { .done = 0 };
    shop_app_t *app;
    shop_error_t *err;
    bool prepared = false;
    int status = shopctl_open(&app, ctl);

    status = status ? status : shopctl_check_prepared(&prepared, ctl);
    if (status || !prepared) {
        return status ? status : SHOPCTL_EXIT_REFUSED;
    }
    err = shop_app_reap_counted(&sums, app, ctl->pool);
    if (err) {
        return shopctl_fail(err);
    }
    if (shopctl_value(ctl, SHOPCTL_JSON)) {
        shopctl_print_json(json_pack(
            "{s:i, s:i, s:i, s:i}", "completed", sums.completed, "rolled_back", sums.rolled_back,
            "leftovers", sums.done - sums.completed - sums.rolled_back, "left", sums.left));
    } else {
        print_sums(&sums, shopctl_database(ctl));
    }
    return SHOPCTL_EXIT_DONE;
}
