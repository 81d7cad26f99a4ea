/* SPDX-License-Identifier: MIT
 * shopctl keygen. */
#include <stdio.h>

#include "mod_shop/base/id.h"
#include "tools/shopctl.h"

int shopctl_run_keygen(shopctl_t *ctl)
{
    const char *key;
    shop_error_t *err = shop_id_secret(&key, 48, ctl->pool);

    if (err) {
        return shopctl_fail(err);
    }
    puts(key);
    return SHOPCTL_EXIT_DONE;
}
