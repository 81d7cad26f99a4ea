/* SPDX-License-Identifier: MIT
 * Reads orders that were placed. */
#include "order_read.h"

shop_error_t *shop_order_read(shop_order_t **order, shop_order_repo_t *orders, const char *id,
                              apr_pool_t *pool)
{
    shop_order_t *found = NULL;

    SHOP_TRY(orders->find(&found, orders, id, pool));
    if (!found || !shop_order_status_name(found->status)) {
        return shop_err(pool, NOT_FOUND, "there is no such order");
    }
    *order = found;
    return NULL;
}
