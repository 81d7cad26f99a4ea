/* SPDX-License-Identifier: MIT
 * shopctl openapi. */
#include <jansson.h>
#include <stdio.h>

#include "tools/shopctl.h"

int shopctl_run_openapi(shopctl_t *ctl)
{
    json_dumpf(shop_app_openapi(&ctl->settings, ctl->pool), stdout,
               JSON_INDENT(2) | JSON_SORT_KEYS);
    putchar('\n');
    return SHOPCTL_EXIT_DONE;
}
