/* SPDX-License-Identifier: MIT */
#ifndef SHOP_DRIVERS_REDIS_URL_H
#define SHOP_DRIVERS_REDIS_URL_H

/* Parts of a ShopRedis URL: redis://[user@]host[:port][/db] or unix:path. */

#include <apr_pools.h>

typedef struct shop_redis_url_t {
    const char *path; /* of the socket; NULL: host and port */
    const char *host;
    int port;
    const char *user; /* NULL: the default user */
    int db;
} shop_redis_url_t;

/* NULL, or a clause that says what is wrong. Parts are in pool. */
const char *shop_redis_url_parse(shop_redis_url_t *url, const char *text, apr_pool_t *pool);

#endif
