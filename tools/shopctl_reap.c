/* SPDX-License-Identifier: MIT
 * shopctl reap. */
#include <stdio.h>

#include "mod_shop/orders/order_reap.h"
#include "tools/shopctl.h"

static void print_sums(const shop_reap_sums_t *sums)
{
    int orders = sums->completed + sums->rolled_back;

    printf("reap: %d orders completed, %d rolled back, %d leftovers removed, %d left\n",
           sums->completed, sums->rolled_back, sums->done - orders, sums->left);
}

int shopctl_run_reap(shopctl_t *ctl)
{
    shop_reap_sums_t sums = { .done = 0 };
    shop_app_t *app;
    shop_error_t *err;
    int status = shopctl_open(&app, ctl);

    if (status) {
        return status;
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
        print_sums(&sums);
    }
    return SHOPCTL_EXIT_DONE;
}
