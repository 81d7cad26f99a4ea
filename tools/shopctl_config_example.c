/* SPDX-License-Identifier: MIT
 * shopctl config-example. */
#include "tools/conf_pages.h"
#include "tools/shopctl.h"

int shopctl_run_config_example(shopctl_t *ctl)
{
    shop_print_conf(stdout, ctl->pool);
    return SHOPCTL_EXIT_DONE;
}
