/* SPDX-License-Identifier: MIT
 * The shared memory of this httpd's processes: one segment with a part for each shop. */
#include <httpd.h>

#include <apr_shm.h>
#include <apr_strings.h>

#include "conf.h"
#include "lifecycle.h"

#define LIMITER_BYTES (512 * 1024) /* per shop */
#define LEASE_BYTES (1024 * 1024)  /* per shop: 32,000 clients at once */
#define WORDS 2                    /* per shop: cache_pending, revoked_pending */
#define CACHE_LINE 64

static char *memory; /* on a cache line; inherited by the children of one generation */

static apr_size_t whole_lines(apr_size_t size)
{
    return (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

/* The next piece of a part; NULL when only the size is computed. */
static void *take(char *share, apr_size_t *used, apr_size_t size)
{
    void *piece = share ? share + *used : NULL;

    *used += whole_lines(size);
    return piece;
}

/* Lays out one shop's part and returns its size. One function does both, so that the size cannot
 * miss a piece, which would then overlap the next shop's part. */
static apr_size_t divide(shop_shared_t *part, void **counts, char *share)
{
    apr_size_t used = 0;
    unsigned *words;

    part->limiter_size = LIMITER_BYTES;
    part->limiter = take(share, &used, LIMITER_BYTES);
    part->lease_size = LEASE_BYTES;
    part->lease = take(share, &used, LEASE_BYTES);
    part->changes = take(share, &used, shop_changes_size());
    part->revoked = take(share, &used, shop_app_revoked_size());
    *counts = take(share, &used, shop_metrics_size(shop_app_routes()));
    words = take(share, &used, WORDS * sizeof(*words));
    part->cache_pending = words;
    part->revoked_pending = words ? words + 1 : NULL;
    return used;
}

static apr_size_t share_size(void)
{
    shop_shared_t part;
    void *counts;

    return divide(&part, &counts, NULL);
}

void shop_memory_divide(shop_shared_t *part, void **counts, const shop_server_conf_t *conf)
{
    divide(part, counts, memory + (apr_size_t)conf->slot * share_size());
}

static apr_size_t segment_size(int shops)
{
    return (apr_size_t)shops * share_size() + CACHE_LINE;
}

/* Names the shops in the order of their parts. A part must never be used for another shop, for
 * example when a graceful restart adds a shop before the others. */
static char *segment_key(server_rec *server)
{
    apr_pool_t *pool = server->process->pool;
    /* The module may have been replaced by a version with another layout. */
    char *key = apr_psprintf(pool, "mod_shop_shared_%" APR_SIZE_T_FMT "_%u", share_size(),
                             shop_metrics_mark(shop_app_routes()));

    for (server_rec *at = server; at; at = at->next) {
        const shop_server_conf_t *conf = shop_server_conf(at);

        if (conf->first == at) {
            key = apr_pstrcat(pool, key, " ", conf->values.instance, "@",
                              conf->values.redis_url ? conf->values.redis_url : "", NULL);
        }
    }
    return key;
}

/* Counters must survive a graceful restart, which would otherwise reset the limits of clients. So
 * the memory is attached to the process pool and found again. */
apr_status_t shop_memory_attach(int shops, server_rec *server)
{
    apr_pool_t *pool = server->process->pool;
    char *key = segment_key(server);
    void *found = NULL;
    apr_shm_t *segment;
    apr_status_t status;

    apr_pool_userdata_get(&found, key, pool);
    if (!found) {
        status = apr_shm_create(&segment, segment_size(shops), NULL, pool);
        if (status != APR_SUCCESS) {
            return status;
        }
        memset(apr_shm_baseaddr_get(segment), 0, segment_size(shops));
        apr_pool_userdata_setn(segment, key, NULL, pool);
        found = segment;
    }
    memory = apr_shm_baseaddr_get(found);
    memory += (CACHE_LINE - (uintptr_t)memory % CACHE_LINE) % CACHE_LINE;
    return APR_SUCCESS;
}
