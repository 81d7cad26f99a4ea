/* SPDX-License-Identifier: MIT
 * Gives a pool the reference to a jansson value. */
#include "json_own.h"

static apr_status_t drop_json(void *json)
{
    json_decref(json);
    return APR_SUCCESS;
}

json_t *shop_json_own(json_t *json, apr_pool_t *pool)
{
    if (json) {
        apr_pool_cleanup_register(pool, json, drop_json, apr_pool_cleanup_null);
    }
    return json;
}
