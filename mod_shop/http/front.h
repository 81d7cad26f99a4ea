/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_FRONT_H
#define SHOP_HTTP_FRONT_H

/* Port: the reply cache in front of the dispatcher. It has public replies by request target and is
 * looked up before the request is parsed. The cache implements it (cache/cache_local.h). Without
 * one, every request is parsed and routed. */

#include "res.h"

struct shop_route_t;

typedef struct shop_front_t shop_front_t;
struct shop_front_t {
    /* The reply to GET target (path and query as they were sent); NULL on a miss. *route: the route
     * that answered it. coding: the preferred coding; the reply is in identity when it is too small
     * to encode, or another thread is encoding it. The page lives as long as pool. */
    const shop_page_t *(*get)(const struct shop_route_t **route, shop_front_t *front,
                              const char *target, shop_coding_t coding, apr_pool_t *pool);
    /* Adds target as a second key of the entry of key. route: the route that answered it. No
     * effect when there is no such entry. */
    void (*put)(shop_front_t *front, const char *target, const char *key,
                const struct shop_route_t *route);
};

#endif
