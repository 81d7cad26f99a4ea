/* SPDX-License-Identifier: MIT */
#ifndef SHOP_OPENAPI_OPENAPI_H
#define SHOP_OPENAPI_OPENAPI_H

/* OpenAPI 3.1 from the route and field tables. */

#include <apr_pools.h>
#include <jansson.h>

#include "../http/route.h"
#include "../settings.h"

/* Deterministic (same tables and settings, same bytes). tables, tags: NULL-terminated lists of
 * tables; every tag of a route should be in one of tags. server_url: "/api". Of the settings those
 * count that bodies are checked by. Owned by pool. */
json_t *shop_openapi_document(const shop_route_t *const *tables, const shop_tag_t *const *tags,
                              const char *server_url, const shop_settings_t *settings,
                              apr_pool_t *pool);

#endif
