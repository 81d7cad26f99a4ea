/* SPDX-License-Identifier: MIT
 * The bounds of stock and the order of its movements. */
#include "stock.h"

#include <inttypes.h>

const char *shop_movement_key(apr_time_t at, const char *id, apr_pool_t *pool)
{
    return shop_sort_key_of_number(at > 0 ? at / 1000 : 0, id, pool);
}

const shop_cursor_t *shop_movement_cursor(const shop_movement_t *last, apr_pool_t *pool)
{
    shop_cursor_t *cursor = apr_pcalloc(pool, sizeof(*cursor));

    cursor->sort = "";
    cursor->number = last->at;
    cursor->id = last->id;
    return cursor;
}

shop_error_t *shop_stock_may_move(int64_t stock, int64_t delta, apr_pool_t *pool)
{
    shop_error_t *err = NULL;

    if (delta < 0 && stock < -delta) {
        return shop_err(pool, STOCK_NEGATIVE, "there are only %" PRId64 " units", stock);
    }
    if (delta > SHOP_STOCK_MAX - stock) {
        shop_error_violate(&err, pool, "/delta", "too_large",
                           "would raise the stock above %" PRId64, SHOP_STOCK_MAX);
    }
    return err;
}
