/* SPDX-License-Identifier: MIT */
#ifndef SHOP_BASE_JSON_OWN_H
#define SHOP_BASE_JSON_OWN_H

/* The lifetime of a jansson value. Below error.h and json.h, which both need it. */

#include <apr_pools.h>
#include <jansson.h>

/* Takes over the reference to json and drops it in pool's cleanup. Returns json; NULL for NULL.
 * Never fails. */
json_t *shop_json_own(json_t *json, apr_pool_t *pool);

#endif
