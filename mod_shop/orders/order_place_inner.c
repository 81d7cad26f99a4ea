/* SPDX-License-Identifier: MIT
 * The deadline of placing, and the answer when nothing could be placed. */
#include "order_place_inner.h"

#include "../base/clock.h"

shop_error_t *shop_place_busy(apr_pool_t *pool, const char *cause)
{
    shop_error_t *err =
        shop_err(pool, UNAVAILABLE, "the order could not be placed now; repeat the request");

    err->retry_after = SHOP_PLACE_RETRY_AFTER;
    return shop_error_cause(err, pool, "%s", cause);
}

bool shop_place_is_late(const shop_place_t *place)
{
    return place->request->deadline && shop_clock_monotonic() >= place->request->deadline;
}

shop_error_t *shop_place_in_time(const shop_place_t *place)
{
    return shop_place_is_late(place)
               ? shop_place_busy(place->pool, "the deadline passed while placing")
               : NULL;
}
