/* SPDX-License-Identifier: MIT
 * shopctl openapi. */
#include "mod_shop/openapi/openapi.h"

#include <stdio.h>

#include "tools/shopctl.h"

int shopctl_run_openapi(shopctl_t *ctl)
{
    json_t *document = shop_openapi_document(shop_app_routes(), "/api", &ctl->settings, ctl->pool);

    json_dumpf(document, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
    putchar('\n');
    return SHOPCTL_EXIT_DONE;
}
