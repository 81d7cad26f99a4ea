/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HTTP_FRONT_H
#define SHOP_HTTP_FRONT_H

/* Port: public replies by their request target, asked before anything of a request is parsed. The
 * cache implements it (cache/cache_local.h); without one every request takes the whole way. */

#include "res.h"

struct shop_route_t;

typedef struct shop_front_t shop_front_t;
struct shop_front_t {
    /* The reply to GET target (path and query as they were sent), NULL when none is at hand.
     * *route: which route answered it. coding: the content coding wanted; the reply is in identity
     * when it is too small for that, or another thread is encoding it. The page lives as long as
     * pool. */
    const shop_page_t *(*get)(const struct shop_route_t **route, shop_front_t *front,
                              const char *target, shop_coding_t coding, apr_pool_t *pool);
    /* target asks for what is kept under key, by this route. Does nothing when it is not kept. */
    void (*put)(shop_front_t *front, const char *target, const char *key,
                const struct shop_route_t *route);
};

#endif
