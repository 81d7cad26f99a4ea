/* SPDX-License-Identifier: MIT */
#ifndef SHOP_HOSTS_LISTENER_H
#define SHOP_HOSTS_LISTENER_H

/* The host's subscriber to announcements of other hosts: changed subjects and ended sessions. */

#include <apr_pools.h>
#include <stdatomic.h>

#include "../guard/token.h"
#include "../cache/cache.h"
#include "changes.h"
#include "../drivers/redis.h"

typedef struct shop_listener_t shop_listener_t;

/* cache: shop_cache_redis(). revoked: shop_revoked_shm(). stored: shop_revoked_redis(). No I/O. */
shop_listener_t *shop_listener_create(shop_redis_t *redis, shop_changes_t *changes,
                                      shop_cache_t *cache, shop_revoked_t *revoked,
                                      shop_revoked_t *stored, apr_pool_t *pool);
/* Runs until *stop is set; see shop_redis_listen(). One thread at a time per listener. */
void shop_listener_run(shop_listener_t *listener, const atomic_bool *stop, apr_pool_t *pool);

#endif
