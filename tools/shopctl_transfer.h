/* SPDX-License-Identifier: MIT */
#ifndef SHOP_TOOLS_SHOPCTL_TRANSFER_H
#define SHOP_TOOLS_SHOPCTL_TRANSFER_H

/* What export and import share. */

#include "mod_shop/module.h"
#include "tools/shopctl.h"
#include "tools/transfer.h"

/* Every collection of every module, once, NULL-terminated, in pool. */
const shop_collection_t *const *shopctl_collections(apr_pool_t *pool);
/* NULL: no module names it. */
const shop_collection_t *shopctl_collection(const char *name);
/* "exported 12 documents: 2 users, ...", or as JSON. */
void shopctl_print_transfer(const shopctl_t *ctl, const char *what, const transfer_sums_t *sums);

#endif
